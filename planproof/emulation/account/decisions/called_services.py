"""What a call of KMS, Lambda, Secrets Manager, Systems Manager, STS, Step Functions or
MediaConvert asks of IAM.

Sources: AWS KMS Developer Guide, "AWS KMS permissions"; Lambda, Secrets Manager, Systems Manager,
Step Functions and MediaConvert in the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.asks import Ask, Asking
from planproof.emulation.account.decisions.called_otherwise import asked as by_reference
from planproof.emulation.account.decisions.keys import key_of
from planproof.emulation.account.decisions.keys_used import about_key, key_arn, key_asks
from planproof.iam.actions import resource_types
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

_DATA_KEY: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_KEY_ID_LENGTH: Final = 36


def keys(asking: Asking) -> Iterator[Ask]:
    """KMS: the key by id, ARN or alias, or the one that a ciphertext was made with."""
    for action in asking.actions():
        types = resource_types(action)
        if "key" not in types:
            yield from _of_action(asking, action)
            continue
        name = asking.text("KeyId", "TargetKeyId")
        context = asking.parameters.get("EncryptionContext")
        if action == "kms:ReEncryptFrom":
            name = asking.text("SourceKeyId")
            context = asking.parameters.get("SourceEncryptionContext")
        elif action == "kms:ReEncryptTo":
            name = asking.text("DestinationKeyId")
            context = asking.parameters.get("DestinationEncryptionContext")
        name = name or _of_ciphertext(asking.parameters.get("CiphertextBlob"))
        key = key_of(asking.standing, name, asking.call.region) if name else None
        alias = name[name.find("alias/") :] if "alias/" in name else None
        about: dict[str, ContextValue | None] = {
            **about_key(asking.standing, key, dict(context or {})),
            "kms:ViaService": None,
            "kms:RequestAlias": alias,
        }
        arn = key_arn(name, key)
        if arn is UNKNOWN and name and not alias:
            arn = asking.arn("kms", f"key/{name}")
        why = f"there is no KMS key {name}" if name else f"which key {asking.call} uses is unknown"
        yield Ask(action, arn, about, "" if key is not None else why)
        if "alias" in types and (written := asking.text("AliasName")):
            yield Ask(action, asking.arn("kms", written), about)


def _of_action(asking: Asking, action: str) -> Iterator[Ask]:
    yield from (one for one in by_reference(asking) if one.action == action)


def _of_ciphertext(blob: Any) -> str:
    """The key that a ciphertext names: moto puts its id first."""
    if not isinstance(blob, bytes):
        return ""
    return blob[:_KEY_ID_LENGTH].decode("ascii", errors="replace")


def functions(asking: Asking) -> Iterator[Ask]:
    """Lambda: the function by name, partial or whole ARN, with its version or alias."""
    name = asking.text("FunctionName")
    if not name:
        yield from by_reference(asking)
        return
    pieces = name.split(":")
    if "function" in pieces:
        at = pieces.index("function")
        name, own = pieces[at + 1], pieces[at + 2 :]
    else:
        name, own = pieces[0], pieces[1:]
    qualifier = asking.text("Qualifier") or (own[0] if own else "")
    for action in asking.actions():
        arn = asking.arn("lambda", f"function:{name}")
        if qualifier and action == "lambda:InvokeFunction":
            arn = f"{arn}:{qualifier}"
        yield Ask(action, arn if resource_types(action) else "*")


def secrets(asking: Asking) -> Iterator[Ask]:
    """Secrets Manager: the secret by name or ARN, and the key that encrypts it."""
    name = asking.text("SecretId")
    backend = asking.standing.backend("secretsmanager", asking.call.region)
    secret = backend.secrets.get(name) if name and backend else None
    if secret is None and not name.startswith("arn:"):
        if name:
            for action in asking.actions():
                yield asking.unknown(action, f"there is no secret {name}, so its ARN is unknown")
        else:
            yield from by_reference(asking)
        return
    arn = str(secret.arn) if secret is not None else name
    stage = asking.text("VersionStage") or None
    if asking.operation == "GetSecretValue" and not asking.text("VersionId"):
        stage = stage or "AWSCURRENT"
    about: dict[str, ContextValue | None] = {
        "secretsmanager:SecretId": arn,
        "secretsmanager:VersionId": asking.text("VersionId") or None,
        "secretsmanager:VersionStage": stage,
    }
    yield from asking.each(arn, about)
    key = getattr(secret, "kms_key_id", None)
    actions: tuple[str, ...] = ()
    if asking.operation == "GetSecretValue":
        actions = ("kms:Decrypt",)
    elif asking.text("SecretString") or asking.parameters.get("SecretBinary"):
        actions = _DATA_KEY
    if key and actions:
        yield from key_asks(asking, "secretsmanager", str(key), actions, {"SecretARN": arn})


def parameters(asking: Asking) -> Iterator[Ask]:
    """Systems Manager: parameters by name or path; a SecureString by its key."""
    named = asking.parameters.get("Names") or [asking.text("Name", "Path")]
    if "arameter" not in asking.operation or not all(named):
        yield from by_reference(asking)
        return
    for name in named:
        own = name if name.startswith("arn:") else ""
        plain = name.partition(":parameter/")[2] if own else name.lstrip("/")
        arn = own or asking.arn("ssm", f"parameter/{plain}")
        yield from asking.each(arn, {"ssm:Recursive": asking.parameters.get("Recursive")})
        yield from _of_secure_string(asking, name, arn)


def _of_secure_string(asking: Asking, name: str, arn: str) -> Iterator[Ask]:
    context = {"PARAMETER_ARN": arn}
    if asking.operation == "PutParameter":
        if asking.text("Type") == "SecureString":
            key = asking.text("KeyId") or "alias/aws/ssm"
            yield from key_asks(asking, "ssm", key, ("kms:Encrypt",), context)
        return
    if not asking.parameters.get("WithDecryption"):
        return
    backend = asking.standing.backend("ssm", asking.call.region)
    if backend is None:
        return
    if asking.operation == "GetParametersByPath":
        found = backend.get_parameters_by_path(name, True, [])[0]
    else:
        found = backend.get_parameters([name]).values()
    for one in found:
        if one.parameter_type == "SecureString":
            context = {"PARAMETER_ARN": asking.arn("ssm", f"parameter/{one.name.lstrip('/')}")}
            key = str(one.keyid or "alias/aws/ssm")
            yield from key_asks(asking, "ssm", key, ("kms:Decrypt",), context)


def security_tokens(asking: Asking) -> Iterator[Ask]:
    """STS: the role that is to be assumed."""
    role = asking.text("RoleArn")
    if not role:
        for action in asking.actions():
            yield Ask(action, "*")
        return
    about: dict[str, ContextValue | None] = {
        "sts:ExternalId": asking.text("ExternalId") or None,
        "sts:RoleSessionName": asking.text("RoleSessionName") or None,
    }
    yield from asking.each(role, about)


def machines(asking: Asking) -> Iterator[Ask]:
    """Step Functions: a state machine or an execution by its ARN."""
    arn = asking.text("stateMachineArn", "executionArn", "activityArn", "mapRunArn", "resourceArn")
    if arn:
        yield from asking.each(arn)
        return
    yield from by_reference(asking)


def jobs(asking: Asking) -> Iterator[Ask]:
    """MediaConvert: jobs go to a queue; every account has one named Default from the start."""
    operation = asking.operation
    if operation in ("CreateJob", "ListJobs", "SearchJobs", "StartJobsQuery"):
        yield from asking.each(_named(asking, "queues", asking.text("Queue") or "Default"))
        if operation == "CreateJob":
            if template := asking.text("JobTemplate"):
                yield from asking.each(_named(asking, "jobTemplates", template))
            for preset in sorted(_presets(asking.parameters.get("Settings"))):
                yield from asking.each(_named(asking, "presets", preset))
        return
    name = asking.text("Id", "Name")
    for ending, kind in (
        ("JobTemplate", "jobTemplates"),
        ("Job", "jobs"),
        ("Queue", "queues"),
        ("Preset", "presets"),
    ):
        if operation.endswith(ending) and name:
            for action in asking.actions():
                known = bool(resource_types(action))
                yield Ask(action, _named(asking, kind, name) if known else "*")
            return
    if arn := asking.text("Arn"):
        yield from asking.each(arn)
        return
    yield from by_reference(asking)


def _named(asking: Asking, kind: str, name: str) -> str | Unknown:
    return name if name.startswith("arn:") else asking.arn("mediaconvert", f"{kind}/{name}")


def _presets(settings: Any) -> set[str]:
    """The presets that the outputs of a job name."""
    found: set[str] = set()
    if not isinstance(settings, Mapping):
        return found
    for group in settings.get("OutputGroups") or ():
        for output in group.get("Outputs") or ():
            if isinstance(output.get("Preset"), str):
                found.add(output["Preset"])
    return found
