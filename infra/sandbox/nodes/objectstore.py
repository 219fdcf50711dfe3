"""The S3 server of a sandbox: SeaweedFS, all parts in one process."""

from __future__ import annotations

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.layout import files_outside
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The server's identities and its one process.

    The S3 port, the only one for others, wants keys; every other one the store's certificate.
    """
    base = box.dir(node.name)
    variables = hostvars(box.topology, node, box, box.timing)
    environment = {"GOMAXPROCS": "1"}
    process = ProcessSpec(
        "weed",
        _command(box, node),
        base / "weed.log",
        environment,
        stale_files=files_outside((node,), box.ports),
    )
    return NodePlan(
        node.name,
        (process,),
        files=tuple(
            RenderedFile(base / name, render("seaweedfs", f"{name}.j2", variables))
            for name in ("s3.json", "security.toml")
        ),
        directories=(base / "data",),
    )


def _command(box: Box, node: Node) -> tuple[str, ...]:
    base, endpoint, pair = box.dir(node.name), box.endpoint(node.name), box.tls(node.name, node.name)
    flags = {
        "dir": base / "data",
        "ip": endpoint.address,
        "ip.bind": endpoint.address,
        "master.port": endpoint.ports["master"],
        "master.port.grpc": endpoint.ports["master_grpc"],
        "master.volumeSizeLimitMB": 128,
        "master.volumePreallocate": "false",
        "master.telemetry": "false",
        "volume.port": endpoint.ports["volume"],
        "volume.port.grpc": endpoint.ports["volume_grpc"],
        "volume.max": 0,
        "volume.preStopSeconds": 0,
        "filer": "true",
        "filer.port": endpoint.ports["filer"],
        "filer.port.grpc": endpoint.ports["filer_grpc"],
        "filer.localSocket": box.run_dir(node.name) / "filer.sock",
        "s3": "true",
        "s3.port": endpoint.ports["s3"],
        "s3.port.grpc": endpoint.ports["s3_grpc"],
        "s3.localSocket": box.run_dir(node.name) / "s3.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": base / "s3.json",
        "s3.cert.file": pair.cert,
        "s3.key.file": pair.key,
        "s3.iam": "false",
    }
    # the standard error is the member's log; else it writes files into the machine's /tmp, and leaves them
    program = (str(box.binary("weed")), f"-config_dir={base}", "-logtostderr=true", "server")
    return (*program, *(f"-{name}={value}" for name, value in flags.items()))
