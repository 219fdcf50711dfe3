"""How long `swapctl --help` takes: the median of many starts, in milliseconds."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

STARTS = 20
GOAL_MS = 150
SWAPCTL = Path(sys.executable).with_name("swapctl")


def start_ms() -> float:
    """One start, from the call to its end."""
    begin = time.perf_counter()
    subprocess.run([SWAPCTL, "--help"], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Print one line of a Markdown table."""
    start_ms()  # the first start compiles
    times = sorted(start_ms() for _ in range(STARTS))
    middle = statistics.median(times)
    print(f"| swapctl --help | median {middle:.0f} ms | max {times[-1]:.0f} ms | goal {GOAL_MS} ms |")


if __name__ == "__main__":
    main()
