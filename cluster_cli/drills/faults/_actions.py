"""What faults do to members and what their peers then say: shared by the faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg

from app_core.errors import RefusedError
from cluster_cli.drills.site import Site
from cluster_cli.waiting import wait_until
from infra.platform import Kill, Pause, Power

POLL = 0.02
STREAMS_FROM = """SELECT count(*) FROM pg_stat_wal_receiver
WHERE status = 'streaming' AND sender_port = %s"""


def kill(site: Site, members: Iterable[str], part: str | None = None) -> None:
    """SIGKILL all members (or one part of each) at once; RefusedError when the platform cannot."""
    kill_parts(site, [(member, part) for member in members])


def kill_parts(site: Site, parts: Sequence[tuple[str, str | None]]) -> None:
    """SIGKILL several members, or named parts of them, at the same moment."""
    platform = site.ctx.platform
    if not isinstance(platform, Kill):
        raise RefusedError("the platform cannot kill a member", on=site.ctx.platform_name)
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(lambda part: platform.kill(*part), parts))


def pause(site: Site, members: Iterable[str]) -> None:
    """SIGSTOP all processes of all members; RefusedError when the platform cannot."""
    platform = pausing(site)
    for member in members:
        platform.pause(member)


def resume(site: Site, members: Iterable[str]) -> None:
    """SIGCONT all processes of all members."""
    platform = pausing(site)
    for member in members:
        platform.resume(member)


def pausing(site: Site) -> Pause:
    """The platform as one that can freeze members; RefusedError when it cannot."""
    platform = site.ctx.platform
    if not isinstance(platform, Pause):
        raise RefusedError("the platform cannot freeze a member", on=site.ctx.platform_name)
    return platform


def start(site: Site, members: Iterable[str]) -> None:
    """Start what does not run, all members at once."""
    platform = site.ctx.platform
    stopped = [member for member in members if not platform.running(member)]
    if stopped:
        with ThreadPoolExecutor(len(stopped)) as pool:
            list(pool.map(platform.start, stopped))


def can(platform: object, need: str) -> bool:
    """Whether a platform implements a protocol, by its name."""
    return isinstance(platform, {"Power": Power, "Kill": Kill, "Pause": Pause}[need])


def peers_that_miss(site: Site, group: str, victim: str) -> tuple[str, ...]:
    """The other members of a replica set that see the victim as unreachable."""
    address = site.ctx.endpoint(victim).at("mongo")
    found: list[str] = []
    for peer in site.members_of(group):
        if peer == victim:
            continue
        for member in site.set_status(peer, timeout=0.5).get("members", ()):
            if member.get("name") == address and member.get("health") == 0:
                found.append(peer)
    return tuple(found)


def standbys_without(site: Site, victim: str) -> tuple[str, ...]:
    """The other members of the payments scope whose WAL receiver does not stream from the victim."""
    port = site.ctx.endpoint(victim).ports["postgres"]
    found: list[str] = []
    for peer in site.members_of(site.scope):
        if peer == victim:
            continue
        try:
            with site.member(peer, "postgres") as connection:
                row = connection.execute(STREAMS_FROM, (port,)).fetchone()
        except psycopg.Error:
            continue
        if row is not None and row[0] == 0:
            found.append(peer)
    return tuple(found)


def proxies_without(site: Site, victim: str) -> tuple[str, ...]:
    """The proxies that no longer lead writes to a member."""
    seen = {proxy.member: site.proxy_up(proxy.member) for proxy in site.proxies}
    return tuple(name for name, up in seen.items() if up is not None and victim not in up)


def all_refuse(site: Site, members: Sequence[str], port: str, what: str) -> str | None:
    """The proof where no peer is left to ask: every member refuses connections; None while one does not.

    `what`: the members in words.
    """
    refuse = all(site.refuses(member, port) for member in members)
    return f"all {len(members)} {what} refuse connections" if refuse else None


def wait_for(done: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition until it holds or the time is over."""
    return wait_until(done, seconds, interval=POLL)
