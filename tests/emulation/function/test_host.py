"""What a function does, however badly it does it, is known afterwards, and harms nothing here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from planproof.aws.lambda_package import Package, PackageError
from planproof.emulation.function.configuration import FunctionConfiguration, function_configuration
from planproof.emulation.function.host import FunctionHost, Invocation, Stub
from planproof.emulation.function.seed import seed_account, table_parameters
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN
from tests.builders.packages import package
from tests.builders.stacks import resource, stack


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    """One process for all functions here, as in a run; an event may take two seconds."""
    with FunctionHost(seconds_per_event=2) as kept:
        yield kept


def deployed(text: str, handler: str = "main.handler", **options: Any) -> FunctionConfiguration:
    """A function of one module."""
    return FunctionConfiguration(package(main=text), handler, **options)


def run(host: FunctionHost, text: str, event: Any = None, **options: Any) -> Invocation:
    """The result of one event for a function of one module."""
    return host.start(deployed(text, **options)).invoke(event or {})


def failure_of(invocation: Invocation) -> str:
    assert invocation.failure is not None
    assert invocation.returned is None
    return str(invocation.failure)


# Events and responses --------------------------------------------------------------------------


def test_handler_gets_event_and_returns(host: FunctionHost) -> None:
    done = run(
        host, "def handler(event, context):\n    return {'got': event['x']}", {"x": ["ü", 1]}
    )
    assert done == Invocation(returned={"got": ["ü", 1]})


def test_context_of_the_function(host: FunctionHost) -> None:
    text = """
        import time
        def handler(event, context):
            assert context.aws_request_id and context.log_stream_name
            before = context.get_remaining_time_in_millis()
            time.sleep(0.1)
            after = context.get_remaining_time_in_millis()
            return [context.function_name, context.memory_limit_in_mb, before, before - after]
    """
    name, memory, left, passed = run(host, text, name="video", memory=256, timeout=60).returned
    assert (name, memory) == ("video", 256)
    assert 50_000 < left <= 60_000
    assert passed >= 100


def test_environment_variables(host: FunctionHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("SECRET_OF_MINE", "1")
    text = "import os, sys\ndef handler(event, context):\n    return [dict(os.environ), sys.path]"
    with FunctionHost() as fresh:
        done = run(fresh, text, environment={"TABLE": "assets"}, region="eu-west-1")
    environment, path = done.returned
    assert environment["TABLE"] == "assets"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "PYTHONPATH", "SECRET_OF_MINE", "HOME"} & set(environment)
    assert path[0] == environment["LAMBDA_TASK_ROOT"]
    assert "/somewhere" not in path
    assert os.getcwd() not in path  # noqa: PTH109 - as sys.path spells it


def test_output_is_logged(host: FunctionHost) -> None:
    text = """
        import os, sys
        def handler(event, context):
            print("printed")
            print("complained", file=sys.stderr)
            os.write(1, b"written")
    """
    function = host.start(deployed(text))
    assert function.invoke({}).log == "printed\ncomplained\nwritten"
    assert function.invoke({}).log == "printed\ncomplained\nwritten"


def test_local_folders_are_replaced(host: FunctionHost) -> None:
    text = """
        def handler(event, context):
            print(__file__)
            raise OSError(__file__)
    """
    done = run(host, text)
    assert done.log == "/var/task/main.py\n"
    assert failure_of(done) == "OSError at main.py:4: /var/task/main.py"


def test_long_log_is_truncated(host: FunctionHost) -> None:
    done = run(host, "def handler(event, context):\n    print('x' * 9_000 + 'end')")
    assert len(done.log) == 4_000
    assert done.log.endswith("end\n")


def test_warm_and_cold_starts(host: FunctionHost) -> None:
    text = "import other\ndef handler(event, context):\n    return other.count()"
    other = "seen = []\ndef count():\n    seen.append(1)\n    return len(seen)"
    function = host.start(FunctionConfiguration(package(main=text, other=other), "main.handler"))
    assert [function.invoke({}).returned for _ in range(2)] == [1, 2]
    function.restart()
    assert function.invoke({}).returned == 1


def test_switch_to_another_function(host: FunctionHost) -> None:
    put = """
        import boto3, os
        def handler(event, context):
            boto3.client("s3").put_object(Bucket="films", Key=os.environ["KEY"], Body=b"x")
    """
    listing = """
        import boto3, os
        def handler(event, context):
            found = boto3.client("s3").list_objects_v2(Bucket="films")["Contents"]
            return [os.environ.get("KEY"), *[o["Key"] for o in found]]
    """
    first = deployed(put, environment={"KEY": "k"})
    function = host.start(first)
    function.aws("s3", "create_bucket", Bucket="films")
    function.invoke({})
    function.switch_to(deployed(listing))
    assert function.invoke({}).returned == [None, "k"]
    function.switch_to(first)
    assert function.invoke({}).failure is None


def test_handler_in_a_folder(host: FunctionHost) -> None:
    zipped = package(
        app__main="from app import other\ndef handler(e, c):\n    return other.X",
        app__other="X = 'found'",
    )
    for name in ("app.main.handler", "app/main.handler"):
        assert host.import_handler(FunctionConfiguration(zipped, name)) is None
        assert host.start(FunctionConfiguration(zipped, name)).invoke({}).returned == "found"


# Functions that fail ---------------------------------------------------------------------------


def test_exception_has_its_location(host: FunctionHost) -> None:
    text = """
        def handler(event, context):
            return event["Records"]
    """
    assert failure_of(run(host, text)) == "KeyError at main.py:3: 'Records'"


def test_import_that_raises(host: FunctionHost) -> None:
    text = "import os\nTABLE = os.environ['TABLE']\ndef handler(event, context):\n    return TABLE"
    done = run(host, text)
    assert failure_of(done) == "KeyError at main.py:2: 'TABLE'"
    assert done.failure is not None
    assert done.failure.phase == "import"
    assert run(host, text, environment={"TABLE": "t"}).returned == "t"


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        ("main", "ImportError: the handler 'main' is not of the form module.function"),
        ("main.", "ImportError: the handler 'main.' is not of the form module.function"),
        ("index.handler", "ModuleNotFoundError: No module named 'index'"),
        ("main.run", "AttributeError: module 'main' of the package has no 'run'"),
        ("main.TABLE", "TypeError: main.TABLE is a str, which is not callable"),
        ("json.loads", "ModuleNotFoundError: No module named 'json' in the package"),
    ],
)
def test_wrong_handler(host: FunctionHost, handler: str, failure: str) -> None:
    text = "TABLE = 't'\ndef handler(event, context):\n    return 1"
    assert failure_of(run(host, text, handler=handler)) == failure
    assert str(host.import_handler(deployed(text, handler))) == failure


def test_syntax_error(host: FunctionHost) -> None:
    assert "SyntaxError" in failure_of(run(host, "def handler(event, context)\n    return 1"))


def test_response_that_is_not_json(host: FunctionHost) -> None:
    failure = failure_of(run(host, "def handler(event, context):\n    return {1, 2}"))
    assert failure == "TypeError: Object of type set is not JSON serializable"


def test_exit_is_a_failure(host: FunctionHost) -> None:
    function = host.start(deployed("import sys\ndef handler(event, context):\n    sys.exit(3)"))
    assert failure_of(function.invoke({})) == "SystemExit at main.py:3: 3"
    assert failure_of(function.invoke({})) == "SystemExit at main.py:3: 3"


def test_hanging_handler_times_out(host: FunctionHost) -> None:
    text = "import time\ndef handler(event, context):\n    time.sleep(event.get('wait', 0))"
    function = host.start(deployed(text))
    failure = failure_of(function.invoke({"wait": 60}))
    assert failure == "FunctionTimedOut at main.py:3: it did not end within 2 seconds"
    assert function.invoke({}).failure is None


def test_unstoppable_handler_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planproof.emulation.function.host.GRACE", 1.0)
    text = """
        import time
        def handler(event, context):
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    pass
    """
    with FunctionHost(seconds_per_event=1) as fresh:
        function = fresh.start(deployed(text))
        for _ in range(2):
            assert failure_of(function.invoke({})).startswith("ProcessEnded: ")
            assert "within 2 seconds" in failure_of(function.invoke({}))
        assert run(fresh, "def handler(event, context):\n    return 1").returned == 1


@pytest.mark.parametrize(
    ("statement", "failure"),
    [
        ("os._exit(7)", "Crashed: its process ended with exit code 7"),
        ("os.kill(os.getpid(), 9)", "Crashed: its process ended with signal 9"),
    ],
)
def test_crash_does_not_affect_the_next_function(
    host: FunctionHost, statement: str, failure: str
) -> None:
    function = host.start(deployed(f"import os\ndef handler(event, context):\n    {statement}"))
    assert failure_of(function.invoke({})) == failure
    assert failure_of(function.invoke({})) == failure
    with pytest.raises(UndeterminedError, match="Crashed"):
        function.aws("s3", "list_buckets")
    assert run(host, "def handler(event, context):\n    return 1").returned == 1


def test_damaged_package_does_not_affect_the_next_function(host: FunctionHost) -> None:
    text = "def handler(event, context):\n    return 1"
    intact = package(main=text).data
    damaged = Package("damaged.zip", intact.replace(b"handler", b"HANDLER"))  # a wrong checksum
    with pytest.raises(PackageError, match=r"damaged\.zip cannot be unpacked") as kept:
        host.start(FunctionConfiguration(damaged, "main.handler"))
    assert run(host, text).returned == 1
    del kept  # an error that is kept, as in a report, keeps what it refers to


def test_fork_of_the_run_uses_the_same_processes(host: FunctionHost) -> None:
    function = host.start(deployed("def handler(event, context):\n    return 'parent'"))
    child = os.fork()
    if child == 0:
        returned = run(host, "def handler(event, context):\n    return 'fork'").returned
        os._exit(0 if returned == "fork" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert function.invoke({}).returned == "parent"


def test_killed_fork_server_is_started_again() -> None:
    text = "import os\ndef handler(event, context):\n    os.kill(os.getppid(), 9)"
    with FunctionHost() as fresh:
        function = fresh.start(deployed(text))
        function.invoke({})
        function.end()
        assert run(fresh, "def handler(event, context):\n    return 1").returned == 1


def test_network_is_blocked(host: FunctionHost) -> None:
    text = """
        import socket
        def handler(event, context):
            socket.create_connection(("192.0.2.1", 80), timeout=1)
    """
    failure = failure_of(run(host, text))
    assert failure.startswith("ConnectionRefusedError at main.py:4: ")
    name = text.replace("192.0.2.1", "example.org")
    assert "('example.org')" in failure_of(run(host, name))


# In an interpreter that has only what the runtime has ------------------------------------------


def test_sdk_and_standard_library_are_importable(host: FunctionHost) -> None:
    text = "import boto3, botocore, dateutil, json, urllib3\nhandler = boto3.client"
    assert host.import_handler(deployed(text)) is None


def test_local_packages_are_hidden(host: FunctionHost) -> None:
    failure = host.import_handler(deployed("import moto\ndef handler(event, context): pass"))
    assert failure is not None
    assert str(failure) == "ModuleNotFoundError at main.py:1: No module named 'moto'"
    assert failure.missing == "moto"
    assert failure.phase == "import"


def test_modules_of_the_package_are_importable(host: FunctionHost) -> None:
    zipped = package(main="import moto\nhandler = moto.own", moto="def own(event, context): pass")
    assert host.import_handler(FunctionConfiguration(zipped, "main.handler")) is None


def test_import_that_hangs_or_crashes(host: FunctionHost) -> None:
    hanging = host.import_handler(deployed("import time\ntime.sleep(60)"))
    assert str(hanging) == "FunctionTimedOut at main.py:2: it did not end within 2 seconds"
    crashing = host.import_handler(deployed("import os\nos._exit(5)"))
    assert str(crashing) == "ProcessEnded: its process ended with exit code 5"


def test_package_module_shadows_installed_module(host: FunctionHost) -> None:
    text = "import responses\ndef handler(event, context):\n    return responses.OWN"
    zipped = package(main=text, responses="OWN = 'mine'")
    assert host.start(FunctionConfiguration(zipped, "main.handler")).invoke({}).returned == "mine"


# In the emulated account -----------------------------------------------------------------------

PUT = """
    import boto3
    def handler(event, context):
        table = boto3.resource("dynamodb").Table("assets")
        table.put_item(Item={"Id": event["id"], "Size": 5, "Tags": {"a"}, "More": {"L": [None]}})
