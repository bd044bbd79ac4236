"""Properties of every policy and every request."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.iam import Effect, Layer, Policies, PolicyDocument, Request, evaluate
from planproof.iam.patterns import Flavor, compile_tokens, split_wildcards
from planproof.iam.policies import PolicySet
from planproof.values import UNKNOWN
from tests.iam import strategies as make

LAW = settings(max_examples=60)
ORDER = {False: 0, None: 1, True: 2}
DENIALS = (Effect.EXPLICITLY_DENIED, Effect.IMPLICITLY_DENIED)


def with_statement(layers: dict[str, Any], layer: str, statement: dict[str, Any]) -> dict[str, Any]:
    """The policies with one more statement in a policy of the layer, if it has one."""
    changed = copy.deepcopy(layers)
    given = changed[layer]
    if given is None or given == []:
        return changed
    document = given if isinstance(given, dict) else given[0]
    while isinstance(document, list):
        if not document:
            return changed
        document = document[0]
    document["Statement"].append(statement)
    return changed


LAYERS = ["identity", "resource", "boundaries", "session", "service_control", "resource_control"]


def with_principal(layer: str) -> bool:
    return layer in ("resource", "resource_control")


@LAW
@given(st.data(), make.layers(unknowns=True), make.requests(), st.sampled_from(LAYERS))
def test_adding_a_deny_statement_never_allows(
    data: st.DataObject, layers: dict[str, Any], request_: Request, layer: str
) -> None:
    denial = data.draw(
        make.statements(principal=with_principal(layer), effect="Deny", unknowns=True)
    )
    before = evaluate(request_, Policies(**layers))
    after = evaluate(request_, Policies(**with_statement(layers, layer, denial)))
    assert ORDER[after.allowed] <= ORDER[before.allowed]


@LAW
@given(st.data(), make.layers(unknowns=True), make.requests(), st.sampled_from(LAYERS))
def test_adding_an_allow_statement_never_denies(
    data: st.DataObject, layers: dict[str, Any], request_: Request, layer: str
) -> None:
    allowance = data.draw(
        make.statements(principal=with_principal(layer), effect="Allow", unknowns=True)
    )
    before = evaluate(request_, Policies(**layers))
    after = evaluate(request_, Policies(**with_statement(layers, layer, allowance)))
    assert ORDER[after.allowed] >= ORDER[before.allowed]


@LAW
@given(st.randoms(use_true_random=False), make.layers(unknowns=True), make.requests())
def test_order_never_matters(random: Any, layers: dict[str, Any], request_: Request) -> None:
    shuffled = copy.deepcopy(layers)

    def shuffle(value: Any) -> None:
        if isinstance(value, list):
            random.shuffle(value)
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                shuffle(inner)

    levels = shuffled["service_control"]
    for value in (*shuffled.values(), *levels):
        if isinstance(value, dict | list):
            shuffle(value)
    before = evaluate(request_, Policies(**layers))
    after = evaluate(request_, Policies(**shuffled))
    assert before.effect is after.effect


@LAW
@given(make.policies(unknowns=True), make.requests())
def test_evaluation_never_raises_and_gives_reasons(policies: Policies, request_: Request) -> None:
    decision = evaluate(request_, policies)
    assert isinstance(decision.effect, Effect)
    root = request_.caller.kind.name == "ROOT"
    assert decision.because or (root and decision.effect is Effect.ALLOWED)
    assert str(decision).startswith(decision.effect.value)


@LAW
@given(make.layers(unknowns=True), make.request_arguments(), st.data())
def test_a_decision_holds_when_more_is_known(
    layers: dict[str, Any], arguments: dict[str, Any], data: st.DataObject
) -> None:
    """UNKNOWN is sound: a determined decision holds for every value of it."""
    before = evaluate(Request(**arguments), Policies(**layers))
    if before.effect is Effect.UNDETERMINED:
        return

    def fill(value: Any, choices: list[str]) -> Any:
        if value is UNKNOWN:
            return data.draw(st.sampled_from(choices))
        if isinstance(value, list):
            return [fill(one, choices) for one in value]
        if isinstance(value, dict):
            words = {
                "Effect": ["Allow", "Deny"],
                "Action": make.ACTION_PATTERNS,
                "NotAction": make.ACTION_PATTERNS,
                "Resource": make.RESOURCE_PATTERNS,
                "NotResource": make.RESOURCE_PATTERNS,
                "AWS": make.AWS_PRINCIPALS,
                "Null": ["true", "false"],
                "Condition": [*make.VALUES, "a*"],
            }
            return {key: fill(one, words.get(key, choices)) for key, one in value.items()}
        return value

    values = st.one_of(st.sampled_from(make.VALUES), st.none())
    missing = [key for key in make.KEYS if key not in arguments["context"]]
    known = {key: data.draw(values) for key in missing if key != "aws:PrincipalAccount"}
    if arguments["complete"]:
        known = {}
    full = {**arguments, "complete": True, "context": {**known, **arguments["context"]}}
    after = evaluate(Request(**full), Policies(**fill(layers, [])))
    assert after.allowed is before.allowed


@LAW
@given(make.layers(), make.request_arguments(complete=True))
def test_only_undocumented_behavior_is_undetermined(
    layers: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """With everything known, only undocumented behavior leaves a decision open.

    That is: several values without a set operator, NotPrincipal that lists part of a caller, a role
    without a session, and a resource control policy on a service that may not support them.
    """
    decision = evaluate(Request(**arguments), Policies(**layers))
    if decision.effect is Effect.UNDETERMINED:
        several = any(isinstance(v, list) and len(v) > 1 for v in arguments["context"].values())
        text = json.dumps(layers)
        assert (
            several
            or "NotPrincipal" in text
            or "assumed-role" in text
            or "federated-user" in str(arguments["principal"])
            or (("NotAction" in text or '"*"' in text) and layers["resource_control"])
        )


@LAW
@given(st.text("ab:/*?", max_size=12), st.data())
def test_a_wildcard_covers_what_it_expands_to(value: str, data: st.DataObject) -> None:
    pattern = ""
    i = 0
    while i < len(value):
        step = data.draw(st.integers(0, 3))
        choice = data.draw(st.sampled_from(["keep", "one", "any"]))
        if choice == "any":
            pattern += "*"
            i += step
        else:
            pattern += "?" if choice == "one" else value[i]
            i += 1
    assert compile_tokens(split_wildcards(pattern), Flavor.GLOB)(value)


def reference(pattern: str, value: str, flavor: Flavor) -> bool:
    """Wildcard matching by plain backtracking, as documented."""

    def match(p: int, v: int, colons: int) -> bool:
        if p == len(pattern):
            return v == len(value)
        character = pattern[p]
        inside = flavor is not Flavor.GLOB and colons < 5
        if character == "*":
            ends = p + 1 == len(pattern) or pattern[p + 1] == ":"
            confined = inside and not (flavor is Flavor.RESOURCE and ends)
            return match(p + 1, v, colons) or (
                v < len(value) and not (confined and value[v] == ":") and match(p, v + 1, colons)
            )
        if v == len(value):
            return False
        if character == "?":
            return not (inside and value[v] == ":") and match(p + 1, v + 1, colons)
        return value[v] == character and match(p + 1, v + 1, colons + (character == ":"))

    return match(0, 0, 0)


@settings(max_examples=600)
@given(
    st.text("ab:*?", max_size=14).map(lambda text: re.sub(r"\*+", "*", text)),
    st.text("ab:", max_size=14),
    st.sampled_from([Flavor.GLOB, Flavor.ARN, Flavor.RESOURCE]),
)
def test_patterns_match_as_documented(pattern: str, value: str, flavor: Flavor) -> None:
    matched = compile_tokens(split_wildcards(pattern), flavor)(value)
    assert matched == (pattern == "*" or reference(pattern, value, flavor))


@LAW
@given(st.sampled_from([Flavor.GLOB, Flavor.ARN, Flavor.RESOURCE]), st.booleans())
def test_patterns_take_linear_time(flavor: Flavor, mixed: bool) -> None:
    pattern = "arn:" + ("a*b:" if mixed else "*:") * 4 + "*a" * 60 + "b"
    assert not compile_tokens(split_wildcards(pattern), flavor)("arn:" + "a" * 20000)


@LAW
@given(make.documents(), make.request_arguments(complete=True))
def test_a_list_of_actions_is_as_many_statements(
    document: dict[str, Any], arguments: dict[str, Any]
) -> None:
    single = [
        {**statement, "Action": action}
        for statement in document["Statement"]
        for action in statement.get("Action", [None])
    ]
    split = {
        **document,
        "Statement": [
            {key: value for key, value in one.items() if value is not None} for one in single
        ],
    }
    whole = evaluate(Request(**arguments), Policies(identity=[document]))
    parts = evaluate(Request(**arguments), Policies(identity=[split]))
    assert whole.effect is parts.effect


@LAW
@given(make.documents(), make.request_arguments())
def test_json_text_means_the_same_as_its_mapping(
    document: dict[str, Any], arguments: dict[str, Any]
) -> None:
    text = evaluate(Request(**arguments), Policies(identity=[json.dumps(document)]))
    mapping = evaluate(Request(**arguments), Policies(identity=[document]))
    assert text.effect is mapping.effect


def test_many_unknown_keys_and_patterns_are_not_enumerated() -> None:
    """Thirty patterns have a thousand million combinations of results."""
    patterns = [f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyzABCD"]
    denials = [
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringLike": {key: one}, "StringNotEquals": {key: one}},
        }
        for key in ("k", "j", "i", "h")
        for one in patterns
    ]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    request_ = Request(action="sqs:ListQueues", principal=f"arn:aws:iam::{make.ACCOUNT}:role/r")
    decision = evaluate(request_, Policies(identity=[{"Statement": [everything, *denials]}]))
    assert decision.effect is Effect.UNDETERMINED


@LAW
@given(
    st.lists(make.statements(principal=False, unknowns=True), min_size=8, max_size=16),
    st.sampled_from(["2012-10-17", "2008-10-17", UNKNOWN]),
    make.requests(),
)
def test_the_index_omits_no_statement(
    statements: list[dict[str, Any]], version: Any, request_: Request
) -> None:
    parsed = PolicyDocument.parse({"Version": version, "Statement": statements})
    policies = PolicySet(Layer.IDENTITY, [parsed])
    allowing = [one for one, _ in policies.allowing(request_.action_key, request_.resource)]
    denying = [one for one, _ in policies.denying(request_.action_key, request_.resource)]
    for statement in parsed.statements:
        action = statement.covers_action(request_.action_key) is not False
        resource = statement.covers_resource(request_.resource, request_.keys) is not False
        if action and resource:
            assert not statement.may_allow or any(statement is one for one in allowing)
            assert not statement.may_deny or any(statement is one for one in denying)
    for found in (allowing, denying):
        assert len({id(statement) for statement in found}) == len(found)
