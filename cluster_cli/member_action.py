"""start, stop, restart, kill, pause and resume of one member: resolve, ask, act, record, show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app_core.errors import RefusedError
from cluster_cli.confirm import confirm
from cluster_cli.lock import operation
from cluster_cli.opslog import record, recorded
from cluster_cli.options import OutputFormat
from cluster_cli.render import emit, say
from cluster_cli.targets import resolve
from infra.context import Context, load_context
from infra.platform import Kill, Pause, Power

_HARMLESS = ("start", "resume")
_OF_A_PROCESS = ("kill", "pause", "resume")
_BACK = {"kill": "start", "stop": "start", "pause": "resume"}
"""By which action the member comes back; by its name, since its role may be another's by then."""
NOTHING_TO_DO = "nothing to do"
"""The result, in the log of operations, of what was so already."""


@dataclass(frozen=True)
class PlannedAction:
    """What a dry run would have done to which member."""

    action: str
    member: str
    context: str

    def as_table(self) -> str:
        """One sentence."""
        return f"would {self.action} {self.member} of {self.context}"


@dataclass(frozen=True)
class ActionResult:
    """What was done to which member, whether that changed anything, and whether its processes run now."""

    action: str
    member: str
    changed: bool
    running: bool


def act(
    action: str, target: str, context: str | None, *, dry_run: bool, yes: bool, output: OutputFormat
) -> None:
    """Do one action to the member that the word names; ask first where it takes something away.

    Raises RefusedError (6) for one that is about processes which the member does not have.
    """
    ctx = load_context(context)
    member = resolve(ctx, target)
    if dry_run:
        emit(PlannedAction(action, member, ctx.name), output)
        return
    if action not in _HARMLESS:
        confirm(f"{action.capitalize()} {member} of {ctx.name}?", yes)
    with operation(ctx, f"{action} {member}"):
        changed = _do(ctx, action, member)
    emit(ActionResult(action, member, changed, ctx.platform.running(member)), output)
    if changed and action in _BACK:
        say(f"next: swapctl {_BACK[action]} {member} --context {ctx.name}")


def _do(ctx: Context, action: str, member: str) -> bool:
    """Do it, recorded; False when there was nothing to do."""
    effect, already = _effect(ctx, action), _already(ctx.platform, action, member)
    if already is not None:
        say(f"{NOTHING_TO_DO}: {already}")
        record(ctx, action, member, NOTHING_TO_DO)
        return False
    with recorded(ctx, action, member):
        if action in _OF_A_PROCESS and not ctx.platform.pids(member):
            raise RefusedError(
                f"cannot {action} a member that does not run", on=member, hint=f"swapctl start {member}"
            )
        effect(member)
    return True


def _already(platform: Power, action: str, member: str) -> str | None:
    """Why the member is what the action would make of it; None when it is not."""
    if action == "start" and platform.running(member):
        return f"{member} runs"
    if action == "stop" and not platform.pids(member):
        return f"{member} does not run"
    return None


def _effect(ctx: Context, action: str) -> Callable[[str], None]:
    platform: Power = ctx.platform
    effects: dict[str, Callable[[str], None]] = {"start": platform.start, "stop": platform.stop}
    effects["restart"] = lambda member: _restart(platform, member)
    if isinstance(platform, Kill):
        effects["kill"] = platform.kill
    if isinstance(platform, Pause):
        effects |= {"pause": platform.pause, "resume": platform.resume}
    if action not in effects:
        raise RefusedError(f"this platform cannot {action} a member", on=ctx.platform_name)
    return effects[action]


def _restart(platform: Power, member: str) -> None:
    platform.stop(member)
    platform.start(member)
