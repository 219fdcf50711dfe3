"""A pytest plugin: `swapskill_cluster`, a real cluster that tests can break and heal."""
