"""Which workloads run, and that they write where the drill hits; else nothing is touched."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app_core.errors import UsageError
from cluster_cli.drills import batch, faults, runner
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.run_state import Request
from cluster_cli.drills.workloads import factory
from cluster_cli.drills.workloads.base import Workload, paths_of
from infra.context import Context
from infra.topology import load_topology

PAYMENTS = Target(("pg1",), {"payments": frozenset({"payments"})})
SOCIAL = Target(("exchange-1-a",), {"social": frozenset({"exchange-1"})})


@pytest.fixture(scope="module")
def ctx() -> Context:
    return cast(Context, cast(Any, SimpleNamespace(topology=load_topology("sandbox"))))


def workloads(ctx: Context, *names: str) -> list[Workload]:
    return [factory(name)(ctx, RunPlan("run-1", 1)) for name in names]


def test_where_the_built_in_workloads_write(ctx: Context) -> None:
    assert paths_of(workloads(ctx, "payments", "exchange", "members")) == {
        "payments": {"payments"},
        "social": {"exchange-1", "members-1"},
    }


@pytest.mark.parametrize(
    ("names", "targets", "named"),
    [
        (("exchange",), (PAYMENTS,), "no client writes to payments: payments"),
        (("payments",), (SOCIAL,), "no client writes to social: exchange-1"),
        (("members",), (SOCIAL,), "no client writes to social: exchange-1"),
        (
            ("exchange",),
            (PAYMENTS, SOCIAL),
            "no client writes to payments: payments",
        ),  # each domain by itself
    ],
)
def test_a_load_beside_the_fault_is_a_wrong_call(
    ctx: Context, names: tuple[str, ...], targets: tuple[Target, ...], named: str
) -> None:
    request = Request(faults.drill("postgres-primary-crash"), 1, names)
    with pytest.raises(UsageError, match=named):
        runner.check_load(request, targets, workloads(ctx, *names))


def test_one_client_on_the_path_is_enough(ctx: Context) -> None:
    request = Request(faults.drill("both-primaries-crash"), 1, ("payments", "exchange"))
    runner.check_load(request, (PAYMENTS, SOCIAL), workloads(ctx, "payments", "exchange"))


def test_a_workload_named_twice_runs_once(ctx: Context) -> None:
    assert batch.chosen_workloads(ctx, ("payments", "exchange", "payments")) == ("payments", "exchange")


@pytest.mark.parametrize(("without", "name"), [("payments", "payments"), ("social", "exchange")])
def test_a_workload_of_a_domain_that_the_topology_lacks_is_a_wrong_call(
    ctx: Context, without: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    half = cast(
        Context,
        cast(Any, SimpleNamespace(name="half", topology=ctx.topology.model_copy(update={without: None}))),
    )
    monkeypatch.setattr(runner, "operation", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(runner.opslog, "recorded", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(runner, "_admit", lambda *_: (None, [PAYMENTS]))
    request = Request(faults.drill("proxy-loss"), 1, (name,))
    with pytest.raises(UsageError, match=f"the topology has no {without} domain: --workload {name}"):
        runner.run(half, request, tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_by_default_payments_and_the_topologys_segments_are_written(ctx: Context) -> None:
    assert batch.chosen_workloads(ctx, ()) == ("payments", "exchange", "members")
