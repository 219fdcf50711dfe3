"""What the Pulumi CLI runs in this folder, once an account (docs/aws.md)."""

from __future__ import annotations

from infra.foundation.program import run

if __name__ == "__main__":
    run()
