"""insert, update and delete as statements of a transaction: in order, shard by shard."""

from __future__ import annotations

from typing import Any

from infra.router.bsonraw import Document
from infra.router.core import Router, versions
from infra.router.errors import STALE, CommandError
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.transactions import OWNED, Transaction, give_up
from infra.router.wcos import WOULD_CHANGE_SHARD, exchange
from infra.router.writebatch import FIELDS, chunked, plan


async def write(
    router: Router, request: Request, transaction: Transaction, entry: Document, table: RoutingTable | None
) -> Answer:
    """Statements in order, shard by shard; the first write error ends the transaction."""
    name, field_name = request.name, FIELDS[request.name]
    statements = request.documents(field_name)
    if not 1 <= len(statements) <= 100_000:
        raise CommandError(
            16, f"Write batch sizes must be between 1 and 100000. Got {len(statements)} operations."
        )
    if table is None:
        groups, refused = chunked(statements, entry["primary"]), {}
    else:
        planned = plan(name, statements, table, ordered=True)
        groups, refused = planned.groups, planned.errors
    total = _Total(name)
    for group in groups:
        for shard in group.shards:
            matched = await _write_group(
                router, request, transaction, shard, versions(entry, table, shard), group, total
            )
            if total.errors or (matched and not group.every):
                break
        if total.errors:
            break
    if refused and not total.errors:
        index, error = next(iter(refused.items()))
        total.errors.append({"index": index, "code": error.code, "errmsg": error.message})
    if total.errors:
        await give_up(router, request, transaction)
    return total.reply()


async def _write_group(
    router: Router,
    request: Request,
    transaction: Transaction,
    shard: str,
    version: Document,
    group: Any,
    total: _Total,
) -> int:
    field_name = FIELDS[request.name].encode()
    items = list(group.items)
    matched = 0
    while items:
        sequence = [(field_name, b"".join(raw for _, raw in items))]

        def body(fields: Document) -> bytes:
            return request.forward(
                {**version, **fields}, router.clock.upstream(), field_name, b"stmtId", b"stmtIds", *OWNED
            )

        try:
            answer = await transaction.send(router, request, shard, body, sequence)
        except CommandError as error:
            if error.code != WOULD_CHANGE_SHARD:
                raise
            await exchange(router, request, transaction, error.extra)
            total.moved(items[0][0], error.extra)
            return 1
        document = answer.reply.document
        errors = document.get("writeErrors", [])
        matched += total.add(document, [index for index, _ in items])
        if not errors or errors[0].get("code") != WOULD_CHANGE_SHARD:
            _raise_stale(errors, shard)
            break
        total.errors.clear()
        await exchange(router, request, transaction, errors[0])
        total.moved(items[errors[0]["index"]][0], errors[0])
        matched += 1
        items = items[errors[0]["index"] + 1 :]
    return matched


def _raise_stale(errors: list[Document], shard: str) -> None:
    for error in errors:
        if error.get("code") in STALE:
            raise CommandError(error["code"], error.get("errmsg", ""), extra={"shard": shard})


class _Total:
    """The joined result of a write statement."""

    def __init__(self, name: str) -> None:
        self.name, self.n, self.modified = name, 0, 0
        self.upserted: list[Document] = []
        self.errors: list[Document] = []

    def add(self, document: Document, positions: list[int]) -> int:
        """Add a shard's result; returns how many it matched."""
        self.n += document.get("n", 0)
        self.modified += document.get("nModified", 0)
        self.upserted += [{**u, "index": positions[u["index"]]} for u in document.get("upserted", ())]
        self.errors += [{**e, "index": positions[e["index"]]} for e in document.get("writeErrors", ())]
        return int(document.get("n", 0))

    def moved(self, index: int, error: Document) -> None:
        """A document changed its shard."""
        self.n += 1
        if error.get("shouldUpsert"):
            self.upserted.append({"index": index, "_id": error["postImage"]["_id"]})
        else:
            self.modified += 1

    def reply(self) -> Document:
        """The client's reply."""
        reply: Document = {"n": self.n}
        if self.name == "update":
            reply["nModified"] = self.modified
        if self.upserted:
            reply["upserted"] = self.upserted
        if self.errors:
            reply["writeErrors"] = self.errors
        return {**reply, "ok": 1.0}
