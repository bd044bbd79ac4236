"""Does Terraform build the package of a Lambda function?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, EvaluatedBlock, Resource
from check_support.evaluation import Frame
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
)
from check_support.values import Value, decided, references, shown
from checkov.common.models.enums import CheckCategories

UPLOADS = ("aws_s3_bucket_object", "aws_s3_object", "aws_s3_object_copy")


class FunctionPackageIsBuilt(SourceCheck):
    """CKV_PLANPROOF_13."""

    id = "CKV_PLANPROOF_13"
    requirement = "REQ-08"
    name = "A Lambda function's package is made by Terraform"
    description = (
        "A literal file name is a package that must have been built before, on this machine: in a "
        "fresh clone it is missing. The package must come from an archive_file, or from another "
        "block of the configuration that creates it; one in S3 from an object that Terraform "
        "uploads."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"
    guideline = "Write filename = data.archive_file.<name>.output_path"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_lambda_function",)
    attributes = ("filename", "s3_key")

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The origin of filename, or else of s3_key."""
        if resource.setting("package_type") == "Image":
            return not_applicable("the function is a container image")
        filename = resource.value("filename")
        if filename is None:
            return judge_options(resource.value("s3_key"), partial(_judge_key, configuration))
        return judge_options(filename, partial(_judge_file, resource))


def _judge_file(function: Resource, filename: Value) -> Finding:
    archives = [b for b in function.frame.scope.directory.blocks if "archive_file" in b.labels[:1]]
    frame = Frame(function.frame.scope)
    creating = [
        archive.address
        for archive in archives
        if EvaluatedBlock(archive, frame).value("output_path") == filename
    ]
    if creating:
        return passed(f"{creating[0]} creates the package")
    return _judge_origin("filename", filename)


def _judge_key(configuration: Configuration, key: Value) -> Finding:
    uploads = [r for r in references(key) if r.resource_type in UPLOADS]
    uploaded = configuration.resource_of(uploads[0]) if uploads else None
    if uploaded is None:
        return undetermined(f"s3_key is {shown(key)}, which Terraform may not upload")
    return judge_options(
        uploaded.value("source"), partial(_judge_origin, f"{uploaded.address}'s source")
    )


def _judge_origin(attribute: str, path: Value) -> Finding:
    creating = [r for r in references(path) if r.kind == "module" or r.resource_type]
    if creating:
        return passed(f"{creating[0]} creates the package")
    outside = [r for r in references(path) if r.kind not in ("path", "terraform")]
    if outside or not (decided(path) or references(path)):
        return undetermined(f"{attribute} is {shown(path)}, which Terraform may not create")
    return failed(f"{attribute} is {shown(path)}, which no block of the configuration creates")


check = FunctionPackageIsBuilt()
