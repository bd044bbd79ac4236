"""The environment of a function's instance, and the results of invocations."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from planproof.emulation.account.lambdas import InvocationResult, Lambdas
from tests.emulation.account.lambdas.conftest import ROLE, LambdaTestbed, zipped


def run(testbed: LambdaTestbed, code: str, event: Any = None, **more: Any) -> InvocationResult:
    return testbed.lambdas.invoke(testbed.function(code, **more), event or {})


def update(testbed: LambdaTestbed, code: str) -> None:
    testbed.aws.update_function_code(FunctionName="worker", ZipFile=zipped(code))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_environment_variables(testbed: LambdaTestbed) -> None:
    code = """
        import os
        def handler(event, context):
            return [dict(os.environ), os.getcwd()]
    """
    answer = run(testbed, code, Environment={"Variables": {"TABLE": "assets"}}, MemorySize=256)
    environment, folder = json.loads(answer.payload)
    expected = {
        "TABLE": "assets",
        "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "worker",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/worker",
        "AWS_ENDPOINT_URL": testbed.account.endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "_HANDLER": "main.handler",
    }
    assert expected.items() <= environment.items()
    assert environment["LAMBDA_TASK_ROOT"] == folder
    assert "HOME" not in environment
    assert (ROLE, "worker", answer.instance) in testbed.account.sessions


def test_context_of_the_invocation(testbed: LambdaTestbed) -> None:
    code = """
        import time
        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(0.2)
            after = context.get_remaining_time_in_millis()
            return [context.aws_request_id, context.memory_limit_in_mb, before, before - after,
                    context.function_name, context.invoked_function_arn, context.log_stream_name]
    """
    function = testbed.function(code, Timeout=5, MemorySize=512)
    first, second = (json.loads(testbed.lambdas.invoke(function, {}).payload) for _ in range(2))
    assert first[0] != second[0]
    assert [e.detail["request_id"] for e in testbed.invocations] == [first[0], second[0]]
    assert first[1] == 512
    assert 4000 < first[2] <= 5000
    assert first[3] >= 200
    assert first[4:6] == ["worker", function]
    assert first[6].endswith(testbed.invocations[0].detail["instance"])


def test_instance_is_reused_until_the_function_changes(testbed: LambdaTestbed) -> None:
    code = """
        count = 0
        def handler(event, context):
            global count
            count += 1
            return count
    """
    function = testbed.function(code)

    def count() -> int:
        return int(json.loads(testbed.lambdas.invoke(function, {}).payload))

    assert [count(), count()] == [1, 2]
    update(testbed, code.replace("count = 0", "count = 100"))
    assert [count(), count()] == [101, 102]
    testbed.aws.update_function_configuration(
        FunctionName="worker", Environment={"Variables": {"NEW": "1"}}
    )
    assert count() == 101
    assert len(testbed.lambdas._instances.pids()) == 1


def test_function_uses_the_accounts_clock(testbed: LambdaTestbed) -> None:
    code = """
        import datetime, time
        def handler(event, context):
            return [time.time(), datetime.datetime.now(datetime.UTC).timestamp(), time.monotonic()]
    """
    function = testbed.function(code)

    def times() -> list[float]:
        seen: list[float] = json.loads(testbed.lambdas.invoke(function, {}).payload)
        assert abs(seen[0] - testbed.account.clock.now()) < 5
        assert abs(seen[0] - seen[1]) < 5
        return seen

    first = times()
    for days in (1, 2):
        testbed.account.clock.advance(86_400)
        later = times()
        assert later[0] - first[0] >= days * 86_400
        assert later[2] - first[2] < 60
    testbed.lambdas.kill(testbed.invocations[-1].detail["instance"])
    assert times()[0] - first[0] >= 2 * 86_400  # as a cold start sees it


def test_function_finds_only_lambdas_modules(testbed: LambdaTestbed) -> None:
    code = """
        import importlib, sys
        def found(name):
            try:
                importlib.import_module(name)
            except ImportError as problem:
                return str(problem)
            return ""
        def handler(event, context):
            return {name: found(name) for name in event} | {"loaded": sorted(
                {name.partition(".")[0] for name in sys.modules} & {*event})}
    """
    names = ["boto3", "botocore", "json", "planproof", "moto", "pytest", "yaml"]
    found = json.loads(run(testbed, code, names).payload)
    assert found.pop("loaded") == ["boto3", "botocore", "json"]
    hidden = names[3:]
    assert found == {name: f"No module named {name!r}" if name in hidden else "" for name in names}


def test_package_module_shadows_runtime_module(testbed: LambdaTestbed) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(
            "main.py", "import six, planproof\ndef handler(e, c): return [six.X, planproof.X]"
        )
        archive.writestr("six.py", "X = 'mine'")
        archive.writestr("planproof/__init__.py", "X = 'mine too'")
    function = testbed.function("")
    testbed.aws.update_function_code(FunctionName="worker", ZipFile=data.getvalue())
    answer = testbed.lambdas.invoke(function, {})
    assert (answer.error_message, json.loads(answer.payload)) == ("", ["mine", "mine too"])


def test_network_access_is_limited_to_the_account(testbed: LambdaTestbed) -> None:
    code = """
        import boto3, socket
        def attempt(do):
            try:
                do()
            except OSError as problem:
                return type(problem).__name__
            return "reached"
        def handler(event, context):
            host, port = event
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            return [
                len(boto3.client("sqs").list_queues()["QueueUrls"]),
                attempt(lambda: socket.create_connection((host, port))),
                attempt(lambda: socket.create_connection((host, 9))),
                attempt(lambda: socket.create_connection(("192.0.2.1", port))),
                attempt(lambda: socket.getaddrinfo("example.com", 443)),
                attempt(lambda: udp.sendto(b"x", ("192.0.2.1", 53))),
            ]
    """
    testbed.queue()
    host, port = testbed.account.endpoint.removeprefix("http://").split(":")
    refused = ["ConnectionRefusedError"] * 4
    answer = run(testbed, code, [host, int(port)], Timeout=20)
    assert answer.error_message == ""
    assert json.loads(answer.payload) == [1, "reached", *refused]


def test_hanging_function_times_out(testbed: LambdaTestbed) -> None:
    code = """
        import os, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "60"])
            print(os.getpid(), child.pid)
            time.sleep(60)
    """
    answer = run(testbed, code, Timeout=1)
    assert answer.outcome == "timed out"
    assert answer.error_type == "Sandbox.Timedout"
    assert answer.error_message.endswith("Error: Task timed out after 1.00 seconds")
    (entry,) = testbed.invocations
    assert (entry.outcome, entry.who) == ("timed out", "worker")
    pids = [int(pid) for pid in entry.detail["log"].split()]
    until = time.monotonic() + 10  # until the child is reaped
    while any(map(running, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    assert [running(pid) for pid in pids] == [False, False]


def running(pid: int) -> bool:
    if not alive(pid):
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.parametrize(
    ("code", "handler", "type_", "message"),
    [
        ("import nothing_here", "main.handler", "Runtime.ImportModuleError",
         "Unable to import module 'main': No module named 'nothing_here'"),
        ("", "absent.handler", "Runtime.ImportModuleError",
         "Unable to import module 'absent': No module named 'absent'"),
        ("x = 1", "main.handler", "Runtime.HandlerNotFound",
         "Handler 'handler' missing on module 'main'"),
        ("def handler(", "main.handler", "Runtime.UserCodeSyntaxError",
         "Syntax error in module 'main': '(' was never closed (main.py, line 1)"),
        ("", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("1 / 0", "main.handler", "ZeroDivisionError", "division by zero"),
        ("import os; os.environ['NOT_SET']", "main.handler", "KeyError", "'NOT_SET'"),
        ("raise SystemExit(3)", "main.handler", "Runtime.ExitError",
         "Runtime exited with error: exit status 3"),
        ("import os; os._exit(4)", "main.handler", "Runtime.ExitError",
         "Runtime exited with error: exit status 4"),
        ("def handler(e, c): raise SystemExit", "main.handler", "Runtime.ExitError",
         "Runtime exited with error: exit status 0"),
        ("import os\ndef handler(e, c): os.abort()", "main.handler", "Runtime.ExitError",
         "Runtime exited with error: signal: 6"),
        ("def handler(e, c): return {1, 2}", "main.handler", "Runtime.MarshalError",
         "Unable to marshal response: Object of type set is not JSON serializable"),
    ],
)  # fmt: skip
def test_errors_of_an_invocation(
    testbed: LambdaTestbed, code: str, handler: str, type_: str, message: str
) -> None:
    answer = run(testbed, code, handler=handler)
    assert (answer.outcome, answer.error_type, answer.error_message) == ("failed", type_, message)
    (entry,) = testbed.invocations
    assert entry.outcome == "failed"
    assert (entry.detail["error_type"], entry.detail["error_message"]) == (type_, message)
    assert "planproof" not in entry.detail.get("log", "")
    update(testbed, "def handler(e, c): return 'well'")
    testbed.aws.update_function_configuration(FunctionName="worker", Handler="main.handler")
    assert json.loads(testbed.lambdas.invoke(entry.about, {}).payload) == "well"


def test_unsupported_functions_fail(testbed: LambdaTestbed) -> None:
    node = run(testbed, "", name="node", Runtime="nodejs20.x")
    assert (node.outcome, node.error_type) == ("failed", "InvalidRuntimeException")
    assert "nodejs20.x" in node.error_message
    assert "only Python can run here" in node.error_message
    testbed.function("", name="broken")
    from moto.backends import get_backend

    get_backend("lambda")["123456789012"]["us-east-1"].get_function("broken").code_bytes = b"no zip"
    broken = testbed.lambdas.invoke("arn:aws:lambda:us-east-1:123456789012:function:broken", {})
    assert broken.outcome == "failed"
    assert "is not a zip archive" in broken.error_message
    absent = testbed.lambdas.invoke("arn:aws:lambda:us-east-1:123456789012:function:absent", {})
    assert (absent.outcome, absent.error_type) == ("failed", "ResourceNotFoundException")


def test_killing_an_instance(testbed: LambdaTestbed) -> None:
    code = """
        import time
        def handler(event, context):
            time.sleep(event)
            return "through"
    """
    function = testbed.function(code, Timeout=30)
    answers: list[InvocationResult] = []
    running = threading.Thread(
        target=lambda: answers.append(testbed.lambdas.invoke(function, 30)), daemon=True
    )
    running.start()
    until = time.monotonic() + 20
    while not testbed.lambdas._instances.pids() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    (pid,) = testbed.lambdas._instances.pids()
    (instance,) = [i for _, _, i in testbed.account.sessions if i]
    testbed.lambdas.kill(instance)
    assert not alive(pid)
    running.join(10)
    assert [a.outcome for a in answers] == ["killed"]
    assert testbed.invocations[-1].outcome == "killed"
    assert testbed.lambdas.invoke(function, 0).ok
    idle = testbed.lambdas.invoke(function, 0).instance
    testbed.lambdas.kill(idle)
    assert testbed.lambdas._instances.pids() == []
    testbed.lambdas.kill("unknown")


def test_messages_of_a_killed_function_reappear(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    code = """
        import os, signal
        def handler(event, context):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    testbed.mapping(queue, testbed.function(code))
    testbed.send(queue, "a")
    testbed.settle()
    (entry,) = testbed.invocations
    assert (entry.outcome, entry.detail["error_message"]) == (
        "failed",
        "Runtime exited with error: signal: 9",
    )
    assert testbed.message_count(queue) == 1


