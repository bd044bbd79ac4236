"""A recording is valid for the recorded sources only, and has no sensitive values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.recording import read_recording, record, source_digest
from planproof.terraform.references import Configuration
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, contains_unknown

MISSING = PlanproofError("no terraform binary is on PATH", "install Terraform")
MAIN = 'resource "aws_sqs_queue" "q" {\n  name = "jobs"\n}\nlocals {\n  x = "../lambda"\n}\n'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """terraform/ with a folder beside it that it refers to, and one that it does not."""
    for name, text in {
        "terraform/main.tf": MAIN,
        "lambda/handler.py": "x = 1\n",
        "other/file.txt": "not referred to\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "terraform"


def stack(name: str = "default", **entry: Any) -> Stack:
    values = {
        "name": "jobs",
        "policy": UNKNOWN,
        "tags": {"a": UNKNOWN, "b": ["c"]},
        "secret": "hunter2",
        "list": [{"key": "hunter2", "id": "x"}, {"key": "y"}],
    }
    sensitive = {"secret": True, "list": [{"key": True}]}
    queue = Resource(
        'aws_sqs_queue.q["k"]',
        "managed",
        "aws_sqs_queue",
        "q",
        "k",
        "",
        values,
        sensitive,
        entry.get("dependencies", frozenset({"aws_kms_key.k"})),
    )
    return Stack(
        name,
        {queue.address: queue},
        {"region": "us-east-1", "secret": "hunter2"},
        Configuration({"aws_sqs_queue.q": {"provider_config_key": "aws"}}, {}, {}),
        True,
        {"aws": ProviderLocation("aws", "us-east-1", "123456789012")},
        sensitive_variables=frozenset({"secret"}),
    )


def written(sources: Path, *stacks: Stack) -> Path:
    file = sources.parent / "recording.json"
    all_ = {s.name: s for s in (stacks or (stack(), stack("another suffix")))}
    file.write_text(record(all_, "Terraform 1.11.4", sources, {}), "utf-8")
    return file


def test_read_recording_equals_the_recorded_stack(sources: Path) -> None:
    found = read_recording(written(sources), sources, MISSING)
    assert found.made_with == "Terraform 1.11.4"
    stacks = found.stacks(sources)
    assert list(stacks) == ["another suffix", "default"]
    back, queue = stacks["default"], stacks["default"]['aws_sqs_queue.q["k"]']
    assert back.resolved
    assert back.provider_locations == stack().provider_locations
    assert back.variables["region"] == "us-east-1"
    assert (queue.index, queue.type, queue.mode) == ("k", "aws_sqs_queue", "managed")
    assert queue.dependencies == {"aws_kms_key.k"}
    assert queue.values["name"] == "jobs"
    assert back.locate(queue, "name") == ("main.tf", 2)
    assert back.configuration.provider_of("aws_sqs_queue.q") == "aws"


def test_unknown_values_stay_unknown(sources: Path) -> None:
    back = read_recording(written(sources), sources, MISSING).stacks(sources)["default"]
    queue = back['aws_sqs_queue.q["k"]']
    assert queue.values["policy"] is UNKNOWN
    assert queue.values["tags"]["a"] is UNKNOWN
    assert queue.values["tags"]["b"] == ["c"]


def test_nothing_sensitive_is_recorded(sources: Path) -> None:
    file = written(sources)
    assert "hunter2" not in file.read_text("utf-8")
    back = read_recording(file, sources, MISSING).stacks(sources)["default"]
    queue = back['aws_sqs_queue.q["k"]']
    assert queue.values["secret"] is UNKNOWN
    assert back.variables["secret"] is UNKNOWN
    assert contains_unknown(queue.values["list"])
    assert queue.values["list"][1] == {"key": "y"}


def test_unknown_dependencies_stay_unknown(sources: Path) -> None:
    file = written(sources, stack(dependencies=None))
    back = read_recording(file, sources, MISSING).stacks(sources)["default"]
    assert back['aws_sqs_queue.q["k"]'].dependencies is None


def test_recording_is_deterministic(sources: Path) -> None:
    assert written(sources).read_text() == written(sources).read_text()


def change(path: str, text: str = "changed\n") -> Callable[[Path], None]:
    def do(root: Path) -> None:
        (root / path).parent.mkdir(exist_ok=True, parents=True)
        (root / path).write_text(text, "utf-8")

    do.__name__ = path
    return do


@pytest.mark.parametrize(
    "edit",
    [
        change("terraform/main.tf", MAIN.replace("jobs", "work")),
        change("terraform/new.tf"),
        change("terraform/terraform.tfvars"),
        change("terraform/modules/m/main.tf"),
        change("terraform/.terraform.lock.hcl"),
        change("lambda/handler.py"),
        change("lambda/new.py"),
        lambda root: (root / "lambda/handler.py").unlink(),
        lambda root: (root / "lambda/handler.py").rename(root / "terraform/handler.py"),
    ],
)
def test_a_recording_of_other_sources_is_refused(
    sources: Path, edit: Callable[[Path], None]
) -> None:
    file = written(sources)
    edit(sources.parent)
    with pytest.raises(PlanproofError) as caught:
        read_recording(file, sources, MISSING)
    assert "recording.json" in caught.value.sentence
    assert "other sources" in caught.value.sentence
    assert MISSING.what in caught.value.sentence
    assert "planproof record" in caught.value.todo


@pytest.mark.parametrize(
    "edit",
    [
        change("other/file.txt"),
        change("terraform/README.md"),
        change("terraform/terraform.tfstate"),
        change("terraform/.terraform/modules.json"),
        change("lambda/__pycache__/handler.pyc"),
        change("terraform/main.tf", MAIN.replace("\n", "\r\n")),
    ],
)
def test_irrelevant_changes_keep_the_recording_valid(
    sources: Path, edit: Callable[[Path], None]
) -> None:
    file = written(sources)
    edit(sources.parent)
    assert read_recording(file, sources, MISSING)


def test_digest_covers_files_two_levels_above(tmp_path: Path) -> None:
    for name, text in {
        "infra/stack/main.tf": 'locals {\n  x = "../../shared/x.json"\n}\n',
        "shared/x.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    before = source_digest(tmp_path / "infra/stack")
    (tmp_path / "shared/x.json").write_text("[]")
    assert source_digest(tmp_path / "infra/stack") != before


def test_missing_recording_raises_the_error_that_made_it_necessary(sources: Path) -> None:
    with pytest.raises(PlanproofError) as caught:
        read_recording(sources / "missing.json", sources, MISSING)
    assert caught.value is MISSING


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: '{"format": 1}',
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"modules": {', '"modulse": {'),
        lambda text: text.replace('"address"', '"adress"'),
        lambda text: json.dumps({**json.loads(text), "stacks": [1]}),
    ],
)
def test_a_damaged_recording_is_refused(sources: Path, damage: Callable[[str], str]) -> None:
    file = written(sources)
    file.write_text(damage(file.read_text("utf-8")), "utf-8")
    with pytest.raises(PlanproofError, match=r"recording\.json is damaged"):
        read_recording(file, sources, MISSING)
