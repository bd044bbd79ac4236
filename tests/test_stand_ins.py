"""Texts that stand for what AWS assigns, or for what is not known, are recognised everywhere."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.stand_ins import (
    UNKNOWN_ACCOUNT,
    UNKNOWN_REGION,
    UNKNOWN_TIME,
    generated_name,
    is_assigned,
    is_unknown_text,
    known_parts,
    shown,
    stand_in,
    without_unknown,
)
from planproof.values import UNKNOWN

MARKED = ["$uuid", "$hex8", "$hex17", "$hex32", "$upper14", "$lower10", "$lower12", "$alnum22"]
SHAPES = {
    "$uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "$hex8": r"[0-9a-f]{8}",
    "$hex17": r"0[0-9a-f]{16}",
    "$hex32": r"[0-9a-f]{32}",
    "$upper14": r"[0-9A-Z]{14}",
    "$lower10": r"[0-9a-z]{10}",
    "$lower12": r"[0-9a-z]{12}",
    "$alnum22": r"[0-9A-Za-z]{22}",
}
UNKNOWN_ONLY = ["$ipv4", "$cidr4", "$ipv6", "$ipv6cidr56", "$ipv6cidr64", "$host", "$time"]


@pytest.mark.parametrize("form", MARKED)
@given(owner=st.text(max_size=30))
def test_an_assigned_text_has_its_form_and_is_recognised(form: str, owner: str) -> None:
    text = stand_in(owner, form, known=True)
    assert re.fullmatch(SHAPES[form], text)
    assert is_assigned(text)
    assert not is_unknown_text(text)


def test_no_text_has_both_marks() -> None:
    """As the UUID of this owner would have by accident."""
    assert not is_unknown_text(stand_in("\x08\U00079c43\xc5", "$uuid", known=True))


@pytest.mark.parametrize("form", [*MARKED, *UNKNOWN_ONLY])
@given(owner=st.text(max_size=30))
def test_an_unknown_text_is_recognised_inside_another(form: str, owner: str) -> None:
    text = stand_in(owner, form, known=False)
    assert is_unknown_text(text)
    assert not is_assigned(text)
    for around in (f"arn:aws:x:::{text}", f"https://{text}/a", f'["{text}"]', f"a,{text},b"):
        assert is_unknown_text(around), around
        assert without_unknown(around) is UNKNOWN


@pytest.mark.parametrize("form", MARKED)
def test_each_owner_has_a_text_of_its_own_which_is_the_same_in_every_run(form: str) -> None:
    texts = {stand_in(f"aws_vpc.v[{number}]", form, known=True) for number in range(100)}
    assert len(texts) == 100
    assert stand_in("aws_vpc.v[7]", form, known=True) in texts


def test_a_uuid_is_a_uuid_and_addresses_are_addresses() -> None:
    for known in (True, False):
        assert str(uuid.UUID(stand_in("k", "$uuid", known=known))) == stand_in(
            "k", "$uuid", known=known
        )
    for number in range(50):
        owner = f"aws_eip.e[{number}]"
        assert ipaddress.IPv4Address(stand_in(owner, "$ipv4", known=False))
        assert ipaddress.IPv6Address(stand_in(owner, "$ipv6", known=False))
        assert ipaddress.ip_network(stand_in(owner, "$cidr4", known=False)).prefixlen == 24
        for length in (56, 64):
            network = ipaddress.ip_network(stand_in(owner, f"$ipv6cidr{length}", known=False))
            assert network.prefixlen == length


@pytest.mark.parametrize("length", [56, 64])
def test_the_addresses_and_subnets_of_an_unknown_network_are_unknown_too(length: int) -> None:
    """``cidrsubnet`` and ``cidrhost`` write the address anew."""
    for number in range(50):
        network = ipaddress.IPv6Network(
            stand_in(f"aws_vpc.v[{number}]", f"$ipv6cidr{length}", known=False)
        )
        subnets = list(network.subnets(prefixlen_diff=8))
        for subnet in (subnets[0], subnets[1], subnets[-1]):
            assert is_unknown_text(str(subnet)), subnet
            assert is_unknown_text(str(subnet[1])), subnet[1]
        four = ipaddress.IPv4Network(stand_in(f"aws_vpc.v[{number}]", "$cidr4", known=False))
        assert is_unknown_text(str(list(four.subnets(new_prefix=28))[3]))


@pytest.mark.parametrize("form", ["", "$", "uuid", "$hex", "$octal8", "$uuid4x"])
def test_another_form_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="no form"):
        stand_in("aws_vpc.v", form, known=True)


def test_a_generated_name_is_that_of_the_provider() -> None:
    name = generated_name("aws_iam_role.r", "role-")
    assert re.fullmatch(r"role-\d{18}[0-9a-f]{8}", name)
    assert is_assigned(name)
    assert not is_unknown_text(name)
    assert name == generated_name("aws_iam_role.r", "role-")
    assert name != generated_name("aws_iam_role.s", "role-")
    assert is_assigned(f"arn:aws:iam::123456789012:role/{name}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jobs",
        "arn:aws:sqs:eu-west-1:123456789012:orders",
        "10.0.0.0/16",
        "192.168.18.5",
        "2001:db8::1",
        "2001:db8:2::/56",
        "2026-01-02T03:04:05Z",
        "us-east-1",
        "sg-0a1b2c3d4e5f60718",
        "terraform-20260102030405678900000001",
        "1.2.18.19",
    ],
)
def test_real_texts_are_no_stand_ins(text: str) -> None:
    assert not is_assigned(text)
    assert not is_unknown_text(text)
    assert known_parts(text) == without_unknown(text) == shown(text) == text


@pytest.mark.parametrize("text", [UNKNOWN_TIME, UNKNOWN_REGION, UNKNOWN_ACCOUNT])
def test_an_unknown_time_region_and_account_are_recognised(text: str) -> None:
    assert is_unknown_text(f"arn:aws:x:{text}:y")
    assert not is_unknown_text(f"arn:aws:x:{text[:-1]}")


def test_no_made_up_part_is_shown() -> None:
    vpc = stand_in("aws_vpc.v", "$hex17", known=True)
    assert shown(f"vpc-{vpc}") == "vpc-(assigned when built)"
    name = generated_name("aws_iam_role.r", "terraform-")
    said = shown(f"arn:aws:iam::123456789012:role/{name}")
    assert said == "arn:aws:iam::123456789012:role/terraform-(assigned when built)"
    for form in MARKED:
        assert "5eed" not in shown(stand_in("x", form, known=True)).lower()


def test_known_parts_of_a_document() -> None:
    unknown = stand_in("aws_thing.t", "$lower12", known=False)
    policy = {"Statement": [{"Resource": unknown, "Effect": "Allow"}], "Version": "2012-10-17"}
    found = known_parts(json.dumps(policy))
    assert found["Statement"][0]["Resource"] is UNKNOWN
    assert found["Statement"][0]["Effect"] == "Allow"
    assert found["Version"] == "2012-10-17"
    assert known_parts(json.dumps([unknown, "a"]))[1] == "a"
    assert known_parts(unknown) is UNKNOWN
    assert known_parts(f"{{ {unknown}") is UNKNOWN  # no JSON
    whole = json.dumps({"a": 1})
    assert known_parts(whole) == whole


def test_an_unknown_key_makes_the_whole_object_unknown() -> None:
    unknown = stand_in("aws_thing.t", "$lower12", known=False)
    assert without_unknown({unknown: 1, "b": 2}) is UNKNOWN
    found = without_unknown({"a": {unknown: 1}, "b": [unknown, 3, None, True]})
    assert found["a"] is UNKNOWN
    assert found["b"][0] is UNKNOWN
    assert found["b"][1:] == [3, None, True]
