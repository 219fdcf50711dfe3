"""Authorization: the table is complete and fails closed; privileges mean what the servers mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.router.bsonraw import encode
from infra.router.dispatch import BEFORE_LOGIN, COMMANDS
from infra.router.errors import CommandError
from infra.router.pipelines import stages, uses
from infra.router.privileges import CLUSTER, Privileges, collection, need, whole_database
from infra.router.request import ClientState, Request, UserName
from infra.router.requirements import RULES, nothing
from infra.router.wire import OP_MSG, Message

OWN_OR_HARMLESS = {
    "ping", "hello", "isMaster", "ismaster", "buildInfo", "buildinfo", "connectionStatus", "whatsmyuri",
    "isdbgrid",
    "saslStart", "saslContinue", "logout", "startSession", "endSessions", "refreshSessions", "killSessions",
    "getMore", "killCursors", "commitTransaction", "abortTransaction", "listDatabases", "listCommands",
    "features",
    "replSetGetStatus", "replSetGetConfig", "configureFailPoint", "testVersion2", "testDeprecation",
}  # fmt: skip


def request(command: dict[str, Any], database: str = "d") -> Request:
    """A request of user u."""
    client = ClientState(1, user=UserName("u", "admin"))
    return Request(Message(1, OP_MSG, encode(command)), command, next(iter(command)), database, client)


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    assert set(COMMANDS) == set(RULES)
    assert set(COMMANDS) >= BEFORE_LOGIN


def test_only_the_listed_commands_need_no_privilege() -> None:
    assert {name for name, rule in RULES.items() if rule is nothing} == OWN_OR_HARMLESS


@pytest.mark.parametrize("name", sorted(set(RULES) - OWN_OR_HARMLESS - {"usersInfo", "listCollections"}))
def test_without_privileges_nothing_is_allowed(name: str) -> None:
    sample = {
        "aggregate": {"aggregate": "c", "pipeline": []}, "explain": {"explain": {"find": "c"}},
        "renameCollection": {"renameCollection": "d.c", "to": "d.e"}, "update": {"update": "c",
        "updates": []},
    }.get(name, {name: "d.c" if name.lower().endswith("size") else "x.y"})  # fmt: skip
    needs = RULES[name](request(sample))
    assert needs and not all(Privileges([]).allow(wanted) for wanted in needs)
    assert all(Privileges.everything().allow(wanted) for wanted in needs)


PRIVILEGES = Privileges(
    [
        {"resource": {"db": "d", "collection": ""}, "actions": ["find"]},
        {"resource": {"db": "d", "collection": "c"}, "actions": ["insert"]},
        {"resource": {"cluster": True}, "actions": ["listDatabases"]},
    ]
)


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        (need(collection("d", "any"), "find"), True),
        (need(collection("d", "system.users"), "find"), False),
        (need(collection("e", "any"), "find"), False),
        (need(collection("d", "c"), "find", "insert"), True),
        (need(collection("d", "x"), "find", "insert"), False),
        (need(CLUSTER, "listDatabases"), True),
        (need(CLUSTER, "addShard"), False),
        (need(whole_database("d"), "find"), True),
        (need(CLUSTER, "addShard", otherwise=(need(CLUSTER, "listDatabases"),)), True),
    ],
)
def test_privileges(wanted: Any, allowed: bool) -> None:
    assert PRIVILEGES.allow(wanted) is allowed


def test_all_normal_collections_do_not_include_config_and_local() -> None:
    everywhere = Privileges([{"resource": {"db": "", "collection": ""}, "actions": ["find"]}])
    assert everywhere.allow(need(collection("x", "y"), "find"))
    assert everywhere.allow(need(collection("admin", "y"), "find"))
    for database in ("config", "local"):
        assert not everywhere.allow(need(collection(database, "y"), "find"))
    assert not everywhere.allow(need(collection("x", "system.js"), "find"))


@given(st.lists(st.sampled_from(["find", "insert"]), max_size=2), st.text("ab", min_size=1, max_size=2))
def test_a_privilege_elsewhere_never_helps(actions: list[str], name: str) -> None:
    elsewhere = Privileges([{"resource": {"db": "other", "collection": name}, "actions": actions}])
    assert not elsewhere.allow(need(collection("d", name), "find"))


@pytest.mark.parametrize(
    ("pipeline", "targets"),
    [
        ([{"$match": {}}], set()),
        ([{"$lookup": {"from": "b", "as": "x"}}], {("d", "b", ("find",))}),
        ([{"$out": "b"}], {("d", "b", ("insert", "remove"))}),
        ([{"$out": {"db": "e", "coll": "b"}}], {("e", "b", ("insert", "remove"))}),
        ([{"$merge": "b"}], {("d", "b", ("insert", "update"))}),
        ([{"$merge": {"into": "b", "whenMatched": "fail"}}], {("d", "b", ("insert",))}),
        ([{"$unionWith": "b"}], {("d", "b", ("find",))}),
        ([{"$graphLookup": {"from": "b"}}], {("d", "b", ("find",))}),
        ([{"$facet": {"x": [{"$unionWith": {"coll": "b", "pipeline": [{"$unionWith": "e"}]}}]}}],
         {("d", "b", ("find",)), ("d", "e", ("find",))}),
    ],
)  # fmt: skip
def test_targets_of_pipelines(pipeline: list[dict[str, Any]], targets: set[Any]) -> None:
    assert {(u.database, u.collection, u.actions) for u in uses("d", pipeline)} == targets


@pytest.mark.parametrize(
    "pipeline", [[{"$mergeCursors": {}}], [{"$_internalX": {}}], [{"$facet": {"a": [{"$mergeCursors": {}}]}}]]
)
def test_members_own_stages_are_unknown(pipeline: list[dict[str, Any]]) -> None:
    with pytest.raises(CommandError) as caught:
        uses("d", pipeline)
    assert caught.value.code == 40324


def test_what_is_no_pipeline_is_refused() -> None:
    for wrong in ({}, "x", [1], [{"$a": 1, "$b": 2}], [{}]):
        with pytest.raises(CommandError):
            stages(wrong)


def test_upserts_need_insert() -> None:
    statements = [{"q": {}, "u": {"$set": {"a": 1}}, "upsert": True}]
    assert RULES["update"](request({"update": "c", "updates": statements}))[0].actions == ("update", "insert")


def test_own_password_needs_less_than_anothers() -> None:
    own = RULES["updateUser"](request({"updateUser": "u", "pwd": "x"}, "admin"))
    other = RULES["updateUser"](request({"updateUser": "v", "pwd": "x"}, "admin"))
    mine = Privileges([{"resource": {"db": "admin", "collection": ""}, "actions": ["changeOwnPassword"]}])
    assert all(mine.allow(wanted) for wanted in own)
    assert not all(mine.allow(wanted) for wanted in other)
