"""The complete run as JSON, nothing shortened (docs/compliance.schema.json)."""

from __future__ import annotations

import json
import re
from typing import Any

from planproof import __version__
from planproof.mutation import results_json
from planproof.mutation_results import MutationResult
from planproof.results import RequirementResult, RunResult, ScenarioResult

# Invisible, or not encodable in UTF-8: written as JSON escapes.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def document(result: RunResult) -> dict[str, Any]:
    """``{"summary": {...}, "requirements": [...]}``; durations in seconds, days as ISO 8601.

    With edges there is also ``data_path``, with mutants ``mutation`` and, in each requirement,
    ``tested``, which is null for a requirement that was not tested.
    """
    mutation = result.mutation
    scenarios = [scenario for item in result.requirements for scenario in item.scenarios]
    path = [_members(edge, *_EDGE) for edge in result.data_path]
    return {
        "summary": {
            "passed": result.ended_well,
            "requirements": len(result.requirements),
            "counts": dict(result.counts),
            "scenarios": len(scenarios),
            "evidence": sum(len(scenario.evidence) for scenario in scenarios),
            **_members(result, "subject", "source", "notices"),
            "started": result.started.isoformat(),
            "duration": round(result.duration, 3),
            "version": __version__,
        },
        **({"data_path": path} if path else {}),
        **({"mutation": results_json.document(mutation)} if mutation else {}),
        "requirements": [
            {**_requirement(item), **(_tested(item, mutation) if mutation else {})}
            for item in result.requirements
        ],
    }


def render(result: RunResult) -> str:
    """The document as text with a final newline, always encodable as UTF-8."""
    text = json.dumps(document(result), indent=2, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"


_EDGE = ("source", "kind", "target", "state", "outside", "needs", "missing", "undecided")
_EVIDENCE = ("step", "holds", "address", "attribute", "expected", "found", "file", "line")


def _members(item: object, *names: str) -> dict[str, Any]:
    """These attributes of an item, in this order; a tuple as a list."""
    values = ((name, getattr(item, name)) for name in names)
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values}


def _requirement(item: RequirementResult) -> dict[str, Any]:
    waiver = item.waiver
    return {
        **_members(item, "id", "title"),
        "status": item.verdict,
        "kinds": item.kinds,
        **_members(item, "why", "page"),
        "waiver": waiver
        and {
            "reason": waiver.reason,
            "until": waiver.until.isoformat(),
            "address": waiver.address,
        },
        "scenarios": [_scenario(scenario) for scenario in item.scenarios],
    }


def _tested(item: RequirementResult, mutation: MutationResult) -> dict[str, Any]:
    counts = mutation.kill_counts(item.id)
    if counts is None:
        return {"tested": None}
    ways, caught, alone = counts.relevant, counts.killed, counts.killed_alone
    return {"tested": {"ways": ways, "caught": caught, "alone": alone}}


def _scenario(scenario: ScenarioResult) -> dict[str, Any]:
    return {
        **_members(scenario, "name", "feature", "line", "kind"),
        "status": scenario.verdict,
        **_members(scenario, "reason", "warnings"),
        "duration": round(scenario.duration, 3),
        "evidence": [_members(item, *_EVIDENCE) for item in scenario.evidence],
    }
