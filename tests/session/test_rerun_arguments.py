"""The arguments that select the stack and the scenarios."""

from __future__ import annotations

import pytest

from planproof.session.rerun_arguments import rerun_arguments


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ((), ()),
        (("-c", "pyproject.toml", "--compliance", "--mutants"), ()),
        (("--mutant", "drop *", "--mutant=x", "--mutants-limit", "4", "--mutants-seed=7"), ()),
        (("-p", "no:cacheprovider", "-pno:x", "-n2", "--report-dir", "r"), ()),
        (
            ("--terraform-dir", "../ours", "features/ours.feature", "-k", "Keys"),
            ("--terraform-dir", "../ours", "features/ours.feature", "-k", "Keys"),
        ),
        (
            ("--var", "password=secret", "--var=stage=test", "--var-file=x.tfvars"),
            ("--var", "password=…", "--var", "stage=…", "--var-file=x.tfvars"),
        ),
        (("--suffix-variable", "stage"), ("--suffix-variable", "stage")),
    ],
)
def test_arguments_for_another_run(given: tuple[str, ...], again: tuple[str, ...]) -> None:
    assert rerun_arguments(given) == again
