"""Validates job settings beyond the service model: members that require or exclude each other.

https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html. Settings that MediaConvert
supports and this emulation does not are refused with that reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from steps.mediaconvert.rendition_settings import AUDIO_CODECS, CONTAINERS, VIDEO_CODECS
from steps.mediaconvert.validation import bad_request, lower_first

_NOT_SUPPORTED = "is not supported by this emulation of MediaConvert"


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings that are not valid or not emulated.

    Raises:
        AwsError: BadRequestException, for the first problem.
    """
    inputs = _items(settings, "Inputs", "")
    for number, source in enumerate(inputs):
        _required(source, "FileInput", f"/inputs/{number}")
    if len(inputs) > 1:
        raise bad_request("/inputs", f"a job with several inputs {_NOT_SUPPORTED}")
    names = {*inputs[0].get("AudioSelectors", {}), *inputs[0].get("AudioSelectorGroups", {})}
    only_captures = True
    for number, group in enumerate(_items(settings, "OutputGroups", "")):
        pointer = f"/outputGroups/{number}"
        _check_group(group, pointer)
        outputs = _items(group, "Outputs", pointer)
        for index, output in enumerate(outputs):
            below = f"{pointer}/outputs/{index}"
            _check_output(output, below, names)
            if len(outputs) > 1:
                _required(output, "NameModifier", below)
            only_captures = only_captures and _codec(output) == "FRAME_CAPTURE"
    if only_captures:
        # https://docs.aws.amazon.com/mediaconvert/latest/ug/file-group-with-frame-capture-output.html
        raise bad_request(
            "/outputGroups", "Should have at least one output other than frame capture"
        )


def _check_group(group: Mapping[str, Any], pointer: str) -> None:
    settings = _required(group, "OutputGroupSettings", pointer)
    below = f"{pointer}/outputGroupSettings"
    kind = _required(settings, "Type", below)
    if kind != "FILE_GROUP_SETTINGS":
        raise bad_request(f"{below}/type", f"{kind} {_NOT_SUPPORTED}")
    files = _required(settings, "FileGroupSettings", below)
    destination = _required(files, "Destination", f"{below}/fileGroupSettings")
    _check_name(destination, f"{below}/fileGroupSettings/destination")
    bucket, slash, _ = destination.removeprefix("s3://").partition("/")
    if not (bucket and slash):
        raise bad_request(
            f"{below}/fileGroupSettings/destination", "Should name a bucket and a key"
        )


def _check_output(output: Mapping[str, Any], pointer: str, selectors: set[str]) -> None:
    if output.get("Preset"):
        raise bad_request(f"{pointer}/preset", f"an output with a preset {_NOT_SUPPORTED}")
    container = _required(output, "ContainerSettings", pointer).get("Container")
    if container is None:
        raise bad_request(f"{pointer}/containerSettings", "container is a required property")
    if container not in CONTAINERS:
        raise bad_request(f"{pointer}/containerSettings/container", f"{container} {_NOT_SUPPORTED}")
    _check_name(output.get("NameModifier", ""), f"{pointer}/nameModifier")
    video, tracks = output.get("VideoDescription"), output.get("AudioDescriptions", [])
    if not (video or tracks):
        raise bad_request(pointer, "Should have a video description or an audio description")
    if video:
        _check_video(video, f"{pointer}/videoDescription")
    if (container == "RAW") != (_codec(output) == "FRAME_CAPTURE"):
        raise bad_request(
            f"{pointer}/containerSettings/container", f"{container} cannot contain {_codec(output)}"
        )
    if tracks and container == "RAW":
        raise bad_request(f"{pointer}/audioDescriptions", "Should have at most 0 items")
    if len(tracks) > 1:
        raise bad_request(
            f"{pointer}/audioDescriptions", f"more than one audio track {_NOT_SUPPORTED}"
        )
    for number, audio in enumerate(tracks):
        _check_audio(audio, f"{pointer}/audioDescriptions/{number}", selectors)


def _check_video(video: Mapping[str, Any], pointer: str) -> None:
    for name in ("Width", "Height"):
        if video.get(name, 0) % 2:
            raise bad_request(f"{pointer}/{name.lower()}", "Should be a multiple of 2")
    settings = _codec_settings(video, pointer, VIDEO_CODECS)
    codec = video["CodecSettings"]["Codec"]
    if codec == "FRAME_CAPTURE":
        return
    mode = settings.get("RateControlMode", "VBR")
    below = f"{pointer}/codecSettings/{lower_first(_settings_name(codec))}"
    _required(settings, "MaxBitrate" if mode == "QVBR" else "Bitrate", below)
    if mode == "QVBR" and "Bitrate" in settings:
        raise bad_request(
            below,
            "Your job contains values for the following settings that are incompatible: "
            "Rate control mode, Bitrate, and Max bitrate. Adjust your settings and resubmit "
            "your job.",
        )


def _check_audio(audio: Mapping[str, Any], pointer: str, selectors: set[str]) -> None:
    settings = _codec_settings(audio, pointer, AUDIO_CODECS)
    source = audio.get("AudioSourceName")
    if source is not None and source not in selectors:
        raise bad_request(f"{pointer}/audioSourceName", f"Should be an audio selector: {source}")
    for name in ("CodingMode", "SampleRate"):
        _required(settings, name, f"{pointer}/codecSettings/aacSettings")


def _codec_settings(
    description: Mapping[str, Any], pointer: str, supported: Sequence[str]
) -> Mapping[str, Any]:
    """The settings of the codec that a video or audio description names."""
    holder = _required(description, "CodecSettings", pointer)
    pointer = f"{pointer}/codecSettings"
    codec = _required(holder, "Codec", pointer)
    if codec not in supported:
        raise bad_request(f"{pointer}/codec", f"{codec} {_NOT_SUPPORTED}")
    if len(holder) != 2:
        limit = "at least" if len(holder) < 2 else "at most"
        raise bad_request(pointer, f"Should have {limit} 2 properties")
    name = _settings_name(codec)
    if name not in holder:
        other = next(key for key in holder if key != "Codec")
        raise bad_request(f"{pointer}/{lower_first(other)}", f"Should not go with codec {codec}")
    settings: Mapping[str, Any] = holder[name]
    return settings


def _settings_name(codec: str) -> str:
    """``H264Settings`` for ``H_264``, ``FrameCaptureSettings`` for ``FRAME_CAPTURE``."""
    return "".join(part.capitalize() for part in codec.split("_")) + "Settings"


def _check_name(name: str, pointer: str) -> None:
    if match := re.search(r"\$[A-Za-z]+(:[^$]*)?\$", name):
        raise bad_request(
            pointer, f"a file name with the format identifier {match[0]} {_NOT_SUPPORTED}"
        )


def _codec(output: Mapping[str, Any]) -> str:
    video = output.get("VideoDescription") or {}
    return str(video.get("CodecSettings", {}).get("Codec", "audio only"))


def _required(holder: Mapping[str, Any], name: str, pointer: str) -> Any:
    value = holder.get(name)
    if value is None:
        raise bad_request(pointer, f"{lower_first(name)} is a required property")
    return value


def _items(holder: Mapping[str, Any], name: str, pointer: str) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = _required(holder, name, pointer)
    if not items:
        raise bad_request(f"{pointer}/{lower_first(name)}", "Should have at least 1 items")
    return items
