"""Placeholders for generated names are unique, and valid in an emulated account."""

from __future__ import annotations

import re

import pytest

from planproof.terraform.generated_names import generated_name, is_generated

LONG = 'module.one["a.b"].module.two["c.d"].aws_s3_bucket.of_many_words_that_go_on_and_on["x"]'


@pytest.mark.parametrize("address", ["aws_s3_bucket.b", "aws_sqs_queue.q[0]", LONG])
def test_resources_of_an_emulated_account_have_valid_names(address: str) -> None:
    name = generated_name(address)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert is_generated(name)


def test_similar_addresses_have_different_names() -> None:
    addresses = ['aws_s3_bucket.b["x-y"]', 'aws_s3_bucket.b["x_y"]', 'aws_s3_bucket.b["X_Y"]']
    assert len({generated_name(address) for address in addresses}) == 3


@pytest.mark.parametrize("address", ["aws_iam_role.r", 'module.m["aws_s3_bucket.b"].aws_kms_key.k'])
def test_other_types_have_their_address_in_parentheses(address: str) -> None:
    assert generated_name(address) == f"({address})"
    assert is_generated(generated_name(address))


@pytest.mark.parametrize("name", ["videos", "generated-videos", "generated-videos-0123456789abc"])
def test_a_configured_name_is_not_generated(name: str) -> None:
    assert not is_generated(name)
