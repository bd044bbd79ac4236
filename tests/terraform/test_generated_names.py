"""Names that the provider makes up are nobody else's, and an emulated account takes them."""

from __future__ import annotations

import re

import pytest

from planproof.terraform.generated_names import generated_name, is_generated

LONG = 'module.one["a.b"].module.two["c.d"].aws_s3_bucket.of_many_words_that_go_on_and_on["x"]'


@pytest.mark.parametrize("address", ["aws_s3_bucket.b", "aws_sqs_queue.q[0]", LONG])
def test_what_is_made_in_an_account_has_a_name_that_aws_takes(address: str) -> None:
    name = generated_name(address)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert is_generated(name)


def test_names_that_look_alike_are_several() -> None:
    addresses = ['aws_s3_bucket.b["x-y"]', 'aws_s3_bucket.b["x_y"]', 'aws_s3_bucket.b["X_Y"]']
    assert len({generated_name(address) for address in addresses}) == 3


@pytest.mark.parametrize("address", ["aws_iam_role.r", 'module.m["aws_s3_bucket.b"].aws_kms_key.k'])
def test_anything_else_is_no_name_at_all(address: str) -> None:
    assert generated_name(address) == f"({address})"
    assert is_generated(generated_name(address))


@pytest.mark.parametrize("name", ["videos", "generated-videos", "generated-videos-0123456789abc"])
def test_a_configured_name_is_not_generated(name: str) -> None:
    assert not is_generated(name)
