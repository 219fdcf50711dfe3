"""The report of a run: one JSON file, one self-contained page."""
