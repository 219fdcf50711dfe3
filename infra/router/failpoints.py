"""`configureFailPoint` as the drivers' test suites use it: only on a router started with --test-commands."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from infra.router.bsonraw import Document, is_document
from infra.router.core import Router
from infra.router.errors import (
    RESUMABLE,
    RESUMABLE_LABEL,
    TRANSIENT_AT_COMMIT,
    TRANSIENT_IN_TRANSACTION,
    TRANSIENT_LABEL,
    CommandError,
)
from infra.router.request import Answer, Request

FAIL_COMMAND, FAIL_GET_MORE = "failCommand", "failGetMoreAfterCursorCheckout"
KNOWN = frozenset({FAIL_COMMAND, FAIL_GET_MORE})
_ALIASES = {"ismaster": "isMaster", "findandmodify": "findAndModify", "deleteIndexes": "dropIndexes"}
_NEVER_FAILS = "configureFailPoint"
_ENDS_TRANSACTION = ("commitTransaction", "abortTransaction")


class CloseConnection(Exception):
    """The fail point wants the client's connection cut without an answer."""


@dataclass
class FailPoint:
    """One fail point that is switched on."""

    name: str
    data: Document
    times: float = float("inf")
    skip: int = 0
    probability: float = 1.0
    entered: int = field(default=0)

    def enter(self) -> bool:
        """Is it hit now? Counts."""
        if self.times <= 0 or (self.probability < 1 and random.random() >= self.probability):
            return False
        self.entered += 1
        if self.entered <= self.skip:
            return False
        self.times -= 1
        return True


class FailPoints:
    """The fail points of a router."""

    def __init__(self) -> None:
        self._on: dict[str, FailPoint] = {}

    def configure(self, name: Any, mode: Any, data: Any) -> int:
        """Switch one on or off; how often it was entered before. CommandError for what no server accepts."""
        if name not in KNOWN:
            raise CommandError(266, f"{name} not found")
        before = self._on.pop(name, None)
        if mode != "off":
            self._on[name] = _parse(name, mode, data if is_document(data) else {})
        return before.entered if before is not None else 0

    async def before(self, request: Request) -> Document | None:
        """Fail or delay the command if it is meant; returns the writeConcernError to add to its reply."""
        point = self._on.get(FAIL_COMMAND)
        if point is None or not _meant(point.data, request) or not point.enter():
            return None
        data = point.data
        if data.get("blockConnection"):
            await asyncio.sleep(data.get("blockTimeMS", 0) / 1000)
        if data.get("closeConnection"):
            raise CloseConnection
        if "errorCode" in data:
            raise _error(request, data)
        return data.get("writeConcernError")

    def get_more(self, request: Request, *, change_stream: bool) -> None:
        """Fail a getMore whose cursor was found."""
        point = self._on.get(FAIL_GET_MORE)
        if point is None or not point.enter():
            return
        error = _error(request, point.data)
        if change_stream and error.code in RESUMABLE and "errorLabels" not in point.data:
            error.labels.append(RESUMABLE_LABEL)
        raise error

    def labels(self, request: Request) -> list[str] | None:
        """The error labels that the fail point gives to a writeConcernError."""
        point = self._on.get(FAIL_COMMAND)
        return point.data.get("errorLabels") if point is not None else None


def _parse(name: str, mode: Any, data: Document) -> FailPoint:
    if mode == "alwaysOn":
        return FailPoint(name, data)
    # of several kinds the first of these counts, as on a server: drivers send a `skip` of 0 beside `times`
    given = mode if is_document(mode) else {}
    kind = next((item for item in ("times", "skip", "activationProbability") if item in given), None)
    if kind is not None and isinstance(given[kind], int | float) and given[kind] >= 0:
        return _counted(name, data, kind, given[kind])
    raise CommandError(2, f"Invalid mode of a fail point: {mode!r}")


def _counted(name: str, data: Document, kind: str, value: float) -> FailPoint:
    if kind == "times":
        return FailPoint(name, data, times=value)
    if kind == "skip":
        return FailPoint(name, data, skip=int(value))
    return FailPoint(name, data, probability=float(value))


def _meant(data: Document, request: Request) -> bool:
    name = _ALIASES.get(request.name, request.name)
    if name == _NEVER_FAILS or ("threadName" in data):
        return False
    if "appName" in data and data["appName"] != request.client.application:
        return False
    if "namespace" in data and data["namespace"] != f"{request.database}.{request.command.get(request.name)}":
        return False
    listed = [_ALIASES.get(item, item) for item in data.get("failCommands", ())]
    return bool(data.get("failAllCommands")) or name in listed


def _error(request: Request, data: Document) -> CommandError:
    extra = dict(data.get("errorExtraInfo") or {})
    error = CommandError(int(data["errorCode"]), "Failing command via 'failCommand' failpoint", extra=extra)
    if "errorLabels" in data:
        error.labels = list(data["errorLabels"])
    elif request.in_transaction:
        ends = request.name in _ENDS_TRANSACTION
        transient = TRANSIENT_AT_COMMIT if ends else TRANSIENT_IN_TRANSACTION
        error.labels = [TRANSIENT_LABEL] if error.code in transient else []
    return error


async def configure_fail_point(router: Router, request: Request) -> Answer:
    """configureFailPoint."""
    command = request.command
    assert router.fail_points is not None  # else the command is not known
    count = router.fail_points.configure(command[request.name], command.get("mode"), command.get("data"))
    return {"count": count, "ok": 1.0}
