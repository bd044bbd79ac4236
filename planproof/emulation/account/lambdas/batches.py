"""One batch of messages: received, filtered, given to the function, deleted.

Everything is asked for in the name of the function's role, as Lambda does.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.lambdas.deployed_function import DeployedFunction
from planproof.emulation.account.lambdas.events import again, failed_items, record
from planproof.emulation.account.lambdas.filters import FilterSyntaxError, MessageFilter
from planproof.emulation.account.lambdas.invocations import InvocationResult, Invoker
from planproof.emulation.account.lambdas.mappings import (
    Backlog,
    MappingState,
    QueueMapping,
    Redelivery,
)
from planproof.emulation.account.lambdas.role_clients import RoleClients
from planproof.emulation.account.model import ACCOUNT_ID, Account

_AT_ONCE = 10
_LAMBDA = "lambda.amazonaws.com"
_Records = list[dict[str, Any]]


class Batches:
    """Works off batches for the mappings of an account."""

    def __init__(self, account: Account, clients: RoleClients, invoker: Invoker) -> None:
        self._account = account
        self._clients = clients
        self._invoker = invoker
        self._filters: dict[str, tuple[Any, MessageFilter | None, str]] = {}

    def filter_of(
        self, mapping: QueueMapping, state: MappingState | None = None
    ) -> MessageFilter | None:
        """The filter of a mapping; None where it is not understood, which the trail tells once."""
        known = self._filters.get(mapping.id)
        if known is None or known[0] != mapping.criteria:
            try:
                known = (mapping.criteria, MessageFilter(mapping.criteria), "")
            except FilterSyntaxError as problem:
                known = (mapping.criteria, None, str(problem))
            self._filters[mapping.id] = known
        _, chosen, problem_text = known
        if state is not None and problem_text:
            told = f"the filter criteria are not understood: {problem_text}"
            self._tell(mapping, state, told, "failed")
        return chosen

    def record_throttled(
        self, function: DeployedFunction, mapping: QueueMapping, state: MappingState
    ) -> None:
        """Say once that a function may not run at all."""
        told = f"{function.name} has a reserved concurrency of 0, so no message is delivered"
        self._tell(mapping, state, told, "throttled")

    def _tell(self, mapping: QueueMapping, state: MappingState, told: str, outcome: str) -> None:
        if told not in state.told:
            self._account.trail.record(
                "delivery",
                _LAMBDA,
                "lambda:InvokeFunction",
                mapping.function_arn,
                outcome,
                queue=mapping.queue_arn,
                message=told,
            )
        state.told.add(told)

    def work(
        self,
        mapping: QueueMapping,
        state: MappingState,
        backlog: Backlog,
        has_messages: Callable[[], None],
    ) -> None:
        """Receive a batch, or take one that is to be repeated, and see it through.

        Args:
            has_messages: called when there is nothing more to be received for it.
        """
        function = backlog.function
        assert function is not None  # noqa: S101
        repeated = state.again.popleft() if state.again else None
        if repeated is not None:
            records, avoid = [dict(one) for one in repeated.records], repeated.avoid
        else:
            records, avoid = self._receive(mapping, state, backlog), ""
        has_messages()
        if not records:
            return
        later = None if repeated else self._repeat_now_or_later(state, records)
        request_id, answer = self._invoker.invoke(function, {"Records": records}, avoid)
        failed, invalid = self._failed(mapping, answer, records)
        detail: dict[str, Any] = {
            "queue": mapping.queue_arn,
            "messages": len(records),
            "failed_items": sorted(failed),
        }
        if invalid:
            detail["invalid_answer"] = invalid
        if repeated is not None:
            detail["repeated"] = True
        self._invoker.note(function, request_id, answer, **detail)
        self._delete(mapping, function, [r for r in records if r["messageId"] not in failed])
        if later:
            gone = [r for r in later if r["messageId"] not in failed]
            if gone:
                state.again.append(Redelivery(gone, answer.instance))

    def _failed(
        self, mapping: QueueMapping, answer: InvocationResult, records: _Records
    ) -> tuple[set[str], str]:
        if not answer.ok:
            return {str(r["messageId"]) for r in records}, ""
        return failed_items(answer.payload, records) if mapping.partial else (set(), "")

    def _repeat_now_or_later(self, state: MappingState, records: _Records) -> _Records:
        """Messages to be delivered again when they were deleted; every second time they are
        delivered at once instead, so that two instances have them at the same time."""
        chosen = [
            again(r)
            for r in records
            if self._account.faults.due("repeat message", "sqs", "ReceiveMessage", r) is not None
        ]
        if not chosen:
            return []
        state.repeats += 1
        if state.repeats % 2:
            return chosen
        state.again.append(Redelivery(chosen))
        return []

    def _receive(self, mapping: QueueMapping, state: MappingState, backlog: Backlog) -> _Records:
        """A batch that the filter lets pass; what it does not is deleted."""
        function, now = backlog.function, self._account.clock.now()
        assert function is not None  # noqa: S101
        denial = self._account.decisions.check_assume(_LAMBDA, function.role, function.arn)
        if denial is not None:
            state.refuse(now, backlog.fingerprint)
            request_id, answer = self._invoker.invoke(function, {"Records": []})
            self._invoker.note(function, request_id, answer, queue=mapping.queue_arn, messages=0)
            return []
        messages: list[Mapping[str, Any]] = []
        try:
            sqs = self._client(mapping, function)
            url = self._url(mapping)
            if state.allowed != backlog.fingerprint:
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            while len(messages) < mapping.batch_size:
                wanted = min(_AT_ONCE, mapping.batch_size - len(messages))
                answer = sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=wanted,
                    WaitTimeSeconds=0,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
                received = answer.get("Messages") or []
                messages += received
                if len(received) < wanted:
                    break
            state.succeed(backlog.fingerprint)
            state.gathering_since = None
        except ClientError as problem:
            if _refused(problem):
                state.refuse(now, backlog.fingerprint)
            else:
                state.fail(now)
        except BotoCoreError:
            state.fail(now)
        else:
            if not messages:
                state.found_nothing()
        return self._filtered(mapping, function, [record(m, mapping.queue_arn) for m in messages])

    def _filtered(
        self, mapping: QueueMapping, function: DeployedFunction, records: _Records
    ) -> _Records:
        messages = self.filter_of(mapping)
        if messages is None:
            return []
        self._delete(mapping, function, [r for r in records if not messages.passes(r)])
        return [r for r in records if messages.passes(r)]

    def _delete(
        self,
        mapping: QueueMapping,
        function: DeployedFunction,
        records: Sequence[Mapping[str, Any]],
    ) -> None:
        """Delete messages; those that cannot be are delivered again when they are visible."""
        for start in range(0, len(records), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": one["receiptHandle"]}
                for number, one in enumerate(records[start : start + _AT_ONCE])
            ]
            try:
                self._client(mapping, function).delete_message_batch(
                    QueueUrl=self._url(mapping), Entries=entries
                )
            except (ClientError, BotoCoreError):  # in the trail already
                return

    def _client(self, mapping: QueueMapping, function: DeployedFunction) -> Any:
        region = mapping.queue_arn.split(":")[3]
        return self._clients.of("sqs", region, function.role, function.name)

    def _url(self, mapping: QueueMapping) -> str:
        return f"{self._account.endpoint}/{ACCOUNT_ID}/{mapping.queue_arn.split(':')[5]}"


def _refused(problem: ClientError) -> bool:
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return "AccessDenied" in problem.response["Error"]["Code"] or status == 403
