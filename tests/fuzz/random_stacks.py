"""Writes random small stacks: identities of AWS resources, and text functions over them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_TRUST = (
    'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", '
    'Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })'
)
_POLICY = (
    'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", '
    'Action = "s3:GetObject", Resource = "*" }] })'
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A resource type: its argument with the name, further arguments, and its identities."""

    type: str
    name: str
    identities: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    prefix: bool = True


# Types that the emulated account creates within a second, with identities as AWS writes them.
_KINDS = (
    _Kind("aws_s3_bucket", "bucket", ("arn", "id", "bucket", "bucket_regional_domain_name",
                                      "bucket_domain_name", "region")),
    _Kind("aws_sns_topic", "name", ("arn", "id", "name", "owner")),
    _Kind("aws_iam_role", "name", ("arn", "id", "name", "unique_id"),
          (f"assume_role_policy = {_TRUST}",)),
    _Kind("aws_iam_policy", "name", ("arn", "id", "name"), (f"policy = {_POLICY}",)),
    _Kind("aws_iam_user", "name", ("arn", "id", "name"), (), prefix=False),
    _Kind("aws_kms_key", "", ("arn", "id", "key_id"), ("deletion_window_in_days = 7",)),
    _Kind("aws_cloudwatch_log_group", "name", ("arn", "id", "name")),
    _Kind("aws_secretsmanager_secret", "name", ("arn", "id", "name"),
          ("recovery_window_in_days = 0",)),
    _Kind("aws_vpc", "", ("arn", "id", "cidr_block", "owner_id"), ('cidr_block = "10.0.0.0/16"',)),
    _Kind("aws_ecr_repository", "name", ("arn", "id", "name", "repository_url", "registry_id"), (),
          prefix=False),
    _Kind("aws_cloudwatch_event_rule", "name", ("arn", "id", "name"),
          ('schedule_expression = "rate(1 hour)"',)),
    _Kind("aws_ssm_parameter", "name", ("arn", "id", "name"),
          ('type = "String"', 'value = "v"'), prefix=False),
)  # fmt: skip
_LITERALS = (
    "", "arn", "arn:", "aws", ":", "/", "-", ".", "orders", "a", "0", "5", "e", "us-east-1", "key/",
    "vpc-", "terraform-", "123456789012", "https://", ":role/", "amazonaws.com", "xyz",
)  # fmt: skip
_WORDS = ("orders", "payments", "audit", "media", "edge", "core", "left", "right")


