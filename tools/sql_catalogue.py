"""Write app_core/schema/catalogue.json: the catalogue that the migrations lead to, from an empty database.

Run after adding a migration: .venv/bin/python tools/sql_catalogue.py --context NAME (any running cluster).
"""

from __future__ import annotations

import argparse

from cluster_cli.schema.catalogue import FILE, UNFINISHED, Catalogue, as_text, read_catalogue
from cluster_cli.schema.scratch import migrated, scratch_database
from infra.context import load_context


def whole(catalogue: Catalogue) -> Catalogue:
    """The catalogue as it is when `schema apply` has built what migrations begin on partitioned tables."""
    return {key: text.removesuffix(UNFINISHED) for key, text in catalogue.items()}


def main() -> None:
    """Migrate a database that is dropped again, and write down what it then has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context")
    ctx = load_context(parser.parse_args().context)
    with scratch_database(ctx) as name, migrated(ctx, name) as connection:
        FILE.write_text(as_text(whole(read_catalogue(connection))), "utf-8")
    print(f"{FILE.name} written")


if __name__ == "__main__":
    main()
