"""The resources that calls target."""

from __future__ import annotations

import pytest

from planproof.aws.sdk_calls import SdkCall, TargetName, calls_of
from planproof.aws.sdk_calls.flow import Flow
from planproof.values import UNKNOWN
from tests.builders.packages import package_of_files, read
from tests.builders.repository import ROOT

START = "".join(
    [
        "import os, boto3\n",
        *(
            f"{name} = boto3.client('{service}')\n"
            for name, service in (
                ("s3", "s3"),
                ("db", "dynamodb"),
                ("sqs", "sqs"),
                ("sns", "sns"),
                ("bus", "events"),
                ("ssm", "ssm"),
            )
        ),
    ]
)
GET = "s3.get_object(Bucket={}, Key='k')"

SHORT = {"variable": "$", "constant": ""}


def notation(name: TargetName) -> str:
    """``$NAME``, with a tilde where it is a segment, and its default behind an equals sign."""
    default = "" if name.default is None else "=?" if name.default is UNKNOWN else "="
    text = name.default if isinstance(name.default, str) else ""
    return f"{'~' * name.is_segment}{SHORT[name.kind]}{name.text}{default}{text}"


def described(call: SdkCall) -> str:
    name = call.only_action.partition(":")[2] or call.operation
    if call.target_names is None:
        return f"{name} ?"
    return " ".join([name, *map(notation, call.target_names)])


A = "os.environ['A']"


def targets(source: str, **others: str) -> set[str]:
    calls = read(START + source, **others)
    assert calls.unread == ()
    return {described(call) for call in calls.calls}


# The names of one bucket, in each form that a value can take.
VALUES = {
    "os.environ[]": (GET.format(A), "$A"),
    "os.environ.get": (GET.format("os.environ.get('A')"), "$A"),
    "os.getenv": (GET.format("os.getenv('A')"), "$A"),
    "getenv by keywords": (GET.format("os.getenv(key='A', default='x')"), "$A=x"),
    "a default": (GET.format("os.environ.get('A', 'films')"), "$A=films"),
    "an empty default": (GET.format("os.environ.get('A', '')"), "$A"),
    "a default by or": (GET.format("os.environ.get('A') or 'films'"), "$A=films"),
    "a default by if": (GET.format("os.environ['A'] if 'A' in os.environ else 'x'"), "$A=x"),
    "an unknown default": (
        f"def f(event, context):\n    {GET.format('os.getenv(' + repr('A') + ', event)')}",
        "$A=?",
    ),
    "a default that is a variable": (GET.format("os.getenv('A', os.environ['B'])"), "$A=?"),
    "a default that comes later": (GET.format("os.getenv('A', D)") + "\nD = 'x'", "$A=x"),
    "from os import environ": (
        f"from os import environ as e\n{GET.format('e[' + repr('A') + ']')}",
        "$A",
    ),
    "from os import getenv": (
        f"from os import getenv\n{GET.format('getenv(' + repr('A') + ')')}",
        "$A",
    ),
    "a constant": (GET.format("'films'"), "films"),
    "a name": (f"NAME = os.environ['A']\n{GET.format('NAME')}", "$A"),
    "the name of a variable by a constant": (f"N = 'A'\n{GET.format('os.environ[N]')}", "$A"),
    "a global that begins as None": (
        "NAME = None\ndef start():\n    global NAME\n    NAME = os.environ['A']\n"
        + GET.format("NAME"),
        "$A",
    ),
    "a function": (f"def f():\n    return os.environ['A']\n{GET.format('f()')}", "$A"),
    "an attribute": (
        "class C:\n    def __init__(self):\n        self.name = os.environ['A']\n"
        f"    def get(self):\n        {GET.format('self.name')}\nC().get()",
        "$A",
    ),
    "a field among others": (
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    a: str\n    b: str\n"
        "    @classmethod\n    def read(cls):\n        if 'A' in os.environ:\n"
        f"            return cls(a=os.environ['A'], b=os.environ['B'])\n{GET.format('C.read().a')}",
        "$A",
    ),
    "a text without its spaces": (GET.format("os.environ['A'].strip()"), "$A"),
    "a text of it": (GET.format("str(os.environ['A'])"), "$A"),
    "an f-string of it alone": (GET.format("f'{os.environ[\"A\"]}'"), "$A"),
    "one of two": (GET.format("os.environ['A'] if x else os.environ['B']"), "$A $B"),
    "a loop": (f"for n in ('A', 'B'):\n    {GET.format('os.environ[n]')}", "$A $B"),
    "a variable that the code sets": (
        f"os.environ['A'] = 'x'\n{GET.format(A)}",
        "x $A",
    ),
    "the name of a bucket": (GET.format("boto3.resource('s3').Bucket(os.environ['A']).name"), "$A"),
    "an event": (f"def f(event, context):\n    {GET.format('event[' + repr('b') + ']')}", "?"),
    "an event or a variable": (
        f"def f(event, context):\n    b = event.get('b') or os.environ['A']\n    {GET.format('b')}",
        "?",
    ),
    "an attribute that a class of the package has too": (
        f"class C:\n    b = os.environ['A']\ndef f(event, context):\n    {GET.format('event.b')}",
        "?",
    ),
    "a part of a longer name": (GET.format("f'{os.environ[\"A\"]}-logs'"), "?"),
    "a name of two": (GET.format("os.environ['A'] + os.environ['B']"), "?"),
    "a part of a text": (GET.format("os.environ['A'].split('/')[0]"), "?"),
    "an unknown variable": (f"def f(n):\n    {GET.format('os.environ[n]')}", "?"),
    "a copy of the environment": (GET.format("dict(os.environ)['A']"), "?"),
    "a variable that the code sets to an unknown value": (
        f"def f(event, context):\n    os.environ[event['n']] = event['v']\n{GET.format(A)}",
        "?",
    ),
    "no argument": ("s3.get_object(Key='k')", "?"),
    "unpacked arguments": ("def f(a):\n    s3.get_object(**a)", "?"),
    "unpacked arguments that are written out": (
        "s3.get_object(**{'Bucket': os.environ['A']})",
        "$A",
    ),
}


