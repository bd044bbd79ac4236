"""Does a function that creates MediaConvert jobs have the ARN of the role to pass?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
)
from check_support.grants import granted_to
from check_support.policy import read_policy
from check_support.service_trust import trusts
from check_support.truth import Truth, any_of
from check_support.values import Reference, Value, references, shown
from checkov.common.models.enums import CheckCategories

VARIABLE = "MEDIACONVERT_ROLE"


class FunctionKnowsMediaConvertRole(SourceCheck):
    """CKV_PLANPROOF_22."""

    id = "CKV_PLANPROOF_22"
    requirement = "REQ-12"
    name = "A function that makes MediaConvert jobs has the role's ARN in MEDIACONVERT_ROLE"
    description = (
        "CreateJob needs the ARN of the role that MediaConvert assumes, which the function cannot "
        "guess. A function creates jobs if its role may call mediaconvert:CreateJob, or if its "
        "environment names an input and an output. The variable must be the ARN of a role of the "
        "stack that MediaConvert may assume."
    )
    source = "https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html"
    guideline = "Set MEDIACONVERT_ROLE = aws_iam_role.<name>.arn in the function's environment"
    category = CheckCategories.APPLICATION_SECURITY
    entity_types = ("aws_lambda_function",)
    attributes = ("environment",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The environment of a function that creates jobs."""
        variables = [block.value("variables") for block in resource.nested("environment")]
        known: dict[str, Value] = {}
        for value in variables:
            known.update(value if isinstance(value, dict) else {})
        complete = all(isinstance(value, dict) or value is None for value in variables)
        creates_jobs = _names_media(known) or _may_create_jobs(resource, configuration)
        if creates_jobs is False and complete:
            return not_applicable("the function creates no MediaConvert jobs")
        if VARIABLE in known:
            return judge_options(known[VARIABLE], partial(_judge, configuration))
        if not complete or creates_jobs is None:
            return undetermined(
                f"the source does not decide whether the function needs {VARIABLE}, and has it"
            )
        return failed(f"{VARIABLE} is not in the function's environment")


def _names_media(environment: dict[str, Value]) -> bool:
    names = [name.upper() for name in environment]
    both = all(any(name.startswith(word) for name in names) for word in ("INPUT", "OUTPUT"))
    return both or any("MEDIACONVERT" in name for name in names)


def _may_create_jobs(function: Resource, configuration: Configuration) -> Truth:
    roles = [
        found for r in references(function.value("role")) if (found := configuration.resource_of(r))
    ]
    if not roles:
        return None
    policy = granted_to(roles[0], configuration)
    covered = [covers for _, covers in policy.allowing("mediaconvert:CreateJob")]
    return any_of([*covered, False if policy.complete else None])


def _judge(configuration: Configuration, value: Value) -> Finding:
    if not isinstance(value, Reference):
        if references(value):
            return undetermined(f"{VARIABLE} is {shown(value)}")
        return failed(f"{VARIABLE} is {shown(value)}, not the ARN of a role of the stack")
    if value.resource_type.removeprefix("data.") != "aws_iam_role":
        outside = value.kind in ("var", "module")
        reason = f"{VARIABLE} is {value}"
        return undetermined(reason) if outside else failed(f"{reason}, not the ARN of a role")
    if value.path != ("arn",):
        return failed(f"{VARIABLE} is {value}, not the role's ARN")
    role = configuration.resource_of(value)
    if role is None:
        return passed(f"{VARIABLE} is {value}")
    policy = read_policy(role.value("assume_role_policy"))
    trusted = any_of(trusts(statement, "mediaconvert") for statement in policy.statements)
    if trusted:
        return passed(f"{VARIABLE} is {value}, which MediaConvert may assume")
    if trusted is None or not policy.complete:
        return undetermined(f"the source does not decide whether MediaConvert may assume {value}")
    return failed(f"{VARIABLE} is {value}, which MediaConvert may not assume")


check = FunctionKnowsMediaConvertRole()
