"""The command-line options of a run, their checks, and the request that they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.workers import require_forks
from planproof.session.stacks import RunRequest
from planproof.terraform.binary import DEFAULT_TIMEOUT


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini values."""
    group = parser.getgroup("planproof", "compliance of a Terraform stack")

    def add_repeatable(name: str, metavar: str, text: str) -> None:
        text = f"{text}; may be repeated"
        group.addoption(name, action="append", default=[], metavar=metavar, help=text)

    group.addoption(
        "--compliance",
        action="store_true",
        help="judge the requirements, print each verdict as it is reached, and write reports",
    )
    group.addoption(
        "--deployed",
        action="store_true",
        help="with --compliance: also deploy the stack to an emulated account and judge it there",
    )
    group.addoption(
        "--mutants",
        action="store_true",
        help="with --compliance: test the requirements with hundreds of mutants of the stack, and "
        "report which requirements detect each",
    )
    add_repeatable(
        "--mutant",
        "ID",
        "with --mutants: test only this mutant, or those that match a pattern such as 'drop *'",
    )
    group.addoption(
        "--mutants-seed",
        type=int,
        default=0,
        metavar="NUMBER",
        help="with --mutants: seed of the choice of values and of --mutants-limit (default: 0)",
    )
    group.addoption(
        "--mutants-limit",
        type=int,
        metavar="NUMBER",
        help="with --mutants: test at most this number of mutants, chosen at random",
    )
    group.addoption(
        "--equivalents",
        metavar="FILE",
        help="with --mutants: file of equivalent mutants, which violate no requirement, with "
        "reasons (default, unless --terraform-dir is given: equivalents.toml, if it exists)",
    )
    group.addoption(
        "--terraform-dir",
        metavar="DIR",
        help="Terraform directory to judge (default: the ini value terraform_dir)",
    )
    group.addoption(
        "--plan",
        metavar="FILE",
        help="judge this output of 'terraform show -json PLAN' instead of running terraform plan",
    )
    add_repeatable("--var", "NAME=VALUE", "set a variable of the stack, as for terraform plan")
    add_repeatable("--var-file", "FILE", "set variables from a .tfvars file, as for terraform plan")
    group.addoption(
        "--terraform-binary",
        default="terraform",
        metavar="NAME",
        help="name or path of the binary, such as tofu (default: terraform)",
    )
    add_repeatable(
        "--provider-mirror", "DIR", "filesystem mirror of Terraform providers to search first"
    )
    add_repeatable(
        "--data", "ADDRESS=JSON", "give the attributes of a data source instead of reading it"
    )
    add_repeatable(
        "--data-file", "FILE", "give data sources from a JSON object: address, attributes"
    )
    group.addoption(
        "--terraform-timeout",
        type=float,
        default=DEFAULT_TIMEOUT,
        metavar="SECONDS",
        help="stop a plan that waits for an answer this long (default: %(default)s)",
    )
    group.addoption(
        "--real-credentials",
        action="store_true",
        help="let terraform plan call the real AWS APIs with the credentials of this shell",
    )
    group.addoption(
        "--report-dir",
        default="reports",
        metavar="DIR",
        help="folder for the reports of --compliance (default: reports)",
    )
    group.addoption(
        "--waivers",
        metavar="FILE",
        help="file of requirements that may be violated until a date (default: waivers.toml, if "
        "it exists)",
    )
    parser.addini("terraform_dir", "Terraform directory to judge", default="terraform")
    parser.addini("features_dir", "folder of .feature files for --compliance", default="features")
    parser.addini("checks_dir", "folder of the custom Checkov checks", default="custom_checks")
    parser.addini("requirement_pages", "folder of pages that explain requirements", default="")
    parser.addini("recording", "recorded resolution for machines without Terraform", default="")


