"""Both clusters on AWS: what a stack declares, costs and tells, without an account; up, destroy, reap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cluster_cli.options import DryRun, Output, OutputFormat, Yes
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)
StackName = Annotated[str, typer.Option("--stack", "-s", help="A stack: the middle of Pulumi.<stack>.yaml.")]
if TYPE_CHECKING:
    from cluster_cli.infra_views import PolicyView

HELD = "every rule that binds the class holds"


@app.callback()
def infra() -> None:
    """Both clusters on AWS: what a stack declares, costs and tells, without an account; up, destroy, reap."""


@app.command()
def preview(stack: StackName = "staging", output: Output = OutputFormat.TABLE) -> None:
    """What an empty account would get: every resource; what AWS computes is shown as <computed>.

    Runs in this process, without the Pulumi CLI and without an account. No diff against the cloud.
    """
    from cluster_cli.infra_views import preview_view

    emit(preview_view(stack), output)


@app.command()
def graph(stack: StackName = "staging") -> None:
    """A picture (SVG, on stdout) by region, zone and host, drawn from the declared resources.

    Example: swapctl infra graph --stack production > production.svg
    """
    from cluster_cli.infra_views import picture

    print(picture(stack), end="")


@app.command()
def cost(stack: StackName = "staging", output: Output = OutputFormat.TABLE) -> None:
    """US dollars a month by component, and the shares of standby, DR region and monitoring.

    Prices are typed by hand from public lists, with date and source (infra/prices/): approximate.
    What depends on use is not included; what has no price is said.
    """
    from cluster_cli.infra_views import cost_view

    emit(cost_view(stack), output)


@app.command()
def policy(stack: StackName = "staging", output: Output = OutputFormat.TABLE) -> None:
    """Hold a stack against every rule of infra/policy. Exit 3 names each resource that breaks one."""
    from cluster_cli.infra_views import policy_view

    found = policy_view(stack)
    emit(found, output)
    _check_held(found)
    say(HELD)


@app.command()
def outputs(stack: StackName = "staging", output: Output = OutputFormat.JSON) -> None:
    """The outputs in the shape of their contract, with stand-ins for what AWS computes.

    The real ones: pulumi stack output --json
    """
    from cluster_cli.infra_views import outputs_view

    emit(outputs_view(stack), output)


@app.command()
def up(
    stack: StackName = "staging",
    yes: Yes = False,
    dry_run: DryRun = False,
    force: Annotated[bool, typer.Option("--force", help="Go on although rules are broken.")] = False,
) -> None:
    """Hand over to `pulumi up`, which shows its own preview and asks. Exit 6 without the Pulumi CLI.

    First the stack is held against every rule: exit 3 with the list when one is broken, unless --force.
    """
    from infra.aws.handover import hand_over

    if not dry_run:
        _check_policy(stack, force)
    raise typer.Exit(hand_over("up", stack, yes=yes, dry_run=dry_run))


@app.command()
def destroy(stack: StackName = "staging", yes: Yes = False, dry_run: DryRun = False) -> None:
    """Hand over to `pulumi destroy`, which asks. Exit 6 without the Pulumi CLI.

    A stack with protected resources is refused as a whole, and nothing is destroyed.

    All but those: pulumi destroy --exclude-protected --stack STACK
    """
    from infra.aws.handover import hand_over

    raise typer.Exit(hand_over("destroy", stack, yes=yes, dry_run=dry_run))


@app.command()
def reap(
    older_than: Annotated[
        str, typer.Option("--older-than", help="Only stacks whose first host started that long ago: 4h, 90m.")
    ] = "4h",
    yes: Yes = False,
    dry_run: DryRun = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Destroy the expired stacks of class ephemeral, found by their tags; lists them first and asks.

    Never touches another class. Destroys through the Pulumi CLI alone: exit 6 without it. A stack that
    cannot be destroyed does not save the next one; exit 1 names it.
    """
    from cluster_cli.confirm import confirm
    from cluster_cli.infra_views import reapable
    from infra.aws.handover import pulumi_cli
    from infra.aws.reaper import destroy_all

    found = reapable(older_than)
    emit(found, output)
    doomed = [item for item in found if item.reap]
    if dry_run or not doomed:
        return
    cli = pulumi_cli()
    confirm(f"Destroy {', '.join(item.stack for item in doomed)}?", yes)
    destroy_all(cli, doomed, say)


def _check_policy(stack: str, force: bool) -> None:
    """Hold a stack against every rule before it is changed: tells what is broken, and ends there."""
    from cluster_cli.infra_views import policy_view

    found = policy_view(stack)
    if found.broken:
        say(found.as_table())
        if not force:
            _check_held(found, hint=f"correct the stack, or: swapctl infra up --stack {stack} --force")


def _check_held(found: PolicyView, hint: str | None = None) -> None:
    from app_core.errors import UnhealthyError

    if found.broken:
        why = f"{len(found.broken)} of {len(found.rules)}"
        raise UnhealthyError("rules are broken", on=found.stack, why=why, hint=hint)
