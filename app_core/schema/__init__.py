"""The schema registry: what the domain stores, and how it must be written and read."""
