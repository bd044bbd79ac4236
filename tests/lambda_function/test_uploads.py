"""Reading an S3 event: the key as it was uploaded, and a stable identity."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from emulation import Function, MediaConvert
from errors import MessageError
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import s3_record, uploaded
from uploads import Upload, from_record

BUCKET = "video-input-test"

ODD_KEYS = [
    "my holiday.mov",
    "a+b.mov",
    "100%.mov",
    "100%25.mov",
    "50%2Foff.mov",
    "überflug/日本語 🎬.mov",
    "a&b=c?d#e.mov",
    "quote\"and'apostrophe.mov",
    "line\nfeed.mov",
    "$dt$/$fn$.mov",
    "/leading//double/slash.mov",
    "no-extension",
    ".hidden",
    "x" * 1_024,
    "ü" * 512,
]

# Ids without backslash, bracket and space, so that they can be given on a command line.
KEY_IDS = [re.sub(r"[^A-Za-z0-9.]+", "-", key[:12]) for key in ODD_KEYS]


def upload(**fields: Any) -> Upload:
    made = from_record(s3_record(**fields), BUCKET)
    assert made is not None
    return made


@pytest.mark.parametrize("safe", ["/", ""], ids=["slash as it is", "slash encoded"])
@pytest.mark.parametrize("key", ODD_KEYS, ids=KEY_IDS)
def test_a_key_is_decoded(key: str, safe: str) -> None:
    assert upload(key=key, safe=safe).key == key


@settings(deadline=None)
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256))
def test_any_key_is_decoded(key: str) -> None:
    assert upload(key=key).key == key


@pytest.mark.parametrize("key", ODD_KEYS, ids=KEY_IDS)
def test_an_odd_key_goes_all_the_way(
    function: Function, mediaconvert: MediaConvert, key: str
) -> None:
    assert function.deliver(uploaded(key)) == []
    (job,) = mediaconvert.jobs
    assert job["Settings"]["Inputs"][0]["FileInput"] == f"s3://{BUCKET}/{key}"
    assert function.asset()["InputKey"] == key


def test_an_asset_id_is_short_ascii_and_the_same_everywhere() -> None:
    # If this value changed, every upload in progress would be submitted again.
    assert upload(key="talks/ä.mov", version="v1").asset_id == ("f183f4d82c62011bdb2ea940ac50cfac")


def test_an_asset_id_does_not_depend_on_the_delivery() -> None:
    first = upload(sequencer="01", event_name="ObjectCreated:Put")
    again = upload(sequencer="02", event_name="ObjectCreated:Copy", safe="")
    assert first.asset_id == again.asset_id


@pytest.mark.parametrize(
    "other",
    [
        {"key": "other.mov"},
        {"key": "talks%2Fopening.mov"},
        {"version": "version-2"},
        {"bucket": "other"},
    ],
)
def test_another_upload_has_another_asset_id(other: dict[str, str]) -> None:
    made = from_record(s3_record(**other), other.get("bucket", BUCKET))
    assert made is not None
    assert made.asset_id != upload().asset_id


def test_key_and_version_are_kept_apart() -> None:
    assert upload(key="a", version="bc").asset_id != upload(key="ab", version="c").asset_id


@pytest.mark.parametrize("version", [None, "null", ""])
def test_without_versions_every_write_is_an_asset_of_its_own(version: str | None) -> None:
    first = upload(version=version, sequencer="01")
    assert first.asset_id == upload(version=version, sequencer="01").asset_id
    assert first.asset_id != upload(version=version, sequencer="02").asset_id
    assert first.asset_id != upload(version=version, sequencer="01", etag="other").asset_id


def test_without_version_and_sequencer_the_content_decides() -> None:
    first = upload(version=None, sequencer=None, etag="one")
    assert first.asset_id == upload(version=None, sequencer=None, etag="one").asset_id
    assert first.asset_id != upload(version=None, sequencer=None, etag="two").asset_id


def test_an_upload_without_an_identity_is_refused() -> None:
    with pytest.raises(MessageError, match="neither versionId nor sequencer nor eTag"):
        upload(version=None, sequencer=None, etag="")


@pytest.mark.parametrize(
    "event_name", ["ObjectRemoved:Delete", "ObjectRestore:Completed", "ObjectTagging:Put"]
)
def test_only_new_objects_are_uploads(event_name: str) -> None:
    assert from_record(s3_record(event_name=event_name), BUCKET) is None


@pytest.mark.parametrize(
    ("key", "size", "marker"),
    [("talks/", 0, True), ("talks/", 1, False), ("talks", 0, False)],
)
def test_a_folder_marker_is_an_empty_object_with_a_final_slash(
    key: str, size: int, marker: bool
) -> None:
    assert upload(key=key, size=size).is_folder_marker is marker


def test_another_bucket_is_refused_with_both_names() -> None:
    with pytest.raises(MessageError, match=r"'elsewhere'.*'video-input-test'"):
        upload(bucket="elsewhere")


@pytest.mark.parametrize(
    "path",
    [
        ("eventSource",),
        ("eventName",),
        ("s3",),
        ("s3", "bucket"),
        ("s3", "bucket", "name"),
        ("s3", "object"),
        ("s3", "object", "key"),
        ("s3", "object", "size"),
    ],
    ids=".".join,
)
@pytest.mark.parametrize("value", ["absent", None, []], ids=str)
def test_a_malformed_record_is_refused(path: tuple[str, ...], value: Any) -> None:
    record = copy.deepcopy(s3_record())
    *parents, last = path
    inner = record
    for name in parents:
        inner = inner[name]
    if value == "absent":
        del inner[last]
    else:
        inner[last] = value
    with pytest.raises(MessageError, match=r"malformed|is about bucket"):
        from_record(record, BUCKET)


@pytest.mark.parametrize("record", [None, "text", [], 1], ids=repr)
def test_a_record_that_is_no_object_is_refused(record: Any) -> None:
    with pytest.raises(MessageError, match="malformed"):
        from_record(record, BUCKET)


def test_a_key_that_is_not_utf_8_is_refused() -> None:
    record = s3_record()
    record["s3"]["object"]["key"] = "%ff.mov"
    with pytest.raises(MessageError, match="malformed"):
        from_record(record, BUCKET)


def test_an_event_of_another_service_is_refused() -> None:
    with pytest.raises(MessageError, match="eventSource is 'aws:sns'"):
        from_record({**s3_record(), "eventSource": "aws:sns"}, BUCKET)
