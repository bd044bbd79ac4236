"""Evaluates expressions as far as the source alone decides them.

Locals, arguments and outputs of local modules, ``each`` and ``count`` are resolved; a variable of
the root module, a resource and a data source evaluate to a `Reference`. ``jsonencode`` and
``jsondecode`` return their argument: a document is judged as the value that it encodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from check_support.files import READERS, read
from check_support.functions import FUNCTIONS
from check_support.loops import loop
from check_support.syntax import Node, identifier, parse_expression
from check_support.template import heredoc_text, quoted_text, split_interpolations, unescape
from check_support.truth import Truth
from check_support.values import (
    Choice,
    Reference,
    Scope,
    Template,
    Unknown,
    Value,
    literals,
    references,
)
from lark import Token, Tree

Step = str | int | None
"""An attribute name, a literal index, or ``None`` for an index that is not literal."""

_TRAVERSALS = {"get_attr_expr_term", "index_expr_term"}
_SPLATS = {"attr_splat_expr_term", "full_splat_expr_term"}
_LITERALS: dict[str, Value] = {"true": True, "false": False, "null": None}
_LOOPS = {"for_tuple_expr", "for_object_expr"}


@dataclass(frozen=True)
class Frame:
    """The context of an expression: its module instance and the names bound in it (``each.key``,
    ``count.index``, the variables of a ``for`` expression or a template file).

    ``hidden`` are variables of a ``for`` expression without a value; they are not references.
    """

    scope: Scope
    bindings: Mapping[str, Value] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def bind(self, values: Mapping[str, Value]) -> Frame:
        """The same context with more names bound."""
        return Frame(self.scope, {**self.bindings, **values}, self.hidden - set(values))


def evaluate(tree: Node, frame: Frame) -> Value:
    """The value of the expression; `Unknown` for most operators and functions."""
    kind = str(tree.data)
    child = tree.children[0] if tree.children else None
    if kind == "expr_term":
        return _string(child, frame) if isinstance(child, Token) else _evaluate(child, frame)
    if kind == "identifier":
        name = identifier(tree)
        if name in frame.bindings:
            return frame.bindings[name]
        return _LITERALS[name] if name in _LITERALS else Unknown(name)
    if kind in ("int_lit", "float_lit"):
        digits = "".join(str(token) for token in tree.children)
        return int(digits) if kind == "int_lit" else float(digits)
    if kind in ("heredoc_template", "heredoc_template_trim"):
        return template(heredoc_text(str(child)), frame, quoted=False)
    if kind == "tuple":
        return [_evaluate(item, frame) for item in tree.children]
    if kind == "object":
        return dict(_element(item, frame) for item in tree.children)
    if kind in _TRAVERSALS:
        return _traversal(tree, frame)
    if kind == "function_call":
        return _call(tree, frame)
    if kind in _LOOPS:
        items = loop(tree, lambda part, bound: evaluate(part, frame.bind(bound)))
        return _unknown(tree, frame) if items is NotImplemented else items
    if kind in ("conditional", "binary_op"):
        return _condition(tree, frame)
    if kind == "unary_op":
        return _negation(tree, frame)
    return _unknown(tree, frame)


def template(text: str, frame: Frame, quoted: bool) -> Value:
    """The value of a string with interpolations; backslashes escape if ``quoted``."""
    parts: list[Value] = []
    for piece, is_code in split_interpolations(text):
        part: Value = unescape(piece) if quoted and not is_code else piece
        if is_code:
            tree = parse_expression(piece)
            part = Unknown(f"${{{piece}}}") if tree is None else evaluate(tree, frame)
        if isinstance(part, Template):
            parts.extend(part.parts)
        else:
            parts.append(part)
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, str | int) for part in parts):
        return "".join(_text(part) for part in parts)
    return Template(tuple(parts))


def attribute(value: Value, steps: list[Step]) -> Value:
    """The value at a path of attribute names and indexes in ``value``."""
    for number, step in enumerate(steps):
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Choice):
            return Choice(tuple(attribute(option, steps[number:]) for option in value.options))
        if isinstance(value, Reference):
            value = _extend(value, step)
        elif _has_step(value, step):
            value = value[step]  # type: ignore[index]
        else:
            return Unknown(f"…[{step}]", tuple(references(value)), tuple(literals(value)))
    return value


def _has_step(value: Value, step: Step) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _extend(reference: Reference, step: Step) -> Reference:
    if isinstance(step, int) or step is None or (reference.path and not step.isidentifier()):
        is_instance = not reference.path and isinstance(step, int)
        return replace(reference, key=step if is_instance else reference.key)
    return replace(reference, path=(*reference.path, step))


def _evaluate(child: Any, frame: Frame) -> Value:
    return evaluate(child, frame) if isinstance(child, Tree) else Unknown(str(child))


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _string(token: Token, frame: Frame) -> Value:
    return template(quoted_text(str(token)), frame, quoted=True)


def _element(tree: Any, frame: Frame) -> tuple[str, Value]:
    name, value = tree.children
    if str(name.data) == "identifier":
        return identifier(name), _evaluate(value, frame)
    bare = name.children[0] if str(name.data) == "expr_term" and name.children else None
    if isinstance(bare, Tree) and str(bare.data) == "identifier":
        return identifier(bare), _evaluate(value, frame)
    return _text(_key(_evaluate(name, frame))), _evaluate(value, frame)


def _key(value: Value) -> Value:
    return value if isinstance(value, str | int | float) else str(value)


def _traversal(tree: Node, frame: Frame) -> Value:
    steps: list[Step] = []
    keys: list[Step] = []
    node: Any = tree
    while isinstance(node, Tree):
        kind = str(node.data)
        if kind in _TRAVERSALS:
            inner, step = node.children
            steps.insert(0, _step(step, frame))
            keys.insert(0, "index" if str(step.data) == "index" else None)
            node = inner
        elif kind == "expr_term" and len(node.children) == 1:
            node = node.children[0]
        else:
            break
    if not isinstance(node, Tree) or str(node.data) != "identifier":
        if isinstance(node, Tree) and str(node.data) in _SPLATS:
            return _unknown(tree, frame)
        return attribute(_evaluate(node, frame), steps)
    return _name(identifier(node), steps, keys, frame)


def _step(tree: Any, frame: Frame) -> Step:
    if str(tree.data) == "get_attr":
        return identifier(tree.children[0])
    child = tree.children[0]
    if isinstance(child, Token):
        return int("".join(str(token) for token in tree.children))
    value = evaluate(child, frame)
    return value if isinstance(value, str | int) else None


def _name(root: str, steps: list[Step], kinds: list[Step], frame: Frame) -> Value:
    """The value of ``root.step.step…``; ``kinds`` distinguishes attribute steps from indexes."""
    first = steps[0]
    if root in frame.bindings:
        return attribute(frame.bindings[root], steps)
    if root in frame.hidden or not isinstance(first, str):
        return Unknown(root)
    if f"{root}.{first}" in frame.bindings:
        return attribute(frame.bindings[f"{root}.{first}"], steps[1:])
    if root == "local":
        return attribute(frame.scope.local(first), steps[1:])
    if root == "var":
        return attribute(frame.scope.variable(first), steps[1:])
    if root == "module":
        key, rest = _instance_key(steps[1:], kinds[1:])
        if rest and isinstance(rest[0], str):
            return attribute(frame.scope.output(first, key, rest[0]), rest[1:])
        return Reference(f"module.{first}", (), key, frame.scope)
    words = [root, first]
    if root == "data" and len(steps) > 1 and isinstance(steps[1], str):
        words.append(steps[1])
    elif root not in ("path", "terraform", "each", "count", "self") and "_" not in root:
        return Unknown(f"{root}.{first}")
    count = len(words) - 1
    key, rest = _instance_key(steps[count:], kinds[count:])
    return attribute(Reference(".".join(words), (), key, frame.scope), rest)


def _instance_key(steps: list[Step], kinds: list[Step]) -> tuple[str | int | None, list[Step]]:
    """Splits off the instance key (``["in"]``, ``[0]``) if the first step is an index."""
    if kinds and kinds[0] == "index":
        return steps[0], steps[1:]
    return None, steps


def _condition(tree: Node, frame: Frame) -> Value:
    """Both branches of a conditional as a `Choice`, or the one that is certainly taken.

    python-hcl2 parses ``a == b ? x : y`` as ``a == (b ? x : y)``, so the conditional is the right
    operand.
    """
    node: Any = tree
    while str(node.data) == "binary_op":
        node = node.children[1].children[1]
    if str(node.data) != "conditional":
        equal = _comparison(tree, node, frame)
        return _unknown(tree, frame) if equal is None else equal
    test, *branches = node.children
    decision = evaluate(test, frame) if node is tree else _comparison(tree, test, frame)
    then, otherwise = (_evaluate(branch, frame) for branch in branches)
    if isinstance(decision, bool):
        return then if decision else otherwise
    return Choice((then, otherwise))


def _comparison(tree: Node, right: Node, frame: Frame) -> Truth:
    """The result of ``==`` or ``!=`` of the first operand and ``right``; None for any other
    expression, or if the source does not decide both operands.
    """
    if str(tree.data) != "binary_op":
        return None
    left, term = tree.children
    sign, rest = term.children  # type: ignore[union-attr]
    plain = rest is right or (isinstance(rest, Tree) and right is rest.children[0])
    if "binary_op" in (str(right.data), str(left.data)) or not plain:  # type: ignore[union-attr]
        return None
    one, two = _evaluate(left, frame), _evaluate(right, frame)
    if str(sign.children[0]) not in ("==", "!=") or not all(
        value is None or isinstance(value, str | int | float) for value in (one, two)
    ):
        return None
    same = isinstance(one, bool) == isinstance(two, bool) and one == two
    return same is (str(sign.children[0]) == "==")


def _negation(tree: Node, frame: Frame) -> Value:
    sign, operand = tree.children
    value = _evaluate(operand, frame)
    if str(sign) == "!" and isinstance(value, bool):
        return not value
    if str(sign) == "-" and isinstance(value, int | float):
        return -value
    return _unknown(tree, frame)


def _call(tree: Node, frame: Frame) -> Value:
    name = identifier(tree.children[0])  # type: ignore[arg-type]
    arguments = [
        _evaluate(argument, frame)
        for part in tree.children[1:]
        for argument in getattr(part, "children", ())
    ]
    if name in READERS and arguments:
        text = read(arguments[0], frame.scope)
        if text is None:
            return _unknown(tree, frame, name)
        return text if name == "file" else _template_file(text, arguments[1:], tree, frame)
    function = FUNCTIONS.get(name)
    result = function(arguments) if function else NotImplemented
    return _unknown(tree, frame, name) if result is NotImplemented else result


def _template_file(text: str, arguments: list[Value], tree: Node, frame: Frame) -> Value:
    """The value of a template file, which can use only the variables passed to it."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        return _unknown(tree, frame, "templatefile")
    return template(text, Frame(frame.scope, arguments[0]), quoted=False)


