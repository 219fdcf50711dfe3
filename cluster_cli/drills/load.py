"""Runs the clients of all workloads, one thread each, and records every attempt."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.measures.acks import Ack
from cluster_cli.drills.records import Domain, Op
from cluster_cli.drills.workloads.base import Attempt, Client, Intent

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.1
"""Seconds before a value is tried again: short, so that recovery is seen; bounded, so that nothing spins."""
REST_FACTOR = 5
"""A client rests that many times as long as its last write took, so that about one in six is under way: two
cores are soon full, and a load that fills them measures its own queue."""
SHORTEST_REST, LONGEST_REST = 0.06, 0.12
"""Seconds; the longest still gives 8 clients 5,000 acknowledgements in two minutes."""
SPREAD = 0.25
"""By which part a rest is longer or shorter by the seed: the pace stays, who meets whom changes."""
SWITCH_INTERVAL = 0.001
"""Seconds until another thread may run: latencies of a few milliseconds must not drown in Python's 5 ms."""


@dataclass
class _Worker:
    """One client's thread and what it is doing."""

    client: Client
    slowness: float
    """How many times longer it rests than the clients under test."""
    chance: random.Random
    """Varies its rests, by the seed."""
    took: float = 0.0
    """Seconds that its last attempt took."""
    thread: threading.Thread | None = None
    current: tuple[Intent, int, float] | None = None
    """Value, attempt and send time of a call that has not returned."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def rest(took: float, slowness: float) -> float:
    """Seconds until the next value of a client whose last write took `took`."""
    return min(max(REST_FACTOR * took, SHORTEST_REST), LONGEST_REST) * slowness


class Load:
    """The running load. Retry policy: the same value, under the same id, until it is acknowledged."""

    def __init__(
        self,
        clients: Sequence[Client],
        recorder: Recorder,
        clock: Clock,
        slowness: Callable[[Client], float],
        chance: Callable[[Client], random.Random],
    ) -> None:
        self._workers = [_Worker(client, slowness(client), chance(client)) for client in clients]
        self._recorder, self._clock = recorder, clock
        self._stop = threading.Event()
        self.acks: dict[tuple[Domain, str], list[Ack]] = {}
        self.failures: Counter[tuple[Domain, str]] = Counter()
        self._clients_of: dict[tuple[Domain, str], set[str]] = {}

    def start(self) -> None:
        """Connect every client, then let all of them go."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        for worker in self._workers:
            worker.client.open()
        for number, worker in enumerate(self._workers):
            offset = rest(0.0, worker.slowness) * number / len(self._workers)
            worker.thread = threading.Thread(target=self._run, args=(worker, offset), daemon=True)
            worker.thread.start()

    def acked(self, domain: Domain, paths: Collection[str], since: float) -> list[Ack]:
        """The acknowledgements on some paths since a moment, in the order of their time."""
        found = (ack for path in paths for ack in tuple(self.acks.get((domain, path), ())))
        return sorted(ack for ack in found if ack.at >= since)

    def count(self, domain: Domain, paths: Collection[str]) -> int:
        """How many acknowledgements there were on some paths so far."""
        return sum(len(self.acks.get((domain, path), ())) for path in paths)

    def clients_of(self, domain: Domain, paths: Collection[str]) -> set[str]:
        """The clients that have written to these paths."""
        return {name for path in paths for name in tuple(self._clients_of.get((domain, path), ()))}

    def stop(self, patience: float = 5.0) -> None:
        """End the load; a call that hangs longer than `patience` is cut and recorded as indeterminate."""
        self._stop.set()
        self._join(patience)
        for worker in self._workers:
            if worker.thread is not None and worker.thread.is_alive():
                worker.client.abort()
        self._join(patience)
        for worker in self._workers:
            self._abandon(worker)
            worker.client.close()

    def _join(self, patience: float) -> None:
        end = time.monotonic() + patience
        for worker in self._workers:
            if worker.thread is not None and worker.thread.is_alive():
                worker.thread.join(max(0.0, end - time.monotonic()))

    def _run(self, worker: _Worker, offset: float) -> None:
        pause, number = offset, 0
        while not self._stop.wait(pause):
            self._write(worker, worker.client.intend(number))
            pause = rest(worker.took, worker.slowness) * worker.chance.uniform(1 - SPREAD, 1 + SPREAD)
            number += 1

    def _write(self, worker: _Worker, intent: Intent) -> None:
        pause, attempt = FIRST_PAUSE, 1
        while not self._try(worker, intent, attempt) and not self._stop.wait(pause):
            pause, attempt = min(pause * 2, LONGEST_PAUSE), attempt + 1

    def _try(self, worker: _Worker, intent: Intent, attempt: int) -> bool:
        invoked = self._clock.now()
        worker.current = (intent, attempt, invoked)
        result = worker.client.attempt(intent, attempt)
        completed = self._clock.now()
        worker.took = completed - invoked
        with worker.lock:
            if worker.current is None:  # abandoned meanwhile, and recorded so
                return True
            worker.current = None
        self._record(worker.client, intent, attempt, (invoked, completed), result)
        return result.outcome == "acked"

    def _record(
        self, client: Client, intent: Intent, attempt: int, span: tuple[float, float], result: Attempt
    ) -> None:
        where = (client.domain, intent.path)
        self._clients_of.setdefault(where, set()).add(client.name)
        if result.outcome == "acked":
            self.acks.setdefault(where, []).append(Ack(span[1], client.name))
        else:
            self.failures[where] += 1
        self._recorder.add(
            Op(
                client=client.name,
                domain=client.domain,
                path=intent.path,
                cls=intent.cls,
                target=intent.target,
                value=intent.value,
                attempt=attempt,
                invoked=span[0],
                completed=span[1],
                outcome=result.outcome,
                code=result.code,
                via=result.via,
                detail=result.detail,
            )
        )

    def _abandon(self, worker: _Worker) -> None:
        """A call that never returned: nobody knows its outcome."""
        with worker.lock:
            current, worker.current = worker.current, None
        if current is not None:
            intent, attempt, invoked = current
            cut = Attempt("indeterminate", "cut at the end of the load")
            self._record(worker.client, intent, attempt, (invoked, self._clock.now()), cut)
