"""Parses Terraform resource addresses.

Syntax: https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

from __future__ import annotations

import re

_KEY = r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]"
_INSTANCE_KEY = re.compile(_KEY)
_MODULE = re.compile(rf"(?:module\.[^.\[]+(?:{_KEY})?\.)+")
_LAST_KEY = re.compile(rf"{_KEY}\Z")


def configuration_address(address: str) -> str:
    """An address without instance keys, as the sources declare it."""
    return _INSTANCE_KEY.sub("", address)


def without_last_key(address: str) -> str:
    """``module.m["a"].aws_x.y[0]`` → ``module.m["a"].aws_x.y``: all instances of a resource."""
    return _LAST_KEY.sub("", address)


def module_address(address: str) -> str:
    """The address of the module instance of a resource instance; "" for the root module."""
    found = _MODULE.match(address)
    return found[0].rstrip(".") if found else ""


def module_path(address: str) -> str:
    """``module.a["x"].module.b`` → ``a.b``, the path that ``init`` uses."""
    plain = configuration_address(address)
    return ".".join(plain.split(".")[1::2]) if plain else ""
