"""Where clusters come from: topology, time-outs, contexts, platforms."""
