"""The one-time stack that others stand on: where their state is kept, and the key of their secrets."""