@pytest.mark.parametrize("form", VALUES)
def test_names_of_a_bucket(form: str) -> None:
    source, names = VALUES[form]
    assert targets(source) == {f"GetObject {names}"}


URL = "https://sqs.eu-west-1.amazonaws.com/123456789012"
SEGMENTS = {
    "f-string": f"f'{URL}/{{Q}}'",
    "sum": f"'{URL}' + '/' + Q",
    "percent": f"'{URL}/%s' % Q",
    "percent of several": "'https://sqs.%s.amazonaws.com/123456789012/%s' % (x, Q)",
    "format": f"'{URL}/{{}}'.format(Q)",
    "format by name": f"'{URL}/{{name}}'.format(name=Q)",
}


@pytest.mark.parametrize("form", SEGMENTS)
def test_a_segment_of_a_longer_text_names_the_target(form: str) -> None:
    source = f"Q = os.environ['A']\ndef f(x):\n    sqs.send_message(QueueUrl={SEGMENTS[form]})"
    assert targets(source) == {"SendMessage ~$A"}


@pytest.mark.parametrize(
    "text",
    ["f'{Q}{Q}'", "f'/{Q}-x'", "f'x-{Q}'", "'{:>9}'.format(Q)", "'%d/%s' % (1, Q)", "'%s' % (*Q,)"],
)
def test_a_part_of_a_longer_text_that_is_no_segment_is_not_a_name(text: str) -> None:
    source = f"Q = os.environ['A']\nsqs.send_message(QueueUrl={text})"
    assert targets(source) == {"SendMessage ?"}


