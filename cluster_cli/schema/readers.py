"""How the scan for orphans reads the two databases."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from pymongo.read_concern import ReadConcern

from app_core.errors import UsageError, nearest
from app_core.schema import registry
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.schema.orphans import Reader, Row
from cluster_cli.schema.references import Domain, Link, Place, links, values_at
from infra.context import Context


class SocialReader:
    """Reads collections through a router, what a majority has."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def batches(self, place: Place, when: tuple[str, str] | None, size: int) -> Iterator[list[Row]]:
        """All documents that have the field."""
        query: dict[str, Any] = {place.field: {"$exists": True}, **(dict([when]) if when else {})}
        rows: list[Row] = []
        with self._of(place).find(query, {place.field: 1}, batch_size=size) as cursor:
            for document in cursor:
                rows += [(document["_id"], value) for value in values_at(document, place.field)]
                if len(rows) >= size:
                    yield rows
                    rows = []
        if rows:
            yield rows

    def present(self, place: Place, values: Sequence[Any]) -> set[Any]:
        """By the index on the target's field."""
        if not values:
            return set()
        found = self._of(place).find({place.field: {"$in": list(values)}}, {place.field: 1})
        return {value for document in found for value in values_at(document, place.field)}

    def still(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """By their `_id`."""
        found = self._of(place).find({"_id": {"$in": [key for key, _ in rows]}}, {place.field: 1})
        now = {(document["_id"], value) for document in found for value in values_at(document, place.field)}
        return [row for row in rows if row in now]

    def _of(self, place: Place) -> Any:
        return self._client[place.database].get_collection(place.name, read_concern=ReadConcern("majority"))


class PaymentsReader:
    """Reads tables in the order of their keys, a page at a time: no long transaction holds back vacuum."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def batches(self, place: Place, when: tuple[str, str] | None, size: int) -> Iterator[list[Row]]:
        """All rows whose column is not null."""
        last: tuple[Any, ...] | None = None
        while True:
            rows = self._page(place, when, last, size)
            if not rows:
                return
            last = rows[-1][0]
            yield [(key[0] if len(key) == 1 else key, value) for key, value in rows]
            if len(rows) < size:
                return

    def _page(
        self, place: Place, when: tuple[str, str] | None, last: tuple[Any, ...] | None, size: int
    ) -> list[Row]:
        key = sql.SQL(", ").join(map(sql.Identifier, place.key))
        conditions = [sql.SQL("{} IS NOT NULL").format(sql.Identifier(place.field))]
        if last is not None:
            conditions.append(sql.SQL("({}) > ({})").format(key, sql.SQL(", ").join(map(sql.Literal, last))))
        if when is not None:
            conditions.append(sql.SQL("{} = {}").format(sql.Identifier(when[0]), sql.Literal(when[1])))
        statement = sql.SQL("SELECT {}, {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
            key,
            sql.Identifier(place.field),
            sql.Identifier(place.name),
            sql.SQL(" AND ").join(conditions),
            key,
            sql.Literal(size),
        )
        return [(tuple(row[:-1]), row[-1]) for row in self._connection.execute(statement).fetchall()]

    def present(self, place: Place, values: Sequence[Any]) -> set[Any]:
        """By the index on the target's column."""
        if not values:
            return set()
        statement = sql.SQL("SELECT {field} FROM {table} WHERE {field} = ANY(%s)").format(
            field=sql.Identifier(place.field), table=sql.Identifier(place.name)
        )
        return {row[0] for row in self._connection.execute(statement, (list(values),)).fetchall()}

    def still(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """One by one: suspects are few."""
        return [row for row in rows if self._value(place, row[0]) == row[1]]

    def _value(self, place: Place, key: Any) -> Any:
        values = key if isinstance(key, tuple) else (key,)
        where = sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in zip(place.key, values, strict=True)
        )
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.Identifier(place.field), sql.Identifier(place.name), where
        )
        row = self._connection.execute(statement).fetchone()
        return row[0] if row is not None else None


@contextlib.contextmanager
def opened(ctx: Context) -> Iterator[dict[Domain, Reader]]:
    """Readers of the domains that the topology has."""
    from cluster_cli.engines.mongodb.clients import mongo_client
    from cluster_cli.engines.postgresql.connect import connect

    readers: dict[Domain, Reader] = {}
    with contextlib.ExitStack() as stack:
        if ctx.topology.social is not None:
            readers["social"] = SocialReader(stack.enter_context(mongo_client(ctx, "root")))
        if ctx.topology.payments is not None:
            connection = stack.enter_context(contextlib.closing(connect(ctx, via="proxy", autocommit=True)))
            readers["payments"] = PaymentsReader(connection)
        yield readers


def declared(readers: Mapping[Domain, Reader], containing: str = "") -> list[Link]:
    """The registry's references whose both ends can be read, of those whose name contains the words.

    Raises UsageError when none is left.
    """
    known = links(registry.collections(), registry.tables())
    found = [
        link
        for link in known
        if containing in str(link) and link.source.domain in readers and link.target.domain in readers
    ]
    if not found:
        names = sorted({str(link.source) for link in known})
        raise UsageError("no such reference", on=repr(containing), why=nearest(containing, names))
    return found
