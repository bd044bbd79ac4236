"""When may the answer be incomplete, and what is left unread without harm?"""

from __future__ import annotations

import pytest

from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls import Call, Calls, calls_of, flow
from tests.builders.packages import CLIENT, OBJECT, package, package_of_files, read

UNREAD = {
    "a service by no constant": (
        "import boto3, os\nboto3.client(os.environ['S']).f()",
        "the service of a client is named by no constant: main.py:2.",
    ),
    "a service made at run time": (
        "import boto3\nboto3.client('s' + 'qs')",
        "the service of a client is named by no constant: main.py:2.",
    ),
    "one of two services": (
        "import boto3, os\ndef f(n):\n    boto3.client(n)\nf('sqs')\nf(os.environ['S'])",
        "the service of a client is named by no constant: main.py:3.",
    ),
    "no service": (
        "import boto3\ndef f(**given):\n    boto3.client(**given)",
        "the service of a client is named by no constant: main.py:3.",
    ),
    "an unknown service": (
        "import boto3\nboto3.client('nowhere')",
        "botocore knows no service 'nowhere': main.py:2.",
    ),
    "getattr": (
        CLIENT + "def f(name):\n    getattr(client, name)()",
        "a method of a client is named by no constant: main.py:4.",
    ),
    "getattr of boto3": (
        "import boto3\ndef f(kind):\n    getattr(boto3, kind)('sqs')",
        "a method of a client is named by no constant: main.py:3.",
    ),
    "a hidden method": (
        CLIENT + "client.__getattribute__('x')",
        "a method of a client is named by no constant: main.py:3.",
    ),
    "a paginator": (
        CLIENT + "def f(name):\n    client.get_paginator(name)",
        "get_paginator is called with no constant: main.py:4.",
    ),
    "a waiter": (
        CLIENT + "def f(name):\n    client.get_waiter(name)",
        "get_waiter is called with no constant: main.py:4.",
    ),
    "a presigned URL": (
        CLIENT + "def f(name):\n    client.generate_presigned_url(ClientMethod=name)",
        "generate_presigned_url is called with no constant: main.py:4.",
    ),
    "a paginator that is handed on": (
        CLIENT + "pages = client.get_paginator",
        "get_paginator is handed on to where it is not followed: main.py:3.",
    ),
    "_make_api_call": (
        CLIENT + "client._make_api_call('SendMessage', {})",
        "an operation that is called by _make_api_call is not read: main.py:3.",
    ),
    "a request of its own": (
        "from botocore.awsrequest import AWSRequest\nAWSRequest('GET')",
        "requests that are made without a client are not read: main.py:2.",
    ),
    "a signature of its own": (
        "ALGORITHM = 'AWS4-HMAC-SHA256'",
        "requests that are made without a client are not read: main.py:1.",
    ),
    "credentials": (
        "import boto3\nboto3.Session().get_credentials()",
        "requests that are made without a client are not read: main.py:2.",
    ),
    "import_module": (
        "import importlib\ndef f(name):\n    importlib.import_module(name)",
        "a module that is imported by no constant is not read: main.py:3.",
    ),
    "__import__": (
        "def f(name):\n    __import__(name)",
        "a module that is imported by no constant is not read: main.py:2.",
    ),
    "a module by its file": (
        "import runpy\nrunpy.run_path('x.py')",
        "a module that is loaded by its file is not read: main.py:2.",
    ),
    "exec": ("exec('1')", "code that is made at run time is not read: main.py:1."),
    "eval": (
        "run = eval\nrun('1')",
        "code that is made at run time is not read: main.py:1, main.py:2.",
    ),
    "another program": (
        "from subprocess import run\nrun(['aws', 's3', 'ls'])",
        "another program that is started is not read: main.py:2.",
    ),
    "machine code": (
        "import ctypes\nctypes.CDLL('x')",
        "machine code that is loaded is not read: main.py:2.",
    ),
    "a module of a layer": (
        "try:\n    import helpers.aws\nexcept ImportError:\n    pass",
        "the module helpers is not in the package, so it is not read: main.py:2.",
    ),
    "a module of a layer by name": (
        "import importlib\nimportlib.import_module('helpers')",
        "the module helpers is not in the package, so it is not read: main.py:2.",
    ),
    "a syntax error": (
        "def f(:\n",
        "a file cannot be read as Python (invalid syntax): main.py.",
    ),
    "a maker that is handed on": (
        "import boto3, functools\nmake = functools.partial(boto3.client, 'sqs')",
        "what makes clients is handed on to where it is not followed: main.py:2.",
    ),
    "a session that is handed on": (
        "import boto3, shelve\nkept = shelve.keep(boto3.Session())\n"
        "def f(name):\n    kept.session.client(name)",
        "the service of a client is named by no constant: main.py:4.",
    ),
    "an object that is handed on": (
        OBJECT + "import queue\nq = queue.Queue()\nq.join(obj)\nq.get().get()",
        "an Object of s3 is handed on at main.py:5 to where it is not followed, and may be what"
        " .get is taken of: main.py:6.",
    ),
    "an object in a dictionary of names": (
        OBJECT + "globals()['kept'] = obj\nkept.get()",
        "an Object of s3 is handed on at main.py:3 to where it is not followed, and may be what"
        " .get is taken of: main.py:4.",
    ),
    "an object in the dictionary of an instance": (
        OBJECT + "class A:\n    pass\na = A()\na.__dict__.update(x=obj)\na.x.get()",
        "an Object of s3 is handed on at main.py:6 to where it is not followed, and may be what"
        " .get is taken of: main.py:7.",
    ),
    "an object that comes back changed": (
        OBJECT + "import functools\nkept = functools.partial(lambda: obj)\nkept().get()",
        "an Object of s3 is handed on at main.py:4 to where it is not followed, and may be what"
        " .get is taken of: main.py:5.",
    ),
    "an object that a function takes, called from elsewhere": (
        OBJECT + "import queue\ndef f(one):\n    one.get('a')\nf({})\nqueue.map(f, [obj])",
        "an Object of s3 is handed on at main.py:7 to where it is not followed, and may be what"
        " .get is taken of: main.py:5.",
    ),
    "an object that may have come to an attribute": (
        OBJECT + "import shelve\nclass A:\n    kept = {}\nshelve.keep(obj)\n"
        "def f(it):\n    it.kept.get('a')",
        "an Object of s3 is handed on at main.py:6 to where it is not followed, and may be what"
        " .get is taken of: main.py:8.",
    ),
    "a session of its own": (
        "import boto3\nclass S(boto3.Session):\n    pass\ndef f(name):\n    S().client(name)",
        "the service of a client is named by no constant: main.py:5.",
    ),
    "more services than can be told apart": (
        "import boto3\ndef f(name):\n    boto3.client(name)\n"
        + "\n".join(f"f('s{number}')" for number in range(60)),
        "the service of a client is named by no constant: main.py:3.",
    ),
    "an operation without an action": (
        "import boto3\nboto3.client('budgets').create_budget()",
        "AWS lists no action for CreateBudget of budgets, which main.py:2 calls.",
    ),
}


