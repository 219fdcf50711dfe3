"""SQL text as words, as far as it takes to see what a statement does: comments, strings, names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["word", "name", "text", "sign"]


class Token(NamedTuple):
    """kind: an unquoted word (in small letters), a quoted name, a string or dollar-quoted body, or a sign."""

    kind: Kind
    text: str


Statement = Sequence[Token]
_TOKEN = re.compile(
    r"(?P<blank>\s+|--[^\n]*)|(?P<comment>/\*)"
    r"|\$(?P<tag>(?:[^\W\d]\w*)?)\$(?P<body>.*?)\$(?P=tag)\$"
    r"|[eE]'(?P<escaped>(?:[^'\\]|\\.|'')*)'|'(?P<text>(?:[^']|'')*)'|\"(?P<name>(?:[^\"]|\"\")*)\""
    r"|(?P<word>[^\W\d][\w$]*)|(?P<number>\d[\w.]*)|(?P<sign>.)",
    re.DOTALL,
)
_COMMENT_ENDS = re.compile(r"/\*|\*/")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of SQL text without its comments; an unfinished comment ends with the text."""
    place = 0
    while found := _TOKEN.match(text, place):
        place = _after_comment(text, found.end()) if found["comment"] else found.end()
        if found["word"]:
            yield Token("word", found["word"].lower())
        elif found["name"] is not None:
            yield Token("name", found["name"].replace('""', '"'))
        elif (string := _string(found)) is not None:
            yield Token("text", string)
        elif found["number"] or found["sign"]:
            yield Token("sign", found["number"] or found["sign"])


def _string(found: re.Match[str]) -> str | None:
    quoted = found["text"] if found["text"] is not None else found["escaped"]
    return found["body"] if quoted is None else quoted.replace("''", "'")


def _after_comment(text: str, place: int) -> int:
    """Where a comment ends that began before `place`; comments lie in one another."""
    depth = 1
    while depth:
        found = _COMMENT_ENDS.search(text, place)
        if found is None:
            return len(text)
        depth += 1 if found.group() == "/*" else -1
        place = found.end()
    return place


def executed(text: str) -> Iterator[Statement]:
    """The statements that run, those in DO blocks and in the strings there too; never a function's body."""
    for statement in _split(tokens(text)):
        yield statement
        if statement[0] == ("word", "do"):
            yield from _inside(statement)


def _inside(statement: Statement) -> Iterator[Statement]:
    for kind, text in statement:
        if kind == "text":
            for inner in _split(tokens(text)):
                yield inner
                yield from _inside(inner)


def _split(found: Iterator[Token]) -> Iterator[Statement]:
    one: list[Token] = []
    for token in found:
        if token != ("sign", ";"):
            one.append(token)
        elif one:
            yield one
            one = []
    if one:
        yield one


def keywords(statement: Statement) -> list[str]:
    """The statement's words and signs; what is a name or a text for certain is an empty one."""
    return [token.text if token.kind in ("word", "sign") else "" for token in statement]


def names(statement: Statement, place: int) -> list[str]:
    """The tables that are named from here on, `a, only public."B"`, without their schemas."""
    found: list[str] = []
    while (named := name_at(statement, place)) is not None:
        name, place = named
        found.append(name)
        if statement[place : place + 1] != [("sign", ",")]:
            break
        place += 1
    return found


def name_at(statement: Statement, place: int) -> tuple[str, int] | None:
    """A table's name without its schema, and the place after it; None where there is none."""
    if statement[place : place + 1] == [("word", "only")]:
        place += 1
    while statement[place + 1 : place + 2] == [("sign", ".")]:
        place += 2
    if place >= len(statement) or statement[place].kind not in ("word", "name"):
        return None
    return statement[place].text, place + (2 if statement[place + 1 : place + 2] == [("sign", "*")] else 1)
