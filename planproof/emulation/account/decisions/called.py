"""Which actions on which resources does a call take?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from planproof.emulation.account.decisions import (
    called_dynamodb,
    called_messages,
    called_otherwise,
    called_s3,
    called_services,
)
from planproof.emulation.account.decisions.asks import Ask, Asking

_OWN_WAYS: Final[Mapping[str, Callable[[Asking], Iterator[Ask]]]] = {
    "cloudwatch": called_messages.metrics,
    "dynamodb": called_dynamodb.asked,
    "dynamodbstreams": called_dynamodb.asked,
    "events": called_messages.events,
    "kinesis": called_messages.streams,
    "kms": called_services.keys,
    "lambda": called_services.functions,
    "logs": called_messages.logs,
    "mediaconvert": called_services.jobs,
    "s3": called_s3.asked,
    "secretsmanager": called_services.secrets,
    "sns": called_messages.topics,
    "sqs": called_messages.queues,
    "ssm": called_services.parameters,
    "stepfunctions": called_services.machines,
    "sts": called_services.security_tokens,
}


def asks(asking: Asking) -> Iterator[Ask]:
    """Everything that a call takes, in the order in which AWS asks for it.

    An operation for which AWS lists no action is one that cannot be decided, and so is a request
    that is about nothing.
    """
    if not asking.actions():
        yield from called_otherwise.asked(asking)
        return
    about_something = False
    for ask in _OWN_WAYS.get(asking.call.service, called_otherwise.asked)(asking):
        about_something = True
        yield ask
    if not about_something:
        for action in asking.actions():
            yield asking.unknown(action, f"the parameters of {asking.call} name nothing")
