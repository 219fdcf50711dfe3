"""Reads back everything that a run wrote, under a deadline: a run always ends, maybe without an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from cluster_cli.drills.ledger import ReadBack
from cluster_cli.drills.records import Op
from cluster_cli.drills.workloads.base import Workload, merged

DEADLINE = 120.0
"""Seconds for each workload: its barrier waits for the synchronous standby, where that may block for ever."""


def read_back(workloads: Iterable[Workload], ops: Sequence[Op], deadline: float = DEADLINE) -> ReadBack:
    """What the databases hold now; incomplete, with the reason, where a workload fails or does not answer."""
    return merged([_within(workload, ops, deadline) for workload in workloads])


def _within(workload: Workload, ops: Sequence[Op], deadline: float) -> ReadBack:
    answer: Future[ReadBack] = Future()
    # a daemon: a commit that waits for ever must not keep the process either
    threading.Thread(target=_answer, args=(workload, ops, answer), daemon=True).start()
    try:
        return answer.result(deadline)
    except TimeoutError:
        return ReadBack(False, reason=f"{workload.name}: no answer within {deadline:g} s")


def _answer(workload: Workload, ops: Sequence[Op], answer: Future[ReadBack]) -> None:
    try:
        answer.set_result(workload.read_back(ops))
    except Exception as error:  # whatever it is: the read-back is incomplete, the run is not lost
        answer.set_result(ReadBack(False, reason=f"{workload.name}: {type(error).__name__}: {error}"))