def test_unassumable_role_fails_the_invocation(testbed: LambdaTestbed) -> None:
    testbed.account.decisions.not_assumable = True
    answer = run(testbed, "def handler(e, c): return 1")
    assert answer.outcome == "denied"
    message = "The role defined for the function cannot be assumed by Lambda."
    assert answer.error_message == message
    detail = testbed.invocations[0].detail
    assert (detail["action"], detail["resource"]) == ("sts:AssumeRole", ROLE)
    assert detail["because"] == "nothing allows it"
    testbed.account.decisions.not_assumable = False
    assert testbed.lambdas.invoke(testbed.invocations[0].about, {}).ok


def test_stop_removes_processes_and_folder(testbed: LambdaTestbed) -> None:
    lambdas = Lambdas(testbed.account)
    function = testbed.function("def handler(e, c): return 1")
    assert (lambdas.waiting(), lambdas.invoke(function, {}).outcome) == ([], "failed")
    lambdas.start()
    assert lambdas.invoke(function, {}).ok
    runtime = lambdas._instances.runtime
    folder, pids = runtime.folder, [*lambdas._instances.pids(), runtime.pid]
    assert len(pids) == 2
    assert all(map(alive, pids))
    assert folder.exists()
    lambdas.stop()
    assert not any(map(alive, pids))
    assert not folder.exists()
    lambdas.stop()


def test_instances_end_with_their_parent_process(testbed: LambdaTestbed) -> None:
    lambdas = Lambdas(testbed.account)
    lambdas.start()
    try:
        assert lambdas.invoke(testbed.function("def handler(e, c): return 1"), {}).ok
        (pid,) = lambdas._instances.pids()
        # As it is when the account is killed.
        lambdas._instances.runtime._server.channel.close()
        until = time.monotonic() + 10
        while running(pid) and time.monotonic() < until:
            time.sleep(0.01)
        assert not running(pid)
    finally:
        lambdas.stop()
