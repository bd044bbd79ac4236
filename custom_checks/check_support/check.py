"""The base class of every check: a Checkov check that judges the source of a block, not only its
rendered values.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, Verdict, not_applicable, undetermined, worst
from checkov.common.checks.base_check import BaseCheck
from checkov.common.checks.base_check_registry import BaseCheckRegistry
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.registry import resource_registry


class SourceCheck(BaseCheck):
    """One rule for one kind of block.

    A subclass sets the class attributes below, implements `judge`, and is registered when it is
    instantiated: every file ends with ``check = ItsClass()``. The class attributes are

    - ``id``: ``CKV_PLANPROOF_n``, never reused;
    - ``requirement``: the requirement that the check serves, ``REQ-nn``;
    - ``name``: the rule in a few words, as Checkov prints it;
    - ``description``: the consequence of a violation, and what the check examines;
    - ``source``: the page that documents it;
    - ``guideline``: what to write instead;
    - ``entity_types``: the resource types (or providers) judged, wildcards allowed;
    - ``attributes``: the attributes that decide, for the report.
    """

    id: str
    requirement: ClassVar[str]
    name: str
    description: ClassVar[str]
    source: ClassVar[str]
    guideline: str
    category: ClassVar[CheckCategories] = CheckCategories.GENERAL_SECURITY
    entity_types: ClassVar[tuple[str, ...]]
    attributes: ClassVar[tuple[str, ...]]
    block_type: str = "resource"
    registries: ClassVar[Iterable[BaseCheckRegistry]] = (resource_registry,)

    def __init__(self) -> None:
        super().__init__(
            name=self.name,
            id=self.id,
            categories=[self.category],
            supported_entities=self.entity_types,
            block_type=self.block_type,
            guideline=self.guideline,
        )
        for registry in self.registries:
            registry.register(self)

    @abstractmethod
    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The finding for one block; ``configuration`` is everything that Checkov read."""

    def scan_entity_conf(self, conf: dict[str, Any], entity_type: str) -> CheckResult:
        """Called by Checkov with a block's rendered values."""
        self.evaluated_keys = list(self.attributes)
        configuration = _configuration(self.graph)
        resource = configuration.find(conf) if configuration else None
        if configuration is None or resource is None:
            finding = undetermined("the Terraform source of this block cannot be read")
        else:
            instances = configuration.instances(resource)
            findings = [_if_created(one, self.judge(one, configuration)) for one in instances]
            finding = worst(findings, default=findings[0])
        self.details.append(finding.details)
        return finding.result


def _if_created(resource: Resource, finding: Finding) -> Finding:
    if resource.has_instances is False:
        return not_applicable("no instance is created")
    if resource.has_instances is None and finding.verdict is Verdict.FAILED:
        return undetermined(f"{finding.reason}, if an instance is created")
    return finding


_last: tuple[Any, Configuration] | None = None


def _configuration(graph: Any) -> Configuration | None:
    """The configuration of the run's graph, cached: Checkov passes one graph to every check."""
    global _last
    if graph is None:
        return None
    if _last is None or _last[0] is not graph:
        _last = (graph, Configuration(graph))
    return _last[1]
