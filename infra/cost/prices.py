"""The price file of a region: `infra/prices/<region>.json`, typed by hand, with its source and date."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app_core.errors import UsageError

FOLDER = Path(__file__).parents[1] / "prices"
HOURS = 730  # of a month, as AWS's own calculator counts


@dataclass(frozen=True)
class Prices:
    """instances: type -> US dollars an hour. rates: see the file; the unit is the end of each name."""

    region: str
    date: str
    source: str
    currency: str
    instances: Mapping[str, float]
    rates: Mapping[str, float]


def load_prices(region: str, folder: Path = FOLDER) -> Prices:
    """The prices of a region. UsageError when there is no file or it cannot be read."""
    path = folder / f"{region}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Prices(found["region"], found["date"], found["source"], found["currency"],
                      found["instances_per_hour"], found["rates"])  # fmt: skip
    except FileNotFoundError:
        why = f"there is no infra/prices/{region}.json"
        raise UsageError(
            "a region has no prices", on=region, why=why, hint="copy another region's file"
        ) from None
    except (KeyError, ValueError) as error:
        raise UsageError("cannot read a price file", on=path.name, why=f"{error!r}") from None
