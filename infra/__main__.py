"""What the Pulumi CLI runs (`main: infra/` in Pulumi.yaml)."""

from __future__ import annotations

import sys

# The CLI puts this folder first on the path, where platform.py would hide the standard library's.
sys.path[:] = [entry for entry in sys.path if entry.rstrip("/") not in ("", ".", __file__.rpartition("/")[0])]

from infra.aws.program import run  # noqa: E402  (only now is the path right)

if __name__ == "__main__":
    run()
