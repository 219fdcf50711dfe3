"""A database that cannot be reached, or that refuses, as one sentence with the next command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app_core.errors import SwapskillError, UnhealthyError

if TYPE_CHECKING:
    import psycopg


@contextlib.contextmanager
def reachable() -> Iterator[None]:
    """Raises UnhealthyError where a driver says that it found no server, or lost it.

    Raises SwapskillError with PostgreSQL's words where it gave a statement up: a time-out, a full disk.
    """
    import psycopg
    from pymongo.errors import ConnectionFailure, OperationFailure

    from cluster_cli.engines.mongodb.clients import UNREACHABLE, server_words

    try:
        yield
    except psycopg.OperationalError as error:
        raise _of_payments(error) from error
    except (ConnectionFailure, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code not in UNREACHABLE:
            raise
        raise UnhealthyError(
            "the social databases do not answer", why=server_words(error), hint="swapctl status"
        ) from error


def _of_payments(error: psycopg.OperationalError) -> SwapskillError:
    from cluster_cli.engines.postgresql.connect import lost

    words = (str(error).strip().splitlines() or ["the connection was lost"])[0]
    if lost(error):
        return UnhealthyError("the payments database does not answer", why=words, hint="swapctl status")
    return SwapskillError(
        "the payments database gave a statement up", why=words, hint="swapctl status, then the same again"
    )
