"""The contract is asked of a mongos where one is found, and of nothing but the stand-in elsewhere."""

from pathlib import Path

import pytest

from tests.router.routers import CONTRACT, MISSING, MONGOS, SPOKESMAN, STAND_IN, routers

FOUND = Path("/opt/mongodb/bin/mongos")
HERE = Path(__file__).parent


@pytest.mark.parametrize("file", CONTRACT)
def test_the_contract_runs_on_both_where_a_mongos_is_found(file):
    assert (HERE / file).exists()
    assert routers(file, "test_crud", FOUND) == [STAND_IN, MONGOS]


@pytest.mark.parametrize("found", [FOUND, None])
def test_what_looks_into_the_stand_in_runs_there_alone(found):
    assert routers("test_router_garbage.py", "test_garbage", found) == [STAND_IN]


def test_one_test_says_that_a_mongos_is_missing_and_the_others_are_silent():
    assert f"def {SPOKESMAN}(" in (HERE / CONTRACT[0]).read_text()
    first, second = routers(CONTRACT[0], SPOKESMAN, None)
    assert (first, second.values) == (STAND_IN, (MONGOS,))
    assert [(mark.name, mark.kwargs) for mark in second.marks] == [("skip", {"reason": MISSING})]
    assert routers(CONTRACT[0], "test_crud", None) == [STAND_IN]
