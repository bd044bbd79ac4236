"""What may every expression of a package be, once all of it has been followed?"""

from __future__ import annotations

import ast
import time
from typing import Final

from planproof.aws.sdk_calls.abstract_values import Atom, Atoms
from planproof.aws.sdk_calls.expressions import Expressions
from planproof.aws.sdk_calls.findings import Findings
from planproof.aws.sdk_calls.scopes import Scope
from planproof.aws.sdk_calls.sources import Sources
from planproof.aws.sdk_calls.statements import FOLLOWED, Statements

LONGEST: Final = 15.0
"""Seconds of CPU before it is given up. A function with what it uses takes well below one; large
libraries that are copied in between its own files, through all of which an object goes, more."""


class Flow:
    """The values of a package's expressions.

    Attributes:
        given_up: whether it was, since that took too long.
        sources: the package.
        nodes: all nodes that are followed, with their scopes.
        bystanders: nodes of modules that do not know boto3, of which only imports are followed.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.nodes = [one for module in sources.modules.values() for one in module.nodes]
        self.bystanders = [one for module in sources.bystanders for one in module.nodes]
        self.given_up = False
        self._findings = Findings()
        self._expressions = Expressions(sources, self._findings)
        self._statements = Statements(sources, self._findings, self._expressions)

    @property
    def escaped(self) -> dict[Atom, str]:
        """What went where it is not followed, with the first place of it."""
        return self._findings.escaped

    @property
    def handed(self) -> set[Atom]:
        """Paginators and waiters that went where they are not followed."""
        return self._findings.handed

    def settle(self) -> None:
        """Follow everything until nothing new is found."""
        followed = [at for at, (node, _) in enumerate(self.nodes) if isinstance(node, FOLLOWED)]
        started = time.process_time()
        for self._expressions.is_complete in (False, True):
            for at in self._findings.rounds(followed):
                if time.process_time() - started > LONGEST:
                    self.given_up = True
                    break
                self._expressions.forget()
                self._statements.follow(*self.nodes[at])
        self._expressions.forget()
        for node, scope in self.bystanders:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._statements.follow_import(node, scope)

    def value(self, node: ast.AST, scope: Scope) -> Atoms:
        """What an expression may be."""
        return self._expressions.value(node, scope)

    def service_names(self, node: ast.Call, scope: Scope) -> list[str]:
        """The services that the maker of a client is called with; nothing if it is no constant."""
        return self._expressions.service_names(node, scope)
