"""A migration has not been applied, or the history of those that were is not that of the files."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.errors import RefusedError
from app_core.schema.migrations import Migration
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.migrations import contradictions, refusal, waiting
from cluster_cli.schema.payments_facts import PaymentsFacts

NAME = "pending-migration"
DOMAIN = "payments"
ORDER = 20


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Migrations that wait, and what keeps `schema apply` from running any."""
    for refused in contradictions(facts.migrations, facts.applied):
        yield _blocking("history", refused)
    for migration in waiting(facts.migrations, facts.applied):
        refused = refusal(migration)
        yield _pending(migration) if refused is None else _blocking(NAME, refused)


def _pending(migration: Migration) -> Difference:
    how = "in a transaction" if migration.transaction else "statement by statement"
    return Difference(
        NAME,
        "payments",
        f"migration {migration.version}_{migration.name}",
        "it has not been applied",
        "apply",
        f"runs {migration.version}_{migration.name}.sql {how}",
        owner=migration.version,
    )


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
