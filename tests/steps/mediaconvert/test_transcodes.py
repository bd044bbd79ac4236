"""Renditions are made once, and what is kept is bounded; answers fit the service model."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.validate import ParamValidator

from steps.mediaconvert.clip import clip
from steps.mediaconvert.media import Made
from steps.mediaconvert.recipes import Recipe
from steps.mediaconvert.transcodes import Transcodes
from steps.mediaconvert.validation import service_model
from tests.steps.mediaconvert.scene import Scene, settings

SMALL, LARGE = Recipe("MP4", "H_264", 320), Recipe("MP4", "H_264", 640)


class Maker:
    def __init__(self) -> None:
        self.made: list[tuple[bytes, Recipe]] = []

    def __call__(self, data: bytes, recipe: Recipe) -> Made:
        self.made.append((data, recipe))
        return Made((data * 10,), 1, 2, 2)


def test_each_rendition_of_each_content_is_made_once() -> None:
    maker = Maker()
    transcodes = Transcodes(transcode=maker)
    for _ in range(3):
        for data in (b"one", b"two"):
            for recipe in (SMALL, LARGE):
                assert transcodes.make(data, recipe).files == (data * 10,)
    assert len(maker.made) == 4


def test_what_was_not_asked_for_longest_is_dropped() -> None:
    maker = Maker()
    transcodes = Transcodes(most=100, transcode=maker)
    for data in (b"one", b"two", b"six"):
        transcodes.make(data, SMALL)
    transcodes.make(b"one", SMALL)
    transcodes.make(b"ten", SMALL)
    transcodes.make(b"one", SMALL)
    assert [data for data, _ in maker.made] == [b"one", b"two", b"six", b"ten"]
    transcodes.make(b"two", SMALL)
    assert [data for data, _ in maker.made][-1] == b"two"


def test_jobs_at_the_same_time_make_it_once() -> None:
    maker, gate = Maker(), threading.Event()

    def slow(data: bytes, recipe: Recipe) -> Made:
        gate.wait(10)
        return maker(data, recipe)

    transcodes = Transcodes(transcode=slow)
    threads = [threading.Thread(target=transcodes.make, args=(b"one", SMALL)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert len(maker.made) == 1


def test_uploads_of_one_clip_cost_one_transcode() -> None:
    maker = Maker()
    scene = Scene(Transcodes(transcode=maker))
    for number in range(5):
        scene.upload(f"{number}.mp4")
        scene.create(Settings=settings(f"{number}.mp4"))
    scene.run()
    assert {job["Status"] for job in scene.ask("ListJobs")["Jobs"]} == {"COMPLETE"}
    assert [recipe.width for _, recipe in maker.made] == [640, 320, 320]


def test_jobs_from_many_threads_are_all_kept(scene: Scene) -> None:
    ids: list[str] = []

    def make() -> None:
        ids.extend(scene.create()["Id"] for _ in range(25))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(ids)) == 200
    assert scene.service.pending() == 200


def test_job_holds_nothing_large_after_it_is_done(scene: Scene) -> None:
    scene.upload()
    job_id = scene.done()["Id"]
    job = scene.service._region("us-east-1").jobs.find(job_id)
    assert job is not None
    assert job.made is None
    assert len(job.packed) < 2_000


def test_clip_is_the_same_every_time() -> None:
    first = clip()
    clip.cache_clear()
    assert clip() == first
    assert len(first) < 30_000


@pytest.mark.parametrize("ends", ["COMPLETE", "ERROR", "SUBMITTED"])
def test_answers_fit_the_service_model(scene: Scene, ends: str) -> None:
    if ends == "COMPLETE":
        scene.upload()
    job_id = scene.create()["Id"]
    if ends != "SUBMITTED":
        scene.run()
    fits("GetJob", scene.ask("GetJob", Id=job_id))
    fits("ListJobs", scene.ask("ListJobs"))
    fits("ListQueues", scene.ask("ListQueues"))
    assert scene.job(job_id)["Status"] == ends


def fits(operation: str, answer: dict[str, Any]) -> None:
    shape = service_model().operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
