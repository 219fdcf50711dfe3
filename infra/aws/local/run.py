"""Runs a Pulumi program in this process and captures its graph."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.aws.local.backend import Backend, Preview
from infra.aws.local.graph import Graph
from infra.aws.local.standin import StandIn

ORGANIZATION = "swapskill"


@dataclass(frozen=True)
class Program:
    """A program and what the CLI would give it.

    declare: registers the resources. config: `project:key` -> text. secret_keys: which of them are secret.
    references: the outputs of the stacks that it reads.
    """

    project: str
    stack: str
    declare: Callable[[], None]
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    secret_keys: tuple[str, ...] = ()
    references: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def preview(program: Program) -> Graph:
    """The graph as `pulumi preview` of an empty stack sees it: computed values are unknown."""
    return evaluate(program, Preview())


def resolve(program: Program) -> Graph:
    """The graph with stand-ins for what the cloud computes, so that documents made of them can be read."""
    return evaluate(program, StandIn())


def evaluate(program: Program, backend: Backend) -> Graph:
    """Run the program on a backend. What the program raises comes out as it is."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a program that raises leaves tasks behind
    return contextvars.copy_context().run(_evaluate, program, backend)


def _evaluate(program: Program, backend: Backend) -> Graph:
    from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

    from infra.aws.local.monitor import Engine, Monitor

    monitor = Monitor(program.project, program.stack, backend, program.references)
    set_all_config(dict(program.config), list(program.secret_keys))
    settings = Settings(
        project=program.project,
        stack=program.stack,
        monitor=monitor,
        engine=Engine(),
        dry_run=backend.dry_run,
        organization=ORGANIZATION,
    )
    configure(settings)

    def declare() -> None:
        program.declare()

    with _no_collection():
        asyncio.run(run_in_stack(declare))
    return monitor.graph()


@contextlib.contextmanager
def _no_collection() -> Generator[None, None, None]:
    """Python's cycle collector rests: nearly all that a run makes lives until its end.

    Looking at all of it again and again cost three quarters of the time, and more by resource the larger
    the stack was (`bench/infra`).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
