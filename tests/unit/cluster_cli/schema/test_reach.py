"""What counts as a database that does not answer, and what as one that refused."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from app_core.errors import SwapskillError
from cluster_cli.schema.reach import reachable

GONE = [
    psycopg.OperationalError("connection refused\nIs the server running?"),
    errors.ConnectionFailure("closed"),
    errors.AdminShutdown("terminating connection due to administrator command"),
    errors.CannotConnectNow("the database system is starting up"),
    ServerSelectionTimeoutError("no primary"),
    OperationFailure("Could not find host matching read preference for set exchange-1", 133),
    OperationFailure("connection refused", 6),
]
REFUSED = [
    errors.QueryCanceled("canceling statement due to statement timeout"),
    errors.LockNotAvailable("canceling statement due to lock timeout"),
    errors.DiskFull("could not extend file"),
    errors.SerializationFailure("could not serialize access"),
]


def raised(error: Exception) -> SwapskillError:
    with pytest.raises(SwapskillError) as caught, reachable():
        raise error
    return caught.value


@pytest.mark.parametrize("error", GONE, ids=str)
def test_a_server_that_is_gone_is_unhealthy(error: Exception) -> None:
    found = raised(error)
    assert (found.exit_code, found.hint) == (3, "swapctl status")
    assert "not answer" in found.what and "\n" not in (found.why or "")


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: type(error).__name__)
def test_a_server_that_gave_up_is_an_error_with_its_words(error: Exception) -> None:
    found = raised(error)
    assert (found.exit_code, found.why) == (1, str(error))


@pytest.mark.parametrize("error", [errors.UndefinedTable(), OperationFailure("not authorized", 13)])
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)), reachable():
        raise error
