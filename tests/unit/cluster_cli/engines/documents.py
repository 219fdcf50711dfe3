"""Answers of real members, recorded."""

from pathlib import Path

from bson import json_util

from cluster_cli.engines.mongodb.facts import parse_status

HERE = Path(__file__).parent / "recorded"


def recorded(name):
    """A recorded `replSetGetStatus` as the driver returns it."""
    return json_util.loads((HERE / f"{name}.json").read_text())


def view(name):
    return parse_status(recorded(name))
