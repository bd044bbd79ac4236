"""Which operations does a package call, and when may the answer be incomplete?"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from planproof.function_calls import Call, Calls, calls_of
from planproof.packages import Package

REPOSITORY = Path(__file__).parents[2]
S3_COPY = (
    "AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload HeadObject"
    " UploadPartCopy"
)
S3_UPLOAD = (
    "AbortMultipartUpload CompleteMultipartUpload CreateMultipartUpload PutObject UploadPart"
)


def package(**files: str | bytes) -> Package:
    """A package of these files, named as modules with __ for a slash."""
    return package_of_files(
        {
            (name.replace("__", "/") + ".py"): text if isinstance(text, bytes) else text.encode()
            for name, text in files.items()
        }
    )


def package_of_files(files: dict[str, bytes]) -> Package:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return Package("f.zip", buffer.getvalue())


def read(source: str, **others: str) -> Calls:
    return calls_of(package(main=source, **others))


def named(calls: Calls) -> set[str]:
    return {f"{call.service}:{call.operation}" for call in calls.made}


# What is found ----------------------------------------------------------------------------------

CLIENT = "import boto3\nclient = boto3.client('sqs')\n"
BUCKET = "import boto3\nbucket = boto3.resource('s3').Bucket('b')\n"
OBJECT = "import boto3\nobj = boto3.resource('s3').Object('b', 'k')\n"
TABLE = "import boto3\ntable = boto3.resource('dynamodb').Table('t')\n"
S3 = "import boto3\ns3 = boto3.client('s3')\n"

FOUND = {
    "a client": (CLIENT + "client.send_message()", "sqs:SendMessage"),
    "service_name": (
        "import boto3\nboto3.client(service_name='sqs').send_message()",
        "sqs:SendMessage",
    ),
    "an alias": ("import boto3 as b\nb.client('sqs').send_message()", "sqs:SendMessage"),
    "an imported function": (
        "from boto3 import client as make\nmake('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "a session": ("import boto3\nboto3.Session().client('sqs').send_message()", "sqs:SendMessage"),
    "boto3.session": (
        "import boto3.session\nboto3.session.Session().client('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "a session of somebody": (
        "def f(session):\n    session.client('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "botocore's session": (
        "import botocore.session as s\ns.get_session().create_client('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "a constant": (
        "import boto3\nSERVICE = 'sqs'\nboto3.client(SERVICE).send_message()",
        "sqs:SendMessage",
    ),
    "a parameter with one value": (
        "import boto3\ndef make(name):\n    return boto3.client(name)\nmake('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "a method that is handed on": (CLIENT + "retry(client.send_message)", "sqs:SendMessage"),
    "getattr": (CLIENT + "getattr(client, 'send_message')()", "sqs:SendMessage"),
    "getattr of one of two": (
        CLIENT + "for n in ('send_message', 'purge_queue'):\n    getattr(client, n)()",
        "sqs:SendMessage sqs:PurgeQueue",
    ),
    "a paginator": (
        "import boto3\nboto3.client('mediaconvert').get_paginator('list_jobs').paginate()",
        "mediaconvert:ListJobs",
    ),
    "a waiter": (S3 + "s3.get_waiter('object_exists').wait()", "s3:HeadObject"),
    "a presigned URL": (
        S3 + "s3.generate_presigned_url(ClientMethod='get_object')",
        "s3:GetObject",
    ),
    "a presigned post": (S3 + "s3.generate_presigned_post('b', 'k')", "s3:PutObject"),
    "a download": (S3 + "s3.download_fileobj('b', 'k', f)", "s3:GetObject s3:HeadObject"),
    "a managed copy": (S3 + "s3.copy(a, 'b', 'k')", " ".join(f"s3:{o}" for o in S3_COPY.split())),
    "an upload": (
        BUCKET + "bucket.upload_file('f', 'k')",
        " ".join(f"s3:{o}" for o in S3_UPLOAD.split()),
    ),
    "a table": (TABLE + "table.put_item(Item={})", "dynamodb:PutItem"),
    "a batch writer": (
        TABLE + "with table.batch_writer() as batch:\n    batch.put_item(Item={})",
        "dynamodb:BatchWriteItem",
    ),
    "a lazy attribute": (TABLE + "print(table.item_count)", "dynamodb:DescribeTable"),
    "an object": (OBJECT + "obj.get()\nobj.put()", "s3:GetObject s3:PutObject"),
    "a collection": (
        BUCKET + "for one in bucket.objects.filter(Prefix='p'):\n    one.delete()",
        "s3:ListObjects s3:DeleteObject",
    ),
    "a collection at once": (
        BUCKET + "bucket.objects.all().delete()",
        "s3:ListObjects s3:DeleteObjects",
    ),
    "what a collection gave": (
        BUCKET + "for one in bucket.objects.all():\n    print(one.size)",
        "s3:ListObjects",
    ),
    "a function for each": (
        BUCKET + "list(map(lambda one: one.delete(), bucket.objects.all()))",
        "s3:ListObjects s3:DeleteObject",
    ),
    "the client of a resource": (TABLE + "table.meta.client.scan()", "dynamodb:Scan"),
    "a list of messages": (
        "import boto3\nqueue = boto3.resource('sqs').Queue('u')\n"
        "for message in queue.receive_messages():\n    message.delete()",
        "sqs:ReceiveMessage sqs:DeleteMessage",
    ),
    "a dictionary of clients": (
        "import boto3\nclients = {n: boto3.client(n) for n in ('sqs', 'sns')}\n"
        "clients['sqs'].send_message()",
        "sqs:SendMessage",
    ),
    "a container that is filled": (
        OBJECT + "kept = []\nkept.append(obj)\nkept[0].get()",
        "s3:GetObject",
    ),
    "an attribute": (
        OBJECT + "class A:\n    def __init__(self, one):\n        self.one = one\n"
        "    def read(self):\n        return self.one.get()\nA(obj).read()",
        "s3:GetObject",
    ),
    "a field": (
        "import dataclasses\n" + OBJECT + "@dataclasses.dataclass\nclass A:\n    one: object\n"
        "A(one=obj).one.get()",
        "s3:GetObject",
    ),
    "an inherited attribute": (
        OBJECT + "class A:\n    def read(self):\n        return self.one.get()\n"
        "class B(A):\n    one = obj\nB().read()",
        "s3:GetObject",
    ),
    "a property": (
        OBJECT + "class A:\n    @property\n    def one(self):\n        return obj\nA().one.get()",
        "s3:GetObject",
    ),
    "a context manager": (
        "import contextlib\n" + OBJECT + "@contextlib.contextmanager\ndef a():\n    yield obj\n"
        "with a() as one:\n    one.get()",
        "s3:GetObject",
    ),
    "a decorator": (
        "import functools\n" + OBJECT + "def with_object(f):\n    @functools.wraps(f)\n"
        "    def inner(*given):\n        return f(obj, *given)\n    return inner\n"
        "@with_object\ndef read(one):\n    one.get()\nread()",
        "s3:GetObject",
    ),
    "arguments in a dictionary": (
        OBJECT + "def f(one):\n    one.get()\nf(**{'one': obj})",
        "s3:GetObject",
    ),
    "an attribute of a module": (
        OBJECT + "import shelve\nshelve.kept = obj\nshelve.kept.get()",
        "s3:GetObject",
    ),
    "an attribute by setattr": (
        OBJECT + "class A:\n    pass\na = A()\nsetattr(a, 'x', obj)\na.x.get()",
        "s3:GetObject",
    ),
    "a name that a class has too": (
        OBJECT + "class A:\n    obj = 'text'\n    def f(self):\n        obj.get()",
        "s3:GetObject",
    ),
    "functions in the order of a story": (
        "import boto3\ndef a():\n    return b()\ndef b():\n    return c()\ndef c():\n"
        "    return d()\ndef d():\n    return e()\ndef e():\n    return f()\ndef f():\n"
        "    return boto3.resource('s3').Object('b', 'k')\na().get()",
        "s3:GetObject",
    ),
    "three services, one after the other": (
        "import boto3\ndef make(name):\n    return boto3.client(name)\nmake('sns')\nmake('sqs')\n"
        "make('s3').get_object()",
        "s3:GetObject",
    ),
    "what a decorator makes": (
        OBJECT + "def make(f):\n    return obj\n@make\ndef thing():\n    pass\nthing.get()",
        "s3:GetObject",
    ),
    "a paginator of an unknown client": (
        "import boto3\nboto3.client('mediaconvert')\n"
        "def f(client):\n    client.get_paginator('list_jobs')",
        "mediaconvert:ListJobs",
    ),
    "a method of an unknown resource": (
        "import boto3\nboto3.resource('sqs')\ndef f(queue):\n    queue.receive_messages()",
        "sqs:ReceiveMessage",
    ),
    "a method of an unknown table": (
        TABLE + "def f(table):\n    table.put_item()",
        "dynamodb:PutItem",
    ),
    "an operation of two services, known where it matters": (
        "import boto3\na, b = boto3.client('sns'), boto3.client('sqs')\n"
        "def f(it):\n    it.add_permission()\nf(a)\nf(x)",
        "sns:AddPermission",
    ),
    "an operation of two services, one of them lost": (
        "import boto3, shelve\na, b = boto3.client('sns'), boto3.client('sqs')\n"
        "def f(it):\n    it.add_permission()\nf(a)\nf(shelve.keep(b))",
        "sns:AddPermission sqs:AddPermission",
    ),
    "a global": (
        "import boto3\nobj = None\ndef start():\n    global obj\n"
        "    obj = boto3.resource('s3').Object('b', 'k')\ndef use():\n    obj.get()",
        "s3:GetObject",
    ),
    "two names at once": (
        "import boto3\na, b = boto3.client('sns'), boto3.resource('s3').Object('b', 'k')\nb.get()",
        "s3:GetObject",
    ),
    "a walrus": (
        "import boto3\nif (o := boto3.resource('s3').Object('b', 'k')):\n    o.get()",
        "s3:GetObject",
    ),
    "a choice": (
        "import boto3\no = None or boto3.resource('s3').Object('b', 'k')\no.get()",
        "s3:GetObject",
    ),
    "a match": (
        OBJECT + "match obj:\n    case None:\n        pass\n    case one:\n        one.get()",
        "s3:GetObject",
    ),
    "a method of an unknown object": (
        CLIENT + "def f(queue):\n    queue.send_message()",
        "sqs:SendMessage",
    ),
    "an operation of two services, known which": (
        "import boto3\na, b = boto3.client('sns'), boto3.client('sqs')\na.add_permission()",
        "sns:AddPermission",
    ),
    "an operation of two services, unknown which": (
        "import boto3\na, b = boto3.client('sns'), boto3.client('sqs')\n"
        "def f(it):\n    it.add_permission()",
        "sns:AddPermission sqs:AddPermission",
    ),
    "a type that is only checked": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import mypy_boto3_sqs\n"
        + CLIENT
        + "client.send_message()",
        "sqs:SendMessage",
    ),
}


@pytest.mark.parametrize("form", FOUND)
def test_what_is_found(form: str) -> None:
    source, operations = FOUND[form]
    calls = read(source)
    assert named(calls) == set(operations.split())
    assert calls.unread == ()


NOTHING = {
    "no client": "def f(client):\n    client.send_message()",
    "a service that is not used": CLIENT + "def f(client):\n    client.put_item()",
    "another client": (
        "import boto3\na, b = boto3.client('sns'), boto3.client('sqs')\na.send_message()"
    ),
    "a method of its own class": (
        CLIENT + "class A:\n    def send_message(self):\n        pass\nA().send_message()"
    ),
    "a function of the standard library": "import os\n"
    + S3.replace("s3'", "sqs'")
    + "os.remove_permission()",
    "a dictionary": OBJECT + "event = {}\nevent.get('a')\nevent.copy()\nevent.update(a=1)",
    "an event": OBJECT + "def handler(event, context):\n    return event.get('a')",
    "the answer of a call": TABLE + "def f(answer):\n    answer.get('Item')\n    answer.delete()",
    "the name of a table": TABLE + "print(table.name)",
    "a getattr of something else": CLIENT + "def f(it, name):\n    getattr(it, name)()",
    "getattr with another name": CLIENT + "getattr(client, 'exceptions')",
    "a client of something else": "import docker\n".replace("docker", "json")
    + "json.client(name).send_message()",
    "a copy of something unknown": S3 + "def f(event):\n    event.copy()",
    "an annotation": CLIENT + "def f(x: client.send_message) -> client.purge_queue:\n    pass",
    "a paginator of something else": "import re\nre.get_paginator('list_jobs')\n" + CLIENT,
}


@pytest.mark.parametrize("form", NOTHING)
def test_what_is_no_call(form: str) -> None:
    calls = read(NOTHING[form])
    assert named(calls) == set()
    assert calls.unread == ()


def test_a_client_comes_from_another_module() -> None:
    others = {
        "clients": "import functools, boto3\n@functools.cache\ndef notes():\n"
        "    return boto3.resource('s3').Object('b', 'k')\n",
        "app____init__": "from .store import read\n",
        "app__store": "from clients import notes\ndef read():\n    return notes().get()\n",
    }
    calls = read("import clients\nimport app\nclients.notes().put()\napp.read()", **others)
    assert [(call.operation, call.file, call.line) for call in calls.made] == [
        ("GetObject", "app/store.py", 3),
        ("PutObject", "main.py", 3),
    ]
    assert calls.unread == ()


def test_star_imports_and_folders_on_the_path() -> None:
    calls = read(
        "import sys\nsys.path.append('lib')\nfrom notes import *\nnote.get()", lib__notes=S3_NOTE
    )
    assert named(calls) == {"s3:GetObject"}
    assert calls.unread == ()


S3_NOTE = "import boto3\nnote = boto3.resource('s3').Object('b', 'k')\n"


# What cannot be told ----------------------------------------------------------------------------

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


# The whole --------------------------------------------------------------------------------------


def folder(path: Path) -> Package:
    return package_of_files({one.name: one.read_bytes() for one in sorted(path.glob("*.py"))})


@pytest.mark.parametrize("path", ["lambda", "tests/pipelines/second/desk"])
def test_whole_functions(path: str) -> None:
    calls = calls_of(folder(REPOSITORY / path))
    assert calls.unread == ()
    assert named(calls) == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "mediaconvert:CreateJob",
        "mediaconvert:ListJobs",
    }
    assert calls.operations("dynamodb") == {"GetItem", "PutItem", "UpdateItem"}
    assert calls.actions("mediaconvert") == {"mediaconvert:CreateJob", "mediaconvert:ListJobs"}
    assert calls.operations("s3") == calls.actions("s3") == frozenset()


def test_calls_are_in_order_and_once_a_place() -> None:
    calls = read(CLIENT + "client.send_message(); client.send_message()\nclient.purge_queue()")
    assert calls.made == (
        Call("sqs", "PurgeQueue", "main.py", 4),
        Call("sqs", "SendMessage", "main.py", 3),
    )


def test_a_package_is_read_once() -> None:
    one, same = package(main=CLIENT), package(main=CLIENT)
    assert one is not same
    assert calls_of(one) is calls_of(same)


def test_a_package_is_read_quickly() -> None:
    shipped = {one.name: one.read_bytes() for one in sorted((REPOSITORY / "lambda").glob("*.py"))}
    seconds = []
    for number in range(4):
        other = package_of_files({**shipped, "more.py": f"x = {number}\n".encode()})
        started = time.process_time()
        calls_of(other)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.15


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return f(f)\nf(f)",
        "x = y\ny = x\nx.a = x\nx = x.a.b.c",
        "import os\nx = os\nwhile x:\n    x = x.more\n",
        "class A(B):\n    pass\nclass B(A):\n    pass\nA().x.y()",
        "from main import *\nfrom main import a\nimport main as a",
        "from .. import a\nfrom ... import *",
        "x = lambda *a, **k: x(*a, **k)\nx(x, *x, **x)",
        "def f():\n    yield from f()\nfor f in f():\n    f[0] = f",
        "async def f(a):\n    async with a as b, b:\n"
        "        async for c in b:\n            await c",
        "@f\n@g(1)\ndef f(): return f\n",
        "super().x\nimport boto3\nboto3.client()\ngetattr()\ngetattr(1)",
        "a, *b = c\n[d, (e, f)] = a\nx[0][1].y[2] = a\nf()[0] = a\ndel a",
    ],
)
def test_odd_sources_are_read_to_the_end(source: str) -> None:
    assert read(source).made == ()
