"""What migrations that wait do to the tables that are there: take data away, write them again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app_core.schema.migrations import Migration
from cluster_cli.schema.sql_words import Statement, executed, keywords, name_at, names

ANY = "*"
"""Stands for tables that a statement takes data from without naming them."""
_RUN_NOTHING = {"create", "grant", "revoke", "comment"}
"""Statements that begin so only speak of what others do."""
_NO_UPDATE_AFTER = {"for", "key", "on", "do"}
"""FOR UPDATE, FOR NO KEY UPDATE, ON UPDATE CASCADE, ON CONFLICT DO UPDATE."""
Named = Iterator[str]


@dataclass(frozen=True)
class Effects:
    """takes: the tables that lose rows or columns. rewrites: those whose rows may all be written again."""

    takes: frozenset[str]
    rewrites: frozenset[str]


def effects(migrations: Iterable[Migration]) -> dict[str, Effects]:
    """Version -> effects, of migrations in their order. Tables are named as they are before the first one.

    What a function that is called does, or a statement that is put together in pieces, is not seen.
    """
    found: dict[str, Effects] = {}
    were: dict[str, str] = {}
    for migration in migrations:
        takes, rewrites = set[str](), set[str]()
        for statement in executed(migration.up):
            takes |= {were.get(name, name) for name in taken(statement)}
            rewrites |= {were.get(name, name) for name in rewritten(statement)}
            _follow(statement, were)
        found[migration.version] = Effects(frozenset(takes - {""}), frozenset(rewrites - {""}))
    return found


def _follow(statement: Statement, were: dict[str, str]) -> None:
    """Keep up which table of before has a name now: none ('') where it is new."""
    match keywords(statement):
        case ["alter", "table", *_, "rename", "to", _]:
            old, new = _altered(statement, 0)[0], statement[-1].text
            were[new] = were.get(old, old)
            were[old] = ""
        case ["create", "table", "if", "not", "exists", *_]:
            pass  # it may be there
        case ["create", "table", *_]:
            were.update(dict.fromkeys(names(statement, 2)[:1], ""))
        case _:
            pass


def taken(statement: Statement) -> Named:
    """The tables that lose rows or columns by a statement."""
    words = keywords(statement)
    if words[0] in _RUN_NOTHING:
        return
    for place in range(len(words)):
        match words[place:]:
            case ["drop", "table", "if", "exists", *_]:
                yield from names(statement, place + 4)
            case ["drop", "table", *_] | ["delete", "from", *_] | ["truncate", "table", *_]:
                yield from names(statement, place + 2)
            case ["truncate", *_]:
                yield from names(statement, place + 1)
            case ["drop", "schema" | "owned", *_]:
                yield ANY
            case ["drop", "type" | "domain" | "extension", *rest] if "cascade" in rest:
                yield ANY
            case ["alter", "table", *_]:
                yield from _with_action(statement, place, _drops_column)
            case _:
                pass


def rewritten(statement: Statement) -> Named:
    """The tables of which a statement may write every row again."""
    words = keywords(statement)
    if words[0] in _RUN_NOTHING:
        return
    for place in range(len(words)):
        match words[place:]:
            case ["update", *_] if not _NO_UPDATE_AFTER & set(words[max(0, place - 1) : place]):
                yield from names(statement, place + 1)
            case ["alter", "table", *_]:
                yield from _with_action(statement, place, _rewrites)
            case _:
                pass


def _with_action(statement: Statement, place: int, wanted: Callable[[list[str]], bool]) -> Named:
    table, actions = _altered(statement, place)
    if any(wanted(action) for action in actions):
        yield table


def _altered(statement: Statement, place: int) -> tuple[str, list[list[str]]]:
    """The table of an ALTER TABLE that begins at `place`, and the words of each of its actions."""
    words = keywords(statement)
    place += 4 if words[place + 2 : place + 4] == ["if", "exists"] else 2
    name, place = name_at(statement, place) or ("", len(words))
    actions: list[list[str]] = [[]]
    depth = 0
    for word in words[place:]:
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            actions.append([])
        else:
            actions[-1].append(word)
    return name, actions


def _drops_column(action: list[str]) -> bool:
    return action[:1] == ["drop"] and action[1:2] != ["constraint"]


def _rewrites(action: list[str]) -> bool:
    match action:
        case ["alter", "column", _, *what] | ["alter", _, *what]:
            return what[:1] == ["type"] or what[:3] == ["set", "data", "type"]
        case ["add", *what]:
            return "generated" in what
        case ["set", "logged" | "unlogged"]:
            return True
        case _:
            return False
