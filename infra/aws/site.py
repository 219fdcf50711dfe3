"""What every component of a stack is told: whose it is, and how carefully its data are kept."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Care:
    """How data are kept. protected: no run may delete them; days: locks, waiting times and retention."""

    protected: bool
    lock_days: int
    recovery_days: int
    retention_days: int

    def options(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource that holds data: protected, and kept by AWS even if a run drops it."""
        return pulumi.ResourceOptions(parent=parent, protect=self.protected, retain_on_delete=self.protected)


CARE = {
    "production": Care(protected=True, lock_days=14, recovery_days=30, retention_days=35),
    "staging": Care(protected=True, lock_days=3, recovery_days=7, retention_days=14),
    "ephemeral": Care(protected=False, lock_days=0, recovery_days=7, retention_days=1),
}


@dataclass(frozen=True)
class Site:
    """prefix: what physical names begin with. account: the number of the AWS account.

    renew: hosts whose machines this run may replace; their data volumes stay protected.
    """

    prefix: str
    account: str
    domain: str
    care: Care
    renew: tuple[str, ...] = ()
