"""The stable API: which commands version 1 has, and the errors for what it has not. Pure."""

from __future__ import annotations

from infra.router.errors import CommandError
from infra.router.pipelines import not_in_api
from infra.router.request import Request

VERSION_1 = frozenset(
    {
        "abortTransaction", "aggregate", "authenticate", "collMod", "commitTransaction", "count", "create",
        "createIndexes", "delete", "drop", "dropDatabase", "dropIndexes", "endSessions", "explain", "find",
        "findAndModify", "getMore", "hello", "insert", "killCursors", "listCollections", "listDatabases",
        "listIndexes", "ping", "refreshSessions", "saslContinue", "saslStart", "update",
        "testDeprecation",
    }
)  # fmt: skip
_DEPRECATED = frozenset({"testDeprecation"})
_INVALID_OPTIONS, _VERSION_ERROR, _STRICT_ERROR, _DEPRECATION_ERROR = 72, 322, 323, 324


def check_api(request: Request) -> None:
    """CommandError for a wrong use of apiVersion, apiStrict, apiDeprecationErrors."""
    command = request.command
    version = command.get("apiVersion")
    if version is None:
        for name in ("apiStrict", "apiDeprecationErrors"):
            if name in command:
                raise CommandError(_INVALID_OPTIONS, f"Provided {name} without passing apiVersion")
        return
    if version != "1":
        raise CommandError(_VERSION_ERROR, 'API version must be "1"')
    if command.get("apiStrict"):
        _check_strict(request)
    if command.get("apiDeprecationErrors") and request.name in _DEPRECATED:
        raise CommandError(
            _DEPRECATION_ERROR,
            f"Provided apiDeprecationErrors:true, but the command {request.name} is deprecated in API "
            "Version 1",
        )


def _check_strict(request: Request) -> None:
    if request.name not in VERSION_1:
        raise CommandError(
            _STRICT_ERROR,
            f"Provided apiStrict:true, but the command {request.name} is not in API Version 1. Information "
            f"on "
            "supported commands and migrations in API Version 1 can be found at "
            "https://dochub.mongodb.org/core/manual-versioned-api",
        )
    if request.name == "aggregate":
        stage = not_in_api(request.command.get("pipeline"))
        if stage is not None:
            raise CommandError(
                _STRICT_ERROR, f"stage {stage} is not allowed with 'apiStrict: true' in API Version 1"
            )
