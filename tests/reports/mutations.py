"""What comes of mutants: all noticed, some not, none tried, and texts that attack."""

from __future__ import annotations

from dataclasses import replace

from planproof.mutation_results import Fate, Kill, Mutation, Trial
from planproof.results import RequirementResult, RunResult
from planproof.verdicts import Verdict

REQUIREMENTS = tuple(f"REQ-{number:02}" for number in range(1, 14))
BUCKETS = ("input", "output", "archive")


def kill(requirement: str, reason: str = "It is not there.", *, near: bool = True) -> Kill:
    return Kill(requirement, Verdict.FAILED, "A scenario", reason, near)


def trial(operator: str, place: str, *kills: Kill, **members: object) -> Trial:
    """A mutant that was killed, or that survived where nobody noticed it."""
    address, _, path = place.partition("/")
    plain = Trial(
        id=f"{operator} {address}{'.' + path if path else ''}",
        operator=operator,
        address=address,
        path=path,
        before="true",
        after="false",
        fate=Fate.KILLED if kills else Fate.SURVIVED,
        kills=kills,
        seen=tuple(k.requirement for k in kills),
        seconds=0.05,
    )
    return replace(plain, **members)  # type: ignore[arg-type]


def killed() -> Mutation:
    """Seven mutants of two kinds, all noticed; REQ-05 never noticed anything by itself."""
    dropped = [
        trial("drop-resource", f'aws_s3_bucket.media["{name}"]', kill("REQ-01"), kill("REQ-11"),
              before="aws_s3_bucket", after="")
        for name in BUCKETS
    ]  # fmt: skip
    flipped = [
        trial("flip-attribute", f'aws_s3_bucket.media["{name}"]/force_destroy', kill("REQ-05"))
        for name in BUCKETS
    ]
    literal = trial(
        "literal-region", "aws_cloudwatch_dashboard.pipeline/dashboard_body", kill("REQ-07"),
        before='"${var.region}"', after='"eu-west-1"',
    )  # fmt: skip
    return Mutation(
        trials=(*dropped, *flipped, literal),
        requirements=("REQ-01", "REQ-05", "REQ-07", "REQ-11"),
        made=7,
        seconds=12.5,
        workers=2,
    )


LONG = "arn:aws:iam::111122223333:role/" + "x" * 200
SURVIVOR = trial(
    "widen-resource",
    "aws_iam_role_policy.function_pass_role/policy.Statement.0.Resource",
    before=f'["{LONG}", "before", "{LONG}"]',
    after=f'["{LONG}", "after", "{LONG}"]',
    seen=("REQ-03", "REQ-11"),
)
UNSEEN = trial("flip-attribute", 'aws_s3_bucket.media["input"]/tags', before="", after="{}")
OPEN = trial(
    "dangle-reference", "aws_lambda_function.video/role", fate=Fate.UNDECIDED, seen=("REQ-03",),
    reason="The step of REQ-03 crashed on it: KeyError.",
)  # fmt: skip
HARMLESS = trial(
    "raise-number", "aws_sqs_queue.processing/delay_seconds", fate=Fate.EQUIVALENT,
    seen=("REQ-01",), reason="No requirement bounds the delay; a late job is still a job.",
    before="0", after="900",
)  # fmt: skip
FAR = trial(
    "drop-vpc", "aws_lambda_function.video/vpc_config",
    kill("REQ-11", "The queue names no key.", near=False),
)  # fmt: skip


def mixed() -> Mutation:
    """One of each fate and more; REQ-08 could not be tested, REQ-13 is tested by nothing, and
    REQ-03 noticed nothing of what it was tested against."""
    some = killed()
    return replace(
        some,
        trials=(*some.trials, SURVIVOR, UNSEEN, OPEN, HARMLESS, FAR),
        requirements=("REQ-01", "REQ-03", "REQ-05", "REQ-07", "REQ-11", "REQ-13"),
        untested=("REQ-08",),
        made=12,
    )


def nothing() -> Mutation:
    """No mutant could be made of the stack."""
    return Mutation(trials=(), requirements=REQUIREMENTS)


def large() -> Mutation:
    """As large as they really are: 20 requirements, 25 kinds of mutants, 500 of them."""
    requirements = tuple(f"REQ-{number:02}" for number in range(1, 21))
    trials = tuple(
        trial(
            f"operator-{number % 25:02}-of-many-ways", f"aws_sqs_queue.q{number}/attribute",
            *(kill(name) for at, name in enumerate(requirements) if (number * 7 + at) % 5 == 0),
            before=LONG, after=LONG[::-1],
        )
        for number in range(500)
    )  # fmt: skip
    return Mutation(trials, requirements, made=500, seconds=40)


def survivors(number: int) -> Mutation:
    """So many survivors and nothing else."""
    lost = tuple(trial("drop-resource", f"aws_sqs_queue.q{at}") for at in range(number))
    return Mutation(lost, REQUIREMENTS, made=number, seconds=1)


def attacked(nasty: str, requirements: tuple[RequirementResult, ...]) -> Mutation:
    """Every text is an attack on one of the formats, and there are many of each fate."""
    ids = tuple(dict.fromkeys(r.id for r in requirements))
    other = f"REQ-2 {nasty}"
    first = ids[0]
    plain = Trial(nasty, nasty, nasty, nasty, nasty, nasty, Fate.SURVIVED)
    trials: list[Trial] = []
    noticed = (Kill(first, Verdict.FAILED, nasty, nasty, near=False),)
    for number in range(300):
        one = replace(plain, operator=f"{nasty}{number % 40}")
        trials += [
            replace(one, id=f"{nasty}s{number}", seen=(first, other), before=nasty * 20,
                    after=nasty * 20 + "!"),
            replace(one, id=f"{nasty}u{number}", fate=Fate.UNDECIDED, reason=nasty),
            replace(one, id=f"{nasty}e{number}", fate=Fate.EQUIVALENT, reason=nasty),
            replace(one, id=f"{nasty}k{number}", fate=Fate.KILLED, kills=noticed),
        ]  # fmt: skip
    return Mutation(tuple(trials), (*ids, other), (f"REQ-3 {nasty}",), made=5_000)


def with_mutation(result: RunResult, mutation: Mutation) -> RunResult:
    return replace(result, mutation=mutation)
