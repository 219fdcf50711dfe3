"""Reporting reads: from secondaries, not older than a bound, and with the bounds of the age of what was read.

The exact age is not to be had: a router's reply carries one time of operation, the greatest of the shards
that answered. So it tells how old the data are at least, and what the router chooses members by
(`maxStalenessSeconds`) about how old they are at most: a router estimates the lag at each heartbeat, so a
member that fell behind since the last one may be older by that interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import SecondaryPreferred

from app_core.schema.handles import Client, Document, Handle
from app_core.schema.model import REPORTING_STALENESS_S


@dataclass(frozen=True)
class Report:
    """Rows and the bounds of the age of the data they were read from, in whole seconds.

    The age of a member's data is how far the newest write that it had applied lies behind the newest that
    the cluster knew of. Of several shards the oldest counts: it is at least what the freshest one said (0
    when none said anything), and at most about what reporting reads allow.
    """

    rows: tuple[Document, ...]
    least_seconds: int
    most_seconds: int

    def aged(self) -> str:
        """The age as a note under a report."""
        return f"data {self.least_seconds} to about {self.most_seconds} s old"


def report(client: Client, source: Handle, stages: Iterable[Mapping[str, Any]]) -> Report:
    """Run an aggregation on secondaries that are at most about 90 s behind; on a primary where there is none.

    Raises PyMongoError, among others when every secondary is too far behind and there is no primary.
    """
    reader = client[source.entry.segment].get_collection(
        source.entry.name,
        read_concern=ReadConcern("local"),
        read_preference=SecondaryPreferred(max_staleness=REPORTING_STALENESS_S),
    )
    with client.start_session(causal_consistency=False) as session:
        rows = tuple(reader.aggregate([dict(stage) for stage in stages], session=session))
        return dated(rows, session.operation_time, session.cluster_time)


def dated(rows: tuple[Document, ...], operation_time: Any, cluster_time: Mapping[str, Any] | None) -> Report:
    """The rows with the bounds of their age, by the two times that the answer carried. Pure."""
    least = 0
    if operation_time is not None and cluster_time:
        least = max(0, int(cluster_time["clusterTime"].time) - int(operation_time.time))
    return Report(rows, least, max(least, REPORTING_STALENESS_S))
