"""How resources are made, read and deleted with boto3: one module a service (EC2 in parts), found by scan.

A module has `KINDS`, a tuple of `Kind`.
"""
