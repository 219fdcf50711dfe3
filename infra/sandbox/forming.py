"""Starts every member and makes a cluster of them, both at once; the first process that dies ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from app_core.errors import SwapskillError, TimedOutError
from infra.sandbox import contexts, members
from infra.sandbox.box import Box
from infra.sandbox.members import Started
from infra.sandbox.phases import Clock, Phase
from infra.sandbox.plugins import bootstrap_function
from infra.topology import Node

START_TIMEOUT_S = 180.0
_POLL_S = 0.015
_STARTERS = 8
# First what takes longest: data are copied while Patroni loads and etcd starts. A proxy that starts early
# only asks members that have nothing to say yet.
_ORDER = ("postgres", "etcd", "mongod-config", "mongod-shard")
_LAST = ("proxy", "dr-link")
# The payments path is a chain of waits that begins with the first member's data. Nine mongods that start
# meanwhile would leave the copy a tenth of the processor.
_AT_ONCE = ("postgres", "etcd")
_HEAD_START_S = 3.0


class _Step(Protocol):
    """A step of the bootstrap, timed by itself: steps of the two domains run side by side."""

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float: ...


@dataclass
class _Start:
    """The start of all members: one future each, and what was started so far."""

    futures: list[Future[None]] = field(default_factory=list[Future[None]])
    started: list[Started] = field(default_factory=list[Started])

    @property
    def over(self) -> bool:
        """Whether every member was started; raises what kept one from it."""
        done = [future.result() for future in tuple(self.futures) if future.done()]
        return len(done) == len(self.futures)


def form(box: Box, clock: Clock) -> None:
    """Start the members and run the bootstrap beside them: each of its steps waits for what it needs.

    Raises SwapskillError on the member of a process that died, TimedOutError when the cluster does not
    form. No member is started any more when it has returned or raised.
    """
    with _starting(box) as start:
        future = _in_background(bootstrap_function(), contexts.context_of(box), clock.tell)
        _watch(future, start, clock)
    result = future.result()
    clock.mark("bootstrap")
    steps: Iterable[_Step] = getattr(result, "steps", ())
    clock.phases += [Phase(f"bootstrap: {step.name}", step.seconds) for step in steps]


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """The nodes in the order in which they are started."""

    def place(node: Node) -> int:
        if node.kind in _LAST:
            return len(_ORDER) + 1
        return _ORDER.index(node.kind) if node.kind in _ORDER else len(_ORDER)

    return sorted(nodes, key=place)


@contextmanager
def _starting(box: Box) -> Generator[_Start, None, None]:
    """Start all members in threads; on the way out nothing more is started, and no thread is left."""
    start = _Start()
    ordered = in_order(box.nodes)
    plans = [members.plan_of(box, node) for node in ordered]

    def one(index: int) -> None:
        if index and ordered[index].kind not in _AT_ONCE:
            wait(start.futures[:1], timeout=_HEAD_START_S)
        members.materialize(box, plans[index])
        start.started.extend(members.start(box, plans[index]))

    pool = ThreadPoolExecutor(_STARTERS, thread_name_prefix="start")
    try:
        for index in range(len(plans)):
            start.futures.append(pool.submit(one, index))
        yield start
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_background(function: Callable[..., object], *arguments: object) -> Future[object]:
    """Run in a daemon thread: when a member dies, nobody waits for the bootstrap's own time-outs."""
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="bootstrap", daemon=True).start()
    return future


def _watch(future: Future[object], start: _Start, clock: Clock) -> None:
    """Return when the bootstrap has ended, one way or the other."""
    end = time.monotonic() + START_TIMEOUT_S
    told = False
    while not future.done():
        wait([future], timeout=_POLL_S)
        if start.over and not told:
            told = True
            clock.mark(f"{len(start.started)} processes started")
        for item in tuple(start.started):
            if item.popen.poll() is not None:
                raise _died(item)
        if time.monotonic() > end:
            raise TimedOutError(
                "the cluster did not form",
                why=f"{START_TIMEOUT_S:.0f} s passed",
                hint="swapctl doctor",
            )


def _died(item: Started) -> SwapskillError:
    code = item.popen.returncode
    return SwapskillError(
        f"{item.spec.name} ended during the start with code {code}",
        on=item.member,
        hint="swapctl doctor",
    )