UPLOAD = (
    "AbortMultipartUpload {0}, CompleteMultipartUpload {0}, CreateMultipartUpload {0},"
    " PutObject {0}, UploadPart {0}"
)
COPY = (
    "AbortMultipartUpload {1}, CompleteMultipartUpload {1}, CreateMultipartUpload {1},"
    " GetObject {0}, HeadObject {0}, PutObject {1}"
)
FROM = "{'Bucket': os.environ['A'], 'Key': 'k'}"
CALLS = {
    "an upload": ("s3.upload_file('f', os.environ['A'], 'k')", UPLOAD.format("$A")),
    "an upload by keywords": (
        "s3.upload_fileobj(Fileobj=f, Bucket=os.environ['A'], Key='k')",
        UPLOAD.format("$A"),
    ),
    "a download": (
        "s3.download_file(os.environ['A'], 'k', 'f')",
        "GetObject $A, HeadObject $A",
    ),
    "a managed copy": (f"s3.copy({FROM}, os.environ['B'], 'k')", COPY.format("$A", "$B")),
    "a managed copy of a bucket": (
        f"boto3.resource('s3').Bucket(os.environ['B']).copy({FROM}, 'k')",
        COPY.format("$A", "$B"),
    ),
    "a copy": (
        f"s3.copy_object(Bucket=os.environ['B'], CopySource={FROM})",
        "GetObject $A, PutObject $B",
    ),
    "a copy from a text": (
        "def f(k):\n    s3.copy_object(Bucket='b', CopySource=f'{os.environ[\"A\"]}/{k}')",
        "GetObject ~$A, PutObject b",
    ),
    "a copy from somewhere": (
        "def f(e):\n    s3.copy_object(Bucket='b', CopySource=e)",
        "GetObject ?, PutObject b",
    ),
    "an object": ("boto3.resource('s3').Object('b', 'k').get()", "GetObject b"),
    "an object by keywords": (
        "boto3.resource('s3').Object(key='k', bucket_name='b').get()",
        "GetObject b",
    ),
    "an object of a bucket": ("boto3.resource('s3').Bucket('b').Object('k').get()", "GetObject b"),
    "the objects of a bucket": (
        "for one in boto3.resource('s3').Bucket('b').objects.all():\n    one.delete()",
        "ListObjects b, DeleteObject b",
    ),
    "any bucket": (
        "for one in boto3.resource('s3').buckets.all():\n    one.delete()",
        "ListBuckets, DeleteBucket ?",
    ),
    "a presigned URL": (
        "s3.generate_presigned_url('put_object', Params={'Bucket': 'b'})",
        "PutObject b",
    ),
    "a presigned post": ("s3.generate_presigned_post('b', 'k')", "PutObject b"),
    "a paginator": (
        "s3.get_paginator('list_objects_v2').paginate(Bucket='b')",
        "ListObjectsV2 b",
    ),
    "a paginator in a variable": (
        "p = s3.get_paginator('list_objects_v2')\np.paginate(Bucket='b')\np.paginate(Bucket='c')",
        "ListObjectsV2 b, ListObjectsV2 c",
    ),
    "a paginator that escapes": (
        "p = s3.get_paginator('list_objects_v2')\np.paginate(Bucket='b')\nx.y(p)",
        "ListObjectsV2 ?",
    ),
    "a waiter": ("s3.get_waiter('bucket_exists').wait(Bucket='b')", "HeadBucket b"),
    "a table": ("boto3.resource('dynamodb').Table(os.environ['T']).scan()", "Scan $T"),
    "a method of a table that escapes": (
        "x(boto3.resource('dynamodb').Table('t').put_item)",
        "PutItem t",
    ),
    "a method of a client that escapes": ("x(db.put_item)", "PutItem ?"),
    "a batch of a table": (
        "with boto3.resource('dynamodb').Table('t').batch_writer() as b:\n    b.put_item()",
        "BatchWriteItem t",
    ),
    "a batch of two tables": (
        "db.batch_get_item(RequestItems={'t': {}, os.environ['U']: {}})",
        "BatchGetItem t, BatchGetItem $U",
    ),
    "a batch of anything": ("def f(x):\n    db.batch_get_item(RequestItems=x)", "BatchGetItem ?"),
    "a transaction": (
        "db.transact_write_items(TransactItems=[{'Put': {'TableName': 't'}},"
        " {'ConditionCheck': {'TableName': os.environ['U']}}])",
        "PutItem t, ConditionCheckItem $U",
    ),
    "a transaction that reads": (
        "db.transact_get_items(TransactItems=[{'Get': {'TableName': 't'}}])",
        "TransactGetItems t",
    ),
    "a transaction of anything": (
        "def f(x):\n    db.transact_write_items(TransactItems=[{'Put': {'TableName': 't'}}, x])",
        "PutItem t, TransactWriteItems ?",
    ),
    "PartiQL": ("db.execute_statement(Statement='SELECT * FROM t')", "PartiQLSelect ?"),
    "PartiQL of nothing": ("db.execute_statement(Statement=' ')", "ExecuteStatement ?"),
    "a queue": (
        "boto3.resource('sqs').Queue(os.environ['Q']).send_message()",
        "SendMessage $Q",
    ),
    "a queue by its name": (
        "boto3.resource('sqs').get_queue_by_name(QueueName='q').send_message()",
        "GetQueueUrl q, SendMessage q",
    ),
    "the URL of a queue": (
        "url = sqs.get_queue_url(QueueName='q')['QueueUrl']\nsqs.send_message(QueueUrl=url)",
        "GetQueueUrl q, SendMessage q",
    ),
    "the source of a dead-letter queue": (
        "for q in boto3.resource('sqs').Queue('q').dead_letter_source_queues.all():\n    q.purge()",
        "ListDeadLetterSourceQueues q, PurgeQueue ?",
    ),
    "a topic": ("sns.publish(TopicArn=os.environ['T'], Message='m')", "Publish $T"),
    "another target": ("sns.publish(TargetArn=os.environ['T'], Message='m')", "Publish $T"),
    "a phone": ("sns.publish(PhoneNumber='1', Message='m')", "Publish"),
    "a bus": ("bus.put_events(Entries=[{'EventBusName': os.environ['B']}])", "PutEvents $B"),
    "the bus of the account": ("bus.put_events(Entries=[{'Source': 's'}])", "PutEvents default"),
    "events of any bus": ("def f(e):\n    bus.put_events(Entries=e)", "PutEvents ?"),
    "an event of any bus": ("def f(e):\n    bus.put_events(Entries=[{**e}])", "PutEvents ?"),
    "a parameter": ("ssm.get_parameter(Name='/a/b')", "GetParameter /a/b"),
    "parameters": (
        "ssm.get_parameters(Names=['/a', os.environ['B']])",
        "GetParameters /a, GetParameters $B",
    ),
    "parameters by path": ("ssm.get_parameters_by_path(Path='/a')", "GetParametersByPath ?"),
    "a function": ("boto3.client('lambda').invoke(FunctionName='f')", "Invoke f"),
    "a secret": (
        "boto3.client('secretsmanager').get_secret_value(SecretId=os.environ['S'])",
        "GetSecretValue $S",
    ),
    "a state machine": (
        "boto3.client('stepfunctions').start_execution(stateMachineArn=os.environ['M'])",
        "StartExecution $M",
    ),
    "a key": ("boto3.client('kms').encrypt(KeyId=os.environ['K'])", "Encrypt $K"),
    "a log group": (
        "boto3.client('logs').filter_log_events(logGroupName='g')",
        "FilterLogEvents g",
    ),
    "an unknown client": (
        "def f(client):\n    client.send_message(QueueUrl=os.environ['Q'])",
        "SendMessage $Q",
    ),
    "an operation without a resource": ("sqs.list_queues()", "ListQueues"),
    "a parameter with two values": (
        f"def f(b):\n    {GET.format('b')}\nf('a')\nf(os.environ['B'])",
        "GetObject a, GetObject $B",
    ),
    "a parameter of a parameter": (
        f"def f(key, *, b):\n    {GET.format('b')}\ndef g(c):\n    f('k', b=c)\ng('a')\ng(c='b')",
        "GetObject a, GetObject b",
    ),
    "a parameter of a method": (
        f"class C:\n    def f(self, b):\n        {GET.format('b')}\nC().f('a')\nC().f('b')",
        "GetObject a, GetObject b",
    ),
    "a parameter with a default": (
        f"def f(b='a'):\n    {GET.format('b')}\nf('b')",
        "GetObject a b",
    ),
    "a parameter that is set": (
        f"def f(b):\n    b = b or os.environ['C']\n    {GET.format('b')}\nf('a')\nf('b')",
        "GetObject a b $C",
    ),
    "a parameter with arguments in a list": (
        f"def f(b):\n    {GET.format('b')}\nf(*['a'])\nf('b')",
        "GetObject a b",
    ),
    "a parameter that an event gives too": (
        f"def f(b):\n    {GET.format('b')}\ndef h(event, context):\n    f(event['b'])\nf('a')",
        "GetObject a, GetObject ?",
    ),
}


