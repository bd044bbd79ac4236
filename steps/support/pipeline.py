"""Finds the resources of a video pipeline: its buckets, queues, function, roles and rule.

They are found by type and connections, never by Terraform name, so that the same features judge
any pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from planproof.aws.datapath import Authority
from planproof.aws.datapath.calls import named_in_environment
from planproof.aws.datapath.functions import log_group_name
from planproof.aws.datapath.queues import redrives
from planproof.errors import UndeterminedError
from planproof.iam.arn import parse_arn
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, any_of, is_unknown, leaves
from steps.support.events import JOB_STATES, may_match
from steps.support.kinds import KINDS
from steps.support.trust import may_assume

MEDIACONVERT = "mediaconvert.amazonaws.com"


class MissingPartError(UndeterminedError):
    """The stack certainly has no such part."""


class Pipeline:
    """The parts of the video pipeline in a stack.

    Every property of one resource raises :class:`MissingPartError` where the stack has none, and
    :class:`UndeterminedError` where it has several candidates or cannot decide.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.authority = Authority(stack)

    # From the upload to the function ---------------------------------------------------------

    @cached_property
    def notification(self) -> Resource:
        """The ``aws_s3_bucket_notification`` that sends events to a queue."""
        return _one(
            "S3 bucket notification to a queue",
            self.stack.managed("aws_s3_bucket_notification"),
            lambda r: None if is_unknown(r.get("queue")) else bool(r.get("queue")),
        )

    @cached_property
    def input_bucket(self) -> Resource:
        """The bucket with that notification."""
        notification = self.notification
        return _one(
            "bucket with a notification to a queue",
            self.stack.managed("aws_s3_bucket"),
            lambda b: links(self.stack, notification, "bucket", b, ("id", "bucket")),
        )

    @cached_property
    def processing_queue(self) -> Resource:
        """The queue that the notification sends events to."""
        paths = self.notification_paths
        return _one(
            "queue that the bucket notifies",
            self.stack.managed("aws_sqs_queue"),
            lambda q: any_of(self._links(self.notification, path, q) for path in paths),
        )

    @property
    def notification_paths(self) -> list[str]:
        """The paths of the queue ARNs in the notification."""
        blocks = self.notification.get("queue")
        count = len(blocks) if isinstance(blocks, (list, tuple)) else 1
        return [f"queue.{i}.queue_arn" for i in range(count)]

    @cached_property
    def mappings(self) -> tuple[Resource, ...]:
        """The event source mappings from the processing queue."""
        return _certain(
            "event source mapping of the processing queue",
            self.stack.managed("aws_lambda_event_source_mapping"),
            lambda m: self._links(m, "event_source_arn", self.processing_queue),
        )

    @cached_property
    def function(self) -> Resource:
        """The Lambda function that reads the processing queue."""
        return _one(
            "Lambda function fed by the processing queue",
            self.functions,
            lambda f: any_of(self._calls(m, f) for m in self.mappings),
        )

    @cached_property
    def function_role(self) -> Resource:
        """The execution role of the function."""
        return self.role_of(self.function)

    @cached_property
    def status_mappings(self) -> tuple[Resource, ...]:
        """The event source mappings from the status queue."""
        return tuple(
            m
            for m in self.stack.managed("aws_lambda_event_source_mapping")
            if self._links(m, "event_source_arn", self.status_queue)
        )

    @cached_property
    def assets_table(self) -> Resource:
        """The DynamoDB table that the function's environment names, else the only one."""
        named = [
            p
            for p in named_in_environment(self.stack, self.function)
            if p.type == "aws_dynamodb_table"
        ]
        return _one("table for the assets", named or self.tables)

    @cached_property
    def log_group(self) -> Resource:
        """The log group that the function writes to."""
        wanted = log_group_name(self.stack, self.function)
        return _one(
            "log group of the function", self.log_groups, lambda g: _same(g.get("name"), wanted)
        )

    def dead_letters(self, queue: Resource) -> Resource:
        """The dead-letter queue of a queue."""
        targets = [e.target for e in redrives(self.stack) if str(e.source) == str(queue)]
        own = [target for target in targets if isinstance(target, Resource)]
        return _one(f"dead-letter queue of {queue}", own)

    def role_of(self, function: Resource) -> Resource:
        """The execution role of a Lambda function."""
        return _one(f"role of {function}", self._roles, lambda r: self._links(function, "role", r))

    # MediaConvert ----------------------------------------------------------------------------

    @cached_property
    def mediaconvert_roles(self) -> tuple[Resource, ...]:
        """Roles whose trust policy allows MediaConvert to assume them."""
        return _certain(
            f"role that {MEDIACONVERT} may assume",
            self._roles,
            lambda r: may_assume(self.authority, r, MEDIACONVERT),
        )

    @cached_property
    def mediaconvert_role(self) -> Resource:
        """The role MediaConvert may assume; of several, the one the function's environment names.

        Where MediaConvert may assume none, the only role in the environment is taken for it.
        """
        try:
            roles = self.mediaconvert_roles
        except MissingPartError:
            roles = self._roles_in_environment()
            if len(roles) != 1:
                raise
        if len(roles) > 1:
            roles = self._in_environment(roles) or roles
        return _one(f"role that {MEDIACONVERT} may assume", roles)

    @cached_property
    def output_bucket(self) -> Resource:
        """The other bucket that the function's environment names, else the only other bucket."""
        others = [
            b for b in self.stack.managed("aws_s3_bucket") if b.address != self.input_bucket.address
        ]
        texts = self._environment_texts
        named = [b for b in others if any(_names_bucket(text, b) for text in texts)]
        return _one("bucket for the output", named or others)

    # From MediaConvert back ------------------------------------------------------------------

    @cached_property
    def status_rule(self) -> Resource:
        """The EventBridge rule that matches the state changes of MediaConvert jobs."""
        return _one(
            "EventBridge rule for MediaConvert job state changes",
            self.stack.managed("aws_cloudwatch_event_rule"),
            lambda r: may_match(r.get("event_pattern"), JOB_STATES),
        )

    @cached_property
    def status_targets(self) -> tuple[Resource, ...]:
        """The targets of that rule."""
        return tuple(
            t
            for t in self.stack.managed("aws_cloudwatch_event_target")
            if links(self.stack, t, "rule", self.status_rule, ("name", "id"))
        )

    @cached_property
    def status_queue(self) -> Resource:
        """The queue that receives job state changes."""
        return _one(
            "queue for MediaConvert job state changes",
            self.stack.managed("aws_sqs_queue"),
            lambda q: any_of(self._links(t, "arn", q) for t in self.status_targets),
        )

    # All resources of a kind -----------------------------------------------------------------

    @property
    def functions(self) -> tuple[Resource, ...]:
        """Every Lambda function."""
        return self.stack.managed("aws_lambda_function")

    @property
    def keys(self) -> tuple[Resource, ...]:
        """Every customer-managed KMS key."""
        return self.stack.managed(*KINDS["customer-managed KMS key"])

    @property
    def tables(self) -> tuple[Resource, ...]:
        """Every DynamoDB table."""
        return self.stack.managed("aws_dynamodb_table")

    @property
    def alarms(self) -> tuple[Resource, ...]:
        """Every CloudWatch alarm."""
        return self.stack.managed(*KINDS["CloudWatch alarm"])

    @property
    def log_groups(self) -> tuple[Resource, ...]:
        """Every CloudWatch log group."""
        return self.stack.managed("aws_cloudwatch_log_group")

    def queue_policies(self, queue: Resource) -> tuple[Resource, ...]:
        """The ``aws_sqs_queue_policy`` resources of a queue.

        Raises:
            UndeterminedError: there is a policy whose queue is unknown.
        """
        try:
            return _certain(
                f"policy of {queue}",
                self.stack.managed("aws_sqs_queue_policy"),
                lambda p: links(self.stack, p, "queue_url", queue, ("id", "url")),
            )
        except MissingPartError:
            return ()

    def environment(self, function: Resource) -> Value:
        """The environment variables of a function: a mapping, None, or UNKNOWN."""
        return function.get("environment.variables")

    @property
    def location(self) -> ProviderLocation:
        """The account and region of the function.

        Raises:
            UndeterminedError: they are unknown.
        """
        location = self.stack.provider_location(self.function)
        if location is None:
            raise UndeterminedError(f"the region of {self.function} is unknown")
        return location

    # Helpers ---------------------------------------------------------------------------------

    @property
    def _roles(self) -> tuple[Resource, ...]:
        return self.stack.managed("aws_iam_role")

    @cached_property
    def _environment_texts(self) -> tuple[str, ...]:
        values = self.environment(self.function)
        return tuple(leaf for _, leaf in leaves(values) if isinstance(leaf, str) and leaf)

    def _roles_in_environment(self) -> tuple[Resource, ...]:
        """The roles in the function's environment, without its own; none without a function."""
        try:
            own = self.function_role
            return tuple(r for r in self._in_environment(self._roles) if r.address != own.address)
        except MissingPartError:
            return ()

    def _in_environment(self, resources: Iterable[Resource]) -> tuple[Resource, ...]:
        """The resources whose ARN is in the function's environment."""
        return tuple(r for r in resources if r.get("arn") in self._environment_texts)

    def _links(self, resource: Resource, path: str, target: Resource) -> Truth:
        return links(self.stack, resource, path, target, ("arn",))

    def _calls(self, mapping: Resource, function: Resource) -> Truth:
        attributes = ("arn", "function_name", "id", "qualified_arn", "invoke_arn")
        return links(self.stack, mapping, "function_name", function, attributes)


