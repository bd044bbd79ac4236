"""The outputs in a job's settings: their files, and how they are encoded.

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
class FrameCaptureSettings:
    """Settings of a frame capture: frames per second as a fraction, JPEG quality 1 to 100."""

    numerator: int
    denominator: int
    max_captures: int
    quality: int


@dataclass(frozen=True, slots=True)
class AacSettings:
    """AAC audio: bits per second, samples per second, FFmpeg's name of the channel layout."""

    bitrate: int
    sample_rate: int
    channels: str


@dataclass(frozen=True, slots=True)
class RenditionSettings:
    """How the file of one output is encoded. Outputs with equal settings have equal content.

    Attributes:
        codec: "H_264", "H_265" or "FRAME_CAPTURE"; "" for no video.
        width, height: pixels; 0 for that of the input.
        scaling: ScalingBehavior: DEFAULT keeps the aspect ratio and adds black bars.
        quality: QvbrQualityLevel, 1 to 10; 0 for another rate control mode.
        bitrate: MaxBitrate or Bitrate in bits per second; 0 if neither is set.
    """

    container: str
    codec: str = ""
    width: int = 0
    height: int = 0
    scaling: str = "DEFAULT"
    quality: int = 0
    bitrate: int = 0
    capture: FrameCaptureSettings | None = None
    audio: AacSettings | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a job.

    Attributes:
        base: the destination without extension: ``s3://bucket/folder/film_720p``.
        extension: ``mp4``.
        storage: arguments of S3's PutObject, from S3Settings.
    """

    base: str
    extension: str
    settings: RenditionSettings
    content_type: str
    storage: tuple[tuple[str, str], ...] = ()


def output_groups(settings: Mapping[str, Any]) -> list[tuple[Output, ...]]:
    """The outputs of each output group of valid settings."""
    source = str(settings["Inputs"][0]["FileInput"])
    return [tuple(_outputs(group, source)) for group in settings["OutputGroups"]]


def _outputs(group: Mapping[str, Any], source: str) -> Iterator[Output]:
    file_group = group["OutputGroupSettings"]["FileGroupSettings"]
    destination = str(file_group["Destination"])
    if destination.endswith("/"):
        name = source.rpartition("/")[2]
        destination += name.rpartition(".")[0] or name
    for output in group["Outputs"]:
        container = output["ContainerSettings"]["Container"]
        extension, content_type = CONTAINERS[container]
        yield Output(
            base=destination + output.get("NameModifier", ""),
            extension=output.get("Extension") or extension,
            settings=_settings(container, output),
            content_type=content_type,
            storage=tuple(sorted(_storage(file_group).items())),
        )


def _settings(container: str, output: Mapping[str, Any]) -> RenditionSettings:
    video = output.get("VideoDescription", {})
    codec = video.get("CodecSettings", {}).get("Codec", "")
    return RenditionSettings(
        container=container,
        codec=codec,
        width=int(video.get("Width", 0)),
        height=int(video.get("Height", 0)),
        scaling=video.get("ScalingBehavior", "DEFAULT"),
        audio=_audio(output),
        **_codec_settings(codec, video.get("CodecSettings", {})),
    )


def _codec_settings(codec: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if codec == "FRAME_CAPTURE":
        capture = settings.get("FrameCaptureSettings", {})
        return {
            "capture": FrameCaptureSettings(
                int(capture.get("FramerateNumerator", 1)),
                int(capture.get("FramerateDenominator", 1)),
                int(capture.get("MaxCaptures", 10_000_000)),
                int(capture.get("Quality", 80)),
            )
        }
    codec_settings = settings.get("H264Settings") or settings.get("H265Settings") or {}
    quality = 0
    if codec_settings.get("RateControlMode") == "QVBR":
        quality = int(codec_settings.get("QvbrSettings", {}).get("QvbrQualityLevel", 7))
    bitrate = int(codec_settings.get("MaxBitrate") or codec_settings.get("Bitrate") or 0)
    return {"quality": quality, "bitrate": bitrate}


def _audio(output: Mapping[str, Any]) -> AacSettings | None:
    for description in output.get("AudioDescriptions", []):
        aac = description.get("CodecSettings", {}).get("AacSettings", {})
        return AacSettings(
            int(aac.get("Bitrate", 96_000)),
            int(aac.get("SampleRate", 48_000)),
            CHANNELS.get(aac.get("CodingMode", ""), "stereo"),
        )
    return None


def _storage(file_group: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of PutObject for the S3Settings of the destination."""
    settings = file_group.get("DestinationSettings", {}).get("S3Settings", {})
    arguments: dict[str, str] = {}
    if acl := settings.get("AccessControl", {}).get("CannedAcl"):
        arguments["ACL"] = acl.lower().replace("_", "-")
    if storage_class := settings.get("StorageClass"):
        arguments["StorageClass"] = storage_class
    encryption = settings.get("Encryption", {})
    match encryption.get("EncryptionType"):
        case "SERVER_SIDE_ENCRYPTION_S3":
            arguments["ServerSideEncryption"] = "AES256"
        case "SERVER_SIDE_ENCRYPTION_KMS":
            arguments["ServerSideEncryption"] = "aws:kms"
            if key := encryption.get("KmsKeyArn"):
                arguments["SSEKMSKeyId"] = key
    return arguments
