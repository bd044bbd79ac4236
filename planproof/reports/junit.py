"""The run as JUnit XML, as Jenkins and GitLab read it.

A test suite is a requirement, a test case a scenario: failed is a failure, undetermined an
error, waived skipped. There is no single standard. This follows Jenkins's junit-10.xsd and
https://docs.gitlab.com/ci/testing/unit_test_reports, and adds to each test case the ``file`` and
``line`` of pytest's xunit1 family.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from planproof.mutation_results import MutationResult
from planproof.reports import mutation_phrases, phrases
from planproof.reports.text import clip, one_line, unique
from planproof.results import Evidence, Kind, RequirementResult, RunResult, ScenarioResult
from planproof.values import Verdict

_SHOWN = 50  # pieces of evidence in a test case; GitLab takes files up to 30 MB
_VALUE = 1_000  # characters of a value
_KINDS = {Verdict.FAILED: "failure", Verdict.UNDETERMINED: "error", Verdict.WAIVED: "skipped"}


def render(result: RunResult) -> bytes:
    """The run as an XML document in UTF-8."""
    root = ET.Element("testsuites", name="planproof", time=f"{result.duration:.3f}")
    for requirement in result.requirements:
        root.append(_suite(requirement, result.started, result.mutation, result.notices))
    for identifier in result.not_judged:
        root.append(_not_judged(identifier))
    if not result.requirements:  # a file without test cases would count as success
        root.append(_nothing("planproof", phrases.NO_REQUIREMENT))
    elif result.unfinished:
        root.append(_nothing("planproof", phrases.UNFINISHED))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.attrib[name]) for suite in root)))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(
    requirement: RequirementResult,
    started: dt.datetime,
    mutation: MutationResult | None,
    notices: Iterable[str],
) -> ET.Element:
    if not requirement.scenarios:
        return _nothing(_label(requirement), phrases.NO_SCENARIO, classname=requirement.id)
    verdicts = Counter(scenario.verdict for scenario in requirement.scenarios)
    suite = ET.Element(
        "testsuite",
        name=_label(requirement),
        tests=str(len(requirement.scenarios)),
        failures=str(verdicts[Verdict.FAILED]),
        errors=str(verdicts[Verdict.UNDETERMINED]),
        skipped=str(verdicts[Verdict.WAIVED]),
        time=f"{sum(scenario.duration for scenario in requirement.scenarios):.3f}",
        # The schemas allow no time zone here.
        timestamp=f"{started.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}",
    )
    about = {"why": requirement.why, "page": requirement.page}
    about |= {
        kind.value: phrases.verdict_text(verdict) for kind, verdict in requirement.kinds.items()
    }
    if mutation:
        about["mutants"] = mutation_phrases.requirement_sentence(mutation, requirement.id)
    properties = ET.SubElement(suite, "properties")
    for name, value in about.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=one_line(value))
    for notice in notices:  # the schemas allow no properties of the whole document
        ET.SubElement(properties, "property", name="note", value=one_line(notice))
    names = _unique_names(requirement.scenarios)
    for name, scenario in zip(names, requirement.scenarios, strict=True):
        suite.append(_case(name, scenario, requirement))
    return suite


def _case(name: str, scenario: ScenarioResult, requirement: RequirementResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=one_line(requirement.id),
        name=name,
        file=one_line(scenario.feature),
        line=str(scenario.line),
        time=f"{scenario.duration:.3f}",
    )
    lines = [_line(item) for item in scenario.evidence[:_SHOWN]]
    if scenario.verdict is not Verdict.PASSED:
        lines = [_line(item) for item in phrases.unmet(scenario.evidence)[:_SHOWN]]
        message = _message(scenario, requirement)
        # GitLab shows only the text, Jenkins the message first: the text repeats the message.
        outcome = ET.SubElement(
            case, _KINDS[scenario.verdict], message=message, type=scenario.verdict.value
        )
        page = [f"Explained in {one_line(requirement.page)}"] if requirement.page else []
        outcome.text = "\n".join([message, *lines, *page])
        left = len(phrases.unmet(scenario.evidence)) - len(lines)
    else:
        left = len(scenario.evidence) - len(lines)
    if left:
        lines.append(f"… and {left:,} more, in compliance.json")
    warnings = [f"warning: {one_line(text)}" for text in scenario.warnings]
    if warnings or lines:
        ET.SubElement(case, "system-out").text = "\n".join(warnings + lines)
    return case


def _message(scenario: ScenarioResult, requirement: RequirementResult) -> str:
    if scenario.verdict is Verdict.WAIVED and requirement.waiver:
        return one_line(phrases.waiver_sentence(requirement))
    if scenario.reason:
        return one_line(scenario.reason)
    return next((_line(item) for item in phrases.unmet(scenario.evidence)), "There is no evidence.")


def _line(item: Evidence) -> str:
    mark = {True: "holds", False: "does not hold", None: "undecided"}[item.holds]
    where = f" at {one_line(item.where)}" if item.where else ""
    seen = " ".join(filter(None, (one_line(item.address), one_line(item.attribute))))
    expected, found = (clip(one_line(text), _VALUE) for text in (item.expected, item.found))
    return f"{mark}: {seen}{where}: expected {expected}; found {found}"


def _nothing(name: str, message: str, classname: str = "planproof") -> ET.Element:
    suite = ET.Element("testsuite", name=name, tests="1", failures="0", errors="1", skipped="0")
    case = ET.SubElement(suite, "testcase", classname=one_line(classname), name="(no scenario)")
    ET.SubElement(case, "error", message=message, type="undetermined").text = message
    return suite


def _not_judged(identifier: str) -> ET.Element:
    """A requirement that the run left out."""
    suite = ET.Element(
        "testsuite", name=one_line(identifier), tests="1", failures="0", errors="0", skipped="1"
    )
    case = ET.SubElement(suite, "testcase", classname=one_line(identifier), name="(not judged)")
    ET.SubElement(case, "skipped", message=phrases.LEFT_OUT, type="not judged")
    return suite


def _unique_names(scenarios: Iterable[ScenarioResult]) -> list[str]:
    """A unique name for each scenario: of two test cases of one name GitLab keeps the first."""
    taken: set[str] = set()
    names = []
    for scenario in scenarios:
        name = one_line(scenario.name) or "(unnamed)"
        if scenario.kind is Kind.DEPLOYED:
            name += " (deployed)"  # the planned scenario has the same name
        if name in taken:
            name += f" ({one_line(scenario.feature)}:{scenario.line})"
        names.append(unique(name, taken, " #"))
    return names


def _label(requirement: RequirementResult) -> str:
    return one_line(f"{requirement.id} {requirement.title}")
