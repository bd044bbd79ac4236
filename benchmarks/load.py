"""Tests that the deployed pipeline neither loses nor duplicates an upload under many faults.

Terraform deploys the stack to an emulated account. For each seed, 1,000 files are uploaded, four in
ten with a fault (load_faults.py), with malformed messages among them. When the account is idle,
each upload must have exactly one job and one final record, or a message in a dead-letter queue,
with the reason.

    python -m benchmarks.load [--uploads 1000] [--seeds 1 2 3]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load_faults import PlannedUpload, late_progress, planned_uploads, unrelated_messages
from benchmarks.load_stack import DeployedPipeline, deployed_pipeline
from steps.mediaconvert.clip import clip
from steps.support.traffic import has_status, has_value

BODIES = {"clip": clip, "text": lambda: b"Dear Sir or Madam,\n" * 50, "nothing": lambda: b""}
REST = 4 * 24 * 3600.0
"""Limit for the account to become idle, in seconds of its clock: the messages' retention."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a seed's uploads.

    Attributes:
        lost: uploads without a final record that are in no dead-letter queue either.
        duplicated: uploads with more than one job, or more than one record.
        wrong: uploads whose record has the wrong status or job.
        dead: uploads in a dead-letter queue, with the reason.
        unexplained: messages in dead-letter queues without a reason.
        others: messages in dead-letter queues that belong to no upload.
    """

    jobs: int = 0
    records: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    dead: dict[str, str] = field(default_factory=dict)
    unexplained: int = 0
    others: int = 0


def drive(pipeline: DeployedPipeline, seed: int, count: int) -> tuple[list[PlannedUpload], float]:
    """Upload everything and wait until the account is idle; returns the seconds of its clock."""
    uploads, control = planned_uploads(seed, count), pipeline.control
    for fault in [f for upload in uploads for f in upload.faults()] + late_progress(seed, count):
        control.add_fault(fault)
    extra: dict[int, list[str]] = {}
    for position, kind in unrelated_messages(seed, count):
        extra.setdefault(position, []).append(kind)
    began = control.now()
    for position, upload in enumerate(uploads):
        pipeline.upload(upload.key, BODIES[upload.body]())
        for kind in extra.get(position, ()):
            pipeline.send_unrelated(kind)
        if position % 100 == 99:
            print(f"    {position + 1} uploaded", file=sys.stderr)
    settled = control.settle(REST, real=1800.0)
    if not settled.get("settled"):
        raise SystemExit(f"the account did not become idle: {settled.get('why')}")
    control.remove_faults()
    return uploads, control.now() - began


def match_uploads(
    uploads: Sequence[PlannedUpload],
    jobs: Sequence[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    dead: Sequence[tuple[str, str]],
) -> Outcome:
    """Match every upload with its job, record or dead letter.

    Args:
        dead: body and reason of each message in a dead-letter queue.
    """
    found = Outcome(jobs=len(jobs))
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for job in jobs:
        by_key.setdefault(_key_of(job), []).append(job)
    of_record: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        for upload_key in _keys_in(record):
            of_record.setdefault(upload_key, []).append(record)
    matched = set()
    for upload in uploads:
        own_records, own_jobs = of_record.get(upload.key, []), by_key.get(upload.key, [])
        if len(own_jobs) > 1 or len(own_records) > 1:
            found.duplicated.append(
                f"{upload.key} ({upload.fate}): {len(own_jobs)} jobs, {len(own_records)} records"
            )
        final = [r for r in own_records if has_status(r, "COMPLETE") or has_status(r, "ERROR")]
        if len(final) == 1 and len(own_jobs) == int(upload.has_job):
            found.records["COMPLETE" if has_status(final[0], "COMPLETE") else "ERROR"] += 1
            named = not own_jobs or has_value(final[0], own_jobs[0]["Id"])
            if not (has_status(final[0], upload.ends) and named):
                found.wrong.append(f"{upload.key} ({upload.fate}): {dict(final[0])}")
            continue
        letters = [(body, why) for body, why in dead if upload.mark in body]
        if letters:
            found.dead[upload.key] = letters[0][1]
            matched |= {body for body, _ in letters}
        else:
            found.lost.append(f"{upload.key} ({upload.fate}): {len(own_jobs)} jobs, {own_records}")
    found.others = sum(1 for body, _ in dead if body not in matched)
    found.unexplained = sum(1 for _, why in dead if not why)
    return found


def _key_of(job: Mapping[str, Any]) -> str:
    return str(job["Settings"]["Inputs"][0]["FileInput"]).split("/", 3)[3]


def _keys_in(record: Mapping[str, Any]) -> Iterator[str]:
    for value in record.values():
        if isinstance(value, str) and value.startswith("load/"):
            yield value


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy the stack and run each seed.

    Returns:
        0 if nothing was lost or duplicated.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args(arguments)
    good = True
    with (
        tempfile.TemporaryDirectory(prefix="planproof-load-") as cache,
        deployed_pipeline(Path(cache), print) as pipeline,
    ):
        for seed in options.seeds:
            good &= report(pipeline, seed, options.uploads)
    return 0 if good else 1


def report(pipeline: DeployedPipeline, seed: int, count: int) -> bool:
    """Run one seed and print its line; returns whether nothing was lost or duplicated."""
    began, base = time.monotonic(), pipeline.last_entry()
    pipeline.reset()
    uploads, account_seconds = drive(pipeline, seed, count)
    seconds = time.monotonic() - began
    found = match_uploads(uploads, pipeline.jobs(), pipeline.records(), pipeline.dead_letters(base))
    fates = Counter(upload.fate for upload in uploads)
    met = count - fates["nothing"]
    print(
        f"  seed {seed}: {count} uploads, {met} with a fault; {found.jobs} jobs, "
        f"{found.records['COMPLETE']} COMPLETE, {found.records['ERROR']} ERROR, "
        f"{len(found.dead)} in dead-letter queues (and {found.others} unrelated messages); "
        f"lost {len(found.lost)}, duplicated {len(found.duplicated)}, wrong {len(found.wrong)}, "
        f"without a reason {found.unexplained}; "
        f"{seconds:.0f} s, {account_seconds / 60:.0f} min of the account's clock, "
        f"{pipeline.invocations(base)} invocations, peak {pipeline.peak_megabytes()} MB"
    )
    print(f"    faults: {json.dumps(dict(sorted(fates.items())))}")
    for kind, listed in (
        ("lost", found.lost),
        ("duplicated", found.duplicated),
        ("wrong", found.wrong),
    ):
        for line in listed[:10]:
            print(f"    {kind}: {line}")
    pipeline.clear()
    return not (found.lost or found.duplicated or found.wrong or found.unexplained)


if __name__ == "__main__":
    raise SystemExit(main())
