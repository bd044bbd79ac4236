"""Processes a batch of messages: receive, filter, invoke, delete.

All calls use the credentials of the function's role, as Lambda's do.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.lambdas.events import failed_items, record, redelivered
from planproof.emulation.account.lambdas.filters import FilterSyntaxError, MessageFilter
from planproof.emulation.account.lambdas.functions import DeployedFunction, RoleClient
from planproof.emulation.account.lambdas.invocations import InvocationResult, Invoker
from planproof.emulation.account.lambdas.mappings import (
    Backlog,
    MappingState,
    QueueMapping,
    Redelivery,
)
from planproof.emulation.account.model import ACCOUNT_ID, Account

_MAX_PER_CALL = 10
_LAMBDA = "lambda.amazonaws.com"
_Records = list[dict[str, Any]]


class Batches:
    """Processes batches for the mappings of an account."""

    def __init__(self, account: Account, client: RoleClient, invoker: Invoker) -> None:
        self._account = account
        self._role_client = client
        self._invoker = invoker
        self._filters: dict[str, tuple[Any, MessageFilter | None, str]] = {}

    def filter_of(
        self, mapping: QueueMapping, state: MappingState | None = None
    ) -> MessageFilter | None:
        """The filter of a mapping; None if it is not supported, which the trail records once."""
        cached = self._filters.get(mapping.id)
        if cached is None or cached[0] != mapping.criteria:
            try:
                cached = (mapping.criteria, MessageFilter(mapping.criteria), "")
            except FilterSyntaxError as problem:
                cached = (mapping.criteria, None, str(problem))
            self._filters[mapping.id] = cached
        _, chosen, problem_text = cached
        if state is not None and problem_text:
            message = f"the filter criteria are not supported: {problem_text}"
            self._record_once(mapping, state, message, "failed")
        return chosen

    def record_throttled(
        self, function: DeployedFunction, mapping: QueueMapping, state: MappingState
    ) -> None:
        """Record once that a function has a reserved concurrency of 0."""
        message = f"{function.name} has a reserved concurrency of 0, so no message is delivered"
        self._record_once(mapping, state, message, "throttled")

    def _record_once(
        self, mapping: QueueMapping, state: MappingState, message: str, outcome: str
    ) -> None:
        if message not in state.recorded:
            self._account.trail.record(
                "delivery",
                _LAMBDA,
                "lambda:InvokeFunction",
                mapping.function_arn,
                outcome,
                queue=mapping.queue_arn,
                message=message,
            )
        state.recorded.add(message)

    def work(
        self,
        mapping: QueueMapping,
        state: MappingState,
        backlog: Backlog,
        receiving_ended: Callable[[], None],
    ) -> None:
        """Process a new batch, or one that is to be redelivered.

        Args:
            receiving_ended: called once its messages are received.
        """
        function = backlog.function
        redelivery = state.redeliveries.popleft() if state.redeliveries else None
        if redelivery is not None:
            records, avoid = [dict(one) for one in redelivery.records], redelivery.avoid
        else:
            records, avoid = self._receive(mapping, state, backlog), ""
        receiving_ended()
        if not records:
            return
        later = [] if redelivery else self._repeat_by_fault(state, records)
        request_id, result = self._invoker.invoke(function, {"Records": records}, avoid)
        failed, invalid = self._failed(mapping, result, records)
        detail: dict[str, Any] = {"messages": len(records), "failed_items": sorted(failed)}
        if invalid:
            detail["invalid_answer"] = invalid
        if redelivery is not None:
            detail["repeated"] = True
        self._invoker.record(function, request_id, result, queue=mapping.queue_arn, **detail)
        self._delete(mapping, function, [r for r in records if r["messageId"] not in failed])
        if deleted := [r for r in later if r["messageId"] not in failed]:
            state.redeliveries.append(Redelivery(deleted, result.instance))

    def _failed(
        self, mapping: QueueMapping, result: InvocationResult, records: _Records
    ) -> tuple[set[str], str]:
        if not result.ok:
            return {str(r["messageId"]) for r in records}, ""
        return failed_items(result.payload, records) if mapping.partial else (set(), "")

    def _repeat_by_fault(self, state: MappingState, records: _Records) -> _Records:
        """The messages that a fault redelivers once they are deleted. Every second time they are
        redelivered at once instead, so that two instances process them concurrently."""
        chosen = [
            redelivered(r)
            for r in records
            if self._account.faults.due("repeat message", "sqs", "ReceiveMessage", r) is not None
        ]
        if not chosen:
            return []
        state.repeats += 1
        if state.repeats % 2:
            return chosen
        state.redeliveries.append(Redelivery(chosen))
        return []

    def _receive(self, mapping: QueueMapping, state: MappingState, backlog: Backlog) -> _Records:
        """Receive a batch; messages that the filter rejects are deleted."""
        function, now = backlog.function, self._account.clock.now()
        denial = self._account.decisions.check_assume(_LAMBDA, function.role, function.arn)
        if denial is not None:
            state.deny(now, backlog.fingerprint)
            request_id, result = self._invoker.invoke(function, {"Records": []})
            self._invoker.record(function, request_id, result, queue=mapping.queue_arn, messages=0)
            return []
        messages: list[Mapping[str, Any]] = []
        try:
            sqs = self._client(mapping, function)
            url = self._url(mapping)
            if state.allowed != backlog.fingerprint:
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            while len(messages) < mapping.batch_size:
                wanted = min(_MAX_PER_CALL, mapping.batch_size - len(messages))
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
            if _is_denied(problem):
                state.deny(now, backlog.fingerprint)
            else:
                state.fail(now)
        except BotoCoreError:
            state.fail(now)
        else:
            if not messages:
                state.received_nothing()
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
        """Delete messages; if that fails, they are delivered again once visible."""
        for start in range(0, len(records), _MAX_PER_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": one["receiptHandle"]}
                for number, one in enumerate(records[start : start + _MAX_PER_CALL])
            ]
            try:
                self._client(mapping, function).delete_message_batch(
                    QueueUrl=self._url(mapping), Entries=entries
                )
            except (ClientError, BotoCoreError):  # the trail has recorded the call
                return

    def _client(self, mapping: QueueMapping, function: DeployedFunction) -> Any:
        region = mapping.queue_arn.split(":")[3]
        return self._role_client("sqs", region, function)

    def _url(self, mapping: QueueMapping) -> str:
        return f"{self._account.endpoint}/{ACCOUNT_ID}/{mapping.queue_arn.split(':')[5]}"


def _is_denied(problem: ClientError) -> bool:
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return "AccessDenied" in problem.response["Error"]["Code"] or status == 403
