"""Inject and undo of faults that kill members and start them again: they differ in aim and proof."""

from __future__ import annotations

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults._fault import Memo, Target
from cluster_cli.drills.site import Site


def inject(site: Site, target: Target, _: Memo) -> None:
    """SIGKILL every member of the target at once."""
    actions.kill(site, target.members)


def undo(site: Site, target: Target, _: Memo) -> None:
    """Start every member of the target that does not run."""
    actions.start(site, target.members)
