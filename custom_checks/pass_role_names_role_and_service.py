"""Is iam:PassRole granted for named roles and a named service only?"""

import re

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    not_applicable,
    of_every_option,
    passed,
    undetermined,
    worst,
)
from check_support.grants import IDENTITY_POLICIES, granted_by
from check_support.policy import Statement
from check_support.values import Reference, Template, Value, shown
from checkov.common.models.enums import CheckCategories

ACTION = "iam:PassRole"
_UNDECIDED = r"\$\{[^}]+\}"
_ROLE = re.compile(rf"arn:(?:aws[\w-]*|{_UNDECIDED}):iam::(?:\d{{12}}|{_UNDECIDED}):role/.+")
_SERVICE = re.compile(rf"(?:[a-z][\w.-]*|{_UNDECIDED})\.(?:amazonaws\.com(?:\.cn)?|{_UNDECIDED})")


class PassRoleNamesRoleAndService(SourceCheck):
    """CKV_PLANPROOF_5."""

    id = "CKV_PLANPROOF_5"
    requirement = "REQ-03"
    name = "iam:PassRole names the role it may pass and the service it may pass it to"
    description = (
        "Whoever may pass any role to any service can act with the rights of the most powerful "
        "role of the account. Every statement that allows iam:PassRole, by whatever wildcard, must "
        "name its roles without a wildcard and carry the condition iam:PassedToService."
    )
    source = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
    guideline = 'Name the role\'s arn, and StringEquals = { "iam:PassedToService" = <service> }'
    category = CheckCategories.IAM
    entity_types = (*IDENTITY_POLICIES, "aws_iam_role")
    attributes = ("policy", "inline_policy")

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement that allows the action, or may."""
        policy = granted_by(resource)
        findings = [_judge(s, certain=bool(c) and s.certain) for s, c in policy.allowing(ACTION)]
        if not policy.complete:
            findings.append(undetermined("the policy is not all in the source"))
        return worst(findings, otherwise=not_applicable(f"nothing allows {ACTION}"))


def _judge(statement: Statement, certain: bool) -> Finding:
    findings = [of_every_option(role, _judge_role) for role in statement.resources]
    if statement.not_resources or not statement.resources:
        findings.append(failed("it names no role"))
    limited = _names_service(statement)
    if limited is None:
        findings.append(undetermined("its condition is not decided in the source"))
    elif not limited:
        findings.append(failed("it names no service (iam:PassedToService)"))
    verdict = worst(findings, otherwise=passed("it names the role and the service"))
    if not certain and verdict == failed(verdict.reason):
        verdict = undetermined(verdict.reason)
    return Finding(verdict.weight, f"{statement.label} allows {ACTION}: {verdict.reason}")


def _names_service(statement: Statement) -> bool | None:
    """Whether a condition ties the role to services; ``None`` if that is not decided."""
    limited = statement.limits("iam:PassedToService")
    services = [
        value
        for condition in statement.conditions
        if condition.key.lower() == "iam:passedtoservice" and condition.ties
        for value in condition.values
    ]
    texts = [str(value) for value in services if isinstance(value, str | Template)]
    return limited and all(_SERVICE.fullmatch(text) for text in texts)


def _judge_role(role: Value) -> Finding:
    if isinstance(role, Reference) and role.resource_type.removeprefix("data.") == "aws_iam_role":
        if role.path != ("arn",):
            return failed(f"{role} is not the arn of a role")
        return passed(f"it names {role}")
    texts = [p for p in role.parts if isinstance(p, str)] if isinstance(role, Template) else [role]
    if any(isinstance(text, str) and ("*" in text or "?" in text) for text in texts):
        return failed(f"{shown(role)} is not one role")
    if isinstance(role, str | Template) and _ROLE.fullmatch(str(role)):
        return passed(f"it names {shown(role)}")
    if isinstance(role, str) or (isinstance(role, Template) and ":role/" in str(role)):
        return failed(f"{shown(role)} is not the arn of a role")
    return undetermined(f"{shown(role)} may be any role")


check = PassRoleNamesRoleAndService()
