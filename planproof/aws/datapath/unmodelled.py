"""Which parts connect others in ways that are not drawn?

What such a part needs is not looked at, so a reader has to be told that it is there.
"""

from __future__ import annotations

from typing import Final

from planproof.terraform.stack import Resource, Stack

_TYPES: Final = (
    "aws_api_gateway_integration",
    "aws_apigatewayv2_integration",
    "aws_appsync_datasource",
    "aws_cloudwatch_log_subscription_filter",
    "aws_ecs_service",
    "aws_iot_topic_rule",
    "aws_kinesis_firehose_delivery_stream",
    "aws_lb_target_group_attachment",
    "aws_pipes_pipe",
    "aws_sfn_state_machine",
)


def undrawn(stack: Stack) -> tuple[Resource, ...]:
    """The parts of a stack that pass something on, of kinds of which no edges are drawn."""
    return stack.managed(*_TYPES)
