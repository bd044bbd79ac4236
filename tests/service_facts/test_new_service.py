"""A service that is described in one place is known to everything that needs its facts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import planproof.service_facts
from planproof.aws.datapath import Authority, unmodelled_resources
from planproof.aws.datapath.calls import named_in_environment
from planproof.aws.datapath.deputies import trusted_services
from planproof.aws.datapath.samples import sample_part_arns
from planproof.aws.policies.resource import resource_policies, resource_policy_types
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.checks import CheckedCall
from planproof.emulation.account.decisions.passed_roles import passed_roles
from planproof.emulation.account.decisions.resource_policies import policies_of, tags_of
from planproof.emulation.account.model import ApiCall
from planproof.iam import Policies, PolicyDocument, PolicyKind, Request, evaluate
from planproof.reports.path_labels import plain_type
from planproof.results import EdgeState
from planproof.service_facts import add_services, resource_type, service, types
from planproof.terraform.identities import (
    ProviderLocation,
    Subject,
    given_values,
    physical_name_attribute,
)
from planproof.terraform.physical_names import physical_names
from tests.aws.datapath.judging import calling, judged
from tests.builders.packages import read
from tests.builders.parts import KEY_ARN, arn, function, inline_policy, key, role, rule
from tests.builders.policies import document, service_statement, statement
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

ADDED = """
[backup]
often_trusted = true
resource_control = true
tags_in_conditions = true
stored = "vaults"
name_parameters = ["BackupVaultName"]
passed_roles = { StartBackupJob = "IamRoleArn" }
polled = ["backup:ListRecoveryPointsByBackupVault"]
parts.backup_vault_name = ["aws_backup_vault_lock_configuration"]
inside.plan_id = ["aws_backup_selection"]
unmodelled = ["aws_backup_plan"]

[backup.types.aws_backup_vault]
kind = "backupVault"
name = "name"
strict_name = true
label = "Vault"
within = [":*"]
policy.type = "aws_backup_vault_policy"
policy.names = "backup_vault_name"
policy.identities = ["id", "name"]
key = "kms_key_arn"
key_context = { "aws:backup:vault" = "name" }
receives = { actions = ["backup:StartBackupJob"], key_actions = ["kms:GenerateDataKey"] }
called.names = ["name", "arn"]
called.more_key_actions."backup:DescribeBackupVault" = ["kms:Decrypt"]
"""
VAULT = arn("backup", "backup-vault:films")
BACKUP = "backup.amazonaws.com"
EVENTS = "events.amazonaws.com"


@pytest.fixture(autouse=True)
def _described(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service, added for one test."""
    for name in ("_SERVICES", "_TYPES", "_WITH_POLICIES"):
        known = getattr(planproof.service_facts, name)
        monkeypatch.setattr(planproof.service_facts, name, known.copy())
    add_services(ADDED)


def vault(**values: Any) -> DeclaredResource:
    return declare("aws_backup_vault.v", name="films", id="films", arn=VAULT, **values)


def test_the_service_was_not_described_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert resource_type("aws_backup_vault").policy is None
    assert service("backup").stored == ""


def test_identities_and_names() -> None:
    schema = {"attributes": {k: {"computed": True, "type": "string"} for k in ("id", "arn")}}
    where = ProviderLocation("aws", REGION, ACCOUNT)
    subject = Subject("aws_backup_vault.v", "aws_backup_vault", {"name": "films"}, where)
    assert given_values(subject, schema, {}, None).known == {"id": "films", "arn": VAULT}
    assert physical_name_attribute("aws_backup_vault_lock_configuration") == "backup_vault_name"
    selection = declare("aws_backup_selection.s", name="all", plan_id="p")
    assert [name.inside for name in physical_names(stack(vault(), selection))] == [None, "p"]


def test_resource_policies_and_what_the_data_path_decides_by_them() -> None:
    allowed = document(service_statement(EVENTS, "backup:StartBackupJob", Resource=VAULT))
    own = declare("aws_backup_vault_policy.p", backup_vault_name="films", policy=allowed)
    found = stack(vault(), own)
    assert "aws_backup_vault" in resource_policy_types()
    held = resource_policies(found, found["aws_backup_vault.v"])
    assert [(one.source.type, one.document.kind) for one in held] == [
        ("aws_backup_vault_policy", PolicyKind.RESOURCE)
    ]
    assert Authority(found).resource_for(f"{VAULT}:inner") is found["aws_backup_vault.v"]
    assert BACKUP in trusted_services()
    arns = sample_part_arns(found["aws_backup_vault.v"], [])
    assert (arns[0], len(arns)) == (VAULT, 2)


