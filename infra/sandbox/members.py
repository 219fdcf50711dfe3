"""Starts one member: writes its files, its certificates, and starts its processes."""

from __future__ import annotations

import importlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.credentials import write_private
from infra.hostvars import module_of
from infra.sandbox import process
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec
from infra.topology import Node


@dataclass(frozen=True)
class Started:
    """A process that was just started, and what is needed to watch it."""

    member: str
    spec: ProcessSpec
    popen: subprocess.Popen[bytes]


def plan_of(box: Box, node: Node) -> NodePlan:
    """The node's plan, from the module of its kind."""
    module = importlib.import_module(f"infra.sandbox.nodes.{module_of(node.kind)}")
    plan: NodePlan = module.plan(box, node)
    return plan


def materialize(box: Box, plan: NodePlan) -> None:
    """Write directories, certificates and configuration; the member's user owns them."""
    base, run = box.dir(plan.member), box.run_dir(plan.member)
    for directory in (base, run, base / "tls", *plan.directories):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _copy_certificates(box, plan)
    for file in plan.files:
        write_private(file.path, file.text, file.mode)
    if plan.unprivileged and box.unprivileged_user is not None:
        _hand_over((base, run, base / "tls", *plan.directories), box.unprivileged_user)


def _copy_certificates(box: Box, plan: NodePlan) -> None:
    target = box.dir(plan.member) / "tls"
    shutil.copyfile(box.credentials.ca_file, target / "ca.crt")
    for name in (plan.member, *plan.certificates):
        pair = box.credentials.cert(name)
        for source in (pair.cert, pair.key, pair.pem):
            write_private(target / source.name, source.read_bytes())


def _hand_over(directories: Iterable[Path], user: str) -> None:
    """Give the directories to a user; a data directory that he has already is left alone."""
    entry = pwd.getpwnam(user)
    for directory in directories:
        if directory.stat().st_uid == 0:
            os.chown(directory, entry.pw_uid, entry.pw_gid)
        for parent, folders, files in os.walk(directory):
            folders[:] = [f for f in folders if os.lstat(os.path.join(parent, f)).st_uid == 0]
            for name in (*folders, *files):
                os.chown(
                    os.path.join(parent, name),
                    entry.pw_uid,
                    entry.pw_gid,
                    follow_symlinks=False,
                )


def start(box: Box, plan: NodePlan) -> list[Started]:
    """Start those of the member's processes that do not run, record them, and prepare what they wait for."""
    started = [
        _start(box, plan.member, spec)
        for spec in plan.processes
        if not is_running(box, plan.member, spec.name)
    ]
    if plan.prepare is not None:
        plan.prepare()
    return started


def is_running(box: Box, member: str, process_name: str) -> bool:
    """Whether the recorded process lives."""
    identity = process.load(box.paths.record(member, process_name))
    return identity is not None and identity.alive


def _start(box: Box, member: str, spec: ProcessSpec) -> Started:
    marks = process.marks_of(box.paths.root, member)
    user = box.unprivileged_user if spec.unprivileged else None
    popen = process.spawn(spec, box.dir(member), marks, user)
    identity = process.identify(popen.pid)
    if identity is not None:
        process.save(box.paths.record(member, spec.name), identity)
    return Started(member, spec, popen)
