"""Does Terraform deploy a change of a Lambda function's code?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, not_applicable, passed
from check_support.values import Value, literals, references, shown
from checkov.common.models.enums import CheckCategories

VERSIONS = ("source_code_hash", "code_sha256", "s3_object_version")


class FunctionPackageChangeIsSeen(SourceCheck):
    """CKV_PLANPROOF_14."""

    id = "CKV_PLANPROOF_14"
    requirement = "REQ-08"
    name = "A Lambda function has source_code_hash"
    description = (
        "Terraform compares the package's path or key, not its content. Without the hash (for a "
        "package in S3, the object's version) it deploys the first code and never a later one. "
        "The hash of another file does not change with this one."
    )
    source = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function"
    guideline = "Write source_code_hash = data.archive_file.<name>.output_base64sha256"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_lambda_function",)
    attributes = VERSIONS

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The attributes that change with the code."""
        if resource.setting("package_type") == "Image":
            return not_applicable("the function is a container image")
        for name in VERSIONS:
            value = resource.value(name)
            if value is not None:
                return judge_options(value, partial(_judge, _package(resource)))
        return failed("source_code_hash is not set, so a change of the code is not deployed")


def _package(function: Resource) -> Value:
    filename = function.value("filename")
    return function.value("s3_key") if filename is None else filename


def _judge(package: Value, value: Value) -> Finding:
    if value is None:
        return failed("source_code_hash is null, so a change of the code is not deployed")
    if isinstance(value, str):
        return failed(f'the hash or version is always "{value}"')
    if _is_of_another_file(value, package):
        return failed(f"{shown(value)} is not the hash or version of the package, {shown(package)}")
    return passed(f"a change of the code changes {shown(value)}")


def _is_of_another_file(value: Value, package: Value) -> bool:
    """Whether hash and package certainly belong to different files, by their blocks or names."""
    hashed, packaged = _blocks(value), _blocks(package)
    if hashed and packaged:
        return not hashed & packaged
    names = literals(value)
    return isinstance(package, str) and not hashed and bool(names) and package not in names


def _blocks(value: Value) -> set[str]:
    return {reference.root for reference in references(value) if reference.resource_type}


check = FunctionPackageChangeIsSeen()
