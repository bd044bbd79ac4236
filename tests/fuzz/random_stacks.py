"""Writes random small stacks: identities of AWS resources, and text functions over them."""

from __future__ import annotations

import json
import zipfile
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
    """A resource type that the emulated account creates within a second.

    Attributes:
        name: the argument with the name; "" for a type without one.
        identities: texts that other resources refer to, those that nobody knows among them.
        arguments: the other arguments; "@" stands for the label of the needed resource, "#" for
            a number that each instance has alone.
        needs: the resource that it needs: its type, and its arguments.
        prefix: whether the provider generates a name, or a part of it.
        long: whether a name may have 200 letters.
        before: the text that every name begins with.
        numbers: attributes that are numbers.
    """

    type: str
    name: str
    identities: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    needs: tuple[str, tuple[str, ...]] | None = None
    prefix: bool = True
    long: bool = False
    before: str = ""
    numbers: tuple[str, ...] = ()


_VPC = ("aws_vpc", ('cidr_block = "10.0.0.0/16"',))
_ROLE = ("aws_iam_role", (f"assume_role_policy = {_TRUST}",))
_KINDS = (
    _Kind("aws_s3_bucket", "bucket", ("arn", "id", "bucket", "bucket_regional_domain_name",
                                      "bucket_domain_name", "region", "hosted_zone_id")),
    _Kind("aws_sns_topic", "name", ("arn", "id", "name", "owner"), long=True),
    _Kind("aws_iam_role", "name", ("arn", "id", "name", "unique_id", "create_date"),
          (f"assume_role_policy = {_TRUST}", 'path = "/team/"')),
    _Kind("aws_iam_policy", "name", ("arn", "id", "name"), (f"policy = {_POLICY}",)),
    _Kind("aws_iam_user", "name", ("arn", "id", "name"), prefix=False),
    _Kind("aws_iam_group", "name", ("arn", "id", "name"), ('path = "/a/b/"',), prefix=False),
    _Kind("aws_iam_instance_profile", "name", ("arn", "id", "name", "create_date")),
    _Kind("aws_kms_key", "", ("arn", "id", "key_id"), ("deletion_window_in_days = 7",)),
    _Kind("aws_kms_alias", "name", ("arn", "id", "name", "target_key_arn"),
          ("target_key_id = aws_kms_key.@.key_id",), ("aws_kms_key", ()), before="alias/"),
    _Kind("aws_cloudwatch_log_group", "name", ("arn", "id", "name"), long=True, before="/app/"),
    _Kind("aws_cloudwatch_log_stream", "name", ("arn", "id", "name"),
          ("log_group_name = aws_cloudwatch_log_group.@.name",), ("aws_cloudwatch_log_group", ()),
          prefix=False, long=True),
    _Kind("aws_cloudwatch_metric_alarm", "alarm_name", ("arn", "id", "alarm_name"),
          ('comparison_operator = "GreaterThanThreshold"', "evaluation_periods = 1",
           'metric_name = "m"', 'namespace = "n"', "period = 60", 'statistic = "Sum"',
           "threshold = 1"), prefix=False, long=True),
    _Kind("aws_secretsmanager_secret", "name", ("arn", "id", "name"),
          ("recovery_window_in_days = 0",), long=True),
    _Kind("aws_vpc", "", ("arn", "id", "cidr_block", "owner_id", "main_route_table_id",
                          "default_security_group_id"), ('cidr_block = "10.0.0.0/16"',)),
    _Kind("aws_subnet", "", ("arn", "id", "cidr_block", "owner_id", "vpc_id", "availability_zone"),
          ("vpc_id = aws_vpc.@.id", "cidr_block = cidrsubnet(aws_vpc.@.cidr_block, 8, #)"), _VPC),
    _Kind("aws_security_group", "name", ("arn", "id", "name", "owner_id", "vpc_id"),
          ("vpc_id = aws_vpc.@.id",), _VPC),
    _Kind("aws_route_table", "", ("arn", "id", "owner_id", "vpc_id"), ("vpc_id = aws_vpc.@.id",),
          _VPC),
    _Kind("aws_eip", "", ("arn", "id", "allocation_id", "public_ip"), ('domain = "vpc"',)),
    _Kind("aws_launch_template", "name", ("arn", "id", "name"),
          numbers=("latest_version", "default_version")),
    _Kind("aws_ecr_repository", "name", ("arn", "id", "name", "repository_url", "registry_id"),
          prefix=False),
    _Kind("aws_ecs_cluster", "name", ("arn", "id", "name"), prefix=False),
    _Kind("aws_cloudwatch_event_rule", "name", ("arn", "id", "name"),
          ('schedule_expression = "rate(1 hour)"',)),
    _Kind("aws_cloudwatch_event_bus", "name", ("arn", "id", "name"), prefix=False),
    _Kind("aws_ssm_parameter", "name", ("arn", "id", "name"),
          ('type = "String"', 'value = "v"'), numbers=("version",), prefix=False, long=True),
    _Kind("aws_dynamodb_table", "name", ("arn", "id", "name", "stream_arn", "stream_label"),
          ('hash_key = "id"', 'billing_mode = "PAY_PER_REQUEST"', "stream_enabled = true",
           'stream_view_type = "NEW_IMAGE"', 'attribute {\n    name = "id"\n    type = "S"\n  }'),
          prefix=False),
    _Kind("aws_lambda_function", "function_name",
          ("arn", "id", "function_name", "invoke_arn", "qualified_arn", "version",
           "last_modified"),
          ("role = aws_iam_role.@.arn", 'handler = "a.b"', 'runtime = "python3.12"',
           'filename = "${path.root}/code.zip"'), _ROLE,
          numbers=("source_code_size", "timeout", "reserved_concurrent_executions"), prefix=False),
    _Kind("aws_glue_catalog_database", "name", ("arn", "id", "name", "catalog_id"), prefix=False),
    _Kind("aws_api_gateway_rest_api", "name", ("arn", "id", "name", "execution_arn"),
          prefix=False),
    _Kind("aws_scheduler_schedule_group", "name", ("arn", "id", "name")),
    _Kind("aws_backup_vault", "name", ("arn", "id", "name"),
          numbers=("recovery_points",), prefix=False),
    _Kind("aws_s3_object", "key", ("id", "key", "etag", "version_id"),
          ("bucket = aws_s3_bucket.@.id", 'content = "abc"'), ("aws_s3_bucket", ()), prefix=False,
          long=True),
)  # fmt: skip
_PLAIN_NAMES = ("aws_sns_topic", "aws_iam_role", "aws_iam_user", "aws_dynamodb_table",
                "aws_ecs_cluster", "aws_cloudwatch_event_rule")  # fmt: skip
