"""Do the actions of an alarm come from a variable?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.evaluation import Frame, evaluate
from check_support.finding import Finding, failed, judge_options, passed, undetermined, worst
from check_support.values import Reference, Value, literals, references, shown
from checkov.common.models.enums import CheckCategories

ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


class AlarmActionsComeFromVariable(SourceCheck):
    """CKV_PLANPROOF_23."""

    id = "CKV_PLANPROOF_23"
    requirement = "REQ-13"
    name = "An alarm's actions are empty or come from a variable"
    description = (
        "A literal topic ties every environment to one account, region and team. By default an "
        "alarm has no actions, which suits a test; an operator sets the topics with a variable "
        "that is empty by default."
    )
    source = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"
    )
    guideline = "Write alarm_actions = var.alarm_topic_arns, with default = []"
    category = CheckCategories.LOGGING
    entity_types = ("aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm")
    attributes = ACTIONS

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """All three lists of actions."""
        findings = [judge_options(resource.value(name), partial(_judge, name)) for name in ACTIONS]
        return worst([finding for finding in findings if finding != _NONE], default=_NONE)


_NONE = passed("the alarm has no actions")


def _judge(name: str, value: Value) -> Finding:
    if value in (None, []):
        return _NONE
    items = [text for text in (value if isinstance(value, list) else []) if isinstance(text, str)]
    arns = [text for text in literals(value) if ":" in text] + [text for text in items if text]
    if arns:
        return failed(f'{name} contains "{arns[0]}"')
    sources = references(value)
    if not sources:
        return undetermined(f"{name} is {shown(value)}")
    fixed = [source for source in sources if source.kind != "var"]
    if fixed:
        return failed(f"{name} contains {fixed[0]} in every environment")
    defaults = [source for source in sources if _default(source)]
    if defaults:
        return failed(f"{name} is {shown(_default(defaults[0]))} by default (from {defaults[0]})")
    return passed(f"{name} comes from {sources[0]}")


def _default(variable: Reference) -> Value:
    block = (
        variable.scope.block(variable.root.replace("var.", "variable.")) if variable.scope else None
    )
    if block is None or variable.scope is None or "default" not in block.attributes:
        return None
    return evaluate(block.attributes["default"], Frame(variable.scope))


check = AlarmActionsComeFromVariable()
