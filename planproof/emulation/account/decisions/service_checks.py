"""Permissions of calls of KMS, Lambda, Secrets Manager, Systems Manager, STS, Step Functions
and MediaConvert.

Sources: AWS KMS Developer Guide, "AWS KMS permissions"; Lambda, Secrets Manager, Systems Manager,
Step Functions and MediaConvert in the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.kms_checks import key_arn, key_context, key_use_checks
from planproof.emulation.account.decisions.kms_keys import key_of
from planproof.emulation.account.decisions.reference_checks import checks_by_reference
from planproof.iam.actions import resource_types
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

_DATA_KEY: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_KEY_ID_LENGTH: Final = 36


def keys(call: CheckedCall) -> Iterator[PermissionCheck]:
    """KMS: the key by id, ARN or alias, or the key that encrypted the ciphertext."""
    for action in call.actions():
        types = resource_types(action)
        if "key" not in types:
            yield from (check for check in checks_by_reference(call) if check.action == action)
            continue
        name = call.text("KeyId", "TargetKeyId")
        context = call.parameters.get("EncryptionContext")
        if action == "kms:ReEncryptFrom":
            name = call.text("SourceKeyId")
            context = call.parameters.get("SourceEncryptionContext")
        elif action == "kms:ReEncryptTo":
            name = call.text("DestinationKeyId")
            context = call.parameters.get("DestinationEncryptionContext")
        name = name or _key_of_ciphertext(call.parameters.get("CiphertextBlob"))
        key = key_of(call.state, name, call.api_call.region) if name else None
        alias = name[name.find("alias/") :] if "alias/" in name else None
        about: dict[str, ContextValue | None] = {
            **key_context(key, dict(context or {})),
            "kms:ViaService": None,
            "kms:RequestAlias": alias,
        }
        arn = key_arn(name, key)
        if arn is UNKNOWN and name and not alias:
            arn = call.arn("kms", f"key/{name}")
        missing = f"there is no KMS key {name}" if name else f"{call.api_call} names no KMS key"
        yield PermissionCheck(action, arn, about, "" if key is not None else missing)
        if "alias" in types and (alias_name := call.text("AliasName")):
            yield PermissionCheck(action, call.arn("kms", alias_name), about)


def _key_of_ciphertext(blob: Any) -> str:
    """The id of the key; moto puts it at the start of a ciphertext."""
    if not isinstance(blob, bytes):
        return ""
    return blob[:_KEY_ID_LENGTH].decode("ascii", errors="replace")


def functions(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Lambda: the function by name, partial or full ARN, with its version or alias."""
    name = call.text("FunctionName")
    if not name:
        yield from checks_by_reference(call)
        return
    pieces = name.split(":")
    if "function" in pieces:
        at = pieces.index("function")
        name, own = pieces[at + 1], pieces[at + 2 :]
    else:
        name, own = pieces[0], pieces[1:]
    qualifier = call.text("Qualifier") or (own[0] if own else "")
    for action in call.actions():
        arn = call.arn("lambda", f"function:{name}")
        if qualifier and action == "lambda:InvokeFunction":
            arn = f"{arn}:{qualifier}"
        yield PermissionCheck(action, arn if resource_types(action) else "*")


