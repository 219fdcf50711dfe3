"""`python -m infra.router`: run one stand-in router."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import resource
import signal
import ssl
import sys
from pathlib import Path

from cryptography import x509

from infra.router import server
from infra.router.accounts import Accounts
from infra.router.bsonraw import Document
from infra.router.catalog import Catalog
from infra.router.clock import LogicalClock
from infra.router.core import Router
from infra.router.cursors import Cursors
from infra.router.failpoints import FailPoints
from infra.router.replicaset import ReplicaSet
from infra.router.transactions import Transactions
from infra.router.upstream import Login

log = logging.getLogger("router")


class JsonLines(logging.Formatter):
    """One JSON object a line, so that several members' logs can be merged by time."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        line = {
            "t": self.formatTime(record),
            "s": record.levelname,
            "c": record.name,
            "msg": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line; secrets come from files only."""
    parser = argparse.ArgumentParser(prog="python -m infra.router", description=__doc__)
    parser.add_argument("--configdb", required=True, help="set/host:port,host:port,...")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keyfile", type=Path, help="the members' shared key; without it: no authentication")
    parser.add_argument("--tls-ca", type=Path, help="certificate authority of members and clients")
    parser.add_argument("--tls-cert", type=Path, help="own key and certificate in one file")
    parser.add_argument("--test-commands", action="store_true", help="allow configureFailPoint")
    parser.add_argument("--log", type=Path, help="file for the log (default: stderr)")
    return parser.parse_args(argv)


def set_up_log(path: Path | None) -> None:
    """JSON lines to the file, or to stderr."""
    handler = logging.FileHandler(path) if path else logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def contexts(options: argparse.Namespace) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """(towards members, towards clients)."""
    if options.tls_ca is None or options.tls_cert is None:
        return None, None
    members = ssl.create_default_context(cafile=str(options.tls_ca))
    members.load_cert_chain(options.tls_cert)
    clients = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    clients.load_cert_chain(options.tls_cert)
    clients.load_verify_locations(options.tls_ca)
    clients.verify_mode = ssl.CERT_OPTIONAL
    return members, clients


def parsed(options: argparse.Namespace) -> Document:
    """The command line as getCmdLineOpts shows it."""
    net: Document = {"bindIp": options.bind, "port": options.port}
    if options.tls_cert:
        net["tls"] = {
            "mode": "requireTLS", "CAFile": str(options.tls_ca), "certificateKeyFile": str(options.tls_cert),
            "allowConnectionsWithoutCertificates": True,
        }  # fmt: skip
    found: Document = {"net": net, "sharding": {"configDB": options.configdb}}
    if options.keyfile:
        found["security"] = {"keyFile": str(options.keyfile)}
    if options.test_commands:
        found["setParameter"] = {"enableTestCommands": "1"}
    return found


def security(options: argparse.Namespace) -> Document:
    """The certificate that clients see, as serverStatus shows it; empty without TLS."""
    if options.tls_cert is None:
        return {}
    shown = x509.load_pem_x509_certificate(options.tls_cert.read_bytes())
    return {
        "SSLServerSubjectName": shown.subject.rfc4514_string(),
        "SSLServerHasCertificateAuthority": options.tls_ca is not None,
        "SSLServerCertificateExpirationDate": shown.not_valid_after_utc,
    }


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    to_members, to_clients = contexts(options)
    key = "".join(options.keyfile.read_text().split()) if options.keyfile else None
    login = Login(key, to_members)
    name, _, hosts = options.configdb.partition("/")
    clock = LogicalClock()
    catalog = Catalog(ReplicaSet(name, hosts.split(","), login), login, clock)
    router = Router(catalog, clock, authenticate=key is not None, port=options.port, argv=sys.argv)
    router.cursors, router.transactions, router.users = Cursors(), Transactions(), Accounts(catalog, key)
    router.parsed_options, router.security = parsed(options), security(options)
    router.fail_points = FailPoints() if options.test_commands else None
    make, registry = server.factory(router)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        make,
        options.bind,
        options.port,
        backlog=1024,
        ssl=to_clients,
        ssl_handshake_timeout=10 if to_clients else None,
    )
    background = [
        asyncio.create_task(work)
        for work in (
            catalog.keep_fresh(),
            router.users.keep_fresh(),
            router.cursors.reap(),
            server.watch(registry),
        )
    ]
    log.info("router listening on %s:%s", options.bind, options.port)
    print("router listening", flush=True)
    await _stopped(loop)
    listener.close()
    for task in background:
        task.cancel()


async def _stopped(loop: asyncio.AbstractEventLoop) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def raise_file_limit() -> None:
    """As many open files as the system allows: each client and each connection to a member is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 2 * server.MAX_CONNECTIONS + 4096)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    """Entry point."""
    options = arguments(sys.argv[1:])
    set_up_log(options.log)
    raise_file_limit()
    try:
        import uvloop
    except ImportError:
        runner = asyncio.run
    else:
        runner = uvloop.run
    with contextlib.suppress(KeyboardInterrupt):
        runner(run(options))


if __name__ == "__main__":
    main()
