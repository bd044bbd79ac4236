"""AWS's documented defaults, and what they depend on."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from planproof import service_facts
from planproof.service_facts import NO_DEFAULT, add_defaults, default, documented_defaults
from planproof.terraform.binary import find_binary
from planproof.terraform.workspace import Workspace
from planproof.values import UNKNOWN
from tests.builders.plan_files import TERRAFORM


def none(_type: str, _attribute: str) -> bool:
    """No other resource sets a value."""
    return False


@pytest.mark.parametrize(
    ("type_", "path", "values", "expected"),
    [
        ("aws_lambda_function", "ephemeral_storage.size", {}, 512),
        ("aws_lambda_function", "architectures", {}, ["x86_64"]),
        ("aws_sns_topic", "tracing_config", {}, "PassThrough"),
        ("aws_dynamodb_table", "point_in_time_recovery.enabled", {}, False),
        ("aws_api_gateway_rest_api", "endpoint_configuration.types", {}, ["EDGE"]),
        # The value of another attribute decides.
        ("aws_db_instance", "port", {"engine": "postgres"}, 5432),
        ("aws_db_instance", "port", {"engine": "oracle-ee"}, 1521),
        ("aws_db_instance", "port", {"engine": "custom-oracle-ee"}, NO_DEFAULT),
        ("aws_db_instance", "port", {}, NO_DEFAULT),
        ("aws_db_instance", "port", {"engine": UNKNOWN}, NO_DEFAULT),
        ("aws_kms_key", "rotation_period_in_days", {"enable_key_rotation": True}, 365),
        ("aws_kms_key", "rotation_period_in_days", {"enable_key_rotation": False}, NO_DEFAULT),
        ("aws_sqs_queue", "deduplication_scope", {"fifo_queue": True}, "queue"),
        ("aws_sqs_queue", "deduplication_scope", {"fifo_queue": False}, NO_DEFAULT),
        # It may have a default of its own.
        ("aws_lb", "internal", {}, False),
        ("aws_lb", "internal", {"load_balancer_type": "network"}, False),
        ("aws_lb", "internal", {"load_balancer_type": "gateway"}, NO_DEFAULT),
        ("aws_eks_cluster", "vpc_config.public_access_cidrs", {}, ["0.0.0.0/0"]),
        (
            "aws_eks_cluster",
            "vpc_config.public_access_cidrs",
            {"kubernetes_network_config": [{"ip_family": "ipv6"}]},
            NO_DEFAULT,
        ),
        # Any value will do, but it has to be set.
        ("aws_lb_target_group", "ip_address_type", {"protocol": "TLS"}, "ipv4"),
        ("aws_lb_target_group", "ip_address_type", {"protocol": None}, NO_DEFAULT),
        # Others bring a value of their own.
        ("aws_sqs_queue", "sqs_managed_sse_enabled", {}, True),
        ("aws_sqs_queue", "sqs_managed_sse_enabled", {"kms_master_key_id": None}, True),
        ("aws_sqs_queue", "sqs_managed_sse_enabled", {"kms_master_key_id": ""}, True),
        ("aws_sqs_queue", "sqs_managed_sse_enabled", {"kms_master_key_id": "k"}, NO_DEFAULT),
        ("aws_sqs_queue", "sqs_managed_sse_enabled", {"kms_master_key_id": UNKNOWN}, NO_DEFAULT),
        ("aws_db_instance", "backup_retention_period", {}, 0),
        ("aws_db_instance", "backup_retention_period", {"snapshot_identifier": "s"}, NO_DEFAULT),
        ("aws_s3_bucket", "versioning.enabled", {}, False),
        ("aws_s3_bucket", "versioning.enabled", {"object_lock_enabled": False}, False),
        ("aws_s3_bucket", "versioning.enabled", {"object_lock_enabled": True}, NO_DEFAULT),
        ("aws_s3_bucket", "versioning.enabled", {"object_lock_enabled": UNKNOWN}, NO_DEFAULT),
        # An account's settings decide, or nothing is documented.
        ("aws_ebs_volume", "encrypted", {}, NO_DEFAULT),
        ("aws_instance", "metadata_options.http_tokens", {}, NO_DEFAULT),
        ("aws_ssm_parameter", "tier", {}, NO_DEFAULT),
        ("aws_ecr_repository", "image_scanning_configuration.scan_on_push", {}, NO_DEFAULT),
        ("aws_s3_bucket", "policy", {}, NO_DEFAULT),
        ("aws_no_such_type", "x", {}, NO_DEFAULT),
    ],
)
def test_default(type_: str, path: str, values: Mapping[str, Any], expected: object) -> None:
    found = default(type_, path, values, none)
    assert found == expected
    assert type(found) is type(expected)


def test_another_resource_may_set_the_value() -> None:
    asked: list[tuple[str, str]] = []

    def one(type_: str, attribute: str) -> bool:
        asked.append((type_, attribute))
        return True

    assert default("aws_s3_bucket", "acl", {}, one) is NO_DEFAULT
    assert asked == [("aws_s3_bucket_acl", "bucket")]
    assert default("aws_s3_bucket", "acl", {}, none) == "private"


def test_without_the_stack_any_resource_may_set_the_value() -> None:
    assert default("aws_s3_bucket", "acl", {}) is NO_DEFAULT
    assert default("aws_vpc", "enable_dns_hostnames", {}) is False


def test_every_default_has_a_page_of_aws_or_the_provider() -> None:
    allowed = (
        "https://docs.aws.amazon.com/",
        "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/",
    )
    assert not [
        key for key, one in documented_defaults().items() if not one.page.startswith(allowed)
    ]


def test_no_default_is_lost() -> None:
    text = files(service_facts).joinpath("defaults.toml").read_text("utf-8")
    written = {
        (type_, path)
        for type_, section in tomllib.loads(text).items()
        for path in section
        if path != "page"
    }
    assert written == set(documented_defaults())


@pytest.fixture
def restored() -> Iterator[None]:
    before = dict(documented_defaults())
    yield
    held: Any = documented_defaults()
    held.clear()
    held.update(before)


@pytest.mark.usefixtures("restored")
def test_defaults_can_be_added() -> None:
    add_defaults('[aws_x_y]\npage = "https://x/"\nsize = { by = "kind|a", "b*" = 1, else = 2 }\n')
    assert default("aws_x_y", "size", {}) == 2
    assert default("aws_x_y", "size", {"kind": "bc"}) == 1


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("size = { value = 1, otherwise = 2 }", "aws_x_y.size: otherwise is no field"),
        ("size = { when_unset = ['a'] }", "aws_x_y.size: a default has either"),
        ("size = { by = 'kind' }", "aws_x_y.size: a default has either"),
        ("size = { by = 'kind', value = 1, a = 2 }", "aws_x_y.size: a default has either"),
        ("size = { value = 1, page = '' }", "aws_x_y.size: no page"),
        ("size = { value = 1, set_by = ['aws_x_z'] }", 'aws_x_y.size: "set_by" names no'),
    ],
)
@pytest.mark.usefixtures("restored")
def test_an_entry_with_a_mistake_is_refused(entry: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        add_defaults(f'[aws_x_y]\npage = "https://x/"\n{entry}\n')
    assert default("aws_x_y", "size", {}) is NO_DEFAULT


PROVIDER = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
"""


