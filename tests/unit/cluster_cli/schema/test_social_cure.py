"""How the commands of a cure are run."""

from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from app_core.errors import SwapskillError
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts, cure
from tests.unit.cluster_cli.schema.live import SESSIONS
from tests.unit.cluster_cli.schema.test_checks_social import PLACED

DROP = {"dropIndexes": "sessions", "index": "odd"}
BUILD = {"createIndexes": "sessions", "indexes": []}
MAKE = {"create": "sessions"}


class Server:
    """A client of which each database is the same."""

    codec_options = None

    def __init__(self, database: Any) -> None:
        self.database = database

    def __getitem__(self, _: str) -> Any:
        return self.database


def run(*commands, code: int, failing) -> list[Any]:
    """The commands that were sent to a server that answers some with an error."""
    sent: list[Any] = []

    def command(document, **_):
        sent.append(document)
        if document == failing:
            raise OperationFailure("no", code)

    client: Any = Server(SimpleNamespace(command=command))
    owner = SESSIONS.namespace
    found = Difference(
        "k", "social", owner, "", "apply", "", owner=owner, commands=tuple(("exchange", c) for c in commands)
    )
    cure(client, SocialFacts((SESSIONS,), PLACED), [found], StepLog())
    return sent


def test_an_index_that_some_shards_lack_is_dropped_on_the_others_and_built_on_all():
    assert run(DROP, BUILD, code=27, failing=DROP) == [DROP, BUILD]


def test_a_collection_that_another_apply_made_is_gone_on_with():
    assert run(MAKE, BUILD, code=48, failing=MAKE) == [MAKE, BUILD]


@pytest.mark.parametrize(("failing", "code"), [(BUILD, 27), (DROP, 48), (MAKE, 27), (DROP, 13)])
def test_any_other_refusal_ends_the_run(failing, code):
    with pytest.raises(SwapskillError):
        run(failing, code=code, failing=failing)
