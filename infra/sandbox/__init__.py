"""Clusters as processes on loopback: the platform of laptops, CI and drills."""
