"""Reasons why the calls of a package may be incomplete, and code that gives no such reason."""

from __future__ import annotations

import pytest

from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls import SdkCall, SdkCalls, calls_of, flow
from tests.builders.packages import CLIENT, OBJECT, package, package_of_files, read

UNREAD = {
    "a service that is not a constant": (
        "import boto3, os\nboto3.client(os.environ['S']).f()",
        ["service of a client", "constant", "main.py:2"],
    ),
    "a service made at run time": (
        "import boto3\nboto3.client('s' + 'qs')",
        ["service of a client", "constant", "main.py:2"],
    ),
    "one of two services": (
        "import boto3, os\ndef f(n):\n    boto3.client(n)\nf('sqs')\nf(os.environ['S'])",
        ["service of a client", "constant", "main.py:3"],
    ),
    "no service": (
        "import boto3\ndef f(**given):\n    boto3.client(**given)",
        ["service of a client", "constant", "main.py:3"],
    ),
    "an unknown service": (
        "import boto3\nboto3.client('nowhere')",
        ["no service 'nowhere'", "main.py:2"],
    ),
    "getattr": (
        CLIENT + "def f(name):\n    getattr(client, name)()",
        ["method of a client", "constant", "main.py:4"],
    ),
    "getattr of boto3": (
        "import boto3\ndef f(kind):\n    getattr(boto3, kind)('sqs')",
        ["method of a client", "constant", "main.py:3"],
    ),
    "a hidden method": (
        CLIENT + "client.__getattribute__('x')",
        ["method of a client", "constant", "main.py:3"],
    ),
    "a paginator": (
        CLIENT + "def f(name):\n    client.get_paginator(name)",
        ["get_paginator", "constant", "main.py:4"],
    ),
    "a waiter": (
        CLIENT + "def f(name):\n    client.get_waiter(name)",
        ["get_waiter", "constant", "main.py:4"],
    ),
    "a presigned URL": (
        CLIENT + "def f(name):\n    client.generate_presigned_url(ClientMethod=name)",
        ["generate_presigned_url", "constant", "main.py:4"],
    ),
    "a paginator that escapes": (
        CLIENT + "pages = client.get_paginator",
        ["get_paginator", "passed", "main.py:3"],
    ),
    "_make_api_call": (
        CLIENT + "client._make_api_call('SendMessage', {})",
        ["operation", "_make_api_call", "main.py:3"],
    ),
    "a request of its own": (
        "from botocore.awsrequest import AWSRequest\nAWSRequest('GET')",
        ["requests", "without a client", "main.py:2"],
    ),
    "a signature of its own": (
        "ALGORITHM = 'AWS4-HMAC-SHA256'",
        ["requests", "without a client", "main.py:1"],
    ),
    "credentials": (
        "import boto3\nboto3.Session().get_credentials()",
        ["requests", "without a client", "main.py:2"],
    ),
    "import_module": (
        "import importlib\ndef f(name):\n    importlib.import_module(name)",
        ["module", "imported", "constant", "main.py:3"],
    ),
    "__import__": (
        "def f(name):\n    __import__(name)",
        ["module", "imported", "constant", "main.py:2"],
    ),
    "a module loaded from a file": (
        "import runpy\nrunpy.run_path('x.py')",
        ["module", "loaded", "file", "main.py:2"],
    ),
    "exec": ("exec('1')", ["code", "run time", "main.py:1"]),
    "eval": ("run = eval\nrun('1')", ["code", "run time", "main.py:1, main.py:2"]),
    "another program": (
        "from subprocess import run\nrun(['aws', 's3', 'ls'])",
        ["another program", "main.py:2"],
    ),
    "native code": ("import ctypes\nctypes.CDLL('x')", ["native code", "main.py:2"]),
    "a module of a layer": (
        "try:\n    import helpers.aws\nexcept ImportError:\n    pass",
        ["module helpers", "not in the package", "main.py:2"],
    ),
    "a module of a layer by name": (
        "import importlib\nimportlib.import_module('helpers')",
        ["module helpers", "not in the package", "main.py:2"],
    ),
    "a syntax error": ("def f(:\n", ["Python (invalid syntax)", "main.py"]),
    "a client factory that escapes": (
        "import boto3, functools\nmake = functools.partial(boto3.client, 'sqs')",
        ["makes clients", "passed", "main.py:2"],
    ),
    "a session that escapes": (
        "import boto3, shelve\nkept = shelve.keep(boto3.Session())\n"
        "def f(name):\n    kept.session.client(name)",
        ["service of a client", "constant", "main.py:4"],
    ),
    "an object that escapes": (
        OBJECT + "import queue\nq = queue.Queue()\nq.join(obj)\nq.get().get()",
        ["an Object of s3", "main.py:5", ".get ", "main.py:6"],
    ),
    "an object in a dictionary of names": (
        OBJECT + "globals()['kept'] = obj\nkept.get()",
        ["an Object of s3", "main.py:3", ".get ", "main.py:4"],
    ),
    "an object in the dictionary of an instance": (
        OBJECT + "class A:\n    pass\na = A()\na.__dict__.update(x=obj)\na.x.get()",
        ["an Object of s3", "main.py:6", ".get ", "main.py:7"],
    ),
    "an object that comes back changed": (
        OBJECT + "import functools\nkept = functools.partial(lambda: obj)\nkept().get()",
        ["an Object of s3", "main.py:4", ".get ", "main.py:5"],
    ),
    "an object that a function takes, called from elsewhere": (
        OBJECT + "import queue\ndef f(one):\n    one.get('a')\nf({})\nqueue.map(f, [obj])",
        ["an Object of s3", "main.py:7", ".get ", "main.py:5"],
    ),
    "an object that may have come to an attribute": (
        OBJECT + "import shelve\nclass A:\n    kept = {}\nshelve.keep(obj)\n"
        "def f(it):\n    it.kept.get('a')",
        ["an Object of s3", "main.py:6", ".get ", "main.py:8"],
    ),
    "a subclass of Session": (
        "import boto3\nclass S(boto3.Session):\n    pass\ndef f(name):\n    S().client(name)",
        ["service of a client", "constant", "main.py:5"],
    ),
    "more services than can be told apart": (
        "import boto3\ndef f(name):\n    boto3.client(name)\n"
        + "\n".join(f"f('s{number}')" for number in range(60)),
        ["service of a client", "constant", "main.py:3"],
    ),
    "an operation without an action": (
        "import boto3\nboto3.client('budgets').create_budget()",
        ["no action", "CreateBudget", "budgets", "main.py:2 calls"],
    ),
}


