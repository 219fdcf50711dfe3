"""Makes a sharded MongoDB cluster of started processes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from app_core.errors import TimedOutError
from cluster_cli.bootstrap import replicaset, sharding
from cluster_cli.bootstrap.set_plan import SetSpec, set_specs
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.bootstrap.users import ensure_users
from cluster_cli.engines.mongodb.clients import UNREACHABLE, Client, mongo_client, server_words
from cluster_cli.engines.mongodb.users import cluster_users, prober
from cluster_cli.waiting import again_while
from infra.context import Context

ROUTER_TIMEOUT_S = 60.0
T = TypeVar("T")
SERVING_TIMEOUT_S = 60.0
_POLL_S = 0.02
# what a router answers while it cannot reach the config servers or has not read the new user yet, and while a
# shard elects a primary: what addShard hears of that from the shard, it calls a failed operation (96)
_NOT_READY = frozenset({18, 91, 94, 96, 189, 10107, 11600, 13435})


def bootstrap(ctx: Context, log: StepLog) -> None:
    """Form all sets at once, then join them through a router: shards, zones, databases.

    Raises SwapskillError with the set or member and the reason.
    """
    assert ctx.topology.social is not None
    specs = set_specs(ctx.topology, ctx.timing.mongodb, ctx.endpoints)
    with ThreadPoolExecutor(len(specs), thread_name_prefix="set") as pool:
        list(pool.map(lambda spec: _form_set(ctx, spec, log), specs))
    with contextlib.closing(mongo_client(ctx, "root")) as client:
        with log.step("router: takes logins"):
            await_router(client)
        _join(ctx, client, specs, log)


def _form_set(ctx: Context, spec: SetSpec, log: StepLog) -> None:
    """One set with its own users: a shard knows the prober only, the config servers know everybody."""
    assert ctx.topology.social is not None
    users = cluster_users(ctx.topology.social.segments) if spec.kind == "config" else (prober(),)
    with replicaset.opened(ctx, spec) as replica_set:
        replicaset.form(replica_set, log)
        with log.step(f"{spec.name}: users") as step:
            step.changed = replica_set.on_primary(lambda c: ensure_users(c, users, ctx.credentials))


def _join(ctx: Context, client: Client, specs: tuple[SetSpec, ...], log: StepLog) -> None:
    assert ctx.topology.social is not None
    segments = ctx.topology.social.segments
    with log.step("default write concern") as step:
        step.changed = steadily(lambda: sharding.ensure_default_write_concern(client))
    with log.step("shards added") as step:
        step.changed = steadily(lambda: sharding.ensure_shards(client, specs))
    with log.step("zones") as step:
        step.changed = steadily(lambda: sharding.ensure_zones(client, segments))
    with log.step("databases") as step:
        step.changed = steadily(lambda: sharding.ensure_databases(client, segments))


def await_router(client: Client) -> None:
    """Wait until a router answers and lets the user in; TimedOutError with its last words."""
    steadily(client.config.shards.find_one)


def steadily(act: Callable[[], T]) -> T:
    """The result of what looks first and may be done twice; again while a router or a shard is not ready.

    Raises TimedOutError with the last words of the router; at once what no wait cures.
    """
    try:
        return again_while(_passes, act, ROUTER_TIMEOUT_S, _POLL_S)
    except PyMongoError as error:
        if not _passes(error):
            raise
        raise TimedOutError(
            "the routers and shards do not get ready",
            why=server_words(error),
            hint="swapctl logs --grep router",
        ) from error


def _passes(error: Exception) -> bool:
    code = error.code if isinstance(error, OperationFailure) else None
    return isinstance(error, AutoReconnect) or code in UNREACHABLE | _NOT_READY


def await_members(ctx: Context, log: StepLog) -> None:
    """Wait until every member that can be reached holds its role; TimedOutError naming the set."""
    specs = set_specs(ctx.topology, ctx.timing.mongodb, ctx.endpoints)
    with log.step("every member in its role"), ThreadPoolExecutor(len(specs)) as pool:
        list(pool.map(lambda spec: _await_serving(ctx, spec), specs))


def _await_serving(ctx: Context, spec: SetSpec) -> None:
    end = time.monotonic() + SERVING_TIMEOUT_S
    with replicaset.opened(ctx, spec) as replica_set:
        while not replica_set.serving():
            if time.monotonic() > end:
                raise TimedOutError("a member does not take its role", on=spec.name, hint="swapctl status")
            time.sleep(_POLL_S)
