"""Which SNS topics the alarms notify."""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack
from planproof.values import contains_unknown
from steps.support.pipeline import Pipeline
from steps.support.variants import VariableNames, resolve_variant

_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


@given("the same stack with SNS topics for its alarms", target_fixture="notifying_stack")
def stack_with_topics(
    stacks: ResolvedStacks, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved with a topic in the variable for alarm topics."""
    purpose = "for the SNS topics that alarms notify"
    return resolve_variant(stacks, "alarm topics", variable_names.alarm_topics, evidence, purpose)


@then("no CloudWatch alarm has an action")
def no_alarm_has_action(
    pipeline: Pipeline, variable_names: VariableNames, evidence: Recorder
) -> None:
    """All three lists of actions are empty. Alarms without actions are also warned about."""
    count = sum(alarm.get("alarm_actions") in ([], None) for alarm in pipeline.alarms)
    if count:
        alarms = "1 alarm notifies" if count == 1 else f"{count} alarms notify"
        variable = f"var.{variable_names.alarm_topics}"
        declared = variable_names.alarm_topics in pipeline.stack.variables
        fix = f"set {variable}" if declared else f"the stack has no {variable} to set"
        evidence.warn(f"{alarms} no SNS topic: {fix}")
    for alarm in pipeline.alarms:
        for attribute in _ACTIONS:
            actions = alarm.get(attribute)
            holds = None if contains_unknown(actions) else not actions
            if holds is not True or attribute == "alarm_actions":
                evidence.check(holds, alarm, attribute, expected="no action")


@then("every CloudWatch alarm tells each of these topics when it goes off")
def alarms_notify_topics(
    notifying_stack: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """Each topic of the variable is among the alarm_actions."""
    _check_topics(notifying_stack, variable_names, "alarm_actions", evidence)


@then("every CloudWatch alarm tells each of them when it is over")
def alarms_notify_topics_when_over(
    notifying_stack: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """Each topic of the variable is among the ok_actions."""
    _check_topics(notifying_stack, variable_names, "ok_actions", evidence)


def _check_topics(stack: Stack, names: VariableNames, attribute: str, evidence: Recorder) -> None:
    topics = stack.variables[names.alarm_topics]
    for alarm in Pipeline(stack).alarms:
        actions = alarm.get(attribute)
        for topic in topics:
            holds = None if contains_unknown(actions) else topic in (actions or ())
            evidence.check(holds, alarm, attribute, expected=topic)
