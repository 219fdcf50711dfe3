"""The report: its contract, its arithmetic, its page."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from app_core.errors import SwapskillError
from cluster_cli.drills import checks, faults
from cluster_cli.drills.evidence import Evidence, Promise
from cluster_cli.drills.figures import DomainFigures, figures_of
from cluster_cli.drills.judgement import replay
from cluster_cli.drills.measures import Struck
from cluster_cli.drills.records import Domain, FaultEvent
from cluster_cli.drills.report.build import Meta, build, dumps, sentence
from cluster_cli.drills.report.model import SCHEMA_FILE, MemberRole, PredictionReport, Report
from cluster_cli.drills.report.page import page
from cluster_cli.drills.report.schema import schema_text, validated
from cluster_cli.drills.run_state import Request
from cluster_cli.drills.verdict import NEEDED, Figures, Judgement, decide
from tests.unit.cluster_cli.drills import recorded

OLD = sorted(Path(__file__).with_name("reports").glob("report-v*.json"))
SINCE = dict.fromkeys(recorded.AFFECTED, recorded.LANDED)
ROLES = (
    MemberRole(member="pg1", group="payments", zone="a", role="primary", healthy=True),
    MemberRole(member="pgsync1", group="payments", zone="b", role="sync standby", healthy=True),
)


def report_of(evidence: Evidence) -> Report:
    figures: dict[Domain, DomainFigures] = {
        "payments": figures_of(evidence, "payments", "payments"),
        "social": figures_of(evidence, "social", "exchange-1"),
    }
    findings = checks.run_all(evidence)
    judged: dict[Domain, Figures] = {
        name: Figures(f.acked_on_path, f.rto.seconds, f.election) for name, f in figures.items()
    }
    judgement = decide(findings, judged, evidence.promises)
    meta = Meta(
        case="member",
        workloads=("payments", "exchange"),
        sabotage=None,
        finished_at=recorded.HEADER.started_at + 60,
        stand_ins=("router-a", "router-b"),
        labels={},
        replay=("swapctl", "drill", "run", "both-primaries-crash", "--seed", "7"),
        predicted={
            "postgres-primary-crash": PredictionReport(domain="payments", seconds=2.8, explanation="1 s loop")
        },
        configuration={"patroni ttl": "20 s"},
        before=ROLES,
        after=(
            ROLES[0].model_copy(update={"role": "sync standby"}),
            ROLES[1].model_copy(update={"role": "primary"}),
        ),
    )
    return build(evidence, figures, findings, judgement, meta)


@pytest.fixture(scope="module")
def report() -> Report:
    return report_of(recorded.evidence())


def test_the_figures_of_the_recorded_run(report: Report) -> None:
    payments, social = report.domains.payments, report.domains.social
    assert payments and social
    assert report.verdict == "pass", report.reasons
    assert payments.rto_seconds == pytest.approx(1.8, abs=0.06)
    assert payments.max_gap_seconds == pytest.approx(2.0, abs=0.1)
    assert payments.election_seconds == pytest.approx(1.0, abs=0.06)
    assert social.election_seconds == pytest.approx(0.9, abs=0.06)
    assert payments.rto_phases.detect == pytest.approx(0.7, abs=0.06)


def late_proof(*, planned: bool) -> Evidence:
    """The recorded outage, proved only when both domains were served again."""
    moved = [
        replace(r, at=23.0) if isinstance(r, FaultEvent) and r.event == "landed" else r
        for r in recorded.records()
    ]
    struck = dict.fromkeys(recorded.AFFECTED, Struck(recorded.CRASH, 23.0, planned))
    return replace(recorded.evidence(moved), struck=struck)


def test_an_outage_before_the_proof_is_said() -> None:
    assert "payments back after 2.00 s" in report_of(late_proof(planned=True)).sentence
    unplanned = report_of(late_proof(planned=False))
    assert "payments back before the proof, longest pause 2.04 s" in unplanned.sentence
    for report in (report_of(late_proof(planned=True)), unplanned):
        payments = report.domains.payments
        assert payments and payments.rto_seconds is not None
        assert payments.interrupted
        assert sum(payments.rto_phases.model_dump().values()) == pytest.approx(payments.rto_seconds, abs=0.1)


def test_a_proof_that_comes_two_seconds_later_shortens_no_other_domain(report: Report) -> None:
    """Payments were proved at 20.2 s: what social's proof takes is not taken off their recovery."""
    struck = {
        "payments": Struck(recorded.CRASH, recorded.LANDED),
        "social": Struck(recorded.CRASH, recorded.LANDED + 2.0),
    }
    found = report_of(replace(recorded.evidence(), struck=struck)).domains
    assert found.payments == report.domains.payments
    assert found.social and found.social.interrupted
    assert (found.social.rto_seconds, found.social.election_seconds) == (0.0, 0.0)


