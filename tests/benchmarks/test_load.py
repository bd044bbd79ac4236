"""The load test notices lost and duplicated uploads."""

from __future__ import annotations

from typing import Any

from benchmarks.load import match_uploads
from benchmarks.load_faults import WEIGHTS, PlannedUpload, planned_uploads


def upload(number: int, fate: str = "nothing") -> PlannedUpload:
    return PlannedUpload(f"load/opening n{number}x.mp4", f"n{number}x", fate)


def job(upload: PlannedUpload, identifier: str) -> dict[str, Any]:
    return {
        "Id": identifier,
        "Settings": {"Inputs": [{"FileInput": f"s3://bucket/{upload.key}"}]},
    }


def record(upload: PlannedUpload, identifier: str, status: str = "COMPLETE") -> dict[str, Any]:
    return {"AssetId": upload.mark, "Key": upload.key, "JobId": identifier, "Status": status}


def test_one_job_and_one_final_record_are_correct() -> None:
    one = upload(1)
    found = match_uploads([one], [job(one, "j1")], [record(one, "j1")], [])
    assert (found.lost, found.duplicated, found.wrong) == ([], [], [])
    assert found.records["COMPLETE"] == 1


def test_no_record_is_a_loss() -> None:
    one = upload(1)
    assert match_uploads([one], [job(one, "j1")], [], []).lost


def test_a_record_that_is_not_final_is_a_loss() -> None:
    one = upload(1)
    assert match_uploads([one], [job(one, "j1")], [record(one, "j1", "SUBMITTED")], []).lost


def test_a_record_without_its_job_is_a_loss() -> None:
    one = upload(1)
    assert match_uploads([one], [], [record(one, "j1")], []).lost


def test_two_jobs_are_a_duplicate() -> None:
    one = upload(1)
    found = match_uploads([one], [job(one, "j1"), job(one, "j2")], [record(one, "j1")], [])
    assert found.duplicated


def test_two_records_are_a_duplicate() -> None:
    one = upload(1)
    found = match_uploads([one], [job(one, "j1")], [record(one, "j1"), record(one, "j1")], [])
    assert found.duplicated


def test_a_dead_letter_with_a_reason_is_not_a_loss() -> None:
    one = upload(1)
    found = match_uploads([one], [], [], [(f"an event of {one.key}", "it was refused")])
    assert found.dead == {one.key: "it was refused"}
    assert not found.lost
    assert not found.unexplained
    assert match_uploads([one], [], [], [(f"an event of {one.key}", "")]).unexplained == 1


def test_an_unrelated_dead_letter_explains_no_loss() -> None:
    one = upload(1)
    found = match_uploads([one], [], [], [("<nonsense/>", "not JSON")])
    assert found.lost
    assert found.others == 1


def test_a_wrong_status_is_wrong() -> None:
    empty, text, good = upload(1, "no content"), upload(2, "no video"), upload(3)
    records = [record(empty, "-", "ERROR"), record(text, "j2"), record(good, "j3", "ERROR")]
    found = match_uploads([empty, text, good], [job(text, "j2"), job(good, "j3")], records, [])
    assert len(found.wrong) == 2
    assert not found.lost


def test_a_seed_gives_the_same_run() -> None:
    assert planned_uploads(1, 500) == planned_uploads(1, 500)
    assert planned_uploads(1, 500) != planned_uploads(2, 500)
    assert {one.fate for one in planned_uploads(1, 500)} == set(WEIGHTS)


def test_no_mark_is_in_another_upload_of_its_seed() -> None:
    uploads = planned_uploads(1, 200)
    for one in uploads:
        assert [other.key for other in uploads if one.mark in other.key] == [one.key]
