"""Gathers what the rules compare from both domains."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

from app_core.schema import registry
from cluster_cli.schema.catalogue import wanted_catalogue
from cluster_cli.schema.review import _payments, _social
from cluster_cli.schema.review._model import Domain, IndexUse, ReviewFacts, SlowQuery
from infra.context import Context


def read_facts(
    ctx: Context, progress: Callable[[str], None], *, least_age: timedelta, least_bytes: int
) -> ReviewFacts:
    """The uses and sizes of all indexes, and the slow queries. Only reads."""
    indexes: list[IndexUse] = []
    slow: list[SlowQuery] = []
    silent: dict[Domain, tuple[str, ...]] = {}
    if ctx.topology.social is not None:
        from cluster_cli.engines.mongodb.clients import mongo_client

        with contextlib.closing(mongo_client(ctx, "root")) as client:
            indexes += _social.read_uses(ctx, client, registry.collections())
            slow += _social.read_slow(ctx, client, ctx.topology.social.segments)
    if ctx.topology.payments is not None:
        uses, mute = _payments.read_uses(ctx, wanted_catalogue())
        indexes += uses
        silent["payments"] = mute
        slow += _slow_statements(ctx, progress)
    facts = ReviewFacts(tuple(indexes), tuple(slow), _social.now(), least_age, least_bytes, silent)
    _say_silent(facts, progress)
    _say_young(facts, progress)
    return facts


def _slow_statements(ctx: Context, progress: Callable[[str], None]) -> list[SlowQuery]:
    from cluster_cli.engines.postgresql.connect import connect

    with contextlib.closing(connect(ctx, via="proxy", autocommit=True)) as connection:
        found = _payments.read_slow(connection)
    if found is None:
        progress("payments: no pg_stat_statements, so slow statements are unknown")
    return found or []


def _say_silent(facts: ReviewFacts, progress: Callable[[str], None]) -> None:
    for domain, members in facts.silent.items():
        if members:
            progress(f"{domain}: no answer from {', '.join(members)}, so disuse of its indexes is not judged")


def _say_young(facts: ReviewFacts, progress: Callable[[str], None]) -> None:
    young = sum(facts.now - index.since < facts.least_age for index in facts.indexes)
    if young:
        hours = facts.least_age.total_seconds() / 3600
        progress(f"{young} indexes are counted for less than {hours:g} h: their disuse is not judged")
