"""Pure decisions: what may be done, and why not."""
