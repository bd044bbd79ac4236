"""Would the load notice if an upload was lost, or done twice?"""

from __future__ import annotations

from typing import Any

from benchmarks.load import account_for
from benchmarks.load_faults import WEIGHTS, Planned, planned


def upload(number: int, fate: str = "nothing") -> Planned:
    return Planned(f"load/opening n{number}x.mp4", f"n{number}x", fate)


def job(upload: Planned, identifier: str) -> dict[str, Any]:
    return {
        "Id": identifier,
        "Settings": {"Inputs": [{"FileInput": f"s3://bucket/{upload.key}"}]},
    }


def record(upload: Planned, identifier: str, status: str = "COMPLETE") -> dict[str, Any]:
    return {"AssetId": upload.mark, "Key": upload.key, "JobId": identifier, "Status": status}


def test_one_job_and_one_final_record_are_well() -> None:
    one = upload(1)
    found = account_for([one], [job(one, "j1")], [record(one, "j1")], [])
    assert (found.lost, found.duplicated, found.wrong) == ([], [], [])
    assert found.records["COMPLETE"] == 1


def test_no_record_is_a_loss() -> None:
    one = upload(1)
    assert account_for([one], [job(one, "j1")], [], []).lost


def test_a_record_that_is_not_final_is_a_loss() -> None:
    one = upload(1)
    assert account_for([one], [job(one, "j1")], [record(one, "j1", "SUBMITTED")], []).lost


def test_a_record_without_its_job_is_a_loss() -> None:
    one = upload(1)
    assert account_for([one], [], [record(one, "j1")], []).lost


def test_two_jobs_are_a_duplicate() -> None:
    one = upload(1)
    found = account_for([one], [job(one, "j1"), job(one, "j2")], [record(one, "j1")], [])
    assert found.duplicated


def test_two_records_are_a_duplicate() -> None:
    one = upload(1)
    found = account_for([one], [job(one, "j1")], [record(one, "j1"), record(one, "j1")], [])
    assert found.duplicated


def test_a_dead_letter_is_no_loss_if_it_says_why() -> None:
    one = upload(1)
    found = account_for([one], [], [], [(f"an event of {one.key}", "it was refused")])
    assert found.dead == {one.key: "it was refused"}
    assert not found.lost
    assert not found.unexplained
    assert account_for([one], [], [], [(f"an event of {one.key}", "")]).unexplained == 1


def test_somebody_elses_dead_letter_explains_no_loss() -> None:
    one = upload(1)
    found = account_for([one], [], [], [("<nonsense/>", "no JSON")])
    assert found.lost
    assert found.others == 1


def test_the_wrong_end_is_wrong() -> None:
    empty, text, good = upload(1, "no content"), upload(2, "no video"), upload(3)
    records = [record(empty, "-", "ERROR"), record(text, "j2"), record(good, "j3", "ERROR")]
    found = account_for([empty, text, good], [job(text, "j2"), job(good, "j3")], records, [])
    assert len(found.wrong) == 2
    assert not found.lost


def test_a_seed_is_a_run() -> None:
    assert planned(1, 500) == planned(1, 500)
    assert planned(1, 500) != planned(2, 500)
    assert {one.fate for one in planned(1, 500)} == set(WEIGHTS)


def test_no_mark_is_in_another_upload_of_its_seed() -> None:
    uploads = planned(1, 200)
    for one in uploads:
        assert [other.key for other in uploads if one.mark in other.key] == [one.key]
