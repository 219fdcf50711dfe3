"""How the scan for orphans reads the two databases."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
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

Ids = tuple[uuid.UUID, uuid.UUID]
"""The smallest and the largest id of the rows whose references are scanned."""


class SocialReader:
    """Reads collections through a router, what a majority has."""

    def __init__(self, client: Client, within: Ids | None = None) -> None:
        self._client = client
        self._within = {"_id": {"$gte": within[0], "$lte": within[1]}} if within else {}

    def batches(self, place: Place, size: int) -> Iterator[list[Row]]:
        """All documents that have the field."""
        query: dict[str, Any] = {place.field: {"$exists": True}, **self._within, **_only(place)}
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
        wanted = {place.field: {"$in": list(values)}, **_only(place)}
        found = self._of(place).find(wanted, {place.field: 1})
        return {value for document in found for value in values_at(document, place.field)}

    def still(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """By their `_id`."""
        found = self._of(place).find({"_id": {"$in": [key for key, _ in rows]}}, {place.field: 1})
        now = {(document["_id"], value) for document in found for value in values_at(document, place.field)}
        return [row for row in rows if row in now]

    def older(self, place: Place, rows: Sequence[Row], field: str, before: datetime) -> list[Row]:
        """By their `_id`."""
        wanted = {"_id": {"$in": [key for key, _ in rows]}, field: {"$lt": before}}
        keys = {document["_id"] for document in self._of(place).find(wanted, {"_id": 1})}
        return [row for row in rows if row[0] in keys]

    def _of(self, place: Place) -> Any:
        return self._client[place.database].get_collection(place.name, read_concern=ReadConcern("majority"))


def _only(place: Place) -> dict[str, Any]:
    return dict([place.when]) if place.when else {}


class PaymentsReader:
    """Reads tables in the order of their keys, a page at a time: no long transaction holds back vacuum."""

    def __init__(self, connection: psycopg.Connection[Any], within: Ids | None = None) -> None:
        self._connection, self._within = connection, within

    def batches(self, place: Place, size: int) -> Iterator[list[Row]]:
        """All rows whose column is not null."""
        last: tuple[Any, ...] | None = None
        while True:
            rows = self._page(place, last, size)
            if not rows:
                return
            last = rows[-1][0]
            yield [(key[0] if len(key) == 1 else key, value) for key, value in rows]
            if len(rows) < size:
                return

    def _page(self, place: Place, last: tuple[Any, ...] | None, size: int) -> list[Row]:
        key = sql.SQL(", ").join(map(sql.Identifier, place.key))
        conditions = [sql.SQL("{} IS NOT NULL").format(sql.Identifier(place.field)), *_equal(place)]
        if self._within is not None:
            low, high = map(sql.Literal, self._within)
            first = sql.Identifier(place.key[0])
            conditions.append(sql.SQL("{} BETWEEN {} AND {}").format(first, low, high))
        if last is not None:
            conditions.append(sql.SQL("({}) > ({})").format(key, sql.SQL(", ").join(map(sql.Literal, last))))
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
        field = sql.Identifier(place.field)
        conditions = [sql.SQL("{} = ANY(%s)").format(field), *_equal(place)]
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            field, sql.Identifier(place.name), sql.SQL(" AND ").join(conditions)
        )
        return {row[0] for row in self._connection.execute(statement, (list(values),)).fetchall()}

    def still(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """One by one: suspects are few."""
        return [row for row in rows if self._value(place, row[0]) == row[1]]

    def older(self, place: Place, rows: Sequence[Row], field: str, before: datetime) -> list[Row]:
        """One by one: suspects are few."""
        moments = ((row, self._value(replace(place, field=field), row[0])) for row in rows)
        return [row for row, moment in moments if moment is not None and moment < before]

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


def _equal(place: Place) -> list[sql.Composed]:
    if place.when is None:
        return []
    return [sql.SQL("{} = {}").format(sql.Identifier(place.when[0]), sql.Literal(place.when[1]))]


@contextlib.contextmanager
def opened(ctx: Context, within: Ids | None = None) -> Iterator[dict[Domain, Reader]]:
    """Readers of the domains that the topology has; `within`: only rows whose ids lie there refer."""
    from cluster_cli.engines.mongodb.clients import mongo_client
    from cluster_cli.engines.postgresql.connect import connect

    readers: dict[Domain, Reader] = {}
    with contextlib.ExitStack() as stack:
        if ctx.topology.social is not None:
            readers["social"] = SocialReader(stack.enter_context(mongo_client(ctx, "root")), within)
        if ctx.topology.payments is not None:
            connection = stack.enter_context(contextlib.closing(connect(ctx, via="proxy", autocommit=True)))
            readers["payments"] = PaymentsReader(connection, within)
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
        raise UsageError("no such reference", on=containing, why=nearest(containing, names))
    return found
