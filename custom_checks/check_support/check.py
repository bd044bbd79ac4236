"""The base of every check: a Checkov check that judges the source of a block, not only its rendered
values.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, Weight, not_applicable, undetermined, worst
from checkov.common.checks.base_check import BaseCheck
from checkov.common.checks.base_check_registry import BaseCheckRegistry
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.registry import resource_registry


class SourceCheck(BaseCheck):
    """One question to one kind of block.

    A subclass states its head as class attributes, answers in `judge`, and is registered by being
    instantiated: every file ends with ``check = ItsClass()``. The head of a check is

    - ``id``: ``CKV_PLANPROOF_n``, never used again;
    - ``requirement``: the promise it serves, ``REQ-nn``;
    - ``name``: the promise in a few words, as Checkov prints it;
    - ``description``: what goes wrong otherwise, and what the check looks at;
    - ``source``: the page that says so;
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
        """Answers the question for one block; ``configuration`` is everything that Checkov read
        beside it.
        """

    def scan_entity_conf(self, conf: dict[str, Any], entity_type: str) -> CheckResult:
        """Called by Checkov with a block's rendered values."""
        self.evaluated_keys = list(self.attributes)
        configuration = _configuration(self.graph)
        resource = configuration.find(conf) if configuration else None
        if configuration is None or resource is None:
            finding = undetermined("the Terraform source of this block cannot be read")
        else:
            instances = configuration.instances(resource)
            findings = [_if_built(one, self.judge(one, configuration)) for one in instances]
            finding = worst(findings, otherwise=findings[0])
        self.details.append(finding.details)
        return finding.result


def _if_built(resource: Resource, finding: Finding) -> Finding:
    if resource.is_built is False:
        return not_applicable("none is built")
    if resource.is_built is None and finding.weight is Weight.FAILED:
        return undetermined(f"{finding.reason}, if it is built at all")
    return finding


_last: tuple[Any, Configuration] | None = None


def _configuration(graph: Any) -> Configuration | None:
    """What the graph of the run describes. Checkov hands the same graph to every check, so it is
    read once.
    """
    global _last
    if graph is None:
        return None
    if _last is None or _last[0] is not graph:
        _last = (graph, Configuration(graph))
    return _last[1]
