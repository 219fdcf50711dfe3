"""What every platform does to a member, as the kernel and the member's ports show it."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterable
from typing import Any

import pytest

from app_core.errors import TimedOutError, UsageError
from cluster_cli.engines.model import PRIMARY_ROLES
from cluster_cli.engines.sockets import refuses
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Execute, Kill, Pause, Power
from tests.kernel import alive, parent_of, program_of, state, user_of, with_argument

KINDS = ("mongod-shard", "proxy", "postgres")
"""One process; two; a tree of processes, which as root runs as another user."""
SERVES_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def followers(deployed: Context) -> dict[str, str]:
    """A member of each kind that leads nothing: what happens to it moves no role."""
    members = read_cluster(deployed).members
    return {m.kind: m.member for m in members if m.role not in PRIMARY_ROLES}


@pytest.fixture(params=KINDS)
def member(request: pytest.FixtureRequest, followers: dict[str, str]) -> str:
    """The follower of one kind."""
    return followers[request.param]


def open_ports(ctx: Context, member: str) -> set[str]:
    endpoint = ctx.endpoint(member)
    return {n for n, port in endpoint.ports.items() if not refuses(endpoint.address, port, 0.25)}


def await_serving(ctx: Context, member: str) -> None:
    wanted = set(ctx.endpoint(member).ports)
    assert wait_until(lambda: open_ports(ctx, member) == wanted, SERVES_TIMEOUT_S)


def any_alive(pids: Iterable[int]) -> bool:
    return any(map(alive, pids))


def able(ctx: Context, protocol: Any) -> Any:
    """The platform where it implements the protocol; elsewhere nothing can be asked of it."""
    if not isinstance(ctx.platform, protocol):
        pytest.skip(f"the platform {ctx.platform_name} has no {protocol.__name__}")
    return ctx.platform


def test_pause_freezes_every_process_and_resume_thaws_them(deployed: Context, member: str) -> None:
    platform = able(deployed, Pause)
    platform.pause(member)
    try:
        frozen = platform.pids(member)
        assert {state(pid) for pid in frozen} == {"T"}
        assert platform.running(member)
        assert open_ports(deployed, member) == set(deployed.endpoint(member).ports)
    finally:
        platform.resume(member)
    assert "T" not in {state(pid) for pid in frozen}


def test_a_program_runs_as_the_members_user_with_its_input(deployed: Context, member: str) -> None:
    platform = able(deployed, Execute)
    done = platform.execute(member, ["sh", "-c", "id -u; cat; exit 3"], input="word", timeout=30)
    assert done.returncode == 3, done.stderr
    assert done.stdout.split() == [str(user_of(platform.pids(member)[0])), "word"]


def test_a_program_that_takes_too_long_is_ended(deployed: Context, member: str) -> None:
    platform, word = able(deployed, Execute), f"61.{secrets.randbelow(10**9):09}"
    with pytest.raises(TimedOutError, match=f"sleep did not end.*{member}"):
        platform.execute(member, ["sleep", word], timeout=0.3)
    assert with_argument(word) == []


def test_stop_ends_every_process_and_start_brings_the_member_back(deployed: Context, member: str) -> None:
    platform = deployed.platform
    before = platform.pids(member)
    assert any_alive(before) and platform.running(member)
    platform.stop(member)
    assert_gone(deployed, member, before)
    platform.start(member)
    assert_back(deployed, member, before)


@pytest.mark.parametrize("member", KINDS[:2], indirect=True)  # the tree is killed with its agent, below
def test_kill_ends_every_process_and_start_brings_the_member_back(deployed: Context, member: str) -> None:
    platform = able(deployed, Kill)
    before = platform.pids(member)
    assert any_alive(before) and platform.running(member)
    platform.kill(member)
    assert_gone(deployed, member, before)
    platform.start(member)
    assert_back(deployed, member, before)


def assert_gone(ctx: Context, member: str, pids: Iterable[int]) -> None:
    assert not any_alive(pids)
    assert open_ports(ctx, member) == set()
    assert ctx.platform.pids(member) == () and not ctx.platform.running(member)


def assert_back(ctx: Context, member: str, gone: Iterable[int]) -> None:
    await_serving(ctx, member)
    now = ctx.platform.pids(member)
    assert ctx.platform.running(member)
    assert any_alive(now) and set(now).isdisjoint(gone)


def test_start_starts_what_is_missing_and_leaves_the_rest_alone(
    deployed: Context, followers: dict[str, str]
) -> None:
    member, platform = followers["proxy"], deployed.platform
    before = platform.pids(member)
    victim = next(pid for pid in before if program_of(pid) == "pgbouncer")
    os.kill(victim, signal.SIGKILL)
    assert wait_until(lambda: not alive(victim), 10)
    assert not platform.running(member)
    platform.start(member)
    await_serving(deployed, member)
    assert platform.running(member)
    assert set(before) - {victim} == set(before) & set(platform.pids(member))
    assert len(platform.pids(member)) == len(before)


def server_and_agents(platform: Power, member: str) -> tuple[int, set[int]]:
    """The postmaster, and the programs that look after it.

    Left out: what an agent runs for a moment. Patroni starts PostgreSQL by a second Python (`pg_ctl_start`),
    which may still be ending when the port is open.
    """
    programs = {pid: program_of(pid) for pid in platform.pids(member)}
    servers = [pid for pid, program in programs.items() if program == "postgres"]
    looking = {pid for pid, program in programs.items() if program.startswith(("tini", "python"))}
    agents = {pid for pid in looking if not programs.get(parent_of(pid), "").startswith("python")}
    return next(pid for pid in servers if parent_of(pid) not in servers), agents


def test_a_killed_agent_leaves_the_server_alive_and_kill_finds_it(
    deployed: Context, followers: dict[str, str]
) -> None:
    member, platform = followers["postgres"], able(deployed, Kill)
    server, agents = server_and_agents(platform, member)
    platform.kill(member, "agent")
    assert agents and not any_alive(agents)
    assert alive(server) and open_ports(deployed, member) == {"postgres"}
    assert not platform.running(member)
    before = platform.pids(member)
    platform.kill(member)
    assert_gone(deployed, member, {server, *before})
    platform.start(member)
    assert_back(deployed, member, {server, *before})


def test_a_killed_server_leaves_its_agent_alive(deployed: Context, followers: dict[str, str]) -> None:
    member, platform = followers["postgres"], able(deployed, Kill)
    server, agents = server_and_agents(platform, member)
    platform.kill(member, "postmaster")
    assert not alive(server)
    assert agents and all(map(alive, agents))
    assert platform.running(member)


def test_an_unknown_part_is_refused_and_nothing_dies(deployed: Context, followers: dict[str, str]) -> None:
    member, platform = followers["mongod-shard"], able(deployed, Kill)
    before = platform.pids(member)
    with pytest.raises(UsageError, match="unknown part of a member"):
        platform.kill(member, "postmastr")
    assert before and all(map(alive, before))


@pytest.mark.parametrize("action", ["start", "stop", "running", "pids", "kill", "pause", "resume"])
def test_an_unknown_member_is_refused_with_the_nearest_name(
    deployed: Context, followers: dict[str, str], action: str
) -> None:
    known = followers["mongod-shard"]
    with pytest.raises(UsageError, match=f"did you mean '{known}'"):
        getattr(deployed.platform, action)(known + "x")
