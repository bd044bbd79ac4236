"""Every Terraform name, physical name and environment variable is different."""

from tests.pipelines.changes import Everywhere, Move
from tests.pipelines.compliance import Change

_LABELS = (
    ("input", "left"),
    ("output", "right"),
    ("media", "k"),
    ("mediaconvert", "b"),
    ("function", "a"),
    ("assets", "notes"),
    ("processing", "one"),
    ("processing_dead_letter", "two"),
    ("status", "three"),
    ("status_dead_letter", "four"),
    ("job_state", "r"),
    ("status_queue", "t"),
    ("processor", "this"),
    ("current", "here"),
)
_LOCALS = ("mediaconvert_queue_arn", "function_log_group_name", "function_log_group_arn")
_ENVIRONMENT = (
    ("ASSETS_TABLE", "NOTES"),
    ("INPUT_BUCKET", "LEFT"),
    ("OUTPUT_BUCKET", "RIGHT"),
)
_PHYSICAL = (
    ("video-(input|mediaconvert)", "east-of-eden"),
    ("video-(output|processor)", "grapes-of-wrath"),
    ("video-assets", "cannery-row"),
    ("video-processing-dead-letter", "tortilla-flat"),
    ("video-status-dead-letter", "sweet-thursday"),
    ("video-processing", "of-mice"),
    ("video-status", "and-men"),
    ("video-job-state", "the-pearl"),
    ("video-pipeline", "travels"),
)

EDITS: tuple[Change, ...] = (
    *(
        Everywhere(
            "terraform/*.tf",
            rf'(?<=\w")( "){old}(?=" \{{)|(?<=\baws_)([a-z0-9_]+\.){old}(?=\.|\]|,)'
            rf"|(?<=\barchive_)([a-z]+\.){old}\b",
            rf"\g<1>\g<2>\g<3>{new}",
        )
        for old, new in _LABELS
    ),
    *(Everywhere("terraform/*.tf", name, f"x{n}") for n, name in enumerate(_LOCALS)),
    *(Everywhere("terraform/*.tf", rf"\b{old}\b", new) for old, new in _PHYSICAL),
    *(Everywhere("terraform/*.tf", rf"\b{old}\b", new) for old, new in _ENVIRONMENT),
    *(Everywhere("lambda/*.py", rf'"{old}"', f'"{new}"') for old, new in _ENVIRONMENT),
    Everywhere("terraform/function.tf", "lambda_function.handler", "main.take"),
    Everywhere("lambda/lambda_function.py", "^def handler", "def take"),
    Move("lambda/lambda_function.py", "lambda/main.py"),
)
