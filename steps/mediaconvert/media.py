"""What is in a video file, and a rendition of it: FFmpeg, by PyAV.

Nothing here knows of AWS. PyAV is needed to transcode; `AVAILABLE` says whether it is installed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from steps.mediaconvert.memory_file import OPTIONS, MemoryFile
from steps.mediaconvert.recipes import Capture, Recipe, Sound

try:
    import av
    import av.filter
except ImportError:  # pragma: no cover - where it is not installed, placeholders are written
    AVAILABLE = False
else:
    AVAILABLE = True
    # FFmpeg would write what it thinks of a broken input to standard error.
    av.logging.set_level(None)

_ENCODERS: Final = {"H_264": "libx264", "H_265": "libx265"}
_FORMATS: Final = {"MP4": "mp4", "MOV": "mov"}


class UnreadableError(Exception):
    """An input is no video, or a broken one.

    Args:
        reason: what the parser says of it.
        opened: whether it could be opened, and went wrong only later.
    """

    def __init__(self, reason: str, opened: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.opened = opened


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A track of pictures, as FFmpeg names it: codec ``h264``, pixels, frames a second."""

    codec: str
    width: int
    height: int
    rate: float
    pixel_format: str
    tag: str
    stream: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """A track of sound: codec ``aac``, samples a second, how many channels."""

    codec: str
    sample_rate: int
    channels: int
    stream: int


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file; its length in milliseconds."""

    duration: int
    video: tuple[VideoTrack, ...]
    audio: tuple[AudioTrack, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of an input by a recipe.

    Attributes:
        files: the content of each: one, or the images of a capture in order.
        duration: milliseconds.
        width, height: pixels; 0 for sound alone.
        transcoded: whether the files are media at all.
    """

    files: tuple[bytes, ...]
    duration: int
    width: int
    height: int
    transcoded: bool = True


