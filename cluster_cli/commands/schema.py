"""The schema of both databases: plan, apply, compare, document, review, prune."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Yes, duration
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)
AllowDrop = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-drop",
        metavar="NAME",
        help="Drop this, as `schema diff` names it: 'column account.odd' (payments: with its kind),"
        " 'migration 0099_words' (it takes data away),"
        " exchange.messages.odd_1; may be repeated.",
    ),
]


@app.callback()
def schema() -> None:
    """The schema of both databases."""


@app.command("plan")
def plan(
    allow_drop: AllowDrop = None, context: ContextName = None, output: Output = OutputFormat.TABLE
) -> None:
    """What `schema apply` would do now, step by step; exit 6 when something keeps it from beginning.

    Example: swapctl schema plan
    """
    from cluster_cli.schema.apply import planned
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    with reachable():
        found = planned(load_context(context), frozenset(allow_drop or ()))
    emit(found, output)
    say(f"{len(found)} changes" if found else "nothing to do")


@app.command("apply")
def apply(
    allow_drop: AllowDrop = None,
    context: ContextName = None,
    dry_run: DryRun = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Create what is missing of collections, zones, indexes, validators, migrations and partitions, online.

    Nothing is dropped that is not named. An interrupted run is finished by the next one. `changed` says
    which steps did something (with --dry-run: would do something).

    Example: swapctl schema apply --dry-run
    """
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from cluster_cli.schema.apply import apply_schema
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    ctx, allowed = load_context(context), frozenset(allow_drop or ())
    if dry_run:
        with reachable():
            result = apply_schema(ctx, say, allowed=allowed, dry_run=True)
    else:
        with operation(ctx, "schema apply"), recorded(ctx, "schema apply", ctx.name), reachable():
            result = apply_schema(ctx, say, allowed=allowed)
    emit(result.steps if output is OutputFormat.TABLE else result, output)


@app.command("diff")
def diff(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Every difference between the registry and the live clusters; exit 3 when there is one.

    A change that needs a rewrite or a reshard says so, with the size that has to be copied and an estimate.

    Example: swapctl schema diff -o json | jq '.[].object'
    """
    from cluster_cli.schema.apply import find_differences
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    with reachable():
        found = find_differences(load_context(context))
    emit(found, output)
    if found:
        say(f"{len(found)} differences")
        raise typer.Exit(3)
    say("no difference")


@app.command("doc")
def doc(output: Output = OutputFormat.TABLE) -> None:
    """The dictionary of both databases, from the registry: Markdown with its diagram, or data.

    Example: swapctl schema doc > docs/dictionary.md
    """
    from app_core.schema import registry
    from app_core.schema.dictionary import dictionary

    collections, tables = registry.collections(), registry.tables()
    if output is OutputFormat.TABLE:
        emit(dictionary(collections, tables).rstrip("\n"))
    else:
        emit({"collections": collections, "tables": tables}, output)


@app.command("review")
def review(
    since: Annotated[
        str, typer.Option("--since", help="Statistics younger than this prove no disuse.")
    ] = "1d",
    least: Annotated[
        int, typer.Option("--min-size", min=0, help="Indexes below so many bytes are never over-sized.")
    ] = 8 << 20,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Indexes that are unused, duplicate, missing or over-sized, each with the command to act.

    Reads the counters of every member, and explains the slowest queries that the servers remember.

    Example: swapctl schema review --since 7d
    """
    from datetime import timedelta

    from cluster_cli.schema.reach import reachable
    from cluster_cli.schema.review import findings
    from cluster_cli.schema.review._read import read_facts
    from infra.context import load_context

    age = timedelta(seconds=duration(since))
    with reachable():
        found = findings(read_facts(load_context(context), say, least_age=age, least_bytes=least))
    emit(found, output)
    say(f"{len(found)} findings")


@app.command("orphans")
def orphans(
    reference: Annotated[
        str, typer.Option("--reference", help="Only references whose name contains this, such as `messages`.")
    ] = "",
    batch: Annotated[int, typer.Option("--batch", min=1, help="Rows looked up at a time.")] = 1000,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Rows and documents that refer to something that is not there, also across the databases; exit 3.

    Scans every reference that the registry declares and no database enforces. What leads nowhere because
    its target was pruned or erased is counted apart (`outlived`) and is no orphan.

    Example: swapctl schema orphans --reference payments.
    """
    from cluster_cli.schema.orphans import scan, total
    from cluster_cli.schema.reach import reachable
    from cluster_cli.schema.readers import declared, opened
    from infra.context import load_context

    with reachable(), opened(load_context(context)) as readers:
        found = scan(declared(readers, reference), readers, say, batch)
    emit(found, output)
    gone = sum(one.outlived for one in found)
    say(f"{total(found)} orphans in {sum(one.scanned for one in found)} references of {len(found)} kinds")
    say(f"{gone} have outlived what they refer to")
    if total(found):
        raise typer.Exit(3)


@app.command("balances")
def balances(
    batch: Annotated[int, typer.Option("--batch", min=1, help="Accounts read at a time.")] = 1000,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Accounts whose balance is not what they began with and the entries of the ledger; exit 3.

    Reads detached months as well. Accounts that began before their opening was kept, or whose first months
    are archived, cannot be judged and are counted as unknown when they differ.

    Example: swapctl schema balances -o json | jq '.unexplained[].account'
    """
    from app_core.errors import UsageError
    from cluster_cli.engines.postgresql.connect import connect
    from cluster_cli.schema.balances import reconcile
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    ctx = load_context(context)
    if ctx.topology.payments is None:
        raise UsageError("this topology has no payments", on=ctx.topology.name)
    with reachable(), contextlib.closing(connect(ctx, via="proxy", autocommit=True)) as connection:
        found = reconcile(connection, say, batch)
    emit(found.unexplained if output is OutputFormat.TABLE else found, output)
    say(f"{found.count} unexplained balances of {found.accounts} accounts; {found.unknown} unknown")
    if found.count:
        raise typer.Exit(3)


@app.command("prune")
def prune(
    batch: Annotated[int, typer.Option("--batch", min=1, help="Rows or documents deleted at a time.")] = 1000,
    max_lag: Annotated[
        str, typer.Option("--max-lag", help="Pause while a replica is further behind than this.")
    ] = "5s",
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Delete what retention ends, in batches that wait for the replicas; detach months that are over.

    A detached month stays as a table of its own until somebody drops it. A row that another one refers to
    waits for a later run, a month with unpublished events stays (`kept`); what fails is told and does not
    stop the rest, exit 1. Replicas that stay behind end their own domain's part (`paused`), exit 7.

    Example: swapctl schema prune --dry-run
    """
    from cluster_cli.confirm import confirm
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from cluster_cli.schema.prune import prune as run
    from cluster_cli.schema.pruned import refuse_failures
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    ctx, limit = load_context(context), duration(max_lag)
    with contextlib.ExitStack() as stack:
        if not dry_run:
            confirm(f"Delete what retention has ended in {ctx.name}?", yes)
            stack.enter_context(operation(ctx, "schema prune"))
            stack.enter_context(recorded(ctx, "schema prune", ctx.name))
        stack.enter_context(reachable())
        result = run(ctx, say, batch=batch, max_lag=limit, dry_run=dry_run)
        emit(result, output)
        refuse_failures(result)
    ended = sum(one.count for one in result if one.action in ("deleted", "detached"))
    say(f"{ended} ended" if ended else "nothing has ended")