_LITERALS = (
    "", "arn", "arn:", "aws", ":", "/", "-", ".", "orders", "a", "0", "5", "e", "us-east-1", "key/",
    "/5", "0:", "vpc-", "terraform-", "123456789012", "https://", ":role/", "amazonaws.com", "xyz",
    "r", "_",
)  # fmt: skip
_PATTERNS = (
    "[0-9]+", "^arn:aws:", "[a-z]+-[0-9]", ":([a-z]+)", "[^/]+$", "[0-9a-f]{4}", "(?i)ORDERS",
    "^[^:]*:[^:]*:[^:]*", "-", "[.:]", "([0-9]{12})", "r[0-9]$",
)  # fmt: skip
_VARIABLES = ("var.word", "var.settings.prefix", "var.settings.parts[1]")
_WORDS = ("orders", "payments", "audit", "media", "edge", "core", "left", "right")


@dataclass(frozen=True, slots=True)
class _Declared:
    """A resource of a stack: how often it is there ("count", "for_each" or "once")."""

    kind: _Kind
    label: str
    repeated: str

    @property
    def address(self) -> str:
        return f"{self.kind.type}.{self.label}"


@dataclass(slots=True)
class RandomStack:
    """One random stack: the text of a module without providers."""

    random: Random
    resources: list[_Declared] = field(default_factory=list)
    more: list[str] = field(default_factory=list)  # other texts that expressions may refer to

    def text(self, unique: str) -> str:
        """The sources; ``unique`` keeps its names apart from those of other stacks."""
        lines = [
            'variable "word" {', "  type    = string",
            f'  default = "{self.random.choice(_WORDS)}"', "}",
            'variable "settings" {',
            "  type = object({ prefix = string, parts = list(string), tags = optional(string) })",
            '  default = { prefix = "team", parts = ["one", "two"] }', "}",
        ]  # fmt: skip
        for number in range(self.random.randint(1, 3)):
            lines += self._resource(number, unique)
        lines += self._module(unique)
        lines += self._data()
        lines += ["locals {", f"  first  = {self._text(2)}", f"  second = {self._text(2)}"]
        lines += [f'  map    = {{ a = {self._text(2)}, "b.c" = {self._text(1)} }}']
        lines += [f"  list   = [{self._text(1)}, {self._text(1)}]"]
        lines += ['  pattern = "<$${x}>"', "}"]
        self.more += ["local.first", "local.second", "local.map.a", 'local.map["b.c"]']
        self.more += ["local.list[0]", "local.list[1]"]
        lines += ['resource "terraform_data" "result" {', "  input = {"]
        lines.append(f"    v0 = {self._text(3)}")
        lines += [f"    v{n} = {self._value()}" for n in range(1, 16)]
        lines += ["  }", "}"]
        lines += ['resource "terraform_data" "again" {']
        lines += [f"  input = {self._call('terraform_data.result.output.v0')}", "}"]
        lines += self._each(unique)
        lines += ['output "first" {', "  value = local.first", "}"]
        return "\n".join([*lines, ""])

    def _resource(self, number: int, unique: str) -> list[str]:
        kind = self.random.choice(_KINDS)
        repeated = self.random.choice(("once", "once", "once", "count", "for_each"))
        label = f"r{number}"
        lines = []
        if kind.needs:
            needed, arguments = kind.needs
            lines += [f'resource "{needed}" "{label}" {{', *(f"  {a}" for a in arguments), "}"]
        lines.append(f'resource "{kind.type}" "{label}_" {{')
        if repeated == "count":
            lines.append("  count = 2")
        elif repeated == "for_each":
            lines.append('  for_each = toset(["a", "b"])')
        if kind.name:
            lines += [f"  {line}" for line in self._name(kind, f"{unique}-{label}", repeated)]
        numbers = {"count": "count.index", "for_each": 'each.key == "a" ? 7 : 8', "once": "9"}
        for argument in kind.arguments:
            lines.append(f"  {argument.replace('@', label).replace('#', numbers[repeated])}")
        self.resources.append(_Declared(kind, f"{label}_", repeated))
        return [*lines, "}"]

    def _name(self, kind: _Kind, unique: str, repeated: str) -> list[str]:
        choice = self.random.choice(
            ("literal", "literal", "variable", "other", "chain", "prefix", "none")
        )
        index = {"count": "-${count.index}", "for_each": "-${each.key}"}.get(repeated, "")
        if choice == "prefix" and kind.prefix:
            return [f'{kind.name}_prefix = "{kind.before}{unique}-"']
        if choice == "none" and kind.prefix:
            return []
        if choice == "variable":
            return [f'{kind.name} = "{kind.before}${{var.word}}-{unique}{index}"']
        if choice == "other" and self.resources:
            # A name from another resource, that a plan may not know.
            of = self._identity()
            part = self.random.choice((f"substr(md5({of}), 0, 4)", f"length({of})"))
            return [f'{kind.name} = "{kind.before}{unique}-${{{part}}}{index}"']
        plain = [one for one in self.resources if one.kind.type in _PLAIN_NAMES]
        if choice == "chain" and kind.long and plain:
            one = self.random.choice(plain)
            of = f"{one.address}{self._index(one)}.name"
            return [f'{kind.name} = "{kind.before}${{{of}}}-{unique}{index}"']
        return [f'{kind.name} = "{kind.before}{self.random.choice(_WORDS)}-{unique}{index}"']

    def _module(self, unique: str) -> list[str]:
        """A call of the module beside the stack."""
        if self.random.random() < 0.4:
            return []
        repeated = self.random.choice(("", '  for_each = toset(["x", "y"])', "  count = 1"))
        key = "-${each.key}" if "each" in repeated else ""
        index = '["x"]' if "each" in repeated else "[0]" if repeated else ""
        lines = [
            'module "inner" {', '  source = "./inner"', repeated,
            f'  name = "inner-{unique}{key}"',
            f"  text = {self._text(2)}",
            f"  list = {self._list(1)}",
            "}",
        ]  # fmt: skip
        self.more += [f"module.inner{index}.{name}" for name in ("arn", "text", "changed")]
        self.more.append(f"module.inner{index}.all.name")
        return lines

    def _data(self) -> list[str]:
        """Data sources that compute their values from identities."""
        lines = ['data "aws_caller_identity" "me" {', "}", 'data "aws_region" "here" {', "}"]
        self.more += ["data.aws_caller_identity.me.account_id", "terraform.workspace"]
        if self.random.random() < 0.6:
            lines += [
                'data "aws_iam_policy_document" "d" {', "  statement {",
                '    actions   = ["s3:GetObject"]',
                f'    resources = ["${{{self._identity()}}}/*", {self._text(1)}]',
                "    condition {", '      test     = "StringEquals"',
                '      variable = "aws:SourceArn"', f"      values   = {self._list(1)}", "    }",
                "  }", '  dynamic "statement" {', f"    for_each = {self._identities()}",
                "    content {", '      sid       = "S${statement.key}"',
                '      actions   = ["sns:Publish"]', "      resources = [statement.value]",
                "    }", "  }", "}",
            ]  # fmt: skip
            self.more.append("data.aws_iam_policy_document.d.json")
        arns = [one for one in self.resources if "arn" in one.kind.identities]
        if arns and self.random.random() < 0.5:
            one = self.random.choice(arns)
            lines += ['data "aws_arn" "a" {', f"  arn = {one.address}{self._index(one)}.arn", "}"]
            self.more += [f"data.aws_arn.a.{p}" for p in ("service", "region", "resource")]
        return lines

    def _each(self, unique: str) -> list[str]:
        """A resource for each instance of another one."""
        for one in self.resources:
            if one.repeated == "for_each":
                value = f"each.value.{self.random.choice(one.kind.identities)}"
                return [
                    'resource "aws_ssm_parameter" "each" {', f"  for_each = {one.address}",
                    f'  name     = "/each/{unique}/${{each.key}}"', '  type     = "String"',
                    f'  value    = "v-${{{self._call(value)}}}"',
                    f'  description = "d ${{replace({value}, "/[^a-z:]/", "")}}"', "}",
                ]  # fmt: skip
        return []

    # Expressions ------------------------------------------------------------------------------

    def _index(self, one: _Declared) -> str:
        if one.repeated == "count":
            return self.random.choice(("[0]", "[1]"))
        return self.random.choice(('["a"]', '["b"]')) if one.repeated == "for_each" else ""

    def _identity(self) -> str:
        one = self.random.choice(self.resources)
        return f"{one.address}{self._index(one)}.{self.random.choice(one.kind.identities)}"

    def _identities(self) -> str:
        one = self.random.choice(self.resources)
        attribute = self.random.choice(one.kind.identities)
        if one.repeated == "count":
            return f"{one.address}[*].{attribute}"
        if one.repeated == "for_each":
            choices = (
                f"values({one.address})[*].{attribute}",
                f"[for k, v in {one.address} : v.{attribute}]",
                f'[for k in ["a", "b"] : {one.address}[k].{attribute}]',
            )
            return self.random.choice(choices)
        return f"[{one.address}.{attribute}, {self._identity()}]"

    def _leaf(self) -> str:
        if self.more and self.random.random() < 0.3:
            return self.random.choice(self.more)
        one = self.random.choice(self.resources)
        if one.kind.numbers and self.random.random() < 0.4:
            number = f"{one.address}{self._index(one)}.{self.random.choice(one.kind.numbers)}"
            texts = (f"tostring({number})", f"tostring({number} + 1)", f'"n${{{number}}}"')
            return self.random.choice(texts)
        return self._identity()

    def _text(self, depth: int) -> str:
        if depth == 0:
            return self._leaf()
        choices = (
            self._leaf,
            self._leaf,
            lambda: json.dumps(self.random.choice(_LITERALS)),
            lambda: self.random.choice(_VARIABLES),
            lambda: self._call(self._text(depth - 1)),
            lambda: self._call(self._text(depth - 1)),
            lambda: self._call(self._text(depth - 1)),
            lambda: f'"${{{self._text(depth - 1)}}}-${{{self._text(depth - 1)}}}"',
            lambda: (
                f'"%{{ if {self._condition(depth)} }}${{{self._leaf()}}}%{{ else }}no%{{ endif }}"'
            ),
            lambda: f'"%{{ for x in {self._list(depth)} }}${{x}},%{{ endfor }}"',
            lambda: f"{self._condition(depth)} ? {self._text(depth - 1)} : {self._text(depth - 1)}",
            lambda: f"join({self._literal()}, {self._list(depth)})",
            lambda: f'element(concat({self._list(depth)}, ["e"]), {self.random.randint(0, 3)})',
            lambda: f'coalesce({self._text(depth - 1)}, {self._text(depth - 1)}, "x")',
        )
        return f"({self.random.choice(choices)()})"

    def _call(self, text: str) -> str:
        literal, other = self._literal(), self._literal()
        some, pattern = self._literal(empty=False), json.dumps(self.random.choice(_PATTERNS))
        number = self.random.randint(0, 6)
        calls = (
            f"replace({text}, {some}, {other})",
            f"replace({text}, {some}, {other})",
            f'replace({text}, "/{self.random.choice(_PATTERNS)}/", {other})',
            f"trimprefix({text}, {literal})",
            f"trimsuffix({text}, {literal})",
            f"trim({text}, {literal})",
            f"trimspace({text})",
            f"chomp({text})",
            f"indent(2, {text})",
            f"upper({text})",
            f"lower({text})",
            f"title({text})",
            f"strrev({text})",
            f"substr({text}, {self.random.randint(0, 8)}, {self.random.choice((-1, 1, 3, 40))})",
            f'try(split({some}, {text})[{number}], "none")',
            f"element(split({some}, {text}), {number})",
            f'try(slice(split({some}, {text}), 1, 3)[0], "none")',
            f"join({literal}, reverse(split({some}, {text})))",
            f'format("%s/%s", {text}, {literal})',
            f'format("%.6s", {text})',
            f'format("%60s|%-60s", {text}, {text})',
            f'format("%q", {text})',
            f'format("%03d", length({text}))',
            f'join(",", formatlist("%s-%s", [{text}, "k"], {self._identity()}))',
            f"basename({text})",
            f"dirname({text})",
            f"md5({text})",
            f"sha1({text})",
            f"sha256({text})",
            f"base64sha256({text})",
            f'uuidv5("dns", {text})',
            f"base64encode({text})",
            f"base64decode(base64encode({text}))",
            f"urlencode({text})",
            f'try(regex({pattern}, {text}), "none") == "x" ? "y" : "z"',
            f'try(tostring(regex("[0-9a-f]{{4}}", {text})), "none")',
            f'try(regex("^arn:aws:(?P<service>[a-z0-9]+)", {text}).service, "none")',
            f'try(regex("^(.+)[:/]([^:/]+)$", {text})[1], "none")',
            f'join("|", flatten(regexall({pattern}, {text})))',
            f"jsonencode({{ a = {text}, b = [{self._identity()}] }})",
            f"yamlencode({{ a = {text} }})",
            f'try(yamldecode(yamlencode({{ a = {text} }})).a, "none")',
            f'try(jsondecode(jsonencode({{ a = {text} }})).a, "none")',
            f'lookup({{ a = {text} }}, "a", "none")',
            f'lookup(merge({{ a = "1" }}, {{ a = {text} }}), {self._literal()}, {text})',
            f'lookup(zipmap(["a", "b"], [{text}, "z"]), "a", "none")',
            f'keys({{ ({text}) = 1 }})[0]',
            f"element(sort([{text}, {self._identity()}]), 0)",
            f"join(\",\", flatten([[{text}], {self._identities()}]))",
            f"join(\"+\", chunklist([{text}, \"b\", \"c\"], 2)[0])",
            f"join(\"\", [for c in split(\"\", {text}) : c if c != {self._literal()}])",
            f"tostring({text})",
            f"one([{text}])",
            f"nonsensitive(sensitive({text}))",
            f'try(cidrsubnet({text}, 4, {number}), "none")',
            f'try(cidrhost({text}, 5), "none")',
            f'tostring(try(tonumber({text}), -1))',
            f'tostring(try(parseint(substr({text}, 0, 4), 16), -1))',
            f'templatefile("${{path.module}}/t.tftpl", {{ x = {text} }})',
            f'try(tostring(index(concat({self._identities()}, ["k"]), {text})), "none")',
            f'element(matchkeys(["p", "q"], [{text}, "k"], ["k", {self._literal()}]), 0)',
            f"{text} == timestamp() ? \"same\" : \"other\"",
        )  # fmt: skip
        return f"({self.random.choice(calls)})"

    def _list(self, depth: int) -> str:
        choices = (
            self._identities,
            lambda: f"[{self._text(depth - 1)}, {self._leaf()}]",
            lambda: f'split(":", {self._text(depth - 1)})',
            lambda: f'split("/", {self._text(depth - 1)})',
            lambda: f'compact([{self._text(depth - 1)}, {self._identity()}, ""])',
            lambda: f"distinct(concat({self._identities()}, {self._identities()}))",
            lambda: f"[for x in {self._identities()} : upper(x)]",
            lambda: f'[for i, x in {self._identities()} : "${{i}}-${{x}}"]',
            lambda: f'concat([for x in {self._identities()} : x if length(x) > 24], ["none"])',
            lambda: f"tolist(toset({self._identities()}))",
            lambda: f"sort({self._identities()})",
            lambda: f"reverse({self._identities()})",
            lambda: f"slice({self._identities()}, 0, 1)",
            lambda: f'flatten([{self._identities()}, ["f"]])',
            lambda: f'formatlist("%s/*", {self._identities()})',
            lambda: f'tolist(setunion({self._identities()}, ["u"]))',
            lambda: f"tolist(setsubtract({self._identities()}, [{self._identity()}]))",
            lambda: f'coalescelist({self._identities()}, ["c"])',
            lambda: f"values({{ b = {self._text(depth - 1)}, a = {self._leaf()} }})",
            lambda: f"keys({{ for x in {self._identities()} : x => 1... }})",
            lambda: f'regexall("[a-z]+", {self._text(depth - 1)})',
            lambda: f'[for p in setproduct(["a"], {self._identities()}) : join("=", p)]',
            lambda: "local.list" if "local.first" in self.more else 'tolist(["q"])',
        )
        return self.random.choice(choices)()

    def _condition(self, depth: int) -> str:
        text = self._text(depth - 1)
        choices = (
            f"{text} == {self._literal()}",
            f"{text} != {self._identity()}",
            f"startswith({text}, {self._literal()})",
            f"endswith({text}, {self._literal()})",
            f"strcontains({text}, {self._literal()})",
            f'can(regex("^arn:aws:[a-z0-9]+", {text}))',
            f"contains({self._identities()}, {text})",
            f"length({text}) > 30",
            f"length({text}) == {self.random.choice((0, 21, 36))}",
            f"alltrue([for x in {self._identities()} : length(x) > 12])",
            f'anytrue([for x in {self._identities()} : startswith(x, "arn:")])',
            f"!({text} == {self._identity()}) && var.word != {self._literal()}",
            f"length(distinct({self._identities()})) == 1",
        )
        return f"({self.random.choice(choices)})"

    def _value(self) -> str:
        choices = (
            self._identity,
            lambda: self._text(1),
            lambda: self._text(3),
            lambda: self._text(3),
            lambda: self._call(self._identity()),
            lambda: self._call(self._identity()),
            lambda: self._call(self._leaf()),
            lambda: f"length({self._text(2)})",
            lambda: f"length({self._list(1)})",
            lambda: f"{self._condition(2)}",
            lambda: f"{self._condition(2)} ? 1 : 2",
            lambda: f"{self._condition(1)} ? null : {self._text(1)}",
            lambda: self._list(2),
            lambda: f"{{ for i, x in {self._identities()} : i => {self._call('x')} }}",
            lambda: f"{{ for x in {self._identities()} : x => length(x)... }}",
            lambda: f'{{ "${{var.word}}" = {self._text(2)}, k = {{ l = [{self._text(1)}] }} }}',
            lambda: "merge(local.map, { a = local.second })",
            lambda: f"chunklist({self._list(1)}, 2)",
            lambda: f'regexall("([a-z]+)[-:/]", {self._text(1)})',
        )
        return self.random.choice(choices)()

    def _literal(self, *, empty: bool = True) -> str:
        return json.dumps(self.random.choice(_LITERALS[0 if empty else 1 :]))


_INNER = """
variable "name" {}
variable "text" {}
variable "list" {
  type = list(string)
}
resource "aws_sns_topic" "t" {
  name = var.name
}
output "arn" {
  value = aws_sns_topic.t.arn
}
output "all" {
  value = aws_sns_topic.t
}
output "text" {
  value = var.text
}
output "changed" {
  value = "${upper(var.text)}/${join(",", var.list)}"
}
"""


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
        (module / "inner").mkdir(parents=True)
        random = Random(seed * 1_000_003 + number)
        (module / "main.tf").write_text(RandomStack(random).text(f"{seed}-{number}"), "utf-8")
        (module / "inner" / "main.tf").write_text(_INNER, "utf-8")
        (module / "t.tftpl").write_text('<${x}%{ if x == "" }empty%{ endif }>', "utf-8")
        lines += [f'module "s{number}" {{', f'  source = "./s{number}"', "}"]
    with zipfile.ZipFile(folder / "code.zip", "w") as code:
        code.writestr("a.py", "def b(event, context): pass")
    (folder / "main.tf").write_text("\n".join([*lines, ""]), "utf-8")