"""
JOB = """
    import boto3
    def handler(event, context):
        client = boto3.client("mediaconvert")
        try:
            return client.create_job(**event)["Job"]
        except Exception as problem:
            return repr(problem)
"""
CREATE_JOB = Stub(
    "mediaconvert",
    "CreateJob",
    {"Job": {"Id": "job{number}"}},
    echo="Job",
    repeat="ClientRequestToken",
)
VALID = {"Role": "arn:aws:iam::123456789012:role/r", "Settings": {"Inputs": []}}


def assets_table(**values: Any) -> Resource:
    defaults = {"name": "assets", "hash_key": "Id", "attribute": [{"name": "Id", "type": "S"}]}
    return resource("aws_dynamodb_table.t", **{**defaults, **values})


def test_calls_and_items_are_recorded(host: FunctionHost) -> None:
    function = host.start(deployed(PUT, region="eu-west-1"))
    seed_account(function, stack(assets_table()))
    done = function.invoke({"id": "ü"})
    assert done.failure is None
    (call,) = done.calls_of("dynamodb", "PutItem")
    assert str(call) == "dynamodb:PutItem"
    assert call.parameters["Item"]["Id"] == "ü"
    assert call.validation_errors == ()
    assert function.items("assets") == [
        {"Id": "ü", "Size": "5", "Tags": ["a"], "More": {"L": [None]}}
    ]


def test_account_is_empty_at_start(host: FunctionHost) -> None:
    function = host.start(deployed(PUT))
    seed_account(function, stack(assets_table()))
    function.invoke({"id": "1"})
    second = host.start(deployed(PUT))
    with pytest.raises(UndeterminedError, match="ResourceNotFoundException"):
        second.items("assets")
    failure = failure_of(second.invoke({"id": "1"}))
    assert failure.startswith("ResourceNotFoundException at main.py:5")


def test_only_calls_of_the_function_are_recorded(host: FunctionHost) -> None:
    function = host.start(deployed("def handler(event, context): pass"))
    seed_account(function, stack(assets_table()))
    assert function.invoke({}).calls == ()


def test_stub_responds_where_moto_does_not(host: FunctionHost) -> None:
    function = host.start(deployed(JOB), [CREATE_JOB])
    assert function.invoke(VALID).returned.items() >= {"Id": "job1", **VALID}.items()
    assert function.invoke(VALID).returned["Id"] == "job2"


def test_stub_with_current_time(host: FunctionHost) -> None:
    text = """
        import boto3
        def handler(event, context):
            job = boto3.client("mediaconvert").create_job(**event)["Job"]
            return job["CreatedAt"].isoformat()
    """
    stub = Stub("mediaconvert", "CreateJob", {"Job": {"CreatedAt": "{now}"}})
    done = host.start(deployed(text), [stub]).invoke(VALID)
    assert done.returned.endswith("+00:00")


def test_repeated_token_gets_the_first_response(host: FunctionHost) -> None:
    function = host.start(deployed(JOB), [CREATE_JOB])
    ids = [function.invoke({**VALID, "ClientRequestToken": t}).returned["Id"] for t in "aba"]
    assert ids == ["job1", "job2", "job1"]


def test_stub_with_error(host: FunctionHost) -> None:
    error = {"code": "ConflictException", "message": "busy", "status": 409}
    function = host.start(deployed(JOB), [Stub("mediaconvert", "CreateJob", error=error)])
    done = function.invoke(VALID)
    assert done.returned.startswith("ConflictException(")
    (call,) = done.calls
    assert call.response is None
    assert call.failure is not None
    assert call.failure.type == "ConflictException"


def test_botocore_validates_parameters(host: FunctionHost) -> None:
    function = host.start(deployed(JOB), [CREATE_JOB])
    done = function.invoke({"Settings": {"Inputs": "film.mp4"}, "Speed": 3})
    assert done.returned.startswith("ParamValidationError(")
    (objection,) = done.calls[0].validation_errors
    assert 'Missing required parameter in input: "Role"' in objection
    assert 'Unknown parameter in input: "Speed"' in objection
    assert "Invalid type for parameter Settings.Inputs, value: film.mp4" in objection


def test_model_violations_are_recorded(host: FunctionHost) -> None:
    def validation_errors(video: Mapping[str, Any]) -> tuple[str, ...]:
        outputs = [{"VideoDescription": {"CodecSettings": video}}]
        settings = {"Inputs": [], "OutputGroups": [{"Outputs": outputs}]}
        return function.invoke({**VALID, "Settings": settings}).calls[0].validation_errors

    function = host.start(deployed(JOB), [CREATE_JOB])
    path = "Settings.OutputGroups[0].Outputs[0].VideoDescription.CodecSettings"
    (codec,) = validation_errors({"Codec": "H264"})
    assert codec.startswith(f"{path}.Codec is 'H264', and must be one of ")
    assert "H_264" in codec
    (rate,) = validation_errors({"H264Settings": {"Bitrate": 2_000_000_000}})
    assert rate.startswith(f"{path}.H264Settings.Bitrate is 2000000000, and must be at most ")
    assert validation_errors({"Codec": "H_264", "H264Settings": {"Bitrate": 5_000_000}}) == ()
    assert validation_errors({"Codec": "H_264", "H264Settings": {"Bitrate": 1}})[0].startswith(
        "Parameter validation failed"
    )


def test_unsupported_call_is_not_sent(host: FunctionHost) -> None:
    done = host.start(deployed(JOB)).invoke(VALID)
    assert done.returned == "NotEmulatedError('mediaconvert:CreateJob is not emulated here')"
    assert done.calls[0].failure is not None
    assert done.calls[0].failure.type == "NotEmulatedError"


def test_operation_that_moto_lacks(host: FunctionHost) -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("dynamodb").describe_contributor_insights(TableName="assets")
    """
    failure = failure_of(run(host, text))
    assert failure.startswith(
        "NotEmulatedError at main.py:4: dynamodb:DescribeContributorInsights is"
    )