def test_only_of_a_proved_domain_recovery_is_claimed() -> None:
    half = replace(recorded.evidence(), struck={"payments": Struck(recorded.CRASH, recorded.LANDED)})
    sentence = report_of(half).sentence
    assert "; payments back after 1.8" in sentence
    assert "social" not in sentence


def test_without_proof_no_recovery_is_claimed() -> None:
    assert "lost; no fault was proved: " in report_of(replace(recorded.evidence(), struck={})).sentence


def test_phases_sum_to_the_rto_within_a_tenth(report: Report) -> None:
    for domain in (report.domains.payments, report.domains.social):
        assert domain and domain.rto_seconds is not None
        total = sum(domain.rto_phases.model_dump().values())
        assert total == pytest.approx(domain.rto_seconds, abs=0.1)


def test_lost_is_the_sum_over_the_classes() -> None:
    back = recorded.without(recorded.stored(recorded.records()), "msg-0-1", "msg-0-2", "ses-1-1")
    social = report_of(recorded.evidence(back=back)).domains.social
    assert social
    assert (social.lost, social.by_class.w1.lost, social.by_class.majority.lost) == (3, 2, 1)
    assert social.by_class.w1.lost_ids_file == "lost-social-w1.txt"


def test_the_sentence_says_which_classes_lost() -> None:
    back = recorded.without(recorded.stored(recorded.records()), "msg-0-390")
    assert " acknowledged writes lost (1 w:1); payments" in report_of(recorded.evidence(back=back)).sentence


def test_the_sentence_names_losses_recovery_and_limits(report: Report) -> None:
    assert re.fullmatch(
        r"0 of [\d,]+ acknowledged writes lost; payments back after 1\.\d+ s \(SLA 120 s\), "
        r"social back after 1\.\d+ s \(SLA 600 s\): the SLA held\.",
        report.sentence,
    )


def test_the_committed_schema_is_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: python -m cluster_cli.drills.report.schema"
    )


def test_a_report_validates_against_the_committed_schema(report: Report) -> None:
    jsonschema.validate(json.loads(dumps(report)), json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("old", OLD, ids=lambda path: path.name)
def test_old_reports_can_still_be_read(old: Path) -> None:
    assert validated(old.read_text(encoding="utf-8"), origin=old.name).run_id


def test_an_old_report_of_the_current_version_is_kept() -> None:
    assert [path for path in OLD if path.name == "report-v1.json"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"verdict": "great"}, "verdict"),
        ({"surprise": 1}, "surprise"),
        ({"started_at": "today"}, "started_at"),
    ],
)
def test_a_wrong_report_is_refused_with_the_key(report: Report, change: dict, named: str) -> None:
    body = {**json.loads(dumps(report)), **change}
    with pytest.raises(SwapskillError, match=named):
        validated(json.dumps(body), origin="x")


def test_the_page_stands_alone(report: Report) -> None:
    html = page(report, recorded.evidence().history, SINCE)
    without_ns = html.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in without_ns
    assert "<script" not in html
    assert "<link" not in html


def test_the_page_is_deterministic(report: Report) -> None:
    history = recorded.evidence().history
    assert page(report, history, SINCE) == page(report, history, SINCE)


def test_the_page_shows_what_must_be_there(report: Report) -> None:
    html = page(report, recorded.evidence().history, SINCE)
    for needed in (
        report.sentence,
        "RTO waterfall",
        "writes back",
        report.replay,
        "stand-in",
        "no-lost-acks",
    ):
        assert needed.lower() in html.lower(), needed


def test_words_from_outside_are_escaped(report: Report) -> None:
    bad = report.model_copy(update={"context": "<script>alert(1)</script>"})
    assert "<script>" not in page(bad, recorded.evidence().history, SINCE)


def test_the_command_to_replay_names_the_cluster_and_every_choice() -> None:
    request = Request(faults.drill("proxy-loss"), 7, ("payments",), 40.0, "no-undo")
    assert shlex.join(replay(request, "try")) == (
        "swapctl drill run proxy-loss --context try --seed 7 --workload payments --duration 40s "
        "--sabotage no-undo"
    )
    assert replay(Request(request.drill, 7, ()), "try")[-2:] == ["--seed", "7"]


@pytest.mark.parametrize(
    ("promise", "verdict", "reasons", "end"),
    [
        (Promise(rto=120.0), "pass", (), "the SLA held"),
        (Promise(), "pass", (), "the checks passed, nothing was promised"),
        (Promise(rto=120.0), "fail", ("payments: writes were back too late",), "the SLA did not hold"),
        (
            Promise(rto=120.0),
            "fail",
            ("unaffected-path: 2 writes failed", f"payments: only 5 writes, 1000 {NEEDED}"),
            "the drill failed",
        ),
    ],
)
def test_the_sentence_speaks_of_the_sla_only_where_that_decided(promise, verdict, reasons, end):
    said = sentence({}, {"payments": promise}, Judgement(verdict, reasons), proved=("payments",))
    assert said.endswith(f": {end}.")
