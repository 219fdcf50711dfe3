"""The configuration of the payments domain, as sandbox and production hosts get it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from infra.credentials import Credentials, generate_secrets
from infra.endpoint import Endpoint
from infra.hostvars import hostvars
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.ports import PORT_NAMES
from infra.templates import render
from infra.topology import load_topology


@dataclass
class Placement:
    """Members on hosts of their own, in the directories of a package."""

    endpoints: dict[str, Endpoint]
    credentials: Credentials

    def dir(self, member):
        return Path("/var/lib/swapskill") / member

    def run_dir(self, member):
        return Path("/run") / member

    def tls(self, member, name):
        return self.credentials.cert(name)

    def ca_file(self, member):
        return self.credentials.ca_file

    def binary(self, name):
        return Path("/usr/bin") / name


@pytest.fixture
def rendered(tmp_path):
    generate_secrets(tmp_path)

    def render_one(role, template, member, topology="sandbox", change=None):
        loaded = load_topology(topology)
        if change is not None:
            loaded = change(loaded)
        nodes = sandbox_nodes(loaded)
        places = {
            n.name: Endpoint(
                n.name, n.kind, n.group, n.host, n.zone, n.region, f"10.0.0.{i}",
                {port: 6000 + j for j, port in enumerate(PORT_NAMES[n.kind])},
            )
            for i, n in enumerate(nodes)
        }  # fmt: skip
        node = next(n for n in nodes if n.name == member)
        return render(role, template, hostvars(loaded, node, Placement(places, Credentials(tmp_path))))

    return render_one


def blocking(topology):
    sync = topology.payments.sync.model_copy(update={"on_loss": "block"})
    return topology.model_copy(update={"payments": topology.payments.model_copy(update={"sync": sync})})


def patroni(rendered, member, topology="sandbox", change=None):
    return yaml.safe_load(rendered("patroni", "patroni.yml.j2", member, topology, change))


@pytest.mark.parametrize(
    ("topology", "change", "mode", "strict"),
    [
        ("sandbox", None, True, False),
        ("sandbox", blocking, True, True),
        ("quorum", None, "quorum", False),
        ("production", None, "quorum", False),
        ("minimal", None, False, False),
    ],
)
def test_the_topology_s_sync_becomes_patroni_s_mode(rendered, topology, change, mode, strict):
    dcs = patroni(rendered, "pg1", topology, change)["bootstrap"]["dcs"]
    assert dcs["synchronous_mode"] == mode
    assert dcs["synchronous_mode_strict"] is strict
    assert dcs["failsafe_mode"] is True
    assert (dcs["ttl"], dcs["loop_wait"], dcs["retry_timeout"]) == (20, 1, 5)


def test_the_dr_is_a_standby_cluster_with_its_own_etcd_and_slot(rendered):
    main, standby = patroni(rendered, "pg1"), patroni(rendered, "pgdr1")
    assert main["bootstrap"]["dcs"]["slots"] == {"dr": {"type": "physical"}}
    assert "standby_cluster" not in main["bootstrap"]["dcs"]
    source = standby["bootstrap"]["dcs"]["standby_cluster"]
    assert source["primary_slot_name"] == "dr"
    assert standby["bootstrap"]["dcs"]["synchronous_mode"] is False
    assert set(standby["etcd3"]["hosts"]).isdisjoint(main["etcd3"]["hosts"])


def test_every_line_of_pg_hba_that_admits_a_network_wants_tls_and_a_certificate(rendered):
    lines = patroni(rendered, "pg1")["postgresql"]["pg_hba"]
    network = [line for line in lines if not line.startswith("local")]
    assert network[-1] == "hostnossl all all all reject"
    assert all("scram-sha-256 clientcert=" in line for line in network[:-1])
    assert all(line.startswith("hostssl") for line in network[:-1])


def test_patroni_s_api_and_etcd_want_certificates(rendered):
    assert patroni(rendered, "pg1")["restapi"]["verify_client"] == "required"
    etcd = yaml.safe_load(rendered("etcd", "etcd.yml.j2", "etcd-a"))
    assert etcd["client-transport-security"]["client-cert-auth"] is True
    assert etcd["peer-transport-security"]["client-cert-auth"] is True
    assert etcd["listen-client-urls"].startswith("https://")


def test_haproxy_trusts_the_body_and_cuts_the_sessions_of_a_lost_primary(rendered):
    text = rendered("haproxy", "haproxy.cfg.j2", "proxy-a")
    writable = text.split("listen rw")[1].split("listen ro")[0]
    assert """rstring '"state": "running".*"role": "primary"'""" in writable
    assert "on-marked-down shutdown-sessions" in text
    assert "verify required" in text
    assert "pgdr1" not in text


def test_pgbouncer_holds_no_password(rendered, tmp_path):
    users = rendered("pgbouncer", "userlist.txt.j2", "proxy-a")
    config = rendered("pgbouncer", "pgbouncer.ini.j2", "proxy-a")
    for secret in ("pg_app", "pgbouncer_admin"):
        assert Credentials(tmp_path).secret(secret) not in users + config
    assert users.count('"SCRAM-SHA-256$') == 2
    for wanted in ("pool_mode = transaction", "client_tls_sslmode = require", "server_login_retry = 0.1"):
        assert wanted in config


def test_the_archive_is_reached_by_name_and_encrypted(rendered):
    text = rendered("pgbackrest", "pgbackrest.conf.j2", "pg1")
    assert "repo1-s3-endpoint=localhost" in text
    assert "repo1-cipher-type=aes-256-cbc" in text
    assert "[payments]" in text and "[payments-dr]" not in text


def test_the_standby_cluster_reads_the_primary_s_archive_and_writes_its_own(rendered):
    text = rendered("pgbackrest", "pgbackrest.conf.j2", "pgdr1")
    assert "[payments-dr]" in text and "[payments]\n" in text and "repo1-path=/payments\n" in text
    restore = patroni(rendered, "pgdr1")["postgresql"]["recovery_conf"]["restore_command"]
    assert restore.startswith("timeout ") and "--stanza=payments archive-get %f %p" in restore
    assert "recovery_conf" not in patroni(rendered, "pg1")["postgresql"]
    assert (
        "--stanza=payments-dr archive-push"
        in patroni(rendered, "pgdr1")["postgresql"]["parameters"]["archive_command"]
    )
