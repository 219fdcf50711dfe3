"""A migration has not been applied."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.migrations import pending
from cluster_cli.schema.payments_facts import PaymentsFacts

NAME = "pending-migration"
DOMAIN = "payments"
ORDER = 20


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Migrations that wait. Raises RefusedError when the history was edited."""
    for migration in pending(facts.migrations, facts.applied):
        how = "in a transaction" if migration.transaction else "statement by statement"
        yield Difference(
            NAME,
            "payments",
            f"migration {migration.version}_{migration.name}",
            "it has not been applied",
            "apply",
            f"runs {migration.version}_{migration.name}.sql {how}",
            owner=migration.version,
        )
