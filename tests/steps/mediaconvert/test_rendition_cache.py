"""Each rendition is created once, memory is bounded, responses match the service model."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.validate import ParamValidator

from steps.mediaconvert.clip import clip
from steps.mediaconvert.media import Rendition
from steps.mediaconvert.rendition_cache import RenditionCache
from steps.mediaconvert.rendition_settings import RenditionSettings
from steps.mediaconvert.validation import service_model
from tests.steps.mediaconvert.harness import Harness, settings

SMALL, LARGE = RenditionSettings("MP4", "H_264", 320), RenditionSettings("MP4", "H_264", 640)


class Transcoder:
    def __init__(self) -> None:
        self.calls: list[tuple[bytes, RenditionSettings]] = []

    def __call__(self, data: bytes, settings: RenditionSettings) -> Rendition:
        self.calls.append((data, settings))
        return Rendition((data * 10,), 1, 2, 2)


def test_each_rendition_of_each_input_is_created_once() -> None:
    transcoder = Transcoder()
    cache = RenditionCache(transcode=transcoder)
    for _ in range(3):
        for data in (b"one", b"two"):
            for size in (SMALL, LARGE):
                assert cache.make(data, size).files == (data * 10,)
    assert len(transcoder.calls) == 4


def test_the_least_recently_used_rendition_is_dropped() -> None:
    transcoder = Transcoder()
    cache = RenditionCache(max_bytes=100, transcode=transcoder)
    for data in (b"one", b"two", b"six"):
        cache.make(data, SMALL)
    cache.make(b"one", SMALL)
    cache.make(b"ten", SMALL)
    cache.make(b"one", SMALL)
    assert [data for data, _ in transcoder.calls] == [b"one", b"two", b"six", b"ten"]
    cache.make(b"two", SMALL)
    assert [data for data, _ in transcoder.calls][-1] == b"two"


def test_concurrent_jobs_create_a_rendition_once() -> None:
    transcoder, gate = Transcoder(), threading.Event()

    def slow(data: bytes, settings: RenditionSettings) -> Rendition:
        gate.wait(10)
        return transcoder(data, settings)

    cache = RenditionCache(transcode=slow)
    threads = [threading.Thread(target=cache.make, args=(b"one", SMALL)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert len(transcoder.calls) == 1


def test_uploads_of_one_clip_cost_one_transcode() -> None:
    transcoder = Transcoder()
    harness = Harness(RenditionCache(transcode=transcoder))
    for number in range(5):
        harness.upload(f"{number}.mp4")
        harness.create_job(Settings=settings(f"{number}.mp4"))
    harness.advance()
    assert {job["Status"] for job in harness.call("ListJobs")["Jobs"]} == {"COMPLETE"}
    assert [settings.width for _, settings in transcoder.calls] == [640, 320, 320]


def test_jobs_of_many_threads_are_all_recorded(harness: Harness) -> None:
    ids: list[str] = []

    def make() -> None:
        ids.extend(harness.create_job()["Id"] for _ in range(25))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(ids)) == 200
    assert harness.service.pending() == 200


def test_a_final_job_uses_little_memory(harness: Harness) -> None:
    harness.upload()
    job_id = harness.run_job()["Id"]
    job = harness.service._region("us-east-1").jobs.find(job_id)
    assert job is not None
    assert job.pending_outputs is None
    assert len(job.compressed_settings) < 2_000


def test_the_clip_has_the_same_bytes_every_time() -> None:
    first = clip()
    clip.cache_clear()
    assert clip() == first
    assert len(first) < 30_000


@pytest.mark.parametrize("status", ["COMPLETE", "ERROR", "SUBMITTED"])
def test_responses_match_the_service_model(harness: Harness, status: str) -> None:
    if status == "COMPLETE":
        harness.upload()
    job_id = harness.create_job()["Id"]
    if status != "SUBMITTED":
        harness.advance()
    assert_valid("GetJob", harness.call("GetJob", Id=job_id))
    assert_valid("ListJobs", harness.call("ListJobs"))
    assert_valid("ListQueues", harness.call("ListQueues"))
    assert harness.get_job(job_id)["Status"] == status


def assert_valid(operation: str, response: dict[str, Any]) -> None:
    shape = service_model().operation_model(operation).output_shape
    report = ParamValidator().validate(response, shape)
    assert not report.has_errors(), report.generate_report()
