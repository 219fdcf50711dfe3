"""The state of a whole cluster, read from all engines at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cluster_cli.engines.model import ArchiveBacklog, ClusterStatus, Durability, MemberStatus
from infra.context import Context


def read_cluster(ctx: Context) -> ClusterStatus:
    """Every member's status and the payments' durability; dead members cost one time-out, not one each."""
    with ThreadPoolExecutor(4) as pool:
        social = pool.submit(_social, ctx)
        payments = pool.submit(_payments, ctx)
        durability = pool.submit(_durability, ctx)
        archive = pool.submit(_archive, ctx)
        members = (*social.result(), *payments.result())
        return ClusterStatus(
            ctx.name, ctx.topology.name, members, durability.result(), ctx.stand_ins, archive.result()
        )


def _social(ctx: Context) -> tuple[MemberStatus, ...]:
    if ctx.topology.social is None:
        return ()
    from cluster_cli.engines.mongodb import read_status

    return read_status(ctx)


def _payments(ctx: Context) -> tuple[MemberStatus, ...]:
    if ctx.topology.payments is None:
        return ()
    from cluster_cli.engines.postgresql import read_status

    return read_status(ctx)


def _durability(ctx: Context) -> Durability | None:
    if ctx.topology.payments is None:
        return None
    from cluster_cli.engines.postgresql import sync_state

    return sync_state(ctx)


def _archive(ctx: Context) -> ArchiveBacklog | None:
    if ctx.topology.payments is None:
        return None
    from cluster_cli.engines.postgresql.archiving import read_backlog

    return read_backlog(ctx)


@dataclass(frozen=True)
class StatusDocument:
    """A cluster's status with its conclusions: what `status -o json` prints."""

    context: str
    topology: str
    healthy: bool
    verdict: str
    durability: str | None
    archive: ArchiveBacklog | None
    stand_ins: tuple[str, ...]
    problems: tuple[str, ...]
    members: tuple[MemberStatus, ...]


def as_document(cluster: ClusterStatus) -> StatusDocument:
    """The status as one document."""
    return StatusDocument(
        context=cluster.context,
        topology=cluster.topology,
        healthy=cluster.healthy,
        verdict=cluster.verdict,
        durability=cluster.durability.line() if cluster.durability else None,
        archive=cluster.archive,
        stand_ins=cluster.stand_ins,
        problems=cluster.problems,
        members=cluster.members,
    )
