"""Finds the AWS API operations that the code of a Lambda function's package calls.

The Python sources are read, never run. Objects of boto3 are followed through names, attributes,
arguments, returned values and containers of the whole package, without regard to order. A method
of an unknown object counts if a service that the package uses has an operation of its name. What
cannot be followed is reported. Environment variables and constants are followed in the same way,
to the arguments that name the resource of a call.
https://docs.aws.amazon.com/boto3/latest/guide/clients.html
"""

from planproof.aws.sdk_calls.analysis import calls_of
from planproof.aws.sdk_calls.calls import SdkCall, SdkCalls, TargetName

__all__ = ["SdkCall", "SdkCalls", "TargetName", "calls_of"]
