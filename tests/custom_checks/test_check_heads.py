"""Every check states its question, its requirement and its source."""

from __future__ import annotations

import re
import sys
from collections import Counter

import pytest
from checkov.terraform.checks.resource.registry import resource_registry

from tests.builders.requirements import ALL
from tests.custom_checks.checkov_scan import CHECKS, check_names


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    resource_registry.load_external_checks(str(CHECKS))


@pytest.mark.parametrize("name", check_names())
def test_head_is_complete(name: str) -> None:
    module = sys.modules[name]
    check = module.check

    assert re.fullmatch(r"CKV_PLANPROOF_\d+", check.id)
    assert re.fullmatch(r"REQ-\d\d", check.requirement)
    assert module.__doc__.rstrip().endswith("?"), "a check file asks one question"
    assert 10 < len(check.name) < 100
    assert len(check.description) > len(check.name)
    assert check.source.startswith(
        (
            "https://docs.aws.amazon.com/",
            "https://registry.terraform.io/",
            "https://developer.hashicorp.com/",
        )
    )
    assert check.guideline
    assert check.entity_types
    assert type(check).__doc__ == f"{check.id}."


@pytest.mark.parametrize("name", check_names())
def test_class_is_named_after_its_file(name: str) -> None:
    class_name = type(sys.modules[name].check).__name__

    assert class_name.lower() == name.replace("_", "")


@pytest.mark.parametrize("name", check_names())
def test_the_check_is_registered(name: str) -> None:
    check = sys.modules[name].check

    assert any(registry.get_check_by_id(check.id) for registry in check.registries)


def test_ids_are_unique() -> None:
    ids = Counter(sys.modules[name].check.id for name in check_names())

    assert max(ids.values()) == 1, ids


def test_every_requirement_that_sources_can_decide_has_a_static_check() -> None:
    served = {sys.modules[name].check.requirement for name in check_names()}

    # One resource does not show whether permissions are missing or unneeded; for retention
    # Checkov has its own checks.
    without_check = {"REQ-14", "REQ-15", "REQ-17", "REQ-19", "REQ-20"}
    assert served == set(ALL) - without_check
