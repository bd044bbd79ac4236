"""Labels of the data path: names of its nodes, missing permissions, and wrapping of long names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from planproof.reports.text import columns, one_line
from planproof.results import DrawnEdge, EdgeState
from planproof.service_facts import resource_type

NOT_HERE = "not in the stack"
_KEY = r'(?:\[(?:[^\[\]"]|"[^"]*")*\])?'
_ADDRESS = re.compile(
    rf"(?P<modules>(?:module\.[\w-]+{_KEY}\.)*)(?P<data>data\.)?"
    rf"(?P<type>[a-z][a-z0-9]*_[a-z0-9_]+)\.(?P<name>[\w-]+{_KEY})"
)
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+(?=\s|$)")
# AWS's spelling of the words in Terraform's types, and the usual names of some types.
_SPELT = {
    **{word: word.upper() for word in (
        "acl", "acm", "api", "dax", "db", "dms", "ebs", "ec2", "ecr", "ecs", "efs", "eks", "fsx",
        "iam", "kms", "mq", "msk", "rds", "s3", "ses", "sns", "sqs", "ssm", "vpc", "waf",
    )},
    "apigateway": "API Gateway", "apigatewayv2": "API Gateway", "appsync": "AppSync",
    "cloudfront": "CloudFront", "cloudtrail": "CloudTrail", "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB", "elasticache": "ElastiCache", "eventbridge": "EventBridge",
    "opensearch": "OpenSearch", "scheduler": "EventBridge Scheduler",
    "secretsmanager": "Secrets Manager", "sfn": "Step Functions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeLabel:
    """The label of a node: its type in plain words, and its name."""

    type: str
    name: str
    outside: bool


def node_label(end: str) -> NodeLabel:
    """The label for a Terraform address, or for the name of something outside the stack."""
    end = one_line(end)
    found = _ADDRESS.fullmatch(end)
    if found is None:
        return NodeLabel(
            "unknown" if end.startswith("an unknown ") else NOT_HERE, end, outside=True
        )
    modules = re.sub(r"(^|\.)module\.", r"\1", found["modules"])
    return NodeLabel(
        plain_type(found["type"]), modules + found["name"], outside=bool(found["data"])
    )


def plain_type(type_: str) -> str:
    """``aws_sqs_queue`` as "SQS queue"."""
    if label := resource_type(type_).label:
        return label
    _, _, rest = type_.partition("_")
    words = " ".join(_SPELT.get(word, word) for word in rest.split("_") if word)
    return words[:1].upper() + words[1:]


def missing_text(edge: DrawnEdge) -> str:
    """Everything that a broken edge lacks or that is undecided on an undetermined one, or ""."""
    if edge.state is EdgeState.BROKEN:
        return ", ".join(edge.missing) or "an unnamed permission or fact"
    return ", ".join(edge.undecided) if edge.state is EdgeState.UNDETERMINED else ""


def first_missing(edge: DrawnEdge) -> tuple[str, int]:
    """The first missing or undecided item, only the action if it is a permission, and how many
    more there are."""
    first, *more = (edge.missing if edge.state is EdgeState.BROKEN else edge.undecided) or ("",)
    action = _ACTION.match(first)
    return (action[0] if action else one_line(first), len(more)) if not edge.proven else ("", 0)


def tally(edges: Sequence[DrawnEdge]) -> str:
    """``12 of 13 edges proven``."""
    proven = sum(edge.proven for edge in edges)
    return f"{proven:,} of {len(edges):,} edge{'' if len(edges) == 1 else 's'} proven"


def unproven(edges: Sequence[DrawnEdge]) -> list[DrawnEdge]:
    """The edges that are not proven: the broken ones, then the undetermined ones."""
    return sorted((edge for edge in edges if not edge.proven), key=lambda edge: edge.state.rank)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The approximate width of a text in pixels, rounded up, since fonts differ."""
    narrow, wide = "iljtfrI.,:;|'!()[] ", "mwMWGOQ@%—…<>+=~#&"
    total = 0.0
    for char in text:
        if char in narrow:
            total += 0.36
        elif char in wide:
            total += 0.9
        elif char.isupper():
            total += 0.7
        else:
            total += 0.59 if columns(char) < 2 else 1.1
    return total * size * (1.1 if bold else 1)


def wrapped(
    text: str, room: float, size: float, lines: int = 2, *, bold: bool = False
) -> list[str]:
    """The text in at most ``lines`` lines, none wider than ``room`` pixels.

    The middle of a long text is left out, where similar names differ least.
    """
    text = one_line(text)
    most = lines * (int(room / width(".", size)) + 1)
    length = min(len(text), most)
    while True:
        shown = text
        if length < len(text):
            head = (length + 1) // 2
            shown = f"{text[:head]}…{text[len(text) - (length - head) :]}"
        found = _lines(shown, room, size, bold)
        if len(found) <= lines or length <= 2:
            return _balanced(found[:lines], shown, room, size, bold)
        length -= 1


def _balanced(found: list[str], text: str, room: float, size: float, bold: bool) -> list[str]:
    """The same number of lines with less room, so that the last one is not a single short word."""
    for tighter in range(1, 10):
        again = _lines(text, room * (1 - tighter / 20), size, bold, whole=True)
        if len(again) != len(found) or any(width(a, size, bold=bold) > room for a in again):
            break
        found = again
    return found


def _lines(text: str, room: float, size: float, bold: bool, *, whole: bool = False) -> list[str]:
    """The text broken at separators, and within a word that is too long unless ``whole``."""

    def fits(line: str) -> bool:
        return width(line.strip(), size, bold=bold) <= room

    lines = [""]
    for piece in re.findall(r"[^\s_./:-]*[_./:-]|[^\s_./:-]+\s?|\s", text):
        if lines[-1].strip() and not fits(lines[-1] + piece):
            lines.append("")
        for char in piece:
            if lines[-1] and not whole and not fits(lines[-1] + char):
                lines.append("")
            lines[-1] += char
    return [line.strip() for line in lines if line.strip()]
