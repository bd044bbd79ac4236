"""What becomes of a job."""

from __future__ import annotations

import pytest

from tests.steps.mediaconvert.scene import CALLER, QUEUE, ROLE, START, Scene, error, request


def test_job_goes_from_submitted_over_progressing_to_complete(scene: Scene) -> None:
    scene.upload()
    job = scene.create()
    assert job["Status"] == "SUBMITTED"
    assert scene.service.pending() == 1
    scene.run(0.9)
    assert scene.job(job["Id"])["Status"] == "SUBMITTED"
    scene.run(0.2)
    assert scene.job(job["Id"])["Status"] == "PROGRESSING"
    assert not scene.written()
    scene.run(2)
    done = scene.job(job["Id"])
    assert done["Status"] == "COMPLETE"
    assert scene.service.pending() == 0
    assert scene.statuses() == ["PROGRESSING", "INPUT_INFORMATION", "COMPLETE"]
    assert [e.what for e in scene.account.trail.entries] == [
        "SUBMITTED",
        "PROGRESSING",
        "INPUT_INFORMATION",
        "COMPLETE",
    ]
    assert {e.about for e in scene.account.trail.entries} == {job["Arn"]}
    assert {e.kind for e in scene.account.trail.entries} == {"job"}
    assert scene.account.trail.entries[-1].detail["transcoded"] is True


def test_times_of_a_job_are_those_of_the_account(scene: Scene) -> None:
    scene.upload()
    done = scene.done()
    start = int(START)
    times = {name: at.timestamp() - start for name, at in done["Timing"].items()}
    assert times == {"SubmitTime": 0, "StartTime": 1, "FinishTime": 3}
    assert done["CreatedAt"].timestamp() == start


def test_how_long_a_job_takes_can_be_set() -> None:
    scene = Scene(starts_after=30, works_for=100)
    scene.upload()
    job_id = scene.create()["Id"]
    scene.run(29)
    assert scene.job(job_id)["Status"] == "SUBMITTED"
    scene.run(100)
    assert scene.job(job_id)["Status"] == "PROGRESSING"
    scene.run(2)
    assert scene.job(job_id)["Status"] == "COMPLETE"


def test_work_is_done_while_the_account_is_busy(scene: Scene) -> None:
    scene.upload()
    scene.done()
    assert scene.account.idle_clients == 0
    assert scene.account.busy_now == 0
    assert {role for role, _ in scene.account.sessions} == {ROLE}


@pytest.mark.parametrize("after", [0.0, 1.5])
def test_canceled_job_writes_nothing(scene: Scene, after: float) -> None:
    scene.upload()
    job_id = scene.create()["Id"]
    scene.run(after)
    assert scene.ask("CancelJob", Id=job_id) == {}
    assert scene.job(job_id)["Status"] == "CANCELED"
    assert scene.service.pending() == 0
    scene.run()
    assert scene.job(job_id)["Status"] == "CANCELED"
    assert scene.statuses()[-1] == "CANCELED"
    assert "COMPLETE" not in scene.statuses()
    assert not scene.written()


def test_finished_job_cannot_be_canceled(scene: Scene) -> None:
    scene.upload()
    job_id = scene.done()["Id"]
    problem = error(lambda: scene.ask("CancelJob", Id=job_id))
    assert (problem.code, problem.status) == ("ConflictException", 409)
    assert scene.job(job_id)["Status"] == "COMPLETE"


def test_paused_queue_holds_its_jobs_until_it_is_active(scene: Scene) -> None:
    scene.upload()
    scene.ask("CreateQueue", Name="night", Status="PAUSED")
    job_id = scene.create(Queue="night")["Id"]
    scene.run(1_000)
    assert scene.job(job_id)["Status"] == "SUBMITTED"
    assert scene.service.pending() == 0
    assert scene.ask("GetQueue", Name="night")["Queue"]["SubmittedJobsCount"] == 1
    scene.ask("UpdateQueue", Name="night", Status="ACTIVE")
    assert scene.service.pending() == 1
    scene.run()
    assert scene.job(job_id)["Status"] == "COMPLETE"


def test_role_is_passed_by_the_caller_and_assumed_for_the_queue(scene: Scene) -> None:
    scene.upload()
    scene.done()
    assert scene.account.decisions.asked == [
        ("iam:PassRole", CALLER, ROLE, "mediaconvert.amazonaws.com"),
        ("sts:AssumeRole", "mediaconvert.amazonaws.com", ROLE, QUEUE),
    ]


def test_job_of_a_mistake_of_ours_ends_rather_than_hangs(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.upload()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("steps.mediaconvert.running.output_groups", broken)
    failed = scene.done()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1999)
    assert "ZeroDivisionError" in failed["ErrorMessage"]


def test_answer_of_create_job_says_what_was_asked(scene: Scene) -> None:
    job = scene.create(ClientRequestToken="abc", Priority=3)
    assert job["Settings"] == request()["Settings"]
    assert job["Id"].partition("-")[0] == str(int(START * 1000))
    assert len(job["Id"].partition("-")[2]) == 6
    assert job["Arn"].endswith(f":jobs/{job['Id']}")
    assert (job["Queue"], job["Role"]) == (QUEUE, ROLE)
    assert (job["ClientRequestToken"], job["Priority"]) == ("abc", 3)
    assert job["UserMetadata"] == {"AssetId": "one"}
    assert job["AccelerationSettings"] == {"Mode": "DISABLED"}
    assert job["BillingTagsSource"] == "JOB"
    assert job["StatusUpdateInterval"] == "SECONDS_60"
    assert "OutputGroupDetails" not in job