@pytest.mark.parametrize("lost", ["", "backup:StartBackupJob", "kms:GenerateDataKey"])
def test_deliveries_and_the_key_that_they_need(lost: str) -> None:
    vault_policy = document(service_statement(EVENTS, "backup:StartBackupJob", Resource=VAULT))
    held = declare("aws_backup_vault_policy.p", backup_vault_name="films", policy=vault_policy)
    context = {"StringEquals": {"kms:EncryptionContext:aws:backup:vault": "films"}}
    use = service_statement(EVENTS, "kms:GenerateDataKey", Resource="*", Condition=context)
    found = stack(
        rule(),
        declare("aws_cloudwatch_event_target.t", rule="done", arn=VAULT),
        vault(kms_key_arn=KEY_ARN),
        key(*([] if lost.startswith("kms:") else [use])),
        *([] if lost.startswith("backup:") else [held]),
    )
    edge = next(e for name, e in judged(found).items() if "aws_backup_vault.v" in name)
    assert edge.state is (EdgeState.BROKEN if lost else EdgeState.PROVEN)
    assert [n.need.action for n in edge.decided_needs if not n.allowed] == ([lost] if lost else [])


def test_calls_of_code() -> None:
    named = {"variables": {"VAULT": "films"}}
    statements = [
        statement("backup:DescribeBackupVault", VAULT),
        statement("kms:Decrypt", KEY_ARN),
    ]
    found = stack(
        vault(kms_key_arn=KEY_ARN),
        key(),
        role("r"),
        inline_policy(*statements),
        function(environment=[named]),
    )
    assert named_in_environment(found, found["aws_lambda_function.job"]) == (
        found["aws_backup_vault.v"],
    )
    source = "import os, boto3\nboto3.client('backup').describe_backup_vault(BackupVaultName={})"
    (call,) = read(source.format("os.environ['VAULT']")).calls
    assert [name.text for name in call.target_names or ()] == ["VAULT"]
    edges = judged(found, calling("backup.DescribeBackupVault"))
    edge = next(e for name, e in edges.items() if "aws_backup_vault.v" in name)
    assert {one.need.action for one in edge.decided_needs} == {
        "backup:DescribeBackupVault",
        "kms:Decrypt",
    }


def test_event_sources() -> None:
    polled = statement("backup:ListRecoveryPointsByBackupVault", VAULT)
    mapping = declare(
        "aws_lambda_event_source_mapping.m", function_name="job", event_source_arn=VAULT
    )
    found = stack(vault(), function(), role("r"), inline_policy(polled), mapping)
    edge = next(edge for name, edge in judged(found).items() if "is read by" in name)
    assert edge.state is EdgeState.PROVEN
    assert [one.need.action for one in edge.decided_needs] == [polled["Action"]]


@pytest.mark.parametrize(("action", "allowed"), [("backup:StartBackupJob", False), ("mq:X", None)])
def test_resource_control_policies(action: str, allowed: bool | None) -> None:
    deny = document({**statement("*", Principal="*"), "Effect": "Deny"})
    request = Request(action, VAULT, f"arn:aws:iam::{ACCOUNT}:role/r", complete=True)
    held = Policies(
        identity=[PolicyDocument.parse(document(statement("*")), "own", PolicyKind.IDENTITY)],
        resource_control=[[PolicyDocument.parse(deny, "rcp", PolicyKind.RESOURCE_CONTROL)]],
    )
    assert evaluate(request, held).allowed is allowed


def test_the_emulated_account(monkeypatch: pytest.MonkeyPatch) -> None:
    held = SimpleNamespace(name="films", policy="{}", tags=[{"Key": "team", "Value": "a"}])
    backend = SimpleNamespace(vaults={VAULT: held})
    state = AccountState(ACCOUNT)
    monkeypatch.setattr(AccountState, "backend", lambda *_: backend)
    (stored,) = policies_of(state, "backup", VAULT)
    assert (stored.name, stored.text) == ("policy of backupvault films", "{}")
    assert tags_of(state, "backup", VAULT) == {"team": "a"}
    call = ApiCall("backup", "StartBackupJob", {"IamRoleArn": "arn:aws:iam::1:role/r"}, REGION)
    assert list(passed_roles(CheckedCall(call, state))) == [("arn:aws:iam::1:role/r", BACKUP)]


def test_reports() -> None:
    assert plain_type("aws_backup_vault") == "Vault"
    found = stack(declare("aws_backup_plan.p", name="p"))
    assert unmodelled_resources(found) == (found["aws_backup_plan.p"],)


@pytest.mark.parametrize("field", ["kmd", "types.aws_x.kmd", "types.aws_x.policy.kmd"])
def test_a_misspelt_field_is_refused(field: str) -> None:
    with pytest.raises(TypeError, match="kmd"):
        add_services(f'[x]\n{field} = "y"')


def test_every_described_type_has_a_form_that_aws_publishes() -> None:
    for name in types(lambda facts: facts.kind):
        assert resource_type(name).arn().removeprefix("?").startswith("arn:$p:"), name
