"""Does the deployed pipeline lose an upload, or do one twice, when much goes wrong at once?

Terraform deploys the stack to an emulated account. Then, for each seed, 1,000 files are uploaded,
of which four in ten meet a fault (load_faults.py), and messages that make no sense lie between
them. When everything has come to rest each upload is accounted for: exactly one job and one final
record, or a message in a dead-letter queue, with the reason.

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

from benchmarks.load_faults import Planned, besides, disorder, planned
from benchmarks.load_stack import DeployedPipeline, deployed_pipeline
from steps.mediaconvert.clip import clip
from steps.support.traffic import has_status, has_value

BODIES = {"clip": clip, "text": lambda: b"Dear Sir or Madam,\n" * 50, "nothing": lambda: b""}
REST = 4 * 24 * 3600.0
"""Seconds of the account's time that it may take to come to rest: the messages' retention."""


@dataclass(slots=True)
class Account:
    """What became of a seed's uploads.

    Attributes:
        lost: uploads without a final record that are in no dead-letter queue either.
        duplicated: uploads with more than one job, or more than one record.
        wrong: uploads whose record does not say what it should.
        dead: uploads in a dead-letter queue, with the reason.
        unexplained: messages in dead-letter queues for which nothing says why.
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


def drive(pipeline: DeployedPipeline, seed: int, count: int) -> tuple[list[Planned], float]:
    """Upload everything, wait for rest; the seconds it took by the account's clock."""
    uploads, control = planned(seed, count), pipeline.control
    for fault in [f for upload in uploads for f in upload.faults()] + disorder(seed, count):
        control.add_fault(fault)
    extra: dict[int, list[str]] = {}
    for position, kind in besides(seed, count):
        extra.setdefault(position, []).append(kind)
    began = control.now()
    for position, upload in enumerate(uploads):
        pipeline.upload(upload.key, BODIES[upload.body]())
        for kind in extra.get(position, ()):
            pipeline.send_nonsense(kind)
        if position % 100 == 99:
            print(f"    {position + 1} uploaded", file=sys.stderr)
    told = control.settle(REST, real=1800.0)
    if not told.get("settled"):
        raise SystemExit(f"the account did not come to rest: {told.get('why')}")
    control.remove_faults()
    return uploads, control.now() - began


def account_for(
    uploads: Sequence[Planned],
    jobs: Sequence[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    dead: Sequence[tuple[str, str]],
) -> Account:
    """Find every upload's job, record or dead letter.

    Args:
        dead: body and reason of each message in a dead-letter queue.
    """
    found = Account(jobs=len(jobs))
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for job in jobs:
        by_key.setdefault(_key_of(job), []).append(job)
    of_record: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        for upload_key in _keys_in(record):
            of_record.setdefault(upload_key, []).append(record)
    claimed = set()
    for upload in uploads:
        mine, own = of_record.get(upload.key, []), by_key.get(upload.key, [])
        if len(own) > 1 or len(mine) > 1:
            found.duplicated.append(
                f"{upload.key} ({upload.fate}): {len(own)} jobs, {len(mine)} records"
            )
        final = [r for r in mine if has_status(r, "COMPLETE") or has_status(r, "ERROR")]
        if len(final) == 1 and len(own) == int(upload.has_job):
            found.records["COMPLETE" if has_status(final[0], "COMPLETE") else "ERROR"] += 1
            named = not own or has_value(final[0], own[0]["Id"])
            if not (has_status(final[0], upload.ends) and named):
                found.wrong.append(f"{upload.key} ({upload.fate}): {dict(final[0])}")
            continue
        letters = [(body, why) for body, why in dead if upload.mark in body]
        if letters:
            found.dead[upload.key] = letters[0][1]
            claimed |= {body for body, _ in letters}
        else:
            found.lost.append(f"{upload.key} ({upload.fate}): {len(own)} jobs, {mine}")
    found.others = sum(1 for body, _ in dead if body not in claimed)
    found.unexplained = sum(1 for _, why in dead if not why)
    return found


def _key_of(job: Mapping[str, Any]) -> str:
    return str(job["Settings"]["Inputs"][0]["FileInput"]).split("/", 3)[3]


def _keys_in(record: Mapping[str, Any]) -> Iterator[str]:
    for value in record.values():
        if isinstance(value, str) and value.startswith("load/"):
            yield value


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy, drive each seed, and say what became of it.

    Returns:
        0 if nothing was lost and nothing was done twice.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked = parser.parse_args(arguments)
    good = True
    with (
        tempfile.TemporaryDirectory(prefix="planproof-load-") as cache,
        deployed_pipeline(Path(cache), print) as pipeline,
    ):
        for seed in asked.seeds:
            good &= report(pipeline, seed, asked.uploads)
    return 0 if good else 1


def report(pipeline: DeployedPipeline, seed: int, count: int) -> bool:
    """Drive one seed and print its line; whether nothing was lost or duplicated."""
    began, base = time.monotonic(), pipeline.last_entry()
    pipeline.forget()
    uploads, account_seconds = drive(pipeline, seed, count)
    seconds = time.monotonic() - began
    found = account_for(uploads, pipeline.jobs(), pipeline.records(), pipeline.dead_letters(base))
    fates = Counter(upload.fate for upload in uploads)
    met = count - fates["nothing"]
    print(
        f"  seed {seed}: {count} uploads, {met} met a fault; {found.jobs} jobs, "
        f"{found.records['COMPLETE']} COMPLETE, {found.records['ERROR']} ERROR, "
        f"{len(found.dead)} in dead-letter queues (and {found.others} messages of nobody's); "
        f"lost {len(found.lost)}, duplicated {len(found.duplicated)}, wrong {len(found.wrong)}, "
        f"without a reason {found.unexplained}; "
        f"{seconds:.0f} s, {account_seconds / 60:.0f} min of the account's time, "
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
