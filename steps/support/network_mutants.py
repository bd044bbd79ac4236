"""Mutants that add what a pipeline must not have: network resources, and functions in a VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from planproof.mutation.stack.model import Mutant, mutant
from planproof.mutation.stack.rewriting import added, put
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value

_VPC: Final = "vpc-0123456789abcdef0"
_RESOURCES: Final[Mapping[str, Mapping[str, Value]]] = {
    "aws_vpc": {"id": _VPC, "cidr_block": "10.0.0.0/16"},
    "aws_vpc_endpoint": {"vpc_id": _VPC, "vpc_endpoint_type": "Gateway"},
    "aws_subnet": {"vpc_id": _VPC, "cidr_block": "10.0.0.0/24"},
    "aws_internet_gateway": {"vpc_id": _VPC},
    "aws_egress_only_internet_gateway": {"vpc_id": _VPC},
    "aws_nat_gateway": {"subnet_id": "subnet-0123456789abcdef0"},
    "aws_eip": {"domain": "vpc"},
    "aws_route_table": {"vpc_id": _VPC},
    "aws_route_table_association": {"subnet_id": "subnet-0123456789abcdef0"},
    "aws_route": {"destination_cidr_block": "0.0.0.0/0"},
    "aws_security_group": {"vpc_id": _VPC, "name": "planproof"},
    "aws_security_group_rule": {"type": "egress"},
    "aws_network_acl": {"vpc_id": _VPC},
    "aws_network_interface": {"subnet_id": "subnet-0123456789abcdef0"},
    "aws_vpn_gateway": {"vpc_id": _VPC},
}
_CONFIG: Final = [
    {
        "subnet_ids": ["subnet-0123456789abcdef0"],
        "security_group_ids": ["sg-0123456789abcdef0"],
        "ipv6_allowed_for_dual_stack": False,
    }
]


def network_mutants(stack: Stack) -> Iterator[Mutant]:
    """The stack with each network resource, and with each function in a VPC."""
    for type_, values in _RESOURCES.items():
        resource = Resource(f"{type_}.planproof", "managed", type_, "planproof", None, "", values)
        yield mutant("add", resource, "", "nothing", type_, added(resource))
    for function in stack.managed("aws_lambda_function"):
        before = function.get("vpc_config")
        rewrite = put(function.address, ("vpc_config",), _CONFIG)
        yield mutant("enter-vpc", function, "vpc_config", before, _CONFIG, rewrite)
