"""The results of the custom Checkov checks."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_bdd import parsers, then

from planproof.checkov_runner import CheckResult, CheckResults
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks

_VERDICT = {False: "failed", None: "undetermined"}


@then(parsers.re(r"the custom checks for (?P<requirement>[A-Z][A-Z0-9]*-\d+) find nothing"))
def custom_checks_find_nothing(
    requirement: str, checks: CheckResults, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every check of the requirement passes on every resource it applies to."""
    subject = f"custom checks for {requirement}"
    if stacks.request.terraform_dir is None:
        found = "not run: a plan file has no sources"
        evidence.check(None, subject, expected="no finding in the sources", found=found)
        return
    results = checks.for_requirement(requirement)
    for result in results:
        if result.passed is not True:
            evidence.check(
                result.passed,
                result.resource,
                expected=result.check_name,
                found=f"{result.check_id}: {result.detail or _VERDICT[result.passed]}",
                at=(stacks.source_path(result.file), result.line),
            )
    for check_id in checks.ids_for(requirement):
        passes = [r for r in checks.of(check_id) if r.passed]
        if passes:
            name = passes[0].check_name
            evidence.check(
                True, check_id, expected=name, found=f"passed by {_resource_list(passes)}"
            )
    if not results:
        ids = ", ".join(checks.ids_for(requirement)) or "no such check exists"
        found = f"no resource that a check applies to ({ids})"
        evidence.check(None, subject, expected="a resource that a check applies to", found=found)


def _resource_list(results: Sequence[CheckResult]) -> str:
    named = ", ".join(result.resource for result in results[:3])
    return named if len(results) <= 3 else f"{len(results)} resources"
