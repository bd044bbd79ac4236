"""Do the settings of a job make sense together? What the service model cannot say.

https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html, and where an output is of a
kind that is not made here, that is said in so many words rather than pretended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from steps.mediaconvert.recipes import AUDIO_CODECS, CONTAINERS, VIDEO_CODECS
from steps.mediaconvert.validation import bad_request

_NOT_MADE = "is not made by this emulation of MediaConvert"


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse what no job can be made of.

    Raises:
        AwsError: BadRequestException, about the first thing that is wrong.
    """
    inputs = _items(settings, "Inputs", "")
    for number, source in enumerate(inputs):
        _required(source, "FileInput", f"/inputs/{number}")
    if len(inputs) > 1:
        raise bad_request("/inputs", f"a video put together from several inputs {_NOT_MADE}")
    names = {*inputs[0].get("AudioSelectors", {}), *inputs[0].get("AudioSelectorGroups", {})}
    only_captures = True
    for number, group in enumerate(_items(settings, "OutputGroups", "")):
        place = f"/outputGroups/{number}"
        _check_group(group, place)
        outputs = _items(group, "Outputs", place)
        for index, output in enumerate(outputs):
            below = f"{place}/outputs/{index}"
            _check_output(output, below, names)
            if len(outputs) > 1:
                _required(output, "NameModifier", below)
            only_captures = only_captures and _codec(output) == "FRAME_CAPTURE"
    if only_captures:
        # https://docs.aws.amazon.com/mediaconvert/latest/ug/file-group-with-frame-capture-output.html
        raise bad_request(
            "/outputGroups", "Should have at least one output other than frame capture"
        )


def _check_group(group: Mapping[str, Any], place: str) -> None:
    wanted = _required(group, "OutputGroupSettings", place)
    below = f"{place}/outputGroupSettings"
    kind = _required(wanted, "Type", below)
    if kind != "FILE_GROUP_SETTINGS":
        raise bad_request(f"{below}/type", f"{kind} {_NOT_MADE}")
    files = _required(wanted, "FileGroupSettings", below)
    destination = _required(files, "Destination", f"{below}/fileGroupSettings")
    _check_name(destination, f"{below}/fileGroupSettings/destination")
    bucket, slash, _ = destination.removeprefix("s3://").partition("/")
    if not (bucket and slash):
        raise bad_request(
            f"{below}/fileGroupSettings/destination", "Should name a bucket and a key"
        )


def _check_output(output: Mapping[str, Any], place: str, selectors: set[str]) -> None:
    if output.get("Preset"):
        raise bad_request(f"{place}/preset", f"an output by a preset {_NOT_MADE}")
    container = _required(output, "ContainerSettings", place).get("Container")
    if container is None:
        raise bad_request(f"{place}/containerSettings", "container is a required property")
    if container not in CONTAINERS:
        raise bad_request(f"{place}/containerSettings/container", f"{container} {_NOT_MADE}")
    _check_name(output.get("NameModifier", ""), f"{place}/nameModifier")
    video, sounds = output.get("VideoDescription"), output.get("AudioDescriptions", [])
    if not (video or sounds):
        raise bad_request(place, "Should have a video description or an audio description")
    if video:
        _check_video(video, f"{place}/videoDescription")
    if (container == "RAW") != (_codec(output) == "FRAME_CAPTURE"):
        raise bad_request(
            f"{place}/containerSettings/container", f"{container} does not hold {_codec(output)}"
        )
    if sounds and container == "RAW":
        raise bad_request(f"{place}/audioDescriptions", "Should have at most 0 items")
    if len(sounds) > 1:
        raise bad_request(f"{place}/audioDescriptions", f"more than one audio track {_NOT_MADE}")
    for number, sound in enumerate(sounds):
        _check_sound(sound, f"{place}/audioDescriptions/{number}", selectors)


def _check_video(video: Mapping[str, Any], place: str) -> None:
    for name in ("Width", "Height"):
        if video.get(name, 0) % 2:
            raise bad_request(f"{place}/{name.lower()}", "Should be a multiple of 2")
    wanted = _codec_settings(video, place, VIDEO_CODECS)
    codec = video["CodecSettings"]["Codec"]
    if codec == "FRAME_CAPTURE":
        return
    mode = wanted.get("RateControlMode", "VBR")
    below = f"{place}/codecSettings/{_sent_as(_settings_of(codec))}"
    _required(wanted, "MaxBitrate" if mode == "QVBR" else "Bitrate", below)
    if mode == "QVBR" and "Bitrate" in wanted:
        raise bad_request(
            below,
            "Your job contains values for the following settings that are incompatible: "
            "Rate control mode, Bitrate, and Max bitrate. Adjust your settings and resubmit "
            "your job.",
        )


def _check_sound(sound: Mapping[str, Any], place: str, selectors: set[str]) -> None:
    wanted = _codec_settings(sound, place, AUDIO_CODECS)
    source = sound.get("AudioSourceName")
    if source is not None and source not in selectors:
        raise bad_request(f"{place}/audioSourceName", f"Should be an audio selector: {source}")
    for name in ("CodingMode", "SampleRate"):
        _required(wanted, name, f"{place}/codecSettings/aacSettings")


def _codec_settings(
    description: Mapping[str, Any], place: str, known: Sequence[str]
) -> Mapping[str, Any]:
    """The settings of the one codec that a description names."""
    holder = _required(description, "CodecSettings", place)
    place = f"{place}/codecSettings"
    codec = _required(holder, "Codec", place)
    if codec not in known:
        raise bad_request(f"{place}/codec", f"{codec} {_NOT_MADE}")
    for wrong, words in ((len(holder) < 2, "at least"), (len(holder) > 2, "at most")):
        if wrong:
            raise bad_request(place, f"Should have {words} 2 properties")
    name = _settings_of(codec)
    if name not in holder:
        other = next(key for key in holder if key != "Codec")
        raise bad_request(f"{place}/{_sent_as(other)}", f"Should not go with codec {codec}")
    wanted: Mapping[str, Any] = holder[name]
    return wanted


def _settings_of(codec: str) -> str:
    """``H264Settings`` of ``H_264``, ``FrameCaptureSettings`` of ``FRAME_CAPTURE``."""
    return "".join(part.capitalize() for part in codec.split("_")) + "Settings"


def _sent_as(name: str) -> str:
    return name[:1].lower() + name[1:]


def _check_name(name: str, place: str) -> None:
    if found := re.search(r"\$[A-Za-z]+(:[^$]*)?\$", name):
        raise bad_request(place, f"a file name with the identifier {found[0]} {_NOT_MADE}")


def _codec(output: Mapping[str, Any]) -> str:
    video = output.get("VideoDescription") or {}
    return str(video.get("CodecSettings", {}).get("Codec", "audio alone"))


def _required(holder: Mapping[str, Any], name: str, place: str) -> Any:
    value = holder.get(name)
    if value is None:
        raise bad_request(place, f"{_sent_as(name)} is a required property")
    return value


def _items(holder: Mapping[str, Any], name: str, place: str) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = _required(holder, name, place)
    if not items:
        raise bad_request(f"{place}/{_sent_as(name)}", "Should have at least 1 items")
    return items
