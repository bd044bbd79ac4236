"""Probes and transcodes video files with FFmpeg, through PyAV, if it is installed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from steps.mediaconvert.memory_file import OPTIONS, MemoryFile
from steps.mediaconvert.rendition_settings import (
    AacSettings,
    FrameCaptureSettings,
    RenditionSettings,
)

try:
    import av
    import av.filter
except ImportError:  # pragma: no cover - without PyAV, outputs are placeholders
    AVAILABLE = False
else:
    AVAILABLE = True
    # FFmpeg would log errors of a corrupt input to standard error.
    av.logging.set_level(None)

_ENCODERS: Final = {"H_264": "libx264", "H_265": "libx265"}
_FORMATS: Final = {"MP4": "mp4", "MOV": "mov"}


class UnreadableError(Exception):
    """An input is not media, or is corrupt.

    Args:
        reason: the message of the parser.
        opened: whether it could be opened, and failed only later.
    """

    def __init__(self, reason: str, opened: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.opened = opened


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A video track: FFmpeg's name of the codec (``h264``), pixels, frames per second."""

    codec: str
    width: int
    height: int
    rate: float
    pixel_format: str
    tag: str
    stream: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """An audio track: FFmpeg's name of the codec (``aac``), samples per second."""

    codec: str
    sample_rate: int
    channels: int
    stream: int


@dataclass(frozen=True, slots=True)
class Content:
    """The duration of a file, in milliseconds, and its tracks."""

    duration: int
    video: tuple[VideoTrack, ...]
    audio: tuple[AudioTrack, ...]


@dataclass(frozen=True, slots=True)
class Rendition:
    """The files of one output of a job.

    Attributes:
        files: one, or the images of a frame capture in order.
        duration: milliseconds.
        width, height: pixels; 0 for audio only.
        transcoded: False if the files are placeholders.
    """

    files: tuple[bytes, ...]
    duration: int
    width: int
    height: int
    transcoded: bool = True


def probe(data: bytes) -> Content:
    """Read the duration and the tracks of a file.

    Raises:
        UnreadableError: it is not media, or truncated.
    """
    with _opened(data) as source:
        video = tuple(
            VideoTrack(
                codec=track.codec_context.name,
                width=track.codec_context.width,
                height=track.codec_context.height,
                rate=float(track.average_rate or 0),
                pixel_format=track.codec_context.pix_fmt or "",
                tag=track.codec_context.codec_tag,
                stream=track.index + 1,
            )
            for track in source.streams.video
        )
        audio = tuple(
            AudioTrack(
                codec=track.codec_context.name,
                sample_rate=track.codec_context.sample_rate,
                channels=track.codec_context.layout.nb_channels,
                stream=track.index + 1,
            )
            for track in source.streams.audio
        )
        content = Content(_milliseconds(source), video, audio)
        _check_whole(source, len(data))
    return content


def transcode(data: bytes, settings: RenditionSettings) -> Rendition:
    """Create a rendition of a file.

    Raises:
        UnreadableError: it is not media, or truncated.
    """
    with _opened(data) as source:
        duration = _milliseconds(source)
        try:
            if settings.capture:
                files, width, height = _frame_captures(source, settings, settings.capture)
            else:
                files, width, height = _encode(source, settings)
        except av.FFmpegError as problem:
            raise UnreadableError(problem.strerror or str(problem), opened=True) from problem
    return Rendition(files, duration, width, height)


def _opened(data: bytes) -> Any:
    try:
        source = av.open(io.BytesIO(data))
    except av.FFmpegError as problem:
        raise _not_media(data) from problem
    if not source.streams:
        source.close()
        raise _not_media(data)
    return source


def _not_media(data: bytes) -> UnreadableError:
    is_mp4 = data[4:8] == b"ftyp"
    return UnreadableError(
        "no moov box found in file" if is_mp4 else "No parser found for container"
    )


def _check_whole(source: Any, length: int) -> None:
    """Refuse a file with fewer frames than its header states."""
    expected = sum(track.frames for track in source.streams.video)
    try:
        found = sum(1 for packet in source.demux(video=0) if packet.size) if expected else 0
    except av.FFmpegError:
        found = -1
    if found < expected:
        raise UnreadableError(
            f"ReadPacketData File read failed - end of file hit at length [{length}]. "
            "Is file truncated?",
            opened=True,
        )


def _milliseconds(source: Any) -> int:
    return round((source.duration or 0) * 1000 / av.time_base)


def _frame_captures(
    source: Any, settings: RenditionSettings, capture: FrameCaptureSettings
) -> tuple[tuple[bytes, ...], int, int]:
    track = source.streams.video[0]
    scaler = _FrameScaler(track, settings, "yuvj420p")
    step = Fraction(capture.denominator, capture.numerator)
    images: list[bytes] = []
    for frame in scaler.scale(source.decode(track)):
        if len(images) >= capture.max_captures:
            break
        if frame.pts is not None and frame.pts * scaler.time_base < len(images) * step:
            continue
        images.append(_jpeg(frame, capture.quality))
    return tuple(images), scaler.width, scaler.height


