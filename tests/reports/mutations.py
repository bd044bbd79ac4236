"""Results of mutation testing: all killed, some missed, none tested, and hostile texts."""

from __future__ import annotations

from dataclasses import replace

from planproof.mutation_results import Kill, MutantStatus, MutationResult, Trial
from planproof.results import RequirementResult, RunResult
from planproof.values import Verdict

REQUIREMENTS = tuple(f"REQ-{number:02}" for number in range(1, 14))
BUCKETS = ("input", "output", "archive")


def kill(requirement: str, reason: str = "It is not there.", *, near: bool = True) -> Kill:
    return Kill(requirement, Verdict.FAILED, "A scenario", reason, near)


def trial(operator: str, place: str, *kills: Kill, **members: object) -> Trial:
    """A mutant that was killed, or survived if there is no kill."""
    address, _, path = place.partition("/")
    plain = Trial(
        id=f"{operator} {address}{'.' + path if path else ''}",
        operator=operator,
        address=address,
        path=path,
        before="true",
        after="false",
        status=MutantStatus.KILLED if kills else MutantStatus.SURVIVED,
        kills=kills,
        seen=tuple(k.requirement for k in kills),
        seconds=0.05,
    )
    return replace(plain, **members)  # type: ignore[arg-type]


def killed() -> MutationResult:
    """Seven mutants of three kinds, all killed."""
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
    return MutationResult(
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
    "dangle-reference", "aws_lambda_function.video/role", status=MutantStatus.UNDECIDED,
    seen=("REQ-03",), reason="The step of REQ-03 crashed on it: KeyError.",
)  # fmt: skip
HARMLESS = trial(
    "raise-number", "aws_sqs_queue.processing/delay_seconds", status=MutantStatus.EQUIVALENT,
    seen=("REQ-01",), reason="No requirement bounds the delay; a late job is still a job.",
    before="0", after="900",
)  # fmt: skip
FAR = trial(
    "drop-vpc", "aws_lambda_function.video/vpc_config",
    kill("REQ-11", "The queue names no key.", near=False),
)  # fmt: skip


def mixed() -> MutationResult:
    """Mutants of each status; REQ-08 could not be tested, no mutant concerns REQ-13, and REQ-03
    killed none of its mutants."""
    some = killed()
    return replace(
        some,
        trials=(*some.trials, SURVIVOR, UNSEEN, OPEN, HARMLESS, FAR),
        requirements=("REQ-01", "REQ-03", "REQ-05", "REQ-07", "REQ-11", "REQ-13"),
        untested=("REQ-08",),
        made=12,
    )


def nothing() -> MutationResult:
    """No mutant exists."""
    return MutationResult(trials=(), requirements=REQUIREMENTS)


def large() -> MutationResult:
    """As large as real runs: 20 requirements, 25 kinds, 500 mutants."""
    requirements = tuple(f"REQ-{number:02}" for number in range(1, 21))
    trials = tuple(
        trial(
            f"operator-{number % 25:02}-of-many-ways", f"aws_sqs_queue.q{number}/attribute",
            *(kill(name) for at, name in enumerate(requirements) if (number * 7 + at) % 5 == 0),
            before=LONG, after=LONG[::-1],
        )
        for number in range(500)
    )  # fmt: skip
    return MutationResult(trials, requirements, made=500, seconds=40)


def survivors(number: int) -> MutationResult:
    """Only survivors."""
    lost = tuple(trial("drop-resource", f"aws_sqs_queue.q{at}") for at in range(number))
    return MutationResult(lost, REQUIREMENTS, made=number, seconds=1)


def attacked(nasty: str, requirements: tuple[RequirementResult, ...]) -> MutationResult:
    """Every text attacks one of the formats, and there are many mutants of each status."""
    ids = tuple(dict.fromkeys(r.id for r in requirements))
    other = f"REQ-2 {nasty}"
    first = ids[0]
    plain = Trial(nasty, nasty, nasty, nasty, nasty, nasty, MutantStatus.SURVIVED)
    trials: list[Trial] = []
    noticed = (Kill(first, Verdict.FAILED, nasty, nasty, near=False),)
    for number in range(300):
        one = replace(plain, operator=f"{nasty}{number % 40}")
        trials += [
            replace(one, id=f"{nasty}s{number}", seen=(first, other), before=nasty * 20,
                    after=nasty * 20 + "!"),
            replace(one, id=f"{nasty}u{number}", status=MutantStatus.UNDECIDED, reason=nasty),
            replace(one, id=f"{nasty}e{number}", status=MutantStatus.EQUIVALENT, reason=nasty),
            replace(one, id=f"{nasty}k{number}", status=MutantStatus.KILLED, kills=noticed),
        ]  # fmt: skip
    return MutationResult(tuple(trials), (*ids, other), (f"REQ-3 {nasty}",), made=5_000)


def with_mutation(result: RunResult, mutation: MutationResult) -> RunResult:
    return replace(result, mutation=mutation)
