"""Is iam:PassRole allowed only for named roles and a named service?"""

import re

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    Verdict,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
    worst,
)
from check_support.grants import IDENTITY_POLICIES, granted_by
from check_support.policy import SourceStatement
from check_support.truth import Truth
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
        "A principal that may pass any role to any service has the permissions of the most "
        "powerful role of the account. Every statement that allows iam:PassRole, also by a "
        "wildcard, must name its roles without one and have the condition iam:PassedToService."
    )
    source = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
    guideline = 'Name the role\'s ARN, and StringEquals = { "iam:PassedToService" = <service> }'
    category = CheckCategories.IAM
    entity_types = (*IDENTITY_POLICIES, "aws_iam_role")
    attributes = ("policy", "inline_policy")

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement that allows the action, or may."""
        policy = granted_by(resource)
        findings = [_judge(s, certain=bool(c) and s.certain) for s, c in policy.allowing(ACTION)]
        if not policy.complete:
            findings.append(undetermined("the policy is not completely in the source"))
        return worst(findings, default=not_applicable(f"no statement allows {ACTION}"))


def _judge(statement: SourceStatement, certain: bool) -> Finding:
    findings = [judge_options(role, _judge_role) for role in statement.resources]
    if statement.not_resources or not statement.resources:
        findings.append(failed("it names no role"))
    limited = _names_service(statement)
    if limited is None:
        findings.append(undetermined("the source does not decide its condition"))
    elif not limited:
        findings.append(failed("it names no service (iam:PassedToService)"))
    finding = worst(findings, default=passed("it names the role and the service"))
    verdict = finding.verdict
    if not certain and verdict is Verdict.FAILED:
        verdict = Verdict.UNDETERMINED
    return Finding(verdict, f"{statement.label} allows {ACTION}: {finding.reason}")


def _names_service(statement: SourceStatement) -> Truth:
    """Whether a condition limits the service; ``None`` if the source does not decide."""
    limited = statement.limits("iam:PassedToService")
    services = [
        value
        for condition in statement.conditions
        if condition.key.lower() == "iam:passedtoservice" and condition.restricts
        for value in condition.values
    ]
    texts = [str(value) for value in services if isinstance(value, str | Template)]
    return limited and all(_SERVICE.fullmatch(text) for text in texts)


def _judge_role(role: Value) -> Finding:
    if isinstance(role, Reference) and role.resource_type.removeprefix("data.") == "aws_iam_role":
        if role.path != ("arn",):
            return failed(f"{role} is not the ARN of a role")
        return passed(f"it names {role}")
    texts = [p for p in role.parts if isinstance(p, str)] if isinstance(role, Template) else [role]
    if any(isinstance(text, str) and ("*" in text or "?" in text) for text in texts):
        return failed(f"{shown(role)} is not a single role")
    if isinstance(role, str | Template) and _ROLE.fullmatch(str(role)):
        return passed(f"it names {shown(role)}")
    if isinstance(role, str) or (isinstance(role, Template) and ":role/" in str(role)):
        return failed(f"{shown(role)} is not the ARN of a role")
    return undetermined(f"{shown(role)} may be any role")


check = PassRoleNamesRoleAndService()
