"""Whom do the alarms tell?"""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack
from planproof.values import contains_unknown
from steps.pipeline import Pipeline
from steps.support.variants import VariableNames, variant

_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


@given("the same stack with SNS topics for its alarms", target_fixture="notifying_stack")
def stack_with_topics(
    resolved_stacks: ResolvedStacks, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved again, with topics in the variable that is for them."""
    what = "to name the SNS topics that alarms tell"
    return variant(resolved_stacks, "alarm topics", variable_names.alarm_topics, evidence, what)


@then("no CloudWatch alarm has an action")
def no_alarm_has_action(
    pipeline: Pipeline, variable_names: VariableNames, evidence: Recorder
) -> None:
    """All three lists are empty. That is as promised, and yet good to know: it is a warning."""
    silent = [a for a in pipeline.alarms if a.get("alarm_actions") in ([], None)]
    if silent:
        alarms = "1 alarm tells" if len(silent) == 1 else f"{len(silent)} alarms tell"
        topics = f"var.{variable_names.alarm_topics}"
        known = variable_names.alarm_topics in pipeline.stack.variables
        todo = (
            f"give topics with {topics}" if known else f"there is no {topics} to give them topics"
        )
        evidence.warn(f"{alarms} nobody: {todo}")
    for alarm in pipeline.alarms:
        for attribute in _ACTIONS:
            actions = alarm.get(attribute)
            holds = None if contains_unknown(actions) else not actions
            if holds is not True or attribute == "alarm_actions":
                evidence.check(holds, alarm, attribute, expected="no action")


@then("every CloudWatch alarm tells each of these topics when it goes off")
def every_alarm_tells(
    notifying_stack: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """The topics that were given by variable are among the alarm_actions."""
    _tells(notifying_stack, variable_names, "alarm_actions", evidence)


@then("every CloudWatch alarm tells each of them when it is over")
def every_alarm_ends(
    notifying_stack: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """The same of the ok_actions: whoever was called learns that there is nothing left to do."""
    _tells(notifying_stack, variable_names, "ok_actions", evidence)


def _tells(stack: Stack, names: VariableNames, attribute: str, evidence: Recorder) -> None:
    topics = stack.variables[names.alarm_topics]
    for alarm in Pipeline(stack).alarms:
        actions = alarm.get(attribute)
        for topic in topics:
            told = None if contains_unknown(actions) else topic in (actions or ())
            evidence.check(told, alarm, attribute, expected=topic)