def _jpeg(frame: Any, quality: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    # FFmpeg's quality scale is 2 (best) to 31.
    encoder.qmin = encoder.qmax = round(31 - 29 * quality / 100)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _encode(source: Any, settings: RenditionSettings) -> tuple[tuple[bytes, ...], int, int]:
    file, width, height = MemoryFile(), 0, 0
    kind = _FORMATS[settings.container]
    with av.open(file, "w", format=kind, options=OPTIONS, io_open=file.reopen) as target:
        encoders: dict[int, Callable[[Any], Iterator[Any]]] = {}
        if settings.codec:
            track = source.streams.video[0]
            video, scaler = _video_stream(target, track, settings)
            width, height = scaler.width, scaler.height
            encoders[track.index] = lambda frame: _video_packets(video, scaler, frame)
        if settings.audio and source.streams.audio:
            track = source.streams.audio[0]
            encoders[track.index] = _audio_packets(target, settings.audio)
        for packet in source.demux([source.streams[index] for index in encoders]):
            for frame in packet.decode():
                for encoded in encoders[packet.stream.index](frame):
                    target.mux(encoded)
        for flush in encoders.values():
            for encoded in flush(None):
                target.mux(encoded)
    return (file.getvalue(),), width, height


def _video_stream(target: Any, track: Any, settings: RenditionSettings) -> tuple[Any, _FrameScaler]:
    scaler = _FrameScaler(track, settings, "yuv420p")
    options = {"preset": "ultrafast"}
    if settings.quality:
        # A QVBR level, 1 to 10, sets a quality, as a constant rate factor does.
        options["crf"] = str(40 - 2 * settings.quality)
    if settings.codec == "H_265":
        options["x265-params"] = "log-level=none"
    stream = target.add_stream(
        _ENCODERS[settings.codec], rate=track.average_rate or 25, options=options
    )
    stream.width, stream.height = scaler.width, scaler.height
    stream.pix_fmt = "yuv420p"
    stream.time_base = scaler.time_base
    stream.codec_context.thread_count = 1
    if settings.bitrate and not settings.quality:
        stream.bit_rate = settings.bitrate
    return stream, scaler


def _video_packets(stream: Any, scaler: _FrameScaler, frame: Any) -> Iterator[Any]:
    if frame is None:
        yield from stream.encode(None)
        return
    for scaled in scaler.scale([frame]):
        scaled.pict_type = 0
        yield from stream.encode(scaled)


def _audio_packets(target: Any, settings: AacSettings) -> Callable[[Any], Iterator[Any]]:
    stream = target.add_stream("aac", rate=settings.sample_rate, layout=settings.channels)
    stream.bit_rate = settings.bitrate
    resampler = av.AudioResampler("fltp", settings.channels, settings.sample_rate, frame_size=1024)

    def packets(frame: Any) -> Iterator[Any]:
        for resampled in resampler.resample(frame):
            yield from stream.encode(resampled)
        if frame is None:
            yield from stream.encode(None)

    return packets


class _FrameScaler:
    """Scales the frames of a video track.

    Args:
        track: the input stream.
        pixel_format: of the encoder.
    """

    def __init__(self, track: Any, settings: RenditionSettings, pixel_format: str) -> None:
        source = track.codec_context
        self.width, self.height = _size(source.width, source.height, settings)
        self.time_base = track.time_base
        self._graph = av.filter.Graph()
        links = [
            self._graph.add_buffer(template=track),
            *(self._graph.add(name, arguments) for name, arguments in self._filters(settings)),
            self._graph.add("setsar", "1"),
            self._graph.add("format", pixel_format),
            self._graph.add("buffersink"),
        ]
        self._graph.link_nodes(*links).configure()

    def scale(self, frames: Any) -> Iterator[Any]:
        """The frames, one by one, in the size of the output."""
        for frame in frames:
            self._graph.push(frame)
            while True:
                try:
                    yield self._graph.pull()
                except (av.BlockingIOError, av.EOFError):
                    break

    def _filters(self, settings: RenditionSettings) -> Iterator[tuple[str, str]]:
        size = f"{self.width}:{self.height}"
        match settings.scaling:
            case "STRETCH_TO_OUTPUT":
                yield "scale", size
            case "FILL":
                yield "scale", f"{size}:force_original_aspect_ratio=increase"
                yield "crop", size
            case _:
                yield "scale", f"{size}:force_original_aspect_ratio=decrease"
                yield "pad", f"{size}:(ow-iw)/2:(oh-ih)/2"


def _size(width: int, height: int, settings: RenditionSettings) -> tuple[int, int]:
    """The size of the output; without width or height, it keeps the input's aspect ratio."""
    out_width, out_height = settings.width, settings.height
    if not out_width and not out_height:
        out_width, out_height = width, height
    out_width = out_width or round(width * out_height / height)
    out_height = out_height or round(height * out_width / width)
    return out_width + out_width % 2, out_height + out_height % 2