@pytest.mark.parametrize("form", UNREAD)
def test_what_cannot_be_told(form: str) -> None:
    source, sentence = UNREAD[form]
    assert read(source).unread == (sentence,)


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
def test_what_can_be_told(source: str) -> None:
    assert read(source, other="").unread == ()


@pytest.mark.parametrize(
    "file",
    ["index.js", "lib/app.jar", "native/_x.cpython-311-x86_64-linux-gnu.so", "old.pyc", "a.zip"],
)
def test_files_that_are_no_python(file: str) -> None:
    calls = calls_of(package_of_files({"main.py": b"", file: b"\0"}))
    assert calls.unread == (f"a file that is no Python source is not read: {file}.",)


def test_a_runtime_of_its_own() -> None:
    calls = calls_of(package_of_files({"bootstrap": b"#!/bin/sh"}))
    assert calls.unread == ("a runtime of its own is not read: bootstrap.",)


@pytest.mark.parametrize("file", ["data.json", "__pycache__/main.cpython-311.pyc", "LICENSE"])
def test_files_that_do_nothing(file: str) -> None:
    assert calls_of(package_of_files({"main.py": b"", file: b"\0"})) == Calls((), ())


def test_a_damaged_file() -> None:
    data = bytearray(package(main="x = 'aaaaaaaa'").data)
    data[data.index(b"aaaaaaaa")] = ord("b")
    calls = calls_of(Package("f.zip", bytes(data)))
    assert calls.unread == ("a file in the package is damaged: main.py.",)


def test_places_are_counted_when_they_are_many() -> None:
    calls = read("\n" * 8 + "exec('1')\n" * 6)
    assert calls.unread == (
        "code that is made at run time is not read: "
        "main.py:9, main.py:10, main.py:11, main.py:12, and 2 more.",
    )


# What an installer brought ----------------------------------------------------------------------


def vendored(name: str, source: str, main: str) -> Calls:
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
def test_the_sdk_is_not_read(name: str) -> None:
    calls = vendored(name, "exec('1')", "import boto3\nboto3.client('sqs').send_message()")
    assert calls == Calls((Call("sqs", "SendMessage", "main.py", 2),), ())


def test_what_is_called_like_a_need_of_the_sdk_is_read() -> None:
    assert read("import six", six="exec('1')").unread == (
        "code that is made at run time is not read: six.py:1.",
    )


def test_other_packages_are_read() -> None:
    source = "import boto3\ndef send():\n    boto3.client('sqs').send_message()"
    calls = vendored("sender", source, "import sender\nsender.send()")
    assert calls == Calls((Call("sqs", "SendMessage", "sender/__init__.py", 3),), ())


def test_packages_that_do_not_know_boto3_call_nothing() -> None:
    source = "def f(it):\n    it.send_message()\n    it.get()\n"
    calls = vendored("other", source, OBJECT + "import other\nother.f(1)")
    assert calls == Calls((), ())


def test_packages_that_do_not_know_boto3_may_be_handed_an_object() -> None:
    calls = vendored("other", "def f(it):\n    it.get()\n", OBJECT + "import other\nother.f(obj)")
    assert calls.unread == (
        "an Object of s3 is handed on at main.py:4 to where it is not followed, and may be what"
        " .get is taken of: other/__init__.py:2.",
    )


def test_packages_that_do_not_know_boto3_may_still_do_what_is_not_read() -> None:
    source = "import subprocess\nsubprocess.run('x')\ntry:\n    import extra\n"
    source += "except ImportError:\n    pass\nimport needed\n"
    calls = vendored("other", source, "import other")
    assert calls.unread == (
        "another program that is started is not read: other/__init__.py:2.",
        "the module needed is not in the package, so it is not read: other/__init__.py:7.",
    )


def test_a_package_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "import boto3\nboto3.client('sqs').send_message(QueueUrl='q', MessageBody='given up')\n"
    )
    monkeypatch.setattr(flow, "LONGEST", -1.0)
    assert any("too large" in reason for reason in calls_of(package(main=source)).unread)
    monkeypatch.setattr(flow, "LONGEST", 60.0)
    assert not calls_of(package(main=source + "# and read again\n")).unread