def test_custom_endpoint_is_not_reached(host: FunctionHost) -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("s3", endpoint_url="https://storage.example.org").list_buckets()
    """
    failure = failure_of(run(host, text))
    assert failure == "NotEmulatedError at main.py:4: s3:ListBuckets is not emulated here"


# What of a stack is in the account -------------------------------------------------------------


def test_table_keys_and_indexes() -> None:
    full = assets_table(
        range_key="Version",
        attribute=[{"name": n, "type": "S"} for n in ("Id", "Version", "Status")],
        global_secondary_index=[
            {"name": "g", "hash_key": "Status", "range_key": None, "projection_type": "ALL"}
        ],
        local_secondary_index=[
            {
                "name": "l",
                "range_key": "Status",
                "projection_type": "INCLUDE",
                "non_key_attributes": ["b", "a"],
            }
        ],
    )
    parameters = table_parameters(full)
    hash_key = {"AttributeName": "Id", "KeyType": "HASH"}
    assert parameters["KeySchema"] == [hash_key, {"AttributeName": "Version", "KeyType": "RANGE"}]
    assert parameters["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "g",
            "KeySchema": [{"AttributeName": "Status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    assert parameters["LocalSecondaryIndexes"] == [
        {
            "IndexName": "l",
            "KeySchema": [hash_key, {"AttributeName": "Status", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]},
        }
    ]


def test_unknown_table_attribute_is_undetermined() -> None:
    for values in ({"name": UNKNOWN}, {"hash_key": UNKNOWN}, {"attribute": UNKNOWN}):
        with pytest.raises(UndeterminedError, match=r"aws_dynamodb_table\.t\.\w+ is unknown"):
            table_parameters(assets_table(**values))


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_seed_buckets_queues_and_topics(host: FunctionHost, region: str) -> None:
    found = stack(
        assets_table(),
        resource("aws_s3_bucket.a", bucket="films", id="films"),
        resource("aws_s3_bucket.b", bucket="plain", id="plain"),
        resource(
            "aws_s3_bucket_versioning.a",
            bucket="films",
            versioning_configuration=[{"status": "Enabled"}],
        ),
        resource("aws_sqs_queue.q", name="q.fifo", fifo_queue=True),
        resource("aws_sqs_queue.p", name="p", fifo_queue=False),
        resource("aws_sns_topic.t", name="t"),
        region=region,
    )
    function = host.start(deployed("def handler(event, context): pass", region=region))
    seed_account(function, found)
    assert "VersionId" in function.aws("s3", "put_object", Bucket="films", Key="k", Body="x")
    assert "VersionId" not in function.aws("s3", "put_object", Bucket="plain", Key="k", Body="x")
    assert len(function.aws("sqs", "list_queues")["QueueUrls"]) == 2
    (topic,) = function.aws("sns", "list_topics")["Topics"]
    assert topic["TopicArn"] == f"arn:aws:sns:{region}:123456789012:t"
    assert function.aws("dynamodb", "list_tables")["TableNames"] == ["assets"]


# How the stack deploys it ----------------------------------------------------------------------


def lambda_function(**values: Any) -> Resource:
    defaults = {
        "runtime": "python3.11",
        "handler": "main.handler",
        "function_name": "video",
        "arn": "arn:aws:lambda:eu-west-1:123456789012:function:video",
        "timeout": 120,
        "memory_size": 256,
        "environment": [{"variables": {"TABLE": "assets"}}],
    }
    return resource("aws_lambda_function.f", **{**defaults, **values})


def configuration(function: Resource, **environment: str) -> FunctionConfiguration:
    zipped = package(main="def handler(event, context): pass")
    return function_configuration(
        stack(function, region="eu-west-1"), function, zipped, environment
    )


def test_configuration_of_a_function() -> None:
    found = configuration(lambda_function(), ROLE="r")
    assert (found.handler, found.name, found.region) == ("main.handler", "video", "eu-west-1")
    assert (found.timeout, found.memory) == (120, 256)
    assert found.environment == {"TABLE": "assets", "ROLE": "r"}


def test_function_without_environment() -> None:
    assert configuration(lambda_function(environment=[])).environment == {}


def test_unknown_variable_is_undetermined_unless_given() -> None:
    unknown = lambda_function(environment=[{"variables": {"TABLE": UNKNOWN}}])
    assert configuration(unknown, TABLE="t").environment == {"TABLE": "t"}
    for function in (
        unknown,
        lambda_function(environment=[{"variables": UNKNOWN}]),
        lambda_function(environment=UNKNOWN),
        lambda_function(handler=UNKNOWN),
        lambda_function(runtime=UNKNOWN),
    ):
        with pytest.raises(UndeterminedError, match=r"aws_lambda_function\.f\.\w+"):
            configuration(function)


def test_only_python_is_supported() -> None:
    with pytest.raises(
        UndeterminedError, match=r"aws_lambda_function\.f is nodejs22\.x, and only Python"
    ):
        configuration(lambda_function(runtime="nodejs22.x"))
