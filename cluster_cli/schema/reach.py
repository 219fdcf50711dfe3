"""A database that cannot be reached, as one sentence with the next command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from app_core.errors import UnhealthyError


@contextlib.contextmanager
def reachable() -> Iterator[None]:
    """Raises UnhealthyError where a driver says that it found no server, or lost it."""
    import psycopg
    from pymongo.errors import ConnectionFailure

    from cluster_cli.engines.mongodb.clients import server_words

    try:
        yield
    except psycopg.OperationalError as error:
        words = str(error).strip().splitlines() or ["the connection was lost"]
        raise UnhealthyError(
            "the payments database does not answer", why=words[0], hint="swapctl status"
        ) from error
    except ConnectionFailure as error:
        raise UnhealthyError(
            "the social databases do not answer", why=server_words(error), hint="swapctl status"
        ) from error