def _one(
    what: str,
    candidates: Iterable[Resource],
    is_part: Callable[[Resource], Truth] = lambda _: True,
) -> Resource:
    """The only candidate that is certainly the part."""
    sure = _certain(what, candidates, is_part)
    if len(sure) > 1:
        raise UndeterminedError(
            f"there are {len(sure)} candidates for the {what} "
            f"({', '.join(map(str, sure))}), and nothing tells which one it is"
        )
    return sure[0]


def _certain(
    what: str, candidates: Iterable[Resource], is_part: Callable[[Resource], Truth]
) -> tuple[Resource, ...]:
    """The candidates that are certainly the part, at least one."""
    found = [(resource, is_part(resource)) for resource in candidates]
    if sure := tuple(resource for resource, verdict in found if verdict):
        return sure
    if unclear := ", ".join(str(resource) for resource, verdict in found if verdict is None):
        raise UndeterminedError(
            f"the {what} cannot be determined: too little is known of {unclear}"
        )
    raise MissingPartError(f"the stack has no {what}")


def retention_of(queue: Resource) -> Value:
    """The seconds that a queue keeps a message; the default of SQS where it is not set.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    seconds = queue.get("message_retention_seconds")
    return 345_600 if seconds is None else seconds


def _same(found: Value, wanted: Value) -> Truth:
    return None if is_unknown(found) or is_unknown(wanted) else bool(found == wanted)


def _names_bucket(text: str, bucket: Resource) -> bool:
    for name in (bucket.get("bucket"), bucket.get("id")):
        if not isinstance(name, str) or not name:
            continue
        path = text.removeprefix("s3://") if text.startswith("s3://") else ""
        if text == name or path.split("/")[0] == name:
            return True
        parts = parse_arn(text)
        if parts is not None and parts.service == "s3" and parts.resource.split("/")[0] == name:
            return True
    return False


PARTS: Final[Mapping[str, Callable[[Pipeline], Resource]]] = {
    "the input bucket": lambda p: p.input_bucket,
    "the processing queue": lambda p: p.processing_queue,
    "the function": lambda p: p.function,
    "the role of the function": lambda p: p.function_role,
    "the log group of the function": lambda p: p.log_group,
    "the role of MediaConvert": lambda p: p.mediaconvert_role,
    "the output bucket": lambda p: p.output_bucket,
    "the rule for job states": lambda p: p.status_rule,
    "the status queue": lambda p: p.status_queue,
    "the assets table": lambda p: p.assets_table,
    "the dead-letter queue of the processing queue": lambda p: p.dead_letters(p.processing_queue),
    "the dead-letter queue of the status queue": lambda p: p.dead_letters(p.status_queue),
}
"""Phrase for a part of the pipeline → how to find it."""