@pytest.mark.parametrize("form", CALLS)
def test_targets_of_calls(form: str) -> None:
    source, expected = CALLS[form]
    assert targets(source) == set(expected.split(", "))


def test_the_analysis_of_a_recursive_function_ends() -> None:
    source = f"def f(b):\n    {GET.format('b')}\n    f(b)\nf('a')\nf('b')"
    assert targets(source) == {"GetObject a", "GetObject b"}


def test_the_analysis_of_a_growing_text_ends() -> None:
    source = f"b = 'a'\nwhile x:\n    b = b + 'a'\n{GET.format('b')}"
    assert targets(source) == {"GetObject ?"}


def test_only_the_abort_of_a_managed_upload_is_cleanup() -> None:
    def cleanups(source: str) -> set[str]:
        return {call.operation for call in read(START + source).calls if call.is_cleanup}

    assert cleanups("s3.upload_file('f', 'b', 'k')") == {"AbortMultipartUpload"}
    assert cleanups("s3.abort_multipart_upload(Bucket='b')") == set()
    both = "s3.upload_file('f', 'b', 'k'); s3.abort_multipart_upload(Bucket='b')"
    assert cleanups(both) == set()


def test_a_variable_comes_from_another_module() -> None:
    settings = "import os\nFILMS = os.environ['A']\ndef table():\n    return os.environ['T']\n"
    source = f"import settings\nfrom settings import table\n{GET.format('settings.FILMS')}\n"
    assert targets(source + "db.scan(TableName=table())", settings=settings) == {
        "GetObject $A",
        "Scan $T",
    }


