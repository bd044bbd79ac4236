"""What a job's settings ask to be made: which files, of which kind.

https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

VIDEO_CODECS: Final = ("H_264", "H_265", "FRAME_CAPTURE")
AUDIO_CODECS: Final = ("AAC",)
CONTAINERS: Final[Mapping[str, tuple[str, str]]] = {
    "MP4": ("mp4", "video/mp4"),
    "MOV": ("mov", "video/quicktime"),
    "RAW": ("jpg", "image/jpeg"),
}
"""Extension and content type of the files of a container."""
CHANNELS: Final[Mapping[str, str]] = {
    "CODING_MODE_1_0": "mono",
    "CODING_MODE_2_0": "stereo",
    "CODING_MODE_5_1": "5.1",
}


@dataclass(frozen=True, slots=True)
class Capture:
    """Still images of a video: how many a second, how many at most, how good (1 to 100)."""

    numerator: int
    denominator: int
    most: int
    quality: int


@dataclass(frozen=True, slots=True)
class Sound:
    """AAC audio: bits a second, samples a second, FFmpeg's name of the channels."""

    bitrate: int
    sample_rate: int
    channels: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the file of one output is made. Two outputs of one recipe have the same content.

    Attributes:
        codec: "H_264", "H_265" or "FRAME_CAPTURE"; "" for no video.
        width, height: pixels; 0 where the input decides.
        scaling: ScalingBehavior: DEFAULT keeps the picture's shape and fills up with black.
        quality: QvbrQualityLevel, 1 to 10; 0 where the rate control is another.
        bitrate: bits a second, at most or on average; 0 where the settings name none.
    """

    container: str
    codec: str = ""
    width: int = 0
    height: int = 0
    scaling: str = "DEFAULT"
    quality: int = 0
    bitrate: int = 0
    capture: Capture | None = None
    sound: Sound | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a job.

    Attributes:
        base: where it goes, without extension: ``s3://bucket/folder/film_720p``.
        extension: ``mp4``.
        storage: arguments of S3's PutObject that the settings ask for.
    """

    base: str
    extension: str
    recipe: Recipe
    content_type: str
    storage: tuple[tuple[str, str], ...] = ()


def output_groups(settings: Mapping[str, Any]) -> list[tuple[Output, ...]]:
    """The outputs of each output group; settings were checked before."""
    source = str(settings["Inputs"][0]["FileInput"])
    return [tuple(_outputs(group, source)) for group in settings["OutputGroups"]]


def _outputs(group: Mapping[str, Any], source: str) -> Iterator[Output]:
    wanted = group["OutputGroupSettings"]["FileGroupSettings"]
    destination = str(wanted["Destination"])
    if destination.endswith("/"):
        name = source.rpartition("/")[2]
        destination += name.rpartition(".")[0] or name
    for output in group["Outputs"]:
        container = output["ContainerSettings"]["Container"]
        extension, content_type = CONTAINERS[container]
        yield Output(
            base=destination + output.get("NameModifier", ""),
            extension=output.get("Extension") or extension,
            recipe=_recipe(container, output),
            content_type=content_type,
            storage=tuple(sorted(_storage(wanted).items())),
        )


def _recipe(container: str, output: Mapping[str, Any]) -> Recipe:
    video = output.get("VideoDescription", {})
    codec = video.get("CodecSettings", {}).get("Codec", "")
    return Recipe(
        container=container,
        codec=codec,
        width=int(video.get("Width", 0)),
        height=int(video.get("Height", 0)),
        scaling=video.get("ScalingBehavior", "DEFAULT"),
        sound=_sound(output),
        **_rate(codec, video.get("CodecSettings", {})),
    )


def _rate(codec: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if codec == "FRAME_CAPTURE":
        wanted = settings.get("FrameCaptureSettings", {})
        return {
            "capture": Capture(
                int(wanted.get("FramerateNumerator", 1)),
                int(wanted.get("FramerateDenominator", 1)),
                int(wanted.get("MaxCaptures", 10_000_000)),
                int(wanted.get("Quality", 80)),
            )
        }
    wanted = settings.get("H264Settings") or settings.get("H265Settings") or {}
    quality = 0
    if wanted.get("RateControlMode") == "QVBR":
        quality = int(wanted.get("QvbrSettings", {}).get("QvbrQualityLevel", 7))
    bitrate = int(wanted.get("MaxBitrate") or wanted.get("Bitrate") or 0)
    return {"quality": quality, "bitrate": bitrate}


def _sound(output: Mapping[str, Any]) -> Sound | None:
    for description in output.get("AudioDescriptions", []):
        wanted = description.get("CodecSettings", {}).get("AacSettings", {})
        return Sound(
            int(wanted.get("Bitrate", 96_000)),
            int(wanted.get("SampleRate", 48_000)),
            CHANNELS.get(wanted.get("CodingMode", ""), "stereo"),
        )
    return None


def _storage(wanted: Mapping[str, Any]) -> dict[str, str]:
    """What S3Settings of the destination mean to PutObject."""
    asked = wanted.get("DestinationSettings", {}).get("S3Settings", {})
    arguments: dict[str, str] = {}
    if acl := asked.get("AccessControl", {}).get("CannedAcl"):
        arguments["ACL"] = acl.lower().replace("_", "-")
    if storage_class := asked.get("StorageClass"):
        arguments["StorageClass"] = storage_class
    encryption = asked.get("Encryption", {})
    match encryption.get("EncryptionType"):
        case "SERVER_SIDE_ENCRYPTION_S3":
            arguments["ServerSideEncryption"] = "AES256"
        case "SERVER_SIDE_ENCRYPTION_KMS":
            arguments["ServerSideEncryption"] = "aws:kms"
            if key := encryption.get("KmsKeyArn"):
                arguments["SSEKMSKeyId"] = key
    return arguments
