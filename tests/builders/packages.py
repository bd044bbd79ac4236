"""Packages of functions of a few lines, for tests."""

from __future__ import annotations

import io
import textwrap
import zipfile

from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls import SdkCalls, calls_of

CLIENT = "import boto3\nclient = boto3.client('sqs')\n"
BUCKET = "import boto3\nbucket = boto3.resource('s3').Bucket('b')\n"
OBJECT = "import boto3\nobj = boto3.resource('s3').Object('b', 'k')\n"
TABLE = "import boto3\ntable = boto3.resource('dynamodb').Table('t')\n"
S3 = "import boto3\ns3 = boto3.client('s3')\n"


def package(**files: str | bytes) -> Package:
    """A package of these modules; ``a__b`` is ``a/b.py``."""
    return package_of_files(
        {
            name.replace("__", "/") + ".py": (
                text if isinstance(text, bytes) else textwrap.dedent(text).encode()
            )
            for name, text in files.items()
        }
    )


def package_of_files(files: dict[str, bytes]) -> Package:
    """A package of files of any kind, by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return Package("f.zip", buffer.getvalue())


def read(source: str, **others: str) -> SdkCalls:
    """The calls of a module ``main`` beside others."""
    return calls_of(package(main=source, **others))


def named(calls: SdkCalls) -> set[str]:
    """The operations, each as ``service:Operation``."""
    return {f"{call.service}:{call.operation}" for call in calls.calls}
