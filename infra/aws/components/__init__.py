"""The building blocks: one component and its arguments a file."""
