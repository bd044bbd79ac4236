"""Resources that connect others and whose edges are not modelled.

Their permissions are not checked, so reports name them.
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


def unmodelled_resources(stack: Stack) -> tuple[Resource, ...]:
    """The resources of a stack that pass data on and whose edges are not drawn."""
    return stack.managed(*_TYPES)
