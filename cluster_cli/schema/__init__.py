"""The schema of running clusters: what is there, what differs from the registry, and how it gets there.

Facts (`social_facts`, `payments_facts`), decisions (`checks/`, one kind of difference a file) and effects
(`apply`, `prune`) are apart; `plan`, `diff` and `apply` look at the same list of differences.
"""
