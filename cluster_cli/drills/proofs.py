"""Waits for the proofs of a run's faults, as long as they hurt nobody whom they must not hit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from cluster_cli.drills.course import hurt_elsewhere
from cluster_cli.drills.strike import Strike

POLL = 0.05
"""Seconds between two looks: a proof may take 40 s, an error on another path must end the fault at once."""


def await_proofs(
    strikes: Sequence[Strike], errors: Callable[[], Mapping[str, int]], between: Callable[[], None]
) -> str | None:
    """Wait until no strike looks for its proof any more, calling `between` at each look.

    Returns early with the reason when the faults must be lifted before: `errors` counts the failed writes by
    path, on paths that the faults must not hit.
    """
    while any(strike.pending for strike in strikes):
        if (hurt := hurt_elsewhere(errors())) is not None:
            return hurt
        between()
        time.sleep(POLL)
    return None
