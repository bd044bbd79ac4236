"""One batch of messages: received, filtered, given to the function, deleted.

Everything is asked for in the name of the function's role, as Lambda does.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.lambdas.clients import Clients
from planproof.emulation.account.lambdas.deployed import Deployed
from planproof.emulation.account.lambdas.events import again, failed_items, record
from planproof.emulation.account.lambdas.filters import FilterSyntaxError, MessageFilter
from planproof.emulation.account.lambdas.invocations import Answer, Invoker
from planproof.emulation.account.lambdas.mappings import Again, Outlook, Progress, Source
from planproof.emulation.account.model import ACCOUNT_ID, Account

_AT_ONCE = 10
_LAMBDA = "lambda.amazonaws.com"
_Records = list[dict[str, Any]]


class Batches:
    """Works off batches for the mappings of an account."""

    def __init__(self, account: Account, clients: Clients, invoker: Invoker) -> None:
        self._account = account
        self._clients = clients
        self._invoker = invoker
        self._filters: dict[str, tuple[Any, MessageFilter | None, str]] = {}

    def filter_of(self, source: Source, progress: Progress | None = None) -> MessageFilter | None:
        """The filter of a mapping; None where it is not understood, which the trail tells once."""
        known = self._filters.get(source.id)
        if known is None or known[0] != source.criteria:
            try:
                known = (source.criteria, MessageFilter(source.criteria), "")
            except FilterSyntaxError as problem:
                known = (source.criteria, None, str(problem))
            self._filters[source.id] = known
        _, chosen, problem_text = known
        if progress is not None and problem_text:
            told = f"the filter criteria are not understood: {problem_text}"
            self._tell(source, progress, told, "failed")
        return chosen

    def tell_throttled(self, function: Deployed, source: Source, progress: Progress) -> None:
        """Say once that a function may not run at all."""
        told = f"{function.name} has a reserved concurrency of 0, so no message is delivered"
        self._tell(source, progress, told, "throttled")

    def _tell(self, source: Source, progress: Progress, told: str, outcome: str) -> None:
        if told not in progress.told:
            self._account.trail.note(
                "delivery",
                _LAMBDA,
                "lambda:InvokeFunction",
                source.function_arn,
                outcome,
                queue=source.queue_arn,
                message=told,
            )
        progress.told.add(told)

    def work(
        self,
        source: Source,
        progress: Progress,
        ahead: Outlook,
        has_messages: Callable[[], None],
    ) -> None:
        """Receive a batch, or take one that is to be repeated, and see it through.

        Args:
            has_messages: called when there is nothing more to be received for it.
        """
        function = ahead.function
        assert function is not None  # noqa: S101
        repeated = progress.again.popleft() if progress.again else None
        if repeated is not None:
            records, avoid = [dict(one) for one in repeated.records], repeated.avoid
        else:
            records, avoid = self._receive(source, progress, ahead), ""
        has_messages()
        if not records:
            return
        later = None if repeated else self._repeat_now_or_later(progress, records)
        request_id, answer = self._invoker.invoke(function, {"Records": records}, avoid)
        failed, invalid = self._failed(source, answer, records)
        detail: dict[str, Any] = {
            "queue": source.queue_arn,
            "messages": len(records),
            "failed_items": sorted(failed),
        }
        if invalid:
            detail["invalid_answer"] = invalid
        if repeated is not None:
            detail["repeated"] = True
        self._invoker.note(function, request_id, answer, **detail)
        self._delete(source, function, [r for r in records if r["messageId"] not in failed])
        if later:
            gone = [r for r in later if r["messageId"] not in failed]
            if gone:
                progress.again.append(Again(gone, answer.instance))

    def _failed(self, source: Source, answer: Answer, records: _Records) -> tuple[set[str], str]:
        if not answer.ok:
            return {str(r["messageId"]) for r in records}, ""
        return failed_items(answer.payload, records) if source.partial else (set(), "")

    def _repeat_now_or_later(self, progress: Progress, records: _Records) -> _Records:
        """Messages to be delivered again when they were deleted; every second time they are
        delivered at once instead, so that two instances have them at the same time."""
        chosen = [
            again(r)
            for r in records
            if self._account.faults.due("repeat message", "sqs", "ReceiveMessage", r) is not None
        ]
        if not chosen:
            return []
        progress.repeats += 1
        if progress.repeats % 2:
            return chosen
        progress.again.append(Again(chosen))
        return []

    def _receive(self, source: Source, progress: Progress, ahead: Outlook) -> _Records:
        """A batch that the filter lets pass; what it does not is deleted."""
        function, now = ahead.function, self._account.clock.now()
        assert function is not None  # noqa: S101
        denial = self._account.decisions.check_assume(_LAMBDA, function.role, function.arn)
        if denial is not None:
            progress.refuse(now, ahead.standing)
            request_id, answer = self._invoker.invoke(function, {"Records": []})
            self._invoker.note(function, request_id, answer, queue=source.queue_arn, messages=0)
            return []
        messages: list[Mapping[str, Any]] = []
        try:
            sqs = self._client(source, function)
            url = self._url(source)
            if progress.allowed != ahead.standing:
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            while len(messages) < source.batch_size:
                wanted = min(_AT_ONCE, source.batch_size - len(messages))
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
            progress.succeed(ahead.standing)
            progress.gathering_since = None
        except ClientError as problem:
            if _refused(problem):
                progress.refuse(now, ahead.standing)
            else:
                progress.fail(now)
        except BotoCoreError:
            progress.fail(now)
        else:
            if not messages:
                progress.found_nothing()
        return self._filtered(source, function, [record(m, source.queue_arn) for m in messages])

    def _filtered(self, source: Source, function: Deployed, records: _Records) -> _Records:
        messages = self.filter_of(source)
        if messages is None:
            return []
        self._delete(source, function, [r for r in records if not messages.passes(r)])
        return [r for r in records if messages.passes(r)]

    def _delete(
        self, source: Source, function: Deployed, records: Sequence[Mapping[str, Any]]
    ) -> None:
        """Delete messages; those that cannot be are delivered again when they are visible."""
        for start in range(0, len(records), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": one["receiptHandle"]}
                for number, one in enumerate(records[start : start + _AT_ONCE])
            ]
            try:
                self._client(source, function).delete_message_batch(
                    QueueUrl=self._url(source), Entries=entries
                )
            except (ClientError, BotoCoreError):  # in the trail already
                return

    def _client(self, source: Source, function: Deployed) -> Any:
        region = source.queue_arn.split(":")[3]
        return self._clients.of("sqs", region, function.role, function.name)

    def _url(self, source: Source) -> str:
        return f"{self._account.endpoint}/{ACCOUNT_ID}/{source.queue_arn.split(':')[5]}"


def _refused(problem: ClientError) -> bool:
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return "AccessDenied" in problem.response["Error"]["Code"] or status == 403