def _unknown(tree: Node, frame: Frame, name: str = "") -> Unknown:
    """An `Unknown` with the references and the literal text of the expression."""
    found: list[Reference] = []
    texts: list[str] = []
    _gather(tree, frame, found, texts)
    return Unknown(name + "(…)" if name else "an expression", tuple(found), tuple(texts))


def _gather(tree: Any, frame: Frame, found: list[Reference], texts: list[str]) -> None:
    kind = str(tree.data)
    bare = tree.children[0] if kind == "expr_term" and tree.children else None
    is_leaf = kind in _TRAVERSALS or kind.startswith("heredoc") or isinstance(bare, Token)
    if is_leaf:
        value = evaluate(tree, frame)
        found.extend(references(value))
        texts.extend(literals(value))
        return
    if kind in _LOOPS:
        names = _loop_variables(tree)
        bindings = {name: value for name, value in frame.bindings.items() if name not in names}
        frame = Frame(frame.scope, bindings, frame.hidden | names)
    for child in tree.children:
        if isinstance(child, Tree):
            _gather(child, frame, found, texts)


def _loop_variables(tree: Any) -> frozenset[str]:
    return frozenset(
        identifier(child)
        for intro in tree.find_data("for_intro")
        for child in intro.children
        if isinstance(child, Tree) and str(child.data) == "identifier"
    )
