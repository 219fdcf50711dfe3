"""Every reference that the registry declares, and how its values are taken out of a row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app_core.schema.claiming import CONFIRMED, claimed_field
from app_core.schema.fields import Reference, walk
from app_core.schema.model import Collection, Retention, Table

Domain = Literal["social", "payments"]


@dataclass(frozen=True)
class Place:
    """A field of a collection (`database` = its segment) or a column of a table.

    when: (field, value) of the rows that are meant; None: all.
    """

    domain: Domain
    database: str
    name: str
    field: str
    key: tuple[str, ...] = ()
    when: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.database}.{self.name}.{self.field}"


@dataclass(frozen=True)
class Outlived:
    """When a row of a link's source may rightly lead nowhere, and why.

    since: the source's field that says how old a row is; days: so old it must be (None: age says nothing);
    witness: where the ids of what was erased are (None: age decides).
    """

    reason: str
    since: str = ""
    days: float | None = None
    witness: Place | None = None


@dataclass(frozen=True)
class Link:
    """Every value at `source` must be one at `target`, but for what is `outlived`.

    indexed: an index of the target begins with the field; without one a lookup reads the target whole.
    """

    source: Place
    target: Place
    indexed: bool = True
    outlived: Outlived | None = None

    def __str__(self) -> str:
        there = f" that is {self.target.when[1]}" if self.target.when else ""
        condition = f" where {self.source.when[0]} = {self.source.when[1]}" if self.source.when else ""
        return f"{self.source} -> {self.target}{there}{condition}"


def links(collections: Iterable[Collection], tables: Iterable[Table]) -> tuple[Link, ...]:
    """The declared references that no database enforces by itself, sorted by their source.

    A claimed value is one, too: without its claim somebody else can take the value.
    """
    documents = {c.name: c for c in collections}
    rows = {t.name: t for t in tables}

    def target(reference: Reference) -> Place:
        if reference.domain == "social":
            return Place("social", documents[reference.target].segment, reference.target, reference.field)
        return Place("payments", rows[reference.target].database, reference.target, reference.field)

    found = [
        Link(
            place,
            target(reference),
            _indexed(reference, documents, rows),
            outlived(reference, documents, (documents if place.domain == "social" else rows)[place.name]),
        )
        for place, reference in [*_of_documents(documents.values()), *_of_rows(rows.values())]
    ]
    return tuple(sorted([*found, *_of_claims(documents)], key=str))


def outlived(
    reference: Reference, documents: Mapping[str, Collection], source: Collection | Table
) -> Outlived | None:
    """When and why a row of the source may rightly lead nowhere by this reference."""
    erased = next((c for c in documents.values() if c.tells_erased == reference.target), None)
    if erased is not None and source.erasure is not None and source.erasure.action != "delete":
        witness = Place("social", erased.segment, erased.name, erased.primary_key[0])
        return Outlived(f"the member was erased: {source.erasure.reason}", witness=witness)
    way = reference.may_outlive
    if way is None or way.by == "deletion":
        return Outlived(way.reason) if way else None
    ends = documents[reference.target].retention
    assert isinstance(ends, Retention), f"nothing ends {reference.target}"
    return Outlived(way.reason, way.since, ends.days - way.late_days)


def _of_claims(documents: Mapping[str, Collection]) -> Iterator[Link]:
    """The claimed value, and its holder, lead to a claim that is confirmed."""
    for claims in documents.values():
        if (claim := claims.claim) is None:
            continue
        owners = documents[claim.of.split(".")[0]]
        for here, there in ((claimed_field(claim), claim.key), (owners.primary_key[0], claim.holder)):
            yield Link(
                Place("social", owners.segment, owners.name, here, ("_id",)),
                Place("social", claims.segment, claims.name, there, when=CONFIRMED),
            )


def _indexed(reference: Reference, documents: Mapping[str, Collection], rows: Mapping[str, Table]) -> bool:
    if reference.domain == "social":
        return any(i.fields[0] == reference.field for i in documents[reference.target].indexes)
    table = rows[reference.target]
    return reference.field in (table.key[0], *(i.fields[0] for i in table.indexes))


def _of_documents(collections: Iterable[Collection]) -> Iterator[tuple[Place, Reference]]:
    for collection in collections:
        for path, field in walk(collection.fields):
            inside = field.items.references if field.items is not None else ()
            for reference in (*field.references, *inside):
                place = Place("social", collection.segment, collection.name, path, ("_id",), reference.when)
                yield place, reference


def _of_rows(tables: Iterable[Table]) -> Iterator[tuple[Place, Reference]]:
    for table in tables:
        for column in table.columns:
            if column.references is not None:
                reference = column.references
                place = Place("payments", table.database, table.name, column.name, table.key, reference.when)
                yield place, reference


def values_at(document: Mapping[str, Any], path: str) -> list[Any]:
    """The values at a dotted path; arrays on the way and at its end give each of their items."""
    name, _, rest = path.partition(".")
    value = document.get(name)
    items = value if isinstance(value, list) else [value]
    if rest:
        return [v for item in items if isinstance(item, Mapping) for v in values_at(item, rest)]
    return [item for item in items if item is not None]
