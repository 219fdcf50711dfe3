"""Reporting reads: from secondaries, not older than a bound, and with the age of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import SecondaryPreferred

from app_core.schema.handles import Client, Document, Handle
from app_core.schema.model import REPORTING_STALENESS_S


@dataclass(frozen=True)
class Report:
    """Rows and the age of the data they were read from, in whole seconds.

    The age is how far the newest write that the answering members had applied lies behind the newest that
    the cluster knew of. None: no member said.
    """

    rows: tuple[Document, ...]
    age_seconds: int | None

    def aged(self) -> str:
        """The age as a note under a report."""
        return "age of the data unknown" if self.age_seconds is None else f"data {self.age_seconds} s old"


def report(client: Client, source: Handle, stages: Iterable[Mapping[str, Any]]) -> Report:
    """Run an aggregation on secondaries that are at most 90 s behind; on a primary where there is none.

    Raises PyMongoError, among others when every secondary is too far behind and there is no primary.
    """
    reader = client[source.entry.segment].get_collection(
        source.entry.name,
        read_concern=ReadConcern("local"),
        read_preference=SecondaryPreferred(max_staleness=REPORTING_STALENESS_S),
    )
    with client.start_session(causal_consistency=False) as session:
        rows = tuple(reader.aggregate([dict(stage) for stage in stages], session=session))
        return Report(rows, _age(session))


def _age(session: ClientSession) -> int | None:
    return age(session.operation_time, session.cluster_time)


def age(operation_time: Any, cluster_time: Mapping[str, Any] | None) -> int | None:
    """Seconds between the applied and the known time; both are what the answer carried. Pure."""
    if operation_time is None or not cluster_time:
        return None
    return max(0, int(cluster_time["clusterTime"].time) - int(operation_time.time))
