"""Write app_core/schema/catalogue.json: the catalogue that the migrations lead to, from an empty database.

Run after adding a migration: .venv/bin/python tools/sql_catalogue.py --context NAME (any running cluster).
"""

from __future__ import annotations

import argparse

from cluster_cli.schema.catalogue import FILE, as_text, read_catalogue
from cluster_cli.schema.scratch import migrated, scratch_database
from infra.context import load_context


def main() -> None:
    """Migrate a database that is dropped again, and write down what it then has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context")
    ctx = load_context(parser.parse_args().context)
    with scratch_database(ctx) as name, migrated(ctx, name) as connection:
        FILE.write_text(as_text(read_catalogue(connection)), "utf-8")
    print(f"{FILE.name} written")


if __name__ == "__main__":
    main()
