"""The command-line options of a run, and the request that they make up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.session.stacks import RunRequest


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini value."""
    group = parser.getgroup("planproof", "compliance of a Terraform stack")
    group.addoption(
        "--compliance",
        action="store_true",
        help="judge the requirements: print each verdict as it is reached and write reports",
    )
    group.addoption(
        "--deployed",
        action="store_true",
        help="with --compliance: deploy the stack to an emulated account too, and judge it there",
    )
    group.addoption(
        "--mutants",
        action="store_true",
        help="with --compliance: break the stack in hundreds of ways, and show which requirement "
        "notices each",
    )
    group.addoption(
        "--mutant",
        action="append",
        default=[],
        metavar="ID",
        help="with --mutants: only this one, or all that a pattern such as 'drop *' fits; may be "
        "repeated",
    )
    group.addoption(
        "--mutants-seed",
        type=int,
        default=0,
        metavar="NUMBER",
        help="with --mutants: where a mutant could take one of several things, take others",
    )
    group.addoption(
        "--mutants-limit",
        type=int,
        metavar="NUMBER",
        help="with --mutants: no more than so many, chosen by chance and the seed",
    )
    group.addoption(
        "--equivalents",
        metavar="FILE",
        help="mutants that keep every promise, and why (default for this project's own stack: "
        "equivalents.toml, if it is there)",
    )
    group.addoption(
        "--terraform-dir",
        metavar="DIR",
        help="the Terraform directory to judge (ini: terraform_dir)",
    )
    group.addoption(
        "--plan",
        metavar="FILE",
        help="judge a file made by 'terraform show -json' instead of planning here",
    )
    group.addoption(
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the stack, as for terraform plan; may be repeated",
    )
    group.addoption(
        "--var-file",
        action="append",
        default=[],
        metavar="FILE",
        help="a .tfvars file, as for terraform plan; may be repeated",
    )
    group.addoption(
        "--terraform-binary",
        default="terraform",
        metavar="NAME",
        help="the binary to run: terraform (default), tofu, or a path",
    )
    group.addoption(
        "--provider-mirror",
        action="append",
        default=[],
        metavar="DIR",
        help="a filesystem mirror of Terraform providers to search first; may be repeated",
    )
    group.addoption(
        "--real-credentials",
        action="store_true",
        help="let Terraform ask the real cloud, with the credentials of this shell, while planning",
    )
    group.addoption(
        "--report-dir",
        default="reports",
        metavar="DIR",
        help="where --compliance writes its reports (default: reports)",
    )
    group.addoption(
        "--waivers",
        metavar="FILE",
        help="requirements that may be broken for a while (default: waivers.toml, if it is there)",
    )
    parser.addini("terraform_dir", "the Terraform directory to judge", default="terraform")
    parser.addini("features_dir", "where --compliance looks for .feature files", default="features")
    parser.addini("checks_dir", "where the custom Checkov checks are", default="custom_checks")
    parser.addini("requirement_pages", "folder of pages that explain requirements", default="")
    parser.addini("recording", "a recorded resolution for machines without Terraform", default="")


def check(config: pytest.Config) -> None:
    """Refuse options that contradict each other.

    Raises:
        PlanproofError: says which.
    """
    _check_deployed(config)
    _check_mutants(config)
    if config.getoption("--compliance"):
        _check_compliance(config)


def _check_compliance(config: pytest.Config) -> None:
    """Refuse what ``--compliance`` cannot do.

    Raises:
        PlanproofError: says what.
    """
    if config.getoption("numprocesses", None):
        raise PlanproofError("--compliance judges in one process", "leave out -n")
    folder = config.rootpath / str(config.getini("features_dir"))
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if not named and not folder.is_dir():
        raise PlanproofError(
            f"there is no folder {config.getini('features_dir')}/ of requirements here",
            "run in the project's own folder, or name .feature files",
        )


def _check_mutants(config: pytest.Config) -> None:
    """Refuse what ``--mutants`` cannot do.

    Raises:
        PlanproofError: says what.
    """
    option = config.getoption
    if not option("--mutants"):
        for name in ("--mutant", "--mutants-limit", "--equivalents"):
            if option(name):
                raise PlanproofError(f"{name} was given without --mutants", "give both")
        return
    if not option("--compliance"):
        raise PlanproofError("--mutants was given without --compliance", "give both")
    if option("--deployed"):
        raise PlanproofError(
            "--mutants was given together with --deployed, and mutants are of what is planned",
            "leave out one of them",
        )
    limit = option("--mutants-limit")
    if limit is not None and limit < 1:
        raise PlanproofError(
            f"--mutants-limit {limit} leaves no mutant to try", "give a number from 1 on"
        )
    if not hasattr(os, "fork"):
        raise PlanproofError(
            "--mutants judges in forks of this process, which this system does not have",
            "run it on Linux or macOS",
        )


def _check_deployed(config: pytest.Config) -> None:
    """Refuse what ``--deployed`` cannot do.

    Raises:
        PlanproofError: says what.
    """
    option = config.getoption
    if not option("--deployed"):
        return
    if not option("--compliance"):
        raise PlanproofError("--deployed was given without --compliance", "give both")
    if option("--plan"):
        raise PlanproofError(
            "--deployed was given together with --plan, and a plan file alone cannot be deployed",
            "name the sources with --terraform-dir, or leave out --deployed",
        )
    if option("--real-credentials"):
        raise PlanproofError(
            "--deployed was given together with --real-credentials, and it deploys to an emulated "
            "account alone",
            "leave out one of them",
        )


def request_of(config: pytest.Config) -> RunRequest:
    """What the options ask for.

    Raises:
        PlanproofError: options that exclude each other.
    """
    option = config.getoption
    plan, directory = option("--plan"), option("--terraform-dir")
    if plan and (option("--var") or option("--var-file")):
        raise PlanproofError(
            "--plan was given together with --var or --var-file",
            "make the plan with these variables instead, or leave out --plan",
        )
    own = config.rootpath / str(config.getini("terraform_dir"))
    named = Path(directory) if directory else None
    # What was recorded can be judged, and cannot be deployed.
    recording = "" if option("--deployed") else str(config.getini("recording"))
    return RunRequest(
        terraform_dir=named or (None if plan else own),
        cache=config.rootpath / ".planproof",
        plan_file=Path(plan) if plan else None,
        binary=option("--terraform-binary"),
        variables=tuple(option("--var")),
        variable_files=tuple(Path(p) for p in option("--var-file")),
        recording=config.rootpath / recording if recording else None,
        mirrors=tuple(Path(p) for p in option("--provider-mirror")),
        real_credentials=option("--real-credentials"),
    )
