"""Terraform addresses, taken apart.

Syntax: https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

from __future__ import annotations

import re

_KEY = r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]"
_INSTANCE_KEY = re.compile(_KEY)
_MODULE = re.compile(rf"(?:module\.[^.\[]+(?:{_KEY})?\.)+")
_LAST_KEY = re.compile(rf"{_KEY}\Z")


def configuration_address(address: str) -> str:
    """An instance's address without any instance keys: what the sources declare."""
    return _INSTANCE_KEY.sub("", address)


def without_last_key(address: str) -> str:
    """``module.m["a"].aws_x.y[0]`` → ``module.m["a"].aws_x.y``: all instances of one resource."""
    return _LAST_KEY.sub("", address)


def module_address(address: str) -> str:
    """The address of the module instance that a resource instance is in; "" for the root module."""
    found = _MODULE.match(address)
    return found[0].rstrip(".") if found else ""


def module_path(address: str) -> str:
    """``module.a["x"].module.b`` → ``a.b``, as the sources and ``init`` name it."""
    plain = configuration_address(address)
    return ".".join(plain.split(".")[1::2]) if plain else ""