def probe(data: bytes) -> Content:
    """What is in a file.

    Raises:
        UnreadableError: it is not media.
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


def transcode(data: bytes, recipe: Recipe) -> Made:
    """A rendition of a file.

    Raises:
        UnreadableError: it is not media, or breaks off.
    """
    with _opened(data) as source:
        duration = _milliseconds(source)
        try:
            if recipe.capture:
                files, width, height = _captured(source, recipe, recipe.capture)
            else:
                files, width, height = _encoded(source, recipe)
        except av.FFmpegError as problem:
            raise UnreadableError(problem.strerror or str(problem), opened=True) from problem
    return Made(files, duration, width, height)


def _opened(data: bytes) -> Any:
    try:
        source = av.open(io.BytesIO(data))
    except av.FFmpegError as problem:
        raise _no_media(data) from problem
    if not source.streams:
        source.close()
        raise _no_media(data)
    return source


def _no_media(data: bytes) -> UnreadableError:
    is_mp4 = data[4:8] == b"ftyp"
    return UnreadableError(
        "no moov box found in file" if is_mp4 else "No parser found for container"
    )


def _check_whole(source: Any, length: int) -> None:
    """Whether as many frames can be read as the file says it has."""
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


def _captured(source: Any, recipe: Recipe, capture: Capture) -> tuple[tuple[bytes, ...], int, int]:
    track = source.streams.video[0]
    pictures = _Pictures(track, recipe, "yuvj420p")
    step = Fraction(capture.denominator, capture.numerator)
    images: list[bytes] = []
    for frame in pictures.of(source.decode(track)):
        if len(images) >= capture.most:
            break
        if frame.pts is not None and frame.pts * pictures.time_base < len(images) * step:
            continue
        images.append(_jpeg(frame, capture.quality))
    return tuple(images), pictures.width, pictures.height


def _jpeg(frame: Any, quality: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    # FFmpeg's scale runs from 2, the best, to 31.
    encoder.qmin = encoder.qmax = round(31 - 29 * quality / 100)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _encoded(source: Any, recipe: Recipe) -> tuple[tuple[bytes, ...], int, int]:
    made, width, height = MemoryFile(), 0, 0
    kind = _FORMATS[recipe.container]
    with av.open(made, "w", format=kind, options=OPTIONS, io_open=made.again) as target:
        takers: dict[int, Callable[[Any], Iterator[Any]]] = {}
        if recipe.codec:
            track = source.streams.video[0]
            video, pictures = _video_stream(target, track, recipe)
            width, height = pictures.width, pictures.height
            takers[track.index] = lambda frame: _video_packets(video, pictures, frame)
        if recipe.sound and source.streams.audio:
            track = source.streams.audio[0]
            takers[track.index] = _audio_packets(target, recipe.sound)
        for packet in source.demux([source.streams[index] for index in takers]):
            for frame in packet.decode():
                for coded in takers[packet.stream.index](frame):
                    target.mux(coded)
        for take in takers.values():
            for coded in take(None):
                target.mux(coded)
    return (made.getvalue(),), width, height


def _video_stream(target: Any, track: Any, recipe: Recipe) -> tuple[Any, _Pictures]:
    pictures = _Pictures(track, recipe, "yuv420p")
    options = {"preset": "ultrafast"}
    if recipe.quality:
        # QVBR from 1 to 10 keeps a quality, as a constant rate factor does.
        options["crf"] = str(40 - 2 * recipe.quality)
    if recipe.codec == "H_265":
        options["x265-params"] = "log-level=none"
    stream = target.add_stream(
        _ENCODERS[recipe.codec], rate=track.average_rate or 25, options=options
    )
    stream.width, stream.height = pictures.width, pictures.height
    stream.pix_fmt = "yuv420p"
    stream.time_base = pictures.time_base
    stream.codec_context.thread_count = 1
    if recipe.bitrate and not recipe.quality:
        stream.bit_rate = recipe.bitrate
    return stream, pictures


def _video_packets(stream: Any, pictures: _Pictures, frame: Any) -> Iterator[Any]:
    if frame is None:
        yield from stream.encode(None)
        return
    for made in pictures.of([frame]):
        made.pict_type = 0
        yield from stream.encode(made)


def _audio_packets(target: Any, sound: Sound) -> Callable[[Any], Iterator[Any]]:
    stream = target.add_stream("aac", rate=sound.sample_rate, layout=sound.channels)
    stream.bit_rate = sound.bitrate
    resampler = av.AudioResampler("fltp", sound.channels, sound.sample_rate, frame_size=1024)

    def packets(frame: Any) -> Iterator[Any]:
        for made in resampler.resample(frame):
            yield from stream.encode(made)
        if frame is None:
            yield from stream.encode(None)

    return packets


class _Pictures:
    """Brings the pictures of a track to a size.

    Args:
        track: a video stream that is read.
        pixel_format: that the encoder takes.
    """

    def __init__(self, track: Any, recipe: Recipe, pixel_format: str) -> None:
        source = track.codec_context
        self.width, self.height = _size(source.width, source.height, recipe)
        self.time_base = track.time_base
        self._graph = av.filter.Graph()
        links = [
            self._graph.add_buffer(template=track),
            *(self._graph.add(name, arguments) for name, arguments in self._filters(recipe)),
            self._graph.add("setsar", "1"),
            self._graph.add("format", pixel_format),
            self._graph.add("buffersink"),
        ]
        self._graph.link_nodes(*links).configure()

    def of(self, frames: Any) -> Iterator[Any]:
        """The frames, one by one, in the size that is wanted."""
        for frame in frames:
            self._graph.push(frame)
            while True:
                try:
                    yield self._graph.pull()
                except (av.BlockingIOError, av.EOFError):
                    break

    def _filters(self, recipe: Recipe) -> Iterator[tuple[str, str]]:
        size = f"{self.width}:{self.height}"
        match recipe.scaling:
            case "STRETCH_TO_OUTPUT":
                yield "scale", size
            case "FILL":
                yield "scale", f"{size}:force_original_aspect_ratio=increase"
                yield "crop", size
            case _:
                yield "scale", f"{size}:force_original_aspect_ratio=decrease"
                yield "pad", f"{size}:(ow-iw)/2:(oh-ih)/2"


def _size(width: int, height: int, recipe: Recipe) -> tuple[int, int]:
    """Where the settings name one side only, the picture keeps its shape."""
    wide, high = recipe.width, recipe.height
    if not wide and not high:
        wide, high = width, height
    wide = wide or round(width * high / height)
    high = high or round(height * wide / width)
    return wide + wide % 2, high + high % 2
