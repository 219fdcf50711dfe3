"""What is promised, by case. A case without a value is no promise: it is measured, never passed or failed."""

from __future__ import annotations

from infra.topology.base import Part, Seconds


class Case(Part):
    """What is promised when one thing fails, in seconds; null = no promise on that figure."""

    rpo: Seconds | None = None
    rto: Seconds | None = None


class PaymentsSla(Part):
    """Promises of the payments domain."""

    member: Case | None = None
    zone: Case | None = None
    region: Case | None = None
    data_error: Case | None = None


class SocialSla(PaymentsSla):
    """Promises of the social domain; `election` = a new primary is elected within so many seconds."""

    election: Seconds | None = None
    shard: Case | None = None


class Sla(Part):
    """The promises of both domains."""

    social: SocialSla = SocialSla()
    payments: PaymentsSla = PaymentsSla()

    def case(self, domain: str, name: str) -> Case | None:
        """The promise for a domain and a case; None = no promise (also for a case that it does not know)."""
        return getattr(getattr(self, domain), name, None)