# An option, and the one that it requires; checked in this order.
_REQUIRED = (
    ("--deployed", "--compliance"),
    ("--mutants", "--compliance"),
    ("--mutant", "--mutants"),
    ("--mutants-limit", "--mutants"),
    ("--equivalents", "--mutants"),
)
# Two options that exclude each other, the reason, and what to do; checked in this order.
_EXCLUDED = (
    (
        "--deployed",
        "--plan",
        "a plan file alone cannot be deployed",
        "name the sources with --terraform-dir, or remove --deployed",
    ),
    (
        "--deployed",
        "--real-credentials",
        "it deploys to an emulated account only",
        "remove one of them",
    ),
    ("--mutants", "--deployed", "mutants are made of the planned stack", "remove one of them"),
    # Reports of others know tests, not requirements: nothing of waivers, of what was not judged or
    # not deployed, and of mutants.
    (
        "--cucumber-json",
        "--compliance",
        "it does not know the verdicts on requirements",
        "use reports/compliance.json, which --compliance writes (--report-dir names the folder)",
    ),
    (
        "--junit-xml",
        "--compliance",
        "it does not know the verdicts on requirements",
        "use reports/junit.xml, which --compliance writes (--report-dir names the folder)",
    ),
    (
        "--gherkin-terminal-reporter",
        "--compliance",
        "--compliance prints the verdicts itself",
        "remove it",
    ),
    ("--setup-only", "--compliance", "it judges nothing", "remove one of them"),
    ("--setup-plan", "--compliance", "it judges nothing", "remove one of them"),
    ("--generate-missing", "--compliance", "it judges nothing", "remove one of them"),
)
_DESTINATIONS = {
    "--cucumber-json": "cucumber_json_path",
    "--junit-xml": "xmlpath",
    "--setup-only": "setuponly",
    "--setup-plan": "setupplan",
    "--generate-missing": "generate_missing",
    "--gherkin-terminal-reporter": "gherkin_terminal_reporter",
}
"""Options of others: the names of their values."""


def check(config: pytest.Config) -> None:
    """Refuse options that contradict each other or that this system cannot serve.

    Raises:
        PlanproofError: names the option.
    """

    def option(name: str) -> Any:
        # An option of another plugin is absent where that is switched off.
        return config.getoption(_DESTINATIONS.get(name, name), None)

    for name, required in _REQUIRED:
        if option(name) and not option(required):
            raise PlanproofError(f"{name} requires {required}", f"add {required}")
    for name, other, reason, todo in _EXCLUDED:
        if option(name) and option(other):
            raise PlanproofError(f"{name} cannot be combined with {other}: {reason}", todo)
    if option("--mutants"):
        _check_mutants(option("--mutants-limit"))
    if option("--compliance"):
        _check_compliance(config)


def _check_mutants(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise PlanproofError(
            f"--mutants-limit {limit} leaves no mutant to test", "use a number of at least 1"
        )
    require_forks("--mutants")


def _check_compliance(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None):
        raise PlanproofError("--compliance judges in a single process", "remove -n")
    folder = config.rootpath / str(config.getini("features_dir"))
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if not named and not folder.is_dir():
        raise PlanproofError(
            f"the folder {config.getini('features_dir')}/ of requirements does not exist here",
            "run in the folder of the project, or name .feature files",
        )


def optional_file(config: pytest.Config, option: str, default: str) -> Path | None:
    """The file that an option names, or the default one of the project; None without either."""
    if named := config.getoption(option):
        return Path(named)
    path = config.rootpath / default
    return path if path.is_file() else None


def request_of(config: pytest.Config) -> RunRequest:
    """The request that the options describe.

    Raises:
        PlanproofError: --plan is combined with variables.
    """
    option = config.getoption
    plan, directory = option("--plan"), option("--terraform-dir")
    if plan and (option("--var") or option("--var-file")):
        raise PlanproofError(
            "--plan cannot be combined with --var or --var-file",
            "create the plan with these variables, or remove --plan",
        )
    default = config.rootpath / str(config.getini("terraform_dir"))
    named = Path(directory) if directory else None
    # A recorded stack can be judged, but not deployed.
    recording = "" if option("--deployed") else str(config.getini("recording"))
    return RunRequest(
        terraform_dir=named or (None if plan else default),
        cache=config.rootpath / ".planproof",
        plan_file=Path(plan) if plan else None,
        binary=option("--terraform-binary"),
        variables=tuple(option("--var")),
        variable_files=tuple(Path(p) for p in option("--var-file")),
        recording=config.rootpath / recording if recording else None,
        mirrors=tuple(Path(p) for p in option("--provider-mirror")),
        real_credentials=option("--real-credentials"),
        data=tuple(option("--data")),
        data_files=tuple(Path(p) for p in option("--data-file")),
        timeout=option("--terraform-timeout"),
    )
