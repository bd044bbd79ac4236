"""The function's jobs make other formats: HLS in H.265 and QuickTime, with other audio."""

from tests.pipelines.compliance import Change, Edit

_HLS = '''\
def _hls(destination: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Segments and a playlist for each rendition."""
    return {
        "Name": "Apple HLS",
        "OutputGroupSettings": {
            "Type": "HLS_GROUP_SETTINGS",
            "HlsGroupSettings": {
                "Destination": destination,
                "SegmentLength": 6,
                "MinSegmentLength": 0,
                "SegmentControl": "SEGMENTED_FILES",
            },
        },
        "Outputs": outputs,
    }


'''
EDITS: tuple[Change, ...] = (
    Edit(
        "lambda/renditions.py",
        """\
            _file_group(
                "MP4",
                destination,
                [
                    _mp4("_1080p", width=1920, height=1080, max_bitrate=8_000_000, quality=8),
                    _mp4("_720p", width=1280, height=720, max_bitrate=5_000_000, quality=7),
                ],
            ),
""",
        """\
            _hls(
                destination,
                [_stream("_480p", width=854, height=480, max_bitrate=2_000_000, quality=7)],
            ),
            _file_group(
                "Preview",
                destination,
                [_movie("_360p", width=640, height=360, max_bitrate=1_000_000, quality=6)],
            ),
""",
    ),
    Edit("lambda/renditions.py", "def _mp4(", _HLS + "def _movie("),
    Edit(
        "lambda/renditions.py",
        """\
            "Container": "MP4",
            "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"},
""",
        """\
            "Container": "MOV",
            "MovSettings": {"Reference": "SELF_CONTAINED"},
""",
    ),
    Edit(
        "lambda/renditions.py",
        "def _poster(",
        '''\
def _stream(name_modifier: str, **picture: int) -> dict[str, Any]:
    """H.265 and AAC in a transport stream."""
    output = _movie(name_modifier, **picture)
    codec = output["VideoDescription"]["CodecSettings"]
    settings = codec.pop("H264Settings")
    codec |= {"Codec": "H_265", "H265Settings": settings}
    return output | {"ContainerSettings": {"Container": "M3U8", "M3u8Settings": {}}}


def _poster(''',
    ),
    Edit("lambda/renditions.py", '"Bitrate": 128_000', '"Bitrate": 96_000'),
)
