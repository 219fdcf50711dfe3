"""The two write concerns of the domain, and the reasons why members' data are erased or kept."""

from __future__ import annotations

from app_core.schema.model import Erasure, WriteConcern

DURABLE = WriteConcern("majority", j=True)
"""What was acknowledged survives the loss of a primary."""
FAST = WriteConcern(1)
"""It never waits for another member, and may be lost with the primary."""

DELETED = Erasure("delete", "it is the member's alone")
ANONYMISED = Erasure("anonymise", "another member's history needs it; the author is blanked")
"""The text is emptied; the id stays and names nobody once the account is gone."""
EVIDENCE = Erasure("keep", "moderation must be able to answer for it; it ends by its retention")
NOBODYS = Erasure("keep", "it holds nothing about a member")
