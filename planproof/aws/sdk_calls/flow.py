"""Follows the values of a whole package until nothing new is found."""

from __future__ import annotations

import ast
import time
from typing import Final

from planproof.aws.sdk_calls.abstract_values import AbstractValues
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import LexicalScope
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.statements import FOLLOWED, Statements

CPU_LIMIT: Final = 15.0
"""Seconds of CPU time before the analysis stops. A function and its libraries take well below one;
large libraries that are copied among its own files may take more."""


class Flow:
    """The values of a package's expressions.

    Attributes:
        timed_out: whether the analysis stopped at :data:`CPU_LIMIT`.
        sources: of the package.
        findings: the values found so far.
        expressions: evaluates expressions by them.
        nodes: all nodes that are followed, with their scopes.
        without_boto3: nodes of modules that do not use boto3; only their imports are followed.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.nodes = [one for module in sources.modules.values() for one in module.nodes]
        self.without_boto3 = [one for module in sources.without_boto3 for one in module.nodes]
        self.timed_out = False
        self.findings = Findings()
        self.expressions = Expressions(sources, self.findings)
        self._statements = Statements(sources, self.findings, self.expressions)

    def settle(self) -> None:
        """Follow all nodes until nothing new is found."""
        followed = [at for at, (node, _) in enumerate(self.nodes) if isinstance(node, FOLLOWED)]
        started = time.process_time()
        for self.expressions.is_complete in (False, True):
            for at in self.findings.worklist(followed):
                if time.process_time() - started > CPU_LIMIT:
                    self.timed_out = True
                    break
                self.expressions.clear_cache()
                self._statements.follow(*self.nodes[at])
        self.expressions.clear_cache()
        for node, scope in self.without_boto3:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._statements.follow_import(node, scope)

    def value(self, node: ast.AST, scope: LexicalScope) -> AbstractValues:
        """The possible values of an expression."""
        return self.expressions.value(node, scope)