@pytest.mark.slow
@pytest.mark.terraform
def test_every_default_is_of_an_attribute_that_aws_fills_in(tmp_path: Path) -> None:
    source = tmp_path / "provider"
    source.mkdir()
    (source / "main.tf").write_text(PROVIDER)
    with Workspace.cached(source, find_binary(), tmp_path / "cache").prepared() as workspace:
        providers = json.loads(workspace.terraform("providers", "schema", "-json"))
    schemas = providers["provider_schemas"][TERRAFORM]
    for (type_, path), one in documented_defaults().items():
        block = schemas["resource_schemas"][type_]["block"]
        *blocks, name = path.split(".")
        for step in blocks:
            block = block["block_types"][step]["block"]
        attribute = block["attributes"][name]
        # Inside a block it need not be computed: the provider fills in the block as a whole.
        assert attribute.get("computed") or blocks, (type_, path)
        assert attribute.get("optional") or attribute.get("required"), (type_, path)
        for value in [one.value] if one.by is None else one.cases.values():
            assert _is_of(value, attribute["type"]), (type_, path)


def _is_of(value: Any, type_: Any) -> bool:
    """Whether a value is of the type of an attribute."""
    if isinstance(type_, list):
        return isinstance(value, list) and all(_is_of(item, type_[1]) for item in value)
    return isinstance(value, {"string": str, "bool": bool, "number": int}[type_]) and not (
        type_ == "number" and isinstance(value, bool)
    )
