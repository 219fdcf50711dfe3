"""The JSON Schema of report.json: generated from the model, committed beside it."""

from __future__ import annotations

import json

from pydantic import ValidationError

from app_core.errors import SwapskillError
from cluster_cli.drills.report.model import SCHEMA_FILE, Report


def schema_text() -> str:
    """The schema of the current version, as it must be committed."""
    schema = Report.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def validated(text: str, *, origin: str) -> Report:
    """The report in a JSON text; raises SwapskillError that names the first key that is wrong."""
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise SwapskillError("not a valid drill report", on=origin, why=f"{where}: {first['msg']}") from None


if __name__ == "__main__":  # python -m cluster_cli.drills.report.schema: rewrite after a change of the model
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