def test_targets_are_unknown_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = Flow.settle

    def time_out(flow: Flow) -> None:
        settle(flow)
        flow.timed_out = True

    source = START + f"s3.copy_object(Bucket='b', CopySource={FROM}) # timed out\n"
    monkeypatch.setattr(Flow, "settle", time_out)
    assert [described(call) for call in read(source).calls] == ["CopyObject ?"]


@pytest.mark.parametrize(
    ("path", "variable"), [("lambda", "ASSETS_TABLE"), ("tests/pipelines/second/desk", "LEDGER")]
)
def test_tables_of_whole_functions(path: str, variable: str) -> None:
    files = sorted((ROOT / path).glob("*.py"))
    calls = calls_of(package_of_files({one.name: one.read_bytes() for one in files}))
    tables = {call.target_names for call in calls.calls if call.service == "dynamodb"}
    assert tables == {(TargetName("variable", variable),)}
    assert {call.target_names for call in calls.calls if call.service == "mediaconvert"} == {()}


# Indexes of tables --------------------------------------------------------------------------------

TABLE = "boto3.resource('dynamodb').Table(os.environ['A'])"


@pytest.mark.parametrize(
    ("call", "within"),
    [
        ("db.query(TableName='t', IndexName='i')", "/index/i"),
        ("db.scan(**{'TableName': 't', 'IndexName': 'i'})", "/index/i"),
        (f"{TABLE}.query(IndexName='i')", "/index/i"),
        (f"{TABLE}.scan(IndexName=os.environ['I'])", "/index/*"),
        ("db.get_paginator('query').paginate(TableName='t', IndexName='i')", "/index/i"),
        (f"{TABLE}.query()", ""),
        ("db.query(TableName='t')", ""),
        ("db.get_item(TableName='t', IndexName='i')", ""),
    ],
)
def test_an_index_has_an_arn_suffix(call: str, within: str) -> None:
    calls = read(START + call)
    assert calls.unread == ()
    assert {one.arn_suffix for one in calls.calls} == {within}


def test_one_of_two_indexes_is_unknown() -> None:
    calls = read(f"{START}db.query(TableName='t', IndexName='i' if {A} else 'j')")
    assert {one.arn_suffix for one in calls.calls} == {"/index/*"}