@dataclass(slots=True)
class RandomStack:
    """One random stack: the text of a module without providers."""

    random: Random
    resources: list[tuple[_Kind, str, int]] = field(default_factory=list)

    def text(self, unique: str) -> str:
        """The sources; ``unique`` keeps its names apart from those of other stacks."""
        lines = [
            'variable "word" {',
            "  type    = string",
            f'  default = "{self.random.choice(_WORDS)}"',
            "}",
        ]
        for number in range(self.random.randint(2, 5)):
            lines += self._resource(number, unique)
        lines += ["locals {", f"  first  = {self._text(2)}", f"  second = {self._text(2)}", "}"]
        lines += ['resource "terraform_data" "result" {', "  input = {"]
        lines.append(f"    v0 = {self._text(3)}")
        lines += [f"    v{n} = {self._value()}" for n in range(1, 12)]
        lines += ["  }", "}"]
        lines += ['resource "terraform_data" "again" {']
        lines += [f"  input = {self._call('terraform_data.result.output.v0')}", "}"]
        lines += ['output "first" {', "  value = local.first", "}"]
        return "\n".join([*lines, ""])

    def _resource(self, number: int, unique: str) -> list[str]:
        kind, count = self.random.choice(_KINDS), self.random.choice((0, 0, 0, 2))
        label = f"r{number}"
        lines = [f'resource "{kind.type}" "{label}" {{']
        if count:
            lines.append(f"  count = {count}")
        if kind.name:
            lines += [f"  {line}" for line in self._name(kind, f"{unique}-{label}", bool(count))]
        lines += [f"  {argument}" for argument in kind.arguments]
        self.resources.append((kind, label, count))
        return [*lines, "}"]

    def _name(self, kind: _Kind, unique: str, several: bool) -> list[str]:
        choice = self.random.choice(("literal", "literal", "variable", "other", "prefix", "none"))
        index = "-${count.index}" if several else ""
        if choice == "prefix" and kind.prefix:
            return [f'{kind.name}_prefix = "{unique}-"']
        if choice == "none" and kind.prefix:
            return []
        if choice == "variable":
            return [f'{kind.name} = "${{var.word}}-{unique}{index}"']
        if choice == "other" and self.resources:
            # A name from another resource, that a plan may not know.
            of = self._identity()
            part = self.random.choice((f"substr(md5({of}), 0, 4)", f"length({of})"))
            return [f'{kind.name} = "{unique}-${{{part}}}{index}"']
        return [f'{kind.name} = "{self.random.choice(_WORDS)}-{unique}{index}"']

    # Expressions ------------------------------------------------------------------------------

    def _identity(self) -> str:
        kind, label, count = self.random.choice(self.resources)
        index = f"[{self.random.randrange(count)}]" if count else ""
        return f"{kind.type}.{label}{index}.{self.random.choice(kind.identities)}"

    def _identities(self) -> str:
        kind, label, count = self.random.choice(self.resources)
        attribute = self.random.choice(kind.identities)
        if count:
            return f"{kind.type}.{label}[*].{attribute}"
        return f"[{kind.type}.{label}.{attribute}, {self._identity()}]"

    def _text(self, depth: int) -> str:
        if depth == 0:
            return self._identity()
        choices = (
            self._identity,
            lambda: json.dumps(self.random.choice(_LITERALS)),
            lambda: "var.word",
            lambda: self._call(self._text(depth - 1)),
            lambda: self._call(self._text(depth - 1)),
            lambda: f'"${{{self._text(depth - 1)}}}-${{{self._text(depth - 1)}}}"',
            lambda: f"{self._condition(depth)} ? {self._text(depth - 1)} : {self._text(depth - 1)}",
            lambda: f"join({self._literal()}, {self._list(depth)})",
            lambda: f"element({self._list(depth)}, {self.random.randint(0, 3)})",
            lambda: f'coalesce({self._text(depth - 1)}, {self._text(depth - 1)}, "x")',
        )
        return f"({self.random.choice(choices)()})"

    def _call(self, text: str) -> str:
        literal, other = self._literal(), self._literal()
        some = self._literal(empty=False)
        calls = (
            f"replace({text}, {some}, {other})",
            f'replace({text}, "/[0-9]+/", {other})',
            f"trimprefix({text}, {literal})",
            f"trimsuffix({text}, {literal})",
            f"trim({text}, {literal})",
            f"trimspace({text})",
            f"upper({text})",
            f"lower({text})",
            f"title({text})",
            f"strrev({text})",
            f"substr({text}, {self.random.randint(0, 8)}, {self.random.choice((-1, 1, 3, 40))})",
            f'try(split({some}, {text})[{self.random.randint(0, 6)}], "none")',
            f"element(split({some}, {text}), {self.random.randint(0, 6)})",
            f"join({literal}, reverse(split({some}, {text})))",
            f'format("%s/%s", {text}, {literal})',
            f'format("%.6s", {text})',
            f'format("%q", {text})',
            f"basename({text})",
            f"dirname({text})",
            f"md5({text})",
            f"base64encode({text})",
            f"urlencode({text})",
            f'try(regex("[0-9a-f]{{4}}", {text}), "none")',
            f"jsonencode({{ a = {text}, b = [{self._identity()}] }})",
            f'try(jsondecode(jsonencode({{ a = {text} }})).a, "none")',
            f'lookup({{ a = {text} }}, "a", "none")',
            f"element(sort([{text}, {self._identity()}]), 0)",
            f"tostring({text})",
            f"one([{text}])",
        )
        return self.random.choice(calls)

    def _list(self, depth: int) -> str:
        choices = (
            self._identities,
            lambda: f"[{self._text(depth - 1)}, {self._identity()}]",
            lambda: f'split(":", {self._text(depth - 1)})',
            lambda: f'compact([{self._text(depth - 1)}, {self._identity()}, ""])',
            lambda: f"distinct(concat({self._identities()}, {self._identities()}))",
            lambda: f"[for x in {self._identities()} : upper(x)]",
            lambda: f'concat([for x in {self._identities()} : x if length(x) > 24], ["none"])',
            lambda: f"tolist(toset({self._identities()}))",
        )
        return self.random.choice(choices)()

    def _condition(self, depth: int) -> str:
        text = self._text(depth - 1)
        choices = (
            f"{text} == {self._literal()}",
            f"{text} != {self._identity()}",
            f"startswith({text}, {self._literal()})",
            f"strcontains({text}, {self._literal()})",
            f'can(regex("^arn:aws:[a-z0-9]+", {text}))',
            f"contains({self._identities()}, {text})",
            f"length({text}) > 30",
        )
        return self.random.choice(choices)

    def _value(self) -> str:
        choices = (
            lambda: self._text(3),
            lambda: self._text(3),
            lambda: self._call(self._identity()),
            lambda: self._call("local.first"),
            lambda: f"length({self._text(2)})",
            lambda: f"{self._condition(2)}",
            lambda: f"{self._condition(2)} ? 1 : 2",
            lambda: self._list(2),
            lambda: f"{{ for i, x in {self._identities()} : i => {self._call('x')} }}",
            lambda: "local.second",
        )
        return self.random.choice(choices)()

    def _literal(self, *, empty: bool = True) -> str:
        return json.dumps(self.random.choice(_LITERALS[0 if empty else 1 :]))


def write_stacks(folder: Path, seed: int, count: int) -> None:
    """Write ``count`` random stacks as modules ``s0``, ``s1`` … of one directory."""
    lines = [
        "terraform {",
        "  required_providers {",
        '    aws = { source = "hashicorp/aws" }',
        "  }",
        "}",
        'provider "aws" {',
        f'  region = "{Random(seed).choice(("us-east-1", "eu-west-1", "ap-southeast-2"))}"',
        "}",
    ]
    for number in range(count):
        module = folder / f"s{number}"
        module.mkdir(parents=True)
        random = Random(seed * 1_000_003 + number)
        (module / "main.tf").write_text(RandomStack(random).text(f"{seed}-{number}"), "utf-8")
        lines += [f'module "s{number}" {{', f'  source = "./s{number}"', "}"]
    (folder / "main.tf").write_text("\n".join([*lines, ""]), "utf-8")
