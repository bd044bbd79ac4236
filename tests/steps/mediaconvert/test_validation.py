"""Requests that MediaConvert refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.steps.mediaconvert.harness import ROLE, Harness, error_of, request

ABSENT = object()
VIDEO = "Settings/OutputGroups/0/Outputs/0/VideoDescription"
H264 = f"{VIDEO}/CodecSettings/H264Settings"
AUDIO = "Settings/OutputGroups/0/Outputs/0/AudioDescriptions/0"
GROUP = "Settings/OutputGroups/0/OutputGroupSettings"
OUTPUT = "/outputGroups/0/outputs/0"
CODEC = f"{OUTPUT}/videoDescription/codecSettings"
DESTINATION = "/outputGroups/0/outputGroupSettings/fileGroupSettings"

REFUSED = [
    # Required members.
    ("Role", ABSENT, "/: role is a required property"),
    ("Settings", ABSENT, "/: settings is a required property"),
    ("Settings/Inputs", ABSENT, "/: inputs is a required property"),
    ("Settings/Inputs", [], "/inputs: Should have at least 1 items"),
    ("Settings/Inputs/0/FileInput", ABSENT, "/inputs/0: fileInput is a required property"),
    ("Settings/Inputs/0/FileInput", None, "/inputs/0/fileInput: Should not be null"),
    ("Settings/OutputGroups", [], "/outputGroups: Should have at least 1 items"),
    (
        "Settings/OutputGroups/0/Outputs",
        [],
        "/outputGroups/0/outputs: Should have at least 1 items",
    ),
    (GROUP, ABSENT, "/outputGroups/0: outputGroupSettings is a required property"),
    (f"{GROUP}/Type", ABSENT, "outputGroupSettings: type is a required property"),
    (f"{GROUP}/FileGroupSettings/Destination", ABSENT, "destination is a required property"),
    (
        "Settings/OutputGroups/0/Outputs/0/ContainerSettings",
        ABSENT,
        f"{OUTPUT}: containerSettings is a required property",
    ),
    (
        "Settings/OutputGroups/0/Outputs/0/ContainerSettings/Container",
        ABSENT,
        "containerSettings: container is a required property",
    ),
    (
        "Settings/OutputGroups/0/Outputs/1/NameModifier",
        ABSENT,
        "/outputGroups/0/outputs/1: nameModifier is a required property",
    ),
    (f"{VIDEO}/CodecSettings/Codec", ABSENT, f"{CODEC}: codec is a required property"),
    (H264, ABSENT, f"{CODEC}: Should have at least 2 properties"),
    (f"{VIDEO}/CodecSettings/H265Settings", {}, f"{CODEC}: Should have at most 2 properties"),
    (f"{H264}/MaxBitrate", ABSENT, f"{CODEC}/h264Settings: maxBitrate is a required property"),
    (f"{H264}/RateControlMode", "CBR", f"{CODEC}/h264Settings: bitrate is a required property"),
    (f"{H264}/Bitrate", 5_000_000, "Rate control mode, Bitrate, and Max bitrate"),
    (f"{AUDIO}/CodecSettings/AacSettings/SampleRate", ABSENT, "sampleRate is a required property"),
    (f"{AUDIO}/CodecSettings/AacSettings/CodingMode", ABSENT, "codingMode is a required property"),
    # Allowed values, limits, patterns, types: an SDK does not validate them.
    ("Priority", 51, "/priority: Should be less than or equal to 50"),
    ("Priority", -51, "/priority: Should be greater than or equal to -50"),
    ("Priority", "3", "/priority: Should be of type integer"),
    ("Priority", True, "/priority: Should be of type integer"),
    ("StatusUpdateInterval", "SECONDS_11", "/statusUpdateInterval: Should be equal to one of"),
    ("UserMetadata", {"AssetId": 1}, "/userMetadata/AssetId: Should be of type string"),
    (f"{GROUP}/Type", "FILES", 'allowed values in ["HLS_GROUP_SETTINGS",'),
    (f"{GROUP}/FileGroupSettings/Destination", "renditions/x", "Should match the pattern ^s3:"),
    (f"{GROUP}/FileGroupSettings/Destination", "s3://renditions", "Should name a bucket"),
    ("Settings/Inputs/0/FileInput", "uploads/film.mp4", "/inputs/0/fileInput: Should match"),
    ("Settings/Inputs/0/FileInput", f"s3://b/{'a' * 2048}", "Should be at most 2048 characters"),
    (
        "Settings/OutputGroups/0/Outputs/0/NameModifier",
        "",
        f"{OUTPUT}/nameModifier: Should be at least 1 characters long",
    ),
    (f"{VIDEO}/Width", 8194, f"{OUTPUT}/videoDescription/width: Should be less than or equal"),
    (f"{VIDEO}/Width", 30, "Should be greater than or equal to 32"),
    (f"{VIDEO}/Width", 1281, f"{OUTPUT}/videoDescription/width: Should be a multiple of 2"),
    (f"{H264}/QvbrSettings/QvbrQualityLevel", 11, "Should be less than or equal to 10"),
    (f"{AUDIO}/AudioSourceName", "Audio Selector 2", "/audioSourceName: Should be an audio"),
    # Unknown members.
    ("Setings", {}, "Should not have additional properties: setings"),
    ("Settings/Input", [], "Should not have additional properties: input"),
    (f"{H264}/Crf", 20, f"{CODEC}/h264Settings: Should not have additional properties: crf"),
    (f"{VIDEO}/CodecSettings/Codec", "H_265", f"{CODEC}/h264Settings: Should not go with codec"),
    # Resources of the account.
    ("Role", "media", "/role: Should match the pattern"),
    # Settings that are not emulated.
    (
        f"{GROUP}/Type",
        "HLS_GROUP_SETTINGS",
        "HLS_GROUP_SETTINGS is not supported by this emulation",
    ),
    (f"{VIDEO}/CodecSettings/Codec", "VP9", "VP9 is not supported by this emulation"),
    (f"{AUDIO}/CodecSettings/Codec", "MP2", "MP2 is not supported by this emulation"),
    (f"{GROUP}/FileGroupSettings/Destination", "s3://b/$fn$", "identifier $fn$ is not supported"),
    (
        "Settings/OutputGroups/0/Outputs/0/ContainerSettings/Container",
        "M2TS",
        "/containerSettings/container: M2TS is not supported",
    ),
    (
        "Settings/OutputGroups/0/Outputs/0/ContainerSettings/Container",
        "RAW",
        "/containerSettings/container: RAW cannot contain H_264",
    ),
    ("Settings/Inputs", [{"FileInput": "s3://b/1"}] * 2, "several inputs is not supported"),
    (
        "Settings/OutputGroups/1/Outputs/0/AudioDescriptions",
        request()["Settings"]["OutputGroups"][0]["Outputs"][0]["AudioDescriptions"],
        "/outputGroups/1/outputs/0/audioDescriptions: Should have at most 0 items",
    ),
    (
        "Settings/OutputGroups/0/Outputs/0/AudioDescriptions",
        request()["Settings"]["OutputGroups"][0]["Outputs"][0]["AudioDescriptions"] * 2,
        "more than one audio track is not supported",
    ),
    ("Settings/OutputGroups/0/Outputs/0/Preset", "System-Ott", "preset is not supported"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_an_invalid_request_is_refused(
    harness: Harness, path: str, value: Any, message: str
) -> None:
    parameters = changed(request(), path, value)
    problem = error_of(lambda: harness.call("CreateJob", **parameters))
    assert (problem.code, problem.status) == ("BadRequestException", 400)
    assert message in problem.message
    assert harness.call("ListJobs")["Jobs"] == []
    assert harness.service.pending() == 0


def test_the_unchanged_request_is_accepted(harness: Harness) -> None:
    assert harness.call("CreateJob", **request())["Job"]["Status"] == "SUBMITTED"


def test_all_problems_are_reported_at_once(harness: Harness) -> None:
    parameters = changed(changed(request(), "Priority", 60), f"{VIDEO}/Width", 9000)
    message = error_of(lambda: harness.call("CreateJob", **parameters)).message
    assert sorted(part.partition(":")[0] for part in message.split(" | ")) == [
        f"{OUTPUT}/videoDescription/width",
        "/priority",
    ]


def test_an_output_without_video_and_audio_is_refused(harness: Harness) -> None:
    parameters = request()
    output = parameters["Settings"]["OutputGroups"][0]["Outputs"][0]
    del output["VideoDescription"], output["AudioDescriptions"]
    message = error_of(lambda: harness.call("CreateJob", **parameters)).message
    assert message.startswith(f"{OUTPUT}: Should have a video description")


def test_a_job_with_frame_captures_only_is_refused(harness: Harness) -> None:
    parameters = request()
    del parameters["Settings"]["OutputGroups"][0]
    problem = error_of(lambda: harness.call("CreateJob", **parameters))
    assert problem.code == "BadRequestException"
    assert "frame capture" in problem.message


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"Queue": "night"}, "NotFoundException", 404),
        (
            {"Queue": "arn:aws:mediaconvert:eu-west-1:123456789012:queues/Default"},
            "NotFoundException",
            404,
        ),
        ({"JobTemplate": "mine"}, "NotFoundException", 404),
        ({"Role": "arn:aws:iam::111122223333:role/media"}, "AccessDeniedException", 403),
    ],
)
def test_an_invalid_queue_template_or_role_is_refused(
    harness: Harness, changes: dict[str, str], code: str, status: int
) -> None:
    problem = error_of(lambda: harness.create_job(**changes))
    assert (problem.code, problem.status) == (code, status)


def test_a_job_that_does_not_exist_is_not_found(harness: Harness) -> None:
    for operation in ("GetJob", "CancelJob"):
        problem = error_of(lambda operation=operation: harness.call(operation, Id="1-abc"))
        assert (problem.code, problem.status) == ("NotFoundException", 404)


def test_an_operation_that_is_not_emulated_is_refused(harness: Harness) -> None:
    problem = error_of(lambda: harness.call("CreateJobTemplate", Name="mine", Settings={}))
    assert problem.code == "BadRequestException"
    assert "CreateJobTemplate" in problem.message


def test_a_role_with_a_path_is_accepted(harness: Harness) -> None:
    role = ROLE.replace("role/media", "role/team/media")
    assert harness.create_job(Role=role)["Role"] == role


def changed(parameters: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The request with one member set, or removed if the value is ABSENT."""
    parameters = copy.deepcopy(parameters)
    *path, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    holder: Any = parameters
    for part in path:
        holder = holder[part]
    if value is ABSENT:
        del holder[last]
    else:
        holder[last] = value
    return parameters
