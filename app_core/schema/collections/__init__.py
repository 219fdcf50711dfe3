"""One file a collection."""
