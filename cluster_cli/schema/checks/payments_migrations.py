"""A migration has not been applied, or the history of those that were is not that of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app_core.errors import RefusedError
from app_core.schema.migrations import Migration, waiting
from cluster_cli.schema.cost import estimate
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.migration_effects import ANY, Effects, effects
from cluster_cli.schema.migrations import contradictions, refusal
from cluster_cli.schema.payments_facts import PaymentsFacts

NAME = "pending-migration"
DOMAIN = "payments"
ORDER = 20


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Migrations that wait, and what keeps `schema apply` from running any."""
    for refused in contradictions(facts.migrations, facts.applied):
        yield _blocking("history", refused)
    found = waiting(facts.migrations, facts.applied)
    does = effects(found)
    for migration in found:
        refused = refusal(migration)
        yield _blocking(NAME, refused) if refused else _pending(facts, migration, does[migration.version])


def _pending(facts: PaymentsFacts, migration: Migration, does: Effects) -> Difference:
    """It must be named when rows or columns would go that are there now: from an empty database none do."""
    name = f"migration {migration.version}_{migration.name}"
    taken = facts.filled if ANY in does.takes else does.takes & facts.filled
    again = does.rewrites & set(facts.sizes)
    size = sum(facts.sizes[table] for table in again) if again else None
    work = "rewrite" if again else ""
    runs = f"{name}.sql".removeprefix("migration ") + (
        " in a transaction" if migration.transaction else " statement by statement"
    )
    return Difference(
        NAME,
        "payments",
        name,
        "it has not been applied" + _told("takes data from", taken) + _told("may write again all of", again),
        "drop" if taken else "apply",
        f"swapctl schema apply --allow-drop '{name}' (runs {runs})" if taken else f"runs {runs}",
        work=work,
        size_bytes=size,
        estimate_seconds=estimate(work, size),
        owner=migration.version,
        name=name if taken else "",
        blocks=bool(taken),
    )


def _told(words: str, tables: Iterable[str]) -> str:
    listed = ", ".join(sorted(tables))
    return f"; it {words} {listed}" if listed else ""


def _blocking(kind: str, refused: RefusedError) -> Difference:
    return Difference(
        kind,
        "payments",
        f"migration {(refused.on or '').removesuffix('.sql')}",
        ": ".join(part for part in (refused.what, refused.why) if part),
        "person",
        refused.hint or "",
        blocks=True,
    )