def only_reason(calls: SdkCalls) -> str:
    (reason,) = calls.unread
    return reason


@pytest.mark.parametrize("form", UNREAD)
def test_reasons_why_calls_may_be_missing(form: str) -> None:
    source, (*facts, end) = UNREAD[form]
    reason = only_reason(read(source))
    assert [fact for fact in facts if fact not in reason] == []
    assert reason.endswith(f" {end}.")


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module('json')",
        "import importlib\nimportlib.import_module('other')",
        "import jmespath, urllib3, dateutil, six, botocore.exceptions, s3transfer",
        "class A:\n    def eval(self):\n        return 1\nA().eval()",
        "import re\nre.compile('a')",
        "import os\nos.path.join('a')",
        "class A:\n    def _make_api_call(self):\n        pass\nA()._make_api_call()",
        "def f(it, name):\n    it.get_paginator(name)",
        "import boto3\nboto3.Session().region_name",
        "import botocore.config\nbotocore.config.Config()",
        "def f(session, name):\n    session.client(name)",
    ],
)
def test_code_that_is_fully_analyzed(source: str) -> None:
    assert read(source, other="").unread == ()


@pytest.mark.parametrize(
    "file",
    ["index.js", "lib/app.jar", "native/_x.cpython-311-x86_64-linux-gnu.so", "old.pyc", "a.zip"],
)
def test_files_that_are_not_python(file: str) -> None:
    calls = calls_of(package_of_files({"main.py": b"", file: b"\0"}))
    reason = only_reason(calls)
    assert "not Python source" in reason
    assert reason.endswith(f": {file}.")


