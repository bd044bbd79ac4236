"""The conditions of a statement, compiled to be evaluated against a request's context.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple
context keys or values", "Single-valued vs. multivalued context keys". In short: several values of
one key are an "or", of a negated operator a "nor"; a key that is not in the request makes a
positive operator false and a negated one true; ``IfExists`` makes either true; ``ForAllValues`` is
true and ``ForAnyValue`` false where the request has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from planproof.iam.context import Context, Missing, OtherValue, Values
from planproof.iam.matching import PatternSet
from planproof.iam.operators import OPERATORS, Comparison, Family, Operator, boolean, comparisons
from planproof.iam.patterns import Flavor
from planproof.values import Truth, Unknown, all_of, any_of, negate


class Quantifier(Enum):
    """How a condition treats a key with several values."""

    ANY = "ForAnyValue"
    ALL = "ForAllValues"


@dataclass(frozen=True, slots=True)
class OperatorName:
    """A condition operator as written in a policy: ``ForAnyValue:StringLikeIfExists``."""

    operator: Operator
    quantifier: Quantifier | None = None
    if_exists: bool = False


_QUANTIFIERS: Final = {quantifier.value.lower(): quantifier for quantifier in Quantifier}


def parse_operator(text: str) -> OperatorName | None:
    """The operator of this name, or None if AWS has none.

    Names are case-insensitive. ``Null`` takes no ``IfExists``.
    """
    prefix, colon, name = text.lower().rpartition(":")
    quantifier = _QUANTIFIERS.get(prefix)
    if colon and quantifier is None:
        return None
    base = name.removesuffix("ifexists")
    operator = OPERATORS.get(base)
    if operator is None or (operator is Operator.NULL and base != name):
        return None
    return OperatorName(operator, quantifier, base != name)


class Condition:
    """One operator with one key and its values, compiled.

    Args:
        name: the operator as written, such as ``ForAnyValue:StringLike``.
        key: the context key as written.
        values: the policy's values as strings, or UNKNOWN.
        variables: whether the document's version supports policy variables, None if not known.
    """

    __slots__ = (
        "_booleans",
        "_comparisons",
        "_patterns",
        "_unknown",
        "context_key",
        "key",
        "name",
        "operator",
        "values",
    )

    def __init__(
        self,
        name: str,
        operator: OperatorName,
        key: str,
        values: tuple[str | Unknown, ...],
        *,
        variables: bool | None,
    ) -> None:
        self.name = name
        self.operator = operator
        self.key = key
        self.values = values
        self.context_key = key.lower()
        known = [value for value in values if not isinstance(value, Unknown)]
        self._unknown = len(known) < len(values)
        self._patterns: PatternSet | None = None
        self._comparisons: list[Comparison] = []
        self._booleans: set[bool] = set()
        base = operator.operator
        if base.family in (Family.STRING, Family.ARN, Family.BOOL):
            fold = base.family is Family.BOOL or base.label.endswith("IgnoreCase")
            self._patterns = PatternSet(values, _flavor(base), variables=variables, fold=fold)
        elif base is Operator.NULL:
            self._booleans = {parsed for value in known if (parsed := boolean(value)) is not None}
        else:
            self._comparisons = comparisons(known, base)

    def __repr__(self) -> str:
        return f"{self.name} {self.key} {list(self.values)}"

    @property
    def comparison_key(self) -> object:
        """A key of operator and values, ignoring negation; equal for equal comparisons."""
        operator = self.operator.operator
        label = operator.label.replace("Not", "", 1) if operator.negated else operator.label
        if operator.family is Family.ARN:
            label = "ArnLike"
        return label, frozenset(self.values)

    @property
    def literals(self) -> frozenset[str] | None:
        """The only values that satisfy the comparison, if they can be listed."""
        if self._patterns is None or self.operator.operator.label.endswith("IgnoreCase"):
            return None
        return self._patterns.literals

    @property
    def varies(self) -> bool:
        """Whether UNKNOWN or a policy variable is among the values."""
        return self._unknown or (self._patterns is not None and self._patterns.varies)

    def holds(self, context: Context) -> Truth:
        """Whether the condition holds; None if that depends on something that is not known."""
        given = context.get(self.context_key)
        if self.operator.operator is Operator.NULL:
            return self._is_null(given)
        if given is Missing.ABSENT or given == ():
            return self._when_absent(context)
        if isinstance(given, Missing):
            present = self._present()
            if given is Missing.PRESENT:
                return present
            return present if present == self._when_absent(context) else None
        return self._when_given(given, context)

    def _is_null(self, given: Values | Missing) -> Truth:
        if self._booleans == {True, False}:
            return True
        if given is Missing.UNKNOWN:
            return None
        null = given is Missing.ABSENT or given == ()
        if null in self._booleans:
            return True
        return None if self._unknown else False

    def _when_absent(self, context: Context) -> Truth:
        if self.operator.if_exists or self.operator.quantifier is Quantifier.ALL:
            return True
        if self.operator.quantifier is Quantifier.ANY:
            return False
        if not self.operator.operator.negated:
            return False
        return self._resolvable(context)

    def _present(self) -> Truth:
        """The result for a key whose values are not known: only a pattern ``*`` decides it."""
        if self._patterns is None or not self._patterns.universal:
            return None
        return not self.operator.operator.negated

    def _when_given(self, given: Values, context: Context) -> Truth:
        quantifier = self.operator.quantifier
        if quantifier is not None and given == ("",):
            return quantifier is Quantifier.ALL  # an empty data set
        matches = [self._matches(value, context) for value in given]
        if self.operator.operator.negated:
            # A variable without a value makes the whole statement invalid.
            matches = [negate(match) for match in matches]
            return all_of((self._resolvable(context), self._combined(matches)))
        return self._combined(matches)

    def _combined(self, matches: list[Truth]) -> Truth:
        quantifier = self.operator.quantifier
        if quantifier is Quantifier.ANY:
            return any_of(matches)
        if quantifier is Quantifier.ALL or len(matches) == 1:
            return all_of(matches)
        # Several values and no set operator: AWS does not say which of them counts.
        return matches[0] if all(match is matches[0] for match in matches) else None

    def _resolvable(self, context: Context) -> Truth:
        return True if self._patterns is None else self._patterns.resolvable(context)

    def _matches(self, value: str | Unknown | OtherValue, context: Context) -> Truth:
        """Whether one value of the request matches one of the policy's, ignoring negation."""
        if isinstance(value, OtherValue):
            if self._patterns is not None and self._patterns.universal:
                return True
            return value.results.get(self.comparison_key, False)
        if self._patterns is not None:
            return self._patterns.matches(value, context)
        if isinstance(value, Unknown):
            return None if self.values else False
        if any(compare(value) for compare in self._comparisons):
            return True
        return None if self._unknown else False


def _flavor(operator: Operator) -> Flavor:
    if operator.family is Family.ARN:
        return Flavor.ARN
    return Flavor.GLOB if operator.label.endswith("Like") else Flavor.EXACT
