"""What a resource of the AWS stack costs in time, at 10 and at 100 shards: must not grow with their number.

Run: .venv/bin/python -m bench.infra [--runs 3]
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import replace
from statistics import median
from typing import Any

import yaml

from bench.machine import describe
from infra.aws.local import resolve
from infra.aws.local.stacks import LocalStack, load_stack, make_stack
from infra.topology import parse_topology

SIZES = (10, 100)
GOAL = 1.5  # how much more a resource may cost at 100 shards than at 10


def stack_of(shards: int) -> LocalStack:
    """Production with that many shards, each on three hosts of its own."""
    base = load_stack("production")
    file: dict[str, Any] = copy.deepcopy(yaml.safe_load(base.topology.source))
    old = ("mongo-members", "mongo-exchange")
    file["hosts"] = [host for host in file["hosts"] if not host["name"].startswith(old)]
    names = [f"s{number}" for number in range(shards)]
    file["hosts"] += [{"name": f"h-{name}-{zone}", "zone": zone} for name in names for zone in "abc"]
    file["social"]["shards"] = [
        {"name": name, "members": [{"name": f"{name}-{zone}", "host": f"h-{name}-{zone}"} for zone in "abc"]}
        for name in names
    ]
    file["social"]["segments"] = {"exchange": names[:1], "members": names[1:]}
    topology = parse_topology(yaml.safe_dump(file).encode(), f"{shards}-shards.yaml")
    return make_stack(replace(base.settings, topology=topology.name), topology)


def once(stack: LocalStack) -> tuple[int, float]:
    """Resources, and milliseconds of processor time each."""
    begin = time.process_time()
    graph = resolve(stack.program)
    return len(graph.resources), (time.process_time() - begin) * 1000 / len(graph.resources)


def main() -> None:
    """Print a Markdown table and whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    once(stack_of(2))  # the first run imports
    print(f"{describe()}, median of {runs}\n\n| shards | resources | ms of CPU a resource |\n|---|---|---|")
    costs = []
    for shards in SIZES:
        found = [once(stack_of(shards)) for _ in range(runs)]
        costs.append(median(cost for _, cost in found))
        print(f"| {shards} | {found[0][0]} | {costs[-1]:.2f} |")
    ratio = costs[-1] / costs[0]
    print(f"\nratio {ratio:.2f}, goal {GOAL}: {'held' if ratio <= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
