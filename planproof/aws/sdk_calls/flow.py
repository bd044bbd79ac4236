"""Follows the values of a whole package until nothing new is found."""

from __future__ import annotations

import ast
import time
from typing import Final

from planproof.aws.sdk_calls.abstract_values import AbstractValue, AbstractValues
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import LexicalScope
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.statements import FOLLOWED, Statements

CPU_LIMIT: Final = 15.0
"""Seconds of CPU time, after which the analysis stops.

A function and its libraries take well below one second. Large libraries that are copied among its
own files may take more.
"""


class Flow:
    """The values of a package's expressions.

    Attributes:
        timed_out: whether the analysis stopped at :data:`CPU_LIMIT`.
        sources: of the package.
        nodes: all nodes that are followed, with their scopes.
        without_boto3: nodes of modules that do not use boto3; only their imports are followed.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.nodes = [one for module in sources.modules.values() for one in module.nodes]
        self.without_boto3 = [one for module in sources.without_boto3 for one in module.nodes]
        self.timed_out = False
        self._findings = Findings()
        self._expressions = Expressions(sources, self._findings)
        self._statements = Statements(sources, self._findings, self._expressions)

    @property
    def escaped(self) -> dict[AbstractValue, str]:
        """Values passed to code that is not analyzed, with the first location of each."""
        return self._findings.escaped

    @property
    def escaped_pagers(self) -> set[AbstractValue]:
        """Paginators and waiters passed to code that is not analyzed."""
        return self._findings.escaped_pagers

    def settle(self) -> None:
        """Follow all nodes until nothing new is found."""
        followed = [at for at, (node, _) in enumerate(self.nodes) if isinstance(node, FOLLOWED)]
        started = time.process_time()
        for self._expressions.is_complete in (False, True):
            for at in self._findings.worklist(followed):
                if time.process_time() - started > CPU_LIMIT:
                    self.timed_out = True
                    break
                self._expressions.clear_cache()
                self._statements.follow(*self.nodes[at])
        self._expressions.clear_cache()
        for node, scope in self.without_boto3:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._statements.follow_import(node, scope)

    def value(self, node: ast.AST, scope: LexicalScope) -> AbstractValues:
        """The possible values of an expression."""
        return self._expressions.value(node, scope)

    def service_names(self, node: ast.Call, scope: LexicalScope) -> list[str]:
        """The services that a client is made for; empty if they are not constants."""
        return self._expressions.service_names(node, scope)
