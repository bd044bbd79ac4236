"""Which AWS APIs does a Lambda function's package call?

Its Python sources are read, never run. Objects of boto3 are followed through names, attributes,
arguments, returned values and containers of the whole package, without regard to order. A method
of an object that nobody knows counts if a service that the package uses has an operation of its
name. What cannot be followed is said.
Variables of the environment and constants are followed in the same way, to where a call names the
resource that it is about.
https://docs.aws.amazon.com/boto3/latest/guide/clients.html
"""

from planproof.aws.sdk_calls.calls import About, Call, Calls
from planproof.aws.sdk_calls.reading import calls_of

__all__ = ["About", "Call", "Calls", "calls_of"]
