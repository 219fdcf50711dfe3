"""The two-step write of a document with a claimed value: first the claim, then the document.

A unique index of a sharded collection must begin with its shard key. So a value that must be used once
(an e-mail address) is claimed in a collection of its own, whose shard key is the value:

1. the claim is inserted as PENDING: its unique index lets one writer pass,
2. the document is inserted, and the claim becomes CONFIRMED, if it is still this writer's.

Both wait for the majority. A writer that dies in between leaves a pending claim. The same writer resumes
where it stopped; another one takes the claim over when it is a minute old and its document is not there.
If the first writer lives after all, its confirmation finds the claim gone and it removes its document.

A claim is freed only when it is certain that its document was refused. While that is not known, it stays:
freed too early, it would let two documents have one value.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo.errors import DuplicateKeyError, WriteError

from app_core.errors import RefusedError, UnknownResultError
from app_core.schema.handles import Handle
from app_core.schema.model import Claim

STALE = timedelta(minutes=1)
"""A pending claim of this age belongs to a writer that died; without its document it is taken over."""
CONFIRMED = ("state", "CONFIRMED")
"""(field, value) of a claim whose document is written."""
_LOOKS, _PAUSE_S = 20, 0.05
_INVALID = 121
"""The server's code for a document that fails its collection's validation."""
Verdict = Literal["mine", "taken", "stale"]


def normalised(value: str, how: Literal["email", "exact"]) -> str:
    """The form in which a value is claimed: addresses without regard to case and outer blanks. Pure."""
    return value.strip().lower() if how == "email" else value


def claim_document(claim: Claim, document: Mapping[str, Any], holder: Any, now: datetime) -> dict[str, Any]:
    """The pending claim for a document's value. Pure."""
    value = normalised(str(document[claimed_field(claim)]), claim.normalised)
    return {claim.key: value, claim.holder: holder, "state": "PENDING", "created_at": now}


def in_one_form(claim: Claim, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its value as it is claimed: else a look-up by that form would miss it. Pure."""
    field = claimed_field(claim)
    return {**document, field: normalised(str(document[field]), claim.normalised)}


def claimed_field(claim: Claim) -> str:
    """The field of the other collection whose values are claimed."""
    return claim.of.split(".")[1]


def judge(claim: Claim, found: Mapping[str, Any], holder: Any, now: datetime) -> Verdict:
    """What a claim that is there means for a writer; of a stale one its document decides. Pure."""
    if found[claim.holder] == holder:
        return "mine"
    if found["state"] == "CONFIRMED" or now - found["created_at"] < STALE:
        return "taken"
    return "stale"


def refused(error: WriteError) -> bool:
    """Whether nothing was written, for certain: a router tells a shard's loss as a WriteError, too. Pure."""
    return error.code == _INVALID or isinstance(error, DuplicateKeyError)


def write_claimed(claims: Handle, owners: Handle, document: Mapping[str, Any], now: datetime) -> None:
    """Write a document whose value is claimed; the same document again is carried on, not refused.

    The value is stored as it is claimed, normalised.

    Raises RefusedError when another document has the value, and WriteError when the document is refused (it
    is not valid, or another one has its key): its claim is freed then. Raises UnknownResultError or another
    PyMongoError when the result is not known: call again with the same document.
    """
    claim = _claim_of(claims)
    document = in_one_form(claim, document)
    holder = document[owners.entry.primary_key[0]]
    wanted = claim_document(claim, document, holder, now)
    try:
        _reserve(claims, owners, wanted, now)
        _write(claims, owners, document, wanted)
    except WriteError as error:
        if refused(error):
            raise
        raise _unknown(wanted[claim.key], f"the server's error {error.code}") from error


def release(claims: Handle, value: str, holder: Any) -> bool:
    """Free a value that its holder gives up; False when the holder did not have it."""
    claim = _claim_of(claims)
    key = normalised(value, claim.normalised)
    return claims.delete_one({claim.key: key, claim.holder: holder}).deleted_count == 1


def _reserve(claims: Handle, owners: Handle, wanted: Mapping[str, Any], now: datetime) -> None:
    """Have the pending claim, or raise RefusedError, or UnknownResultError when it cannot be read."""
    claim = _claim_of(claims)
    for _ in range(_LOOKS):
        try:
            claims.insert_one(dict(wanted))
            return
        except DuplicateKeyError:
            found = claims.find_one({claim.key: wanted[claim.key]})
        if found is not None:
            return _meet(claims, owners, wanted, found, now)
        time.sleep(_PAUSE_S)  # its insert has not reached the majority yet, or it was just freed
    raise _unknown(wanted[claim.key], "a claim of it has not reached the majority")


def _meet(
    claims: Handle, owners: Handle, wanted: Mapping[str, Any], found: Mapping[str, Any], now: datetime
) -> None:
    """Act upon a claim that is already there."""
    claim = _claim_of(claims)
    as_seen = {**_place(claim, found), "state": "PENDING", "created_at": found["created_at"]}
    match judge(claim, found, wanted[claim.holder], now):
        case "mine":
            return
        case "stale":
            if _is_there(owners, claim, found[claim.holder], found[claim.key]):
                claims.update_one(as_seen, {"$set": {"state": "CONFIRMED"}})
            else:
                mine = {claim.holder: wanted[claim.holder], "created_at": now}
                if claims.update_one(as_seen, {"$set": mine}).matched_count == 1:
                    return
        case "taken":
            pass
    raise _taken(wanted[claim.key])


def _write(claims: Handle, owners: Handle, document: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Insert the document and confirm its claim, or free that when the document is refused."""
    claim = _claim_of(claims)
    try:
        _insert(owners, document, claim)
    except WriteError as error:
        if refused(error):
            claims.delete_one({**_place(claim, wanted), "state": "PENDING"})
        raise
    confirmed = claims.update_one(_place(claim, wanted), {"$set": {"state": "CONFIRMED"}})
    if confirmed.matched_count == 0:  # this writer was too slow, and the claim was taken over
        key = owners.entry.primary_key[0]
        owners.delete_one({key: document[key]})
        raise _taken(wanted[claim.key])


def _insert(owners: Handle, document: Mapping[str, Any], claim: Claim) -> None:
    """Insert the document; one that is there already under its key and with the same value is the same."""
    try:
        owners.insert_one(dict(document))
    except DuplicateKeyError:
        holder = document[owners.entry.primary_key[0]]
        if not _is_there(owners, claim, holder, document[claimed_field(claim)]):
            raise


def _is_there(owners: Handle, claim: Claim, holder: Any, value: str) -> bool:
    """Whether the holder's document has the value, and a majority has that document.

    Asked by a write that changes nothing: it meets also what the primary has and the majority has not yet,
    which no read with the registry's concern shows, and is acknowledged when the majority has it. Raises
    PyMongoError when that is not known.
    """
    field = claimed_field(claim)
    same = {owners.entry.primary_key[0]: holder, field: value}
    return owners.update_one(same, {"$set": {field: value}}).matched_count == 1


def _place(claim: Claim, document: Mapping[str, Any]) -> dict[str, Any]:
    return {claim.key: document[claim.key], claim.holder: document[claim.holder]}


def _claim_of(claims: Handle) -> Claim:
    claim = claims.entry.claim
    if claim is None:
        raise TypeError(f"{claims.entry.name} claims nothing")
    return claim


def _taken(value: str) -> RefusedError:
    return RefusedError("already in use", on=value, hint="use another one, or log in with it")


def _unknown(value: str, why: str) -> UnknownResultError:
    return UnknownResultError(
        "it is not known whether it was written", on=value, why=why, hint="call again, the same document"
    )
