"""The schema under growing data: apply on empty clusters, latencies by size, latencies during a shard loss.

Run: swapctl run -- .venv/bin/python -m bench.schema [--scale 0.1] [--collections users,messages] [--report F]
Scale 1 is 10,000 and 100,000 documents a collection, and 100,000 and 1,000,000 of the great ones.
The exit code is 1 when an operation grows as fast as the data or faster.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app_core.schema import registry
from bench.growth import growths, verdict
from bench.machine import describe
from bench.schema_load import CollectionLoad, IntentLoad, Latency
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.mongodb.clients import Client, member_client
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema import payments
from cluster_cli.schema.apply import apply_social, migrating
from cluster_cli.schema.scratch import scratch_database
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context, load_context
from infra.platform import Kill

GREAT = ("users", "sessions", "messages")
"""Collections that grow by members and their talk; `payment_intent` is measured like them."""
SIZES = (10_000, 100_000)
GREAT_SIZES = (100_000, 1_000_000)
CACHE_MB = 1200
"""WiredTiger's cache of each shard's member: a sandbox's own is a laptop's, too small for a million."""
LOSS_ROUNDS = 20
"""How often each operation is measured before and during the loss of a shard: there are many collections."""
Load = CollectionLoad | IntentLoad
_GROWTH_HEAD = (
    "| collection | operation | documents | median ms | p95 ms | documents | median ms | p95 ms | growth | |"
)
_LOSS_HEAD = (
    "| while segment `exchange` is lost | operation | before: median ms | p95 ms | lost: median ms | p95 ms |"
)


def say(words: str) -> None:
    """What is going on, for a person."""
    print(words, file=sys.stderr, flush=True)


def widen_caches(ctx: Context, megabytes: int) -> None:
    """Give each shard's members a cache of that size until they are started again."""
    for endpoint in ctx.of_kind("mongod-shard"):
        with contextlib.closing(member_client(ctx, endpoint.member, timeout=20)) as member:
            size = f"cache_size={megabytes}M"
            member.admin.command({"setParameter": 1, "wiredTigerEngineRuntimeConfig": size})


def apply_on_empty(ctx: Context, client: Client) -> list[str]:
    """Seconds of an apply on databases without a collection, and on one without a table."""
    for collection in registry.collections():
        client[collection.segment].drop_collection(collection.name)
    begin = time.perf_counter()
    apply_social(ctx, StepLog())
    social = time.perf_counter() - begin
    with scratch_database(ctx) as name, migrating(ctx, name) as connection:
        begin = time.perf_counter()
        payments.cure(connection, payments.read(connection), frozenset(), StepLog())
        sql = time.perf_counter() - begin
    return [
        f"| social | {len(registry.collections())} collections | {social:.2f} s |",
        f"| payments | {len(registry.migrations())} migrations | {sql:.2f} s |",
    ]


def grown(load: Load, sizes: Sequence[int]) -> list[Latency]:
    """The latencies at each size, the data taken out again afterwards.

    The rows are told at once: an hour's measurement that is cut off has said what it measured.
    """
    found: list[Latency] = []
    try:
        for size in sizes:
            begin = time.perf_counter()
            load.fill(size)
            filled = time.perf_counter() - begin
            found += load.measure()
            say(f"{load.name}: {size:,} (filled in {filled:.0f} s)")
    finally:
        load.empty()
    for growth in growths(found):
        say(growth.row())
    return found


def during_a_loss(ctx: Context, client: Client, lost: str) -> list[str]:
    """Latencies of the other segments' collections, before and while all shards of `lost` are dead."""
    assert ctx.topology.social is not None
    assert isinstance(ctx.platform, Kill)
    others = [CollectionLoad(client, c) for c in registry.collections() if c.segment != lost]
    for load in others:
        load.fill(100)
    before = {(x.name, x.operation): x for load in others for x in load.measure(LOSS_ROUNDS)}
    members = [m for s in ctx.topology.social.segments[lost] for m in ctx.of_kind("mongod-shard", s)]
    for member in members:
        ctx.platform.kill(member.member)
    try:
        while_lost = [x for load in others for x in load.measure(LOSS_ROUNDS)]
    finally:
        for member in members:
            ctx.platform.start(member.member)
        wait_until(lambda: read_cluster(ctx).healthy, 120)
    for load in others:
        load.empty()
    return [_loss_row(before[x.name, x.operation], x) for x in while_lost]


def _loss_row(before: Latency, lost: Latency) -> str:
    return (
        f"| {lost.name} | {lost.operation} | {before.median_ms:.2f} | {before.p95_ms:.2f} |"
        f" {lost.median_ms:.2f} | {lost.p95_ms:.2f} |"
    )


def measure(ctx: Context, scale: float, names: frozenset[str], cache_mb: int) -> tuple[str, bool]:
    """All tables as Markdown, and whether every operation grows slower than its data."""
    widen_caches(ctx, cache_mb)
    chosen = [c for c in registry.collections() if not names or c.name in names]
    with contextlib.closing(mongo_client(ctx, "root")) as client:
        applied = apply_on_empty(ctx, client)
        say("applied")
        found: list[Latency] = []
        for collection in chosen:
            sizes = GREAT_SIZES if collection.name in GREAT else SIZES
            found += grown(CollectionLoad(client, collection), scaled(sizes, scale))
        if not names or "payment_intent" in names:
            with contextlib.closing(connect(ctx, via="proxy", autocommit=True)) as connection:
                found += grown(IntentLoad(connection), scaled(GREAT_SIZES, scale))
        apply_social(ctx, StepLog())  # what was measured is dropped
        lost = during_a_loss(ctx, client, "exchange")
        apply_social(ctx, StepLog())
    grew = growths(found)
    text = "\n".join([
        f"Measured on {describe()}, topology {ctx.topology.name}, scale {scale:g}, "
        f"WiredTiger's cache {cache_mb} MB a member of a shard.",
        "", "| apply on empty databases | what | time |", "|---|---|---|", *applied,
        "", _GROWTH_HEAD,
        "|---|---|---|---|---|---|---|---|---|---|", *(growth.row() for growth in grew),
        "", verdict(grew), "", _LOSS_HEAD,
        "|---|---|---|---|---|---|", *lost, "",
    ])  # fmt: skip
    return text, all(growth.sublinear for growth in grew)


def scaled(sizes: Sequence[int], scale: float) -> list[int]:
    """The sizes times the scale, at least ten documents."""
    return [max(10, round(size * scale)) for size in sizes]


def main() -> None:
    """Measure on a cluster that may be emptied, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context")
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--collections", default="", help="names, separated by commas; default: all")
    parser.add_argument("--cache-mb", type=int, default=CACHE_MB)
    parser.add_argument("--report", type=Path)
    chosen = parser.parse_args()
    ctx = load_context(chosen.context)
    if ctx.topology.class_ != "ephemeral":
        parser.error("this empties the databases: only for a cluster of class ephemeral")
    names = frozenset(filter(None, chosen.collections.split(",")))
    text, held = measure(ctx, chosen.scale, names, chosen.cache_mb)
    if chosen.report is not None:
        chosen.report.parent.mkdir(parents=True, exist_ok=True)
        chosen.report.write_text(text, "utf-8")
    print(text)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
