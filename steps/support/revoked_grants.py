"""Revoke one permission of a deployed stack, and restore it.

Only Allow statements are changed, and only for one action, one resource and one principal; all
other permissions stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource
from steps.support.traffic import text_of

Document = dict[str, Any]
_EMPTY: Final = {"Effect": "Allow", "Action": "sts:TagSession"}
"""A statement for a trust policy that lets no principal assume the role."""
ClientOf = Callable[[str], Any]
Put = Callable[[Document], object]


@dataclass(slots=True)
class DeployedPolicies:
    """The deployed policies that a scenario changes.

    Attributes:
        client: returns a boto3 client with the account owner's credentials, by service.
    """

    client: ClientOf
    _restore: list[Callable[[], None]] = field(default_factory=list)

    def restore(self) -> None:
        """Put every policy back as it was deployed."""
        while self._restore:
            self._restore.pop()()

    def revoke_from_role(self, role: Resource, action: str, arn: str) -> None:
        """Revoke an action on a resource from a role; ``""`` stands for every resource.

        Raises:
            UndeterminedError: none of its policies grants it.
        """
        iam, name = self.client("iam"), text_of(role, "name")
        lost = 0
        for document, put in _role_policies(iam, name):
            less, count = without_grant(document, action, arn)
            if count:
                lost += count
                self._change(put, document, less)
        _require_grant(lost, f"no policy of {role}", action)

    def revoke_from_trust(self, role: Resource, service: str, action: str) -> None:
        """Revoke a service's permission to assume a role.

        Raises:
            UndeterminedError: the trust policy does not grant it.
        """
        iam, name = self.client("iam"), text_of(role, "name")
        document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]

        def put(changed: Document) -> None:
            # IAM rejects a trust policy without statements.
            empty = [{**_EMPTY, "Principal": {"Service": service}}]
            text = json.dumps({**changed, "Statement": changed["Statement"] or empty})
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=text)

        self._revoke(document, service, action, f"trust policy of {role}", put)

    def revoke_from_queue(self, queue: Resource, service: str, action: str) -> None:
        """Revoke an action of a service from a queue policy.

        Raises:
            UndeterminedError: the queue policy does not grant it.
        """
        sqs, url = self.client("sqs"), text_of(queue, "url")
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        document = json.loads(answer.get("Attributes", {}).get("Policy") or "{}")

        def put(changed: Document) -> None:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(changed)})

        self._revoke(document, service, action, f"policy of {queue}", put)

    def revoke_from_key(self, key: Resource, service: str, action: str) -> None:
        """Revoke an action of a service from a key policy.

        Raises:
            UndeterminedError: the key policy does not grant it.
        """
        kms, identifier = self.client("kms"), text_of(key, "key_id")
        document = json.loads(kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"])

        def put(changed: Document) -> None:
            kms.put_key_policy(KeyId=identifier, PolicyName="default", Policy=json.dumps(changed))

        self._revoke(document, service, action, f"policy of {key}", put)

    def _revoke(self, document: Document, service: str, action: str, where: str, put: Put) -> None:
        less, count = without_grant(document, action, "", service)
        _require_grant(count, f"the {where} has no statement for {service} that", action)
        self._change(put, document, less)

    def _change(self, put: Put, before: Document, after: Document) -> None:
        self._restore.append(lambda: (put(before), None)[1])
        put(after)


def _role_policies(iam: Any, name: str) -> Iterator[tuple[Document, Put]]:
    """The managed and inline policies of a role, each with a function that replaces it."""
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        yield found["Document"], partial(_set_policy, iam, arn)
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
        yield document, partial(_set_inline_policy, iam, name, inline)


def _set_inline_policy(iam: Any, role: str, name: str, document: Document) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _set_policy(iam: Any, arn: str, document: Document) -> None:
    """Replace the default version; the old one is deleted, since IAM keeps at most five."""
    before = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    iam.delete_policy_version(PolicyArn=arn, VersionId=before)


def _require_grant(count: int, where: str, action: str) -> None:
    if not count:
        raise UndeterminedError(f"{where} allows {action}, so it cannot be revoked")


def without_grant(
    document: Mapping[str, Any], action: str, arn: str = "", service: str = ""
) -> tuple[Document, int]:
    """A policy without one permission, and the number of statements that granted it.

    Args:
        arn: the resource; "" for every resource of the statements.
        service: the service principal; "" in policies without principals.

    Raises:
        UndeterminedError: the action is granted by a pattern, which cannot be split.
    """
    kept: list[Document] = []
    count = 0
    for statement in _listed(document.get("Statement")):
        if statement.get("Effect") != "Allow" or not _is_for(statement, service):
            kept.append(statement)
            continue
        actions = _listed(statement.get("Action"))
        taken = [one for one in actions if fnmatchcase(action.lower(), one.lower())]
        about = _about(statement, arn)
        if not taken or (arn and not about):
            kept.append(statement)
            continue
        if any(one.lower() != action.lower() for one in taken):
            raise UndeterminedError(
                f"{action} is allowed by the pattern {taken[0]}, so it cannot be revoked alone"
            )
        count += 1
        kept += _parts(statement, [a for a in actions if a not in taken], taken, about)
    return {**document, "Statement": kept}, count


def _parts(
    statement: Document, others: list[str], taken: list[str], about: list[str]
) -> Iterator[Document]:
    """The rest of a statement: its other actions, and the action on its other resources."""
    if others:
        yield {**statement, "Action": others}
    rest = [one for one in _listed(statement.get("Resource")) if one not in about]
    if about and rest:
        part = {**statement, "Action": taken, "Resource": rest}
        if "Sid" in part:
            part["Sid"] = f"{part['Sid']}Elsewhere"
        yield part


def _about(statement: Document, arn: str) -> list[str]:
    """The resources of a statement that are a resource or something within it."""
    return [
        one
        for one in _listed(statement.get("Resource"))
        if arn and (one == arn or one.startswith((f"{arn}/", f"{arn}:")))
    ]


def _is_for(statement: Document, service: str) -> bool:
    principal = statement.get("Principal")
    if not service:
        return principal is None
    return isinstance(principal, Mapping) and service in _listed(principal.get("Service"))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
