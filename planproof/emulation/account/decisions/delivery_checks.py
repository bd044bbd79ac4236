"""Permissions that a service needs to deliver an event to a resource.

The facts and their sources are those of :mod:`planproof.aws.datapath.deliveries`, so that a plan
and its deployment are decided alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.authorization import source_keys
from planproof.aws.datapath.deliveries import delivery_keys, key_use_keys
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.checks import PermissionCheck
from planproof.emulation.account.decisions.kms_checks import key_arn, key_context
from planproof.emulation.account.decisions.kms_keys import is_aws_managed, key_of
from planproof.iam.arn import parse_arn
from planproof.service_facts import receiving_type


def delivery_checks(
    state: AccountState, service: str, action: str, source: str, target: str
) -> Iterator[tuple[PermissionCheck, str]]:
    """Checks of the delivery itself and of the service's use of the target's key.

    Returns:
        each check, and why no policy can allow it, or "".
    """
    about = source_keys(source, state.account_id)
    where = parse_arn(target)
    facts = receiving_type(where.service if where is not None else "")
    below = facts.receives.below
    resource = f"{target.removesuffix(':*')}{below}" if below else target
    yield PermissionCheck(action, resource, delivery_keys(service, about)), ""
    actions = facts.receives.key_actions
    if where is None or not actions:
        return
    name = str(getattr(state.stored(target), facts.key, None) or "")
    if not name:
        return
    key = key_of(state, name, where.region)
    closed = ""
    if is_aws_managed(name, key):
        closed = f"{name} is an AWS managed key, whose policy allows no other service"
    missing = f"there is no KMS key {name}" if key is None else ""
    keys = {
        **key_use_keys(service, where.service, about),
        **key_context(key, dict.fromkeys(facts.key_context, target)),
    }
    for one in actions:
        yield PermissionCheck(one, key_arn(name, key), keys, missing, via=where.service), closed
