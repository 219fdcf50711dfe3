"""report.json as a model. The committed JSON Schema is generated from it; a test compares the two.

Seconds are numbers, times are RFC 3339 UTC. New keys may be added within a schema version; a key that
is renamed, removed or means something else is a new version, with an old report kept as a test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from cluster_cli.drills.records import Lifter

SCHEMA_VERSION = 1
SCHEMA_FILE = Path(__file__).with_name(f"schema-{SCHEMA_VERSION}.json")
Utc = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class Part(BaseModel):
    """Shared strictness: no key beyond the model, nothing changed after building."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RtoPhases(Part):
    """Where the seconds of the RTO went; the sum is the RTO."""

    detect: NonNegativeFloat = 0.0
    elect_or_promote: NonNegativeFloat = 0.0
    route: NonNegativeFloat = 0.0
    first_ack: NonNegativeFloat = 0.0


class ClassReport(Part):
    """One class of writes."""

    acked: NonNegativeInt = 0
    refused: NonNegativeInt = 0
    indeterminate: NonNegativeInt = 0
    lost: NonNegativeInt = 0
    duplicated: NonNegativeInt = 0
    phantom: NonNegativeInt = 0
    rpo_seconds: NonNegativeFloat = 0.0
    lost_ids_file: str | None = None
    """A file beside the report with one lost id a line; null when nothing is lost."""


class ByClass(Part):
    """The counts of each class; a class that was not written has zeros."""

    majority: ClassReport = ClassReport()
    w1: ClassReport = ClassReport()
    sync: ClassReport = ClassReport()
    degraded: ClassReport = ClassReport()


class DomainReport(Part):
    """What the drill did to one domain."""

    affected: bool
    paths: tuple[str, ...] = ()
    """The affected paths: shards' names, or `payments`."""
    interrupted: bool
    rto_seconds: NonNegativeFloat | None
    max_gap_seconds: NonNegativeFloat
    election_seconds: NonNegativeFloat | None
    stale_primary_seconds: NonNegativeFloat = 0.0
    rto_phases: RtoPhases
    acked: NonNegativeInt
    acked_on_affected_path: NonNegativeInt = 0
    refused: NonNegativeInt
    indeterminate: NonNegativeInt
    lost: NonNegativeInt
    duplicated: NonNegativeInt
    phantom: NonNegativeInt
    slowest_unaffected_seconds: NonNegativeFloat | None = None
    """The slowest write on a path that the fault does not hit, after the fault; null: no such path."""
    by_class: ByClass


class FaultReport(Part):
    """One fault: what it hit, the proof, and who lifted it."""

    name: str
    target: str
    label: str = ""
    landed: bool
    landed_at: Utc | None
    evidence: str
    undone: bool
    undone_by: Lifter | None
    undone_at: Utc | None


class CheckReport(Part):
    """One check's finding."""

    name: str
    result: Literal["pass", "fail", "unknown"]
    reason: str


class PageReport(Part):
    """An alert that an observer saw during the run."""

    alert: str
    fired_at: Utc
    delivered_at: Utc | None
    resolved_at: Utc | None


class GuardPhases(Part):
    """The guard's own steps."""

    confirm: NonNegativeFloat
    fence: NonNegativeFloat
    revoke: NonNegativeFloat
    promote: NonNegativeFloat


class GuardReport(Part):
    """What a guard did, where one runs."""

    level: str
    phases: GuardPhases


class PromiseReport(Part):
    """The SLA of one domain in the tested case; null: no promise."""

    rpo: NonNegativeFloat | None = None
    rto: NonNegativeFloat | None = None
    election: NonNegativeFloat | None = None


class SlaReport(Part):
    """The promises that this run is judged by."""

    social: PromiseReport = PromiseReport()
    payments: PromiseReport = PromiseReport()


class PredictionReport(Part):
    """What the timing solver expected of one fault. `seconds` null: no bound can be told."""

    domain: Literal["social", "payments"]
    seconds: NonNegativeFloat | None
    explanation: str


class DomainsReport(Part):
    """Both halves of the product; one that the topology lacks is null."""

    social: DomainReport | None = None
    payments: DomainReport | None = None


class MemberRole(Part):
    """A member and its role, for the picture of the topology before and after."""

    member: str
    group: str
    zone: str
    role: str
    healthy: bool


class Report(Part):
    """The whole report."""

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    drill: str
    case: str
    seed: int
    workloads: tuple[str, ...] = ()
    sabotage: str | None = None
    verdict: Literal["pass", "fail", "unknown", "invalid"]
    sentence: str
    """The verdict against the SLA in one sentence."""
    reasons: tuple[str, ...]
    started_at: Utc
    finished_at: Utc
    context: str
    topology: str
    sla: SlaReport
    predicted: dict[str, PredictionReport]
    """Fault -> how long writes of the affected path were expected to stop at worst."""
    stand_ins: tuple[str, ...]
    faults: tuple[FaultReport, ...]
    checks: tuple[CheckReport, ...]
    domains: DomainsReport
    pages: tuple[PageReport, ...] = ()
    guard: GuardReport | None = None
    before: tuple[MemberRole, ...] = ()
    after: tuple[MemberRole, ...] = ()
    configuration: dict[str, str] = {}
    replay: str
    """The command that runs the same drill with the same seed again."""
