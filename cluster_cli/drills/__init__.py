"""Failover drills: load, one proven fault, checks on every acknowledged write, one report."""
