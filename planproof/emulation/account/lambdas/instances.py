"""The instances of functions: started cold, kept warm, killed."""

from __future__ import annotations

import threading
import time
import uuid
from urllib.parse import urlsplit

from planproof.emulation.account.lambdas.functions import DeployedFunction
from planproof.emulation.account.model import Account
from planproof.emulation.function.runtime import FunctionRuntime, Instance


class Instances:
    """The instances of all functions of an account.

    Attributes:
        runtime: starts their processes.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.runtime = FunctionRuntime(moto=False)
        self._lock = threading.Lock()
        self._idle: dict[str, list[Instance]] = {}
        self._all: dict[str, Instance] = {}

    def warm(self, function: DeployedFunction, avoid: str = "") -> Instance | None:
        """An idle instance of the function as it is now, other than ``avoid``; else None."""
        with self._lock:
            idle = self._idle.get(function.arn, [])
            outdated = [i for i in idle if i.configuration != function]
            usable = [i for i in idle if i not in outdated and i.id != avoid]
            chosen = usable[-1] if usable else None
            self._idle[function.arn] = [i for i in idle if i is not chosen and i not in outdated]
        for instance in outdated:
            self.end(instance)
        return chosen

    def cold(self, function: DeployedFunction) -> Instance:
        """A new instance, which has to load its function.

        Raises:
            PlanproofError: no process can be started, or the package is not a zip archive.
        """
        id = uuid.uuid4().hex
        day = time.strftime("%Y/%m/%d", time.gmtime(self._account.clock.now()))
        endpoint = urlsplit(self._account.endpoint)
        instance = self.runtime.start(
            function,
            id,
            f"{day}/[$LATEST]{id}",
            {
                "AWS_ENDPOINT_URL": self._account.endpoint,
                **self._account.credentials(function.role, function.name, id),
            },
            endpoint=(endpoint.hostname, endpoint.port),
        )
        with self._lock:
            self._all[id] = instance
        return instance

    def release(self, instance: Instance) -> None:
        """Mark an instance as idle."""
        with self._lock:
            if not instance.killed:
                self._idle.setdefault(instance.configuration.arn, []).append(instance)
                return
        self.end(instance)

    def end(self, instance: Instance, grace: float = 0.0) -> int | None:
        """End an instance; returns its exit code, None if it had been ended before."""
        with self._lock:
            known = self._all.pop(instance.id, None)
        return instance.end(grace) if known else None

    def kill(self, id: str) -> None:
        """Kill an instance, if it exists; its invocation gets no response."""
        with self._lock:
            instance = self._all.get(id)
            if instance is None:
                return
            instance.killed = True
            idle = self._idle.get(instance.configuration.arn, [])
            is_idle = instance in idle
            if is_idle:
                idle.remove(instance)
        if is_idle:
            self.end(instance)
        else:
            self.runtime.end(instance.pid, 0.0)

    def pids(self) -> list[int]:
        """Process ids of all instances."""
        with self._lock:
            return [instance.pid for instance in self._all.values()]

    def stop(self) -> None:
        """End all instances, and remove their files."""
        self.runtime.close()
        with self._lock:
            self._all.clear()
            self._idle.clear()