def test_a_custom_runtime() -> None:
    calls = calls_of(package_of_files({"bootstrap": b"#!/bin/sh"}))
    assert "custom runtime" in only_reason(calls)
    assert "bootstrap" in only_reason(calls)


@pytest.mark.parametrize("file", ["data.json", "__pycache__/main.cpython-311.pyc", "LICENSE"])
def test_files_that_run_no_code(file: str) -> None:
    assert calls_of(package_of_files({"main.py": b"", file: b"\0"})) == SdkCalls((), ())


def test_a_damaged_file() -> None:
    data = bytearray(package(main="x = 'aaaaaaaa'").data)
    data[data.index(b"aaaaaaaa")] = ord("b")
    calls = calls_of(Package("f.zip", bytes(data)))
    assert "damaged: main.py." in only_reason(calls)


def test_only_the_first_locations_are_listed() -> None:
    calls = read("\n" * 8 + "exec('1')\n" * 6)
    listed = ": main.py:9, main.py:10, main.py:11, main.py:12, and 2 more."
    assert only_reason(calls).endswith(listed)


# Installed distributions ------------------------------------------------------------------------


def vendored(name: str, source: str, main: str) -> SdkCalls:
    return calls_of(
        package_of_files(
            {
                "main.py": main.encode(),
                f"{name}/__init__.py": source.encode(),
                f"{name}-1.0.dist-info/RECORD": f"{name}/__init__.py,sha256=x,1\n".encode(),
            }
        )
    )


@pytest.mark.parametrize("name", ["boto3", "botocore", "s3transfer", "six", "urllib3"])
def test_the_sdk_is_not_analyzed(name: str) -> None:
    calls = vendored(name, "exec('1')", "import boto3\nboto3.client('sqs').send_message()")
    assert calls == SdkCalls((SdkCall("sqs", "SendMessage", "main.py", 2),), ())


def test_a_module_named_like_a_dependency_of_the_sdk_is_analyzed() -> None:
    assert only_reason(read("import six", six="exec('1')")).endswith(": six.py:1.")


def test_other_distributions_are_analyzed() -> None:
    source = "import boto3\ndef send():\n    boto3.client('sqs').send_message()"
    calls = vendored("sender", source, "import sender\nsender.send()")
    assert calls == SdkCalls((SdkCall("sqs", "SendMessage", "sender/__init__.py", 3),), ())


def test_distributions_that_do_not_use_boto3_call_nothing() -> None:
    source = "def f(it):\n    it.send_message()\n    it.get()\n"
    calls = vendored("other", source, OBJECT + "import other\nother.f(1)")
    assert calls == SdkCalls((), ())


def test_an_object_may_be_passed_to_a_distribution_that_does_not_use_boto3() -> None:
    calls = vendored("other", "def f(it):\n    it.get()\n", OBJECT + "import other\nother.f(obj)")
    reason = only_reason(calls)
    assert "an Object of s3" in reason
    assert "main.py:4" in reason
    assert reason.endswith(": other/__init__.py:2.")


def test_a_distribution_that_does_not_use_boto3_may_run_code_that_is_not_analyzed() -> None:
    source = "import subprocess\nsubprocess.run('x')\ntry:\n    import extra\n"
    source += "except ImportError:\n    pass\nimport needed\n"
    calls = vendored("other", source, "import other")
    program, module = calls.unread
    assert "another program" in program
    assert program.endswith(": other/__init__.py:2.")
    assert "module needed is not in the package" in module
    assert module.endswith(": other/__init__.py:7.")


def test_the_analysis_of_a_package_may_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "import boto3\nboto3.client('sqs').send_message(QueueUrl='q', MessageBody='given up')\n"
    )
    monkeypatch.setattr(flow, "CPU_LIMIT", -1.0)
    assert any("too large" in reason for reason in calls_of(package(main=source)).unread)
    monkeypatch.setattr(flow, "CPU_LIMIT", 60.0)
    assert not calls_of(package(main=source + "# and read again\n")).unread
