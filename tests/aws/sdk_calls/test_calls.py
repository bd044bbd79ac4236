"""The operations that a package calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.aws.lambda_package import Package
from planproof.aws.sdk_calls import SdkCall, SdkCalls, calls_of
from tests.builders.operations import calls_made_by
from tests.builders.packages import (
    BUCKET,
    CLIENT,
    OBJECT,
    S3,
    TABLE,
    named,
    package,
    package_of_files,
    read,
)
from tests.builders.repository import ROOT

S3_COPY = (
    "AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload HeadObject"
    " UploadPartCopy"
)
S3_UPLOAD = (
    "AbortMultipartUpload CompleteMultipartUpload CreateMultipartUpload PutObject UploadPart"
)

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
    "an unknown session": (
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
    "a method that escapes": (CLIENT + "retry(client.send_message)", "sqs:SendMessage"),
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
    "a field by its place": (
        "import dataclasses\n" + OBJECT + "@dataclasses.dataclass\nclass A:\n    name: str\n"
        "    one: object\nA('a', obj).one.get()",
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
    "functions in the order of their calls": (
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
        OBJECT + "def make(f):\n    return obj\n@make\ndef made():\n    pass\nmade.get()",
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
    "an operation of two services, one of which escapes": (
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
    "a loop over an object of the package": (
        OBJECT + "class A:\n    def __iter__(self):\n        yield obj\n"
        "for one in A():\n    one.get()",
        "s3:GetObject",
    ),
    "a look-up in an object of the package": (
        OBJECT + "class A:\n    def __getitem__(self, key):\n        return obj\nA()[1].get()",
        "s3:GetObject",
    ),
    "an object of its own that is entered": (
        OBJECT + "class A:\n    def __enter__(self):\n        return obj\n"
        "    def __exit__(self, *_):\n        pass\nwith A() as one:\n    one.get()",
        "s3:GetObject",
    ),
    "an object of its own that is called": (
        OBJECT
        + "class A:\n    def __call__(self, one):\n        return one\na = A()\na(obj).get()",
        "s3:GetObject",
    ),
    "an object that is closed": (
        "import contextlib\n" + OBJECT + "with contextlib.closing(obj) as one:\n    one.get()",
        "s3:GetObject",
    ),
    "the next of a collection": (
        BUCKET + "next(iter(bucket.objects.all())).delete()",
        "s3:ListObjects s3:DeleteObject",
    ),
    "a cast": ("import typing\n" + OBJECT + "typing.cast(int, obj).get()", "s3:GetObject"),
    "an element of an element": (
        OBJECT + "kept = {}\nkept['a']['b'] = obj\nkept['a']['b'].get()",
        "s3:GetObject",
    ),
    "a list of pairs": (
        OBJECT + "for name, one in [('a', obj), ('b', obj)]:\n    one.get()",
        "s3:GetObject",
    ),
    "a list of pairs with a function": (
        OBJECT + "def give():\n    return obj\nfor name, make in [('a', give)]:\n    make().get()",
        "s3:GetObject",
    ),
    "a list of pairs with an object of the package": (
        OBJECT + "class A:\n    one = obj\nfor name, a in [('a', A())]:\n    a.one.get()",
        "s3:GetObject",
    ),
    "a list that grows": (
        OBJECT + "kept = []\nkept += [obj]\nkept[0].get()",
        "s3:GetObject",
    ),
    "arguments in a list": (
        OBJECT + "def f(a, one):\n    one.get()\nf(*[1, obj])",
        "s3:GetObject",
    ),
    "an argument behind those of a list": (
        OBJECT + "def f(a, one):\n    one.get()\nf(*[1], obj)",
        "s3:GetObject",
    ),
    "the session of boto3": (
        "import boto3\nboto3.DEFAULT_SESSION.client('sqs').send_message()",
        "sqs:SendMessage",
    ),
    "an attribute of itself": (
        OBJECT + "import main\nmain.kept = obj\nmain.kept.get()",
        "s3:GetObject",
    ),
}


@pytest.mark.parametrize("form", FOUND)
def test_calls_are_found(form: str) -> None:
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
def test_code_without_calls(form: str) -> None:
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
    assert [(call.operation, call.file, call.line) for call in calls.calls] == [
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


def test_a_module_of_a_module_and_a_name_that_came_by_two_stars() -> None:
    calls = read(
        "import app.store\nfrom first import *\napp.store.note.get()\nnote.put()",
        app__store=S3_NOTE,
        first="from second import *",
        second=S3_NOTE,
    )
    assert named(calls) == {"s3:GetObject", "s3:PutObject"}
    assert calls.unread == ()


S3_NOTE = "import boto3\nnote = boto3.resource('s3').Object('b', 'k')\n"


# The whole --------------------------------------------------------------------------------------


def folder(path: Path) -> Package:
    return package_of_files({one.name: one.read_bytes() for one in sorted(path.glob("*.py"))})


@pytest.mark.parametrize("path", ["lambda", "tests/pipelines/second/desk"])
def test_whole_functions(path: str) -> None:
    calls = calls_of(folder(ROOT / path))
    assert calls.unread == ()
    assert named(calls) == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "mediaconvert:CreateJob",
        "mediaconvert:ListJobs",
    }
    assert calls.operations("dynamodb") == {"GetItem", "PutItem", "UpdateItem"}
    assert calls.operations("s3") == frozenset()


def test_calls_are_sorted_and_unique_per_place() -> None:
    calls = read(CLIENT + "client.send_message(); client.send_message()\nclient.purge_queue()")
    assert calls.calls == (
        SdkCall("sqs", "PurgeQueue", "main.py", 4),
        SdkCall("sqs", "SendMessage", "main.py", 3),
    )


def test_a_package_is_analyzed_once() -> None:
    one, same = package(main=CLIENT), package(main=CLIENT)
    assert one is not same
    assert calls_of(one) is calls_of(same)


def test_the_work_of_an_analysis_grows_with_the_package() -> None:
    shipped = {one.name: one.read_bytes() for one in sorted((ROOT / "lambda").glob("*.py"))}
    assert calls_made_by(lambda: calls_of(package_of_files(shipped))) < 1_000_000

    def chain(functions: int) -> Package:
        """Each function passes what the next one returns to a call."""
        body = "def f{0}(a):\n    return boto3.client('s3').get_object(Bucket=a, Key=f{1}(a))\n"
        return package(
            main="import boto3\n" + "".join(body.format(n, n + 1) for n in range(functions))
        )

    small, large = (calls_made_by(lambda n=n: calls_of(chain(n))) for n in (50, 200))
    assert large < 5 * small  # quadratic work would be sixteen times as much


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
def test_the_analysis_of_odd_sources_ends(source: str) -> None:
    assert read(source).calls == ()


def test_modules_may_import_all_names_of_each_other() -> None:
    calls = read("from one import *\nnote", one="from other import *", other="from one import *")
    assert calls == SdkCalls((), ())