def secrets(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Secrets Manager: the secret by name or ARN and the key that encrypts it."""
    name = call.text("SecretId")
    backend = call.state.backend("secretsmanager", call.api_call.region)
    secret = backend.secrets.get(name) if name and backend else None
    if secret is None and not name.startswith("arn:"):
        if name:
            for action in call.actions():
                yield call.unknown(action, f"there is no secret {name}, so its ARN is unknown")
        else:
            yield from checks_by_reference(call)
        return
    arn = str(secret.arn) if secret is not None else name
    stage = call.text("VersionStage") or None
    if call.operation == "GetSecretValue" and not call.text("VersionId"):
        stage = stage or "AWSCURRENT"
    about: dict[str, ContextValue | None] = {
        "secretsmanager:SecretId": arn,
        "secretsmanager:VersionId": call.text("VersionId") or None,
        "secretsmanager:VersionStage": stage,
    }
    yield from call.each(arn, about)
    key = getattr(secret, "kms_key_id", None)
    actions: tuple[str, ...] = ()
    if call.operation == "GetSecretValue":
        actions = ("kms:Decrypt",)
    elif call.text("SecretString") or call.parameters.get("SecretBinary"):
        actions = _DATA_KEY
    if key and actions:
        yield from key_use_checks(call, "secretsmanager", str(key), actions, {"SecretARN": arn})


def parameters(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Systems Manager: parameters by name or path and the keys of SecureStrings."""
    named = call.parameters.get("Names") or [call.text("Name", "Path")]
    if "arameter" not in call.operation or not all(named):
        yield from checks_by_reference(call)
        return
    for name in named:
        own = name if name.startswith("arn:") else ""
        plain = name.partition(":parameter/")[2] if own else name.lstrip("/")
        arn = own or call.arn("ssm", f"parameter/{plain}")
        yield from call.each(arn, {"ssm:Recursive": call.parameters.get("Recursive")})
        yield from _secure_string_checks(call, name, arn)


def _secure_string_checks(call: CheckedCall, name: str, arn: str) -> Iterator[PermissionCheck]:
    context = {"PARAMETER_ARN": arn}
    if call.operation == "PutParameter":
        if call.text("Type") == "SecureString":
            key = call.text("KeyId") or "alias/aws/ssm"
            yield from key_use_checks(call, "ssm", key, ("kms:Encrypt",), context)
        return
    if not call.parameters.get("WithDecryption"):
        return
    backend = call.state.backend("ssm", call.api_call.region)
    if backend is None:
        return
    if call.operation == "GetParametersByPath":
        stored = backend.get_parameters_by_path(name, True, [])[0]
    else:
        stored = backend.get_parameters([name]).values()
    for parameter in stored:
        if parameter.parameter_type == "SecureString":
            context = {"PARAMETER_ARN": call.arn("ssm", f"parameter/{parameter.name.lstrip('/')}")}
            key = str(parameter.keyid or "alias/aws/ssm")
            yield from key_use_checks(call, "ssm", key, ("kms:Decrypt",), context)


def security_tokens(call: CheckedCall) -> Iterator[PermissionCheck]:
    """STS: the role to assume."""
    role = call.text("RoleArn")
    if not role:
        for action in call.actions():
            yield PermissionCheck(action, "*")
        return
    about: dict[str, ContextValue | None] = {
        "sts:ExternalId": call.text("ExternalId") or None,
        "sts:RoleSessionName": call.text("RoleSessionName") or None,
    }
    yield from call.each(role, about)


def machines(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Step Functions: a state machine, execution or activity by its ARN."""
    arn = call.text("stateMachineArn", "executionArn", "activityArn", "mapRunArn", "resourceArn")
    if arn:
        yield from call.each(arn)
        return
    yield from checks_by_reference(call)


def jobs(call: CheckedCall) -> Iterator[PermissionCheck]:
    """MediaConvert: the queue of a job, "Default" if it names none, its template and presets."""
    operation = call.operation
    if operation in ("CreateJob", "ListJobs", "SearchJobs", "StartJobsQuery"):
        yield from call.each(_resource_arn(call, "queues", call.text("Queue") or "Default"))
        if operation == "CreateJob":
            if template := call.text("JobTemplate"):
                yield from call.each(_resource_arn(call, "jobTemplates", template))
            for preset in sorted(_presets(call.parameters.get("Settings"))):
                yield from call.each(_resource_arn(call, "presets", preset))
        return
    name = call.text("Id", "Name")
    for ending, kind in (
        ("JobTemplate", "jobTemplates"),
        ("Job", "jobs"),
        ("Queue", "queues"),
        ("Preset", "presets"),
    ):
        if operation.endswith(ending) and name:
            for action in call.actions():
                known = bool(resource_types(action))
                yield PermissionCheck(action, _resource_arn(call, kind, name) if known else "*")
            return
    if arn := call.text("Arn"):
        yield from call.each(arn)
        return
    yield from checks_by_reference(call)


def _resource_arn(call: CheckedCall, kind: str, name: str) -> str | Unknown:
    return name if name.startswith("arn:") else call.arn("mediaconvert", f"{kind}/{name}")


def _presets(settings: Any) -> set[str]:
    """The presets that a job's outputs name."""
    presets: set[str] = set()
    if not isinstance(settings, Mapping):
        return presets
    for group in settings.get("OutputGroups") or ():
        for output in group.get("Outputs") or ():
            if isinstance(output.get("Preset"), str):
                presets.add(output["Preset"])
    return presets
