"""`swapctl rescue` where no router answers: one sentence and the next command."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

import infra.context
from app_core.errors import UnhealthyError
from cluster_cli.commands import rescue as commands
from cluster_cli.engines import mongodb
from cluster_cli.rescue import report


@pytest.mark.parametrize("command", [commands.list_files, commands.show, commands.replay])
def test_no_router_is_an_unhealthy_cluster(
    monkeypatch: pytest.MonkeyPatch, command: Callable[..., None]
) -> None:
    def none(*_: object) -> None:
        raise ServerSelectionTimeoutError("127.0.0.1:27017: connection refused")

    monkeypatch.setattr(infra.context, "load_context", lambda _: SimpleNamespace(name="demo"))
    client: Any = SimpleNamespace(close=lambda: None)
    monkeypatch.setattr(mongodb, "mongo_client", lambda *_: client)
    for name in ("summaries", "rows", "comparisons"):
        monkeypatch.setattr(report, name, none)
    with pytest.raises(UnhealthyError, match="the social databases do not answer"):
        command()
