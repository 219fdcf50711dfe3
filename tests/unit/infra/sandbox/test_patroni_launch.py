"""A new cluster's other members wait until the first one leads: its open port alone does not tell."""

import http.server
import ssl
import threading

import pytest
import yaml

from infra.credentials import Credentials
from infra.pki import ensure_pki
from infra.sandbox.nodes import patroni_launch


@pytest.fixture
def asked(tmp_path):
    """A member that follows, follows, then leads; yields its address, a configuration and the questions."""
    answers, questions = [503, 503, 200, 200], []

    class Patroni(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            questions.append(self.path)
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, format, *args):
            pass

    ensure_pki(tmp_path, ["pg1"])
    own, operator = Credentials(tmp_path).cert("pg1"), Credentials(tmp_path).cert("operator")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.crt"))
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(own.cert, own.key)
    ctl = {
        "cacert": str(tmp_path / "ca.crt"),
        "certfile": str(operator.cert),
        "keyfile": str(operator.key),
    }
    config = tmp_path / "patroni.yml"
    config.write_text(yaml.safe_dump({"ctl": ctl}))
    server = http.server.HTTPServer(("127.0.0.1", 0), Patroni)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", str(config), questions
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_others_wait_until_the_first_leads(asked):
    place, config, questions = asked
    patroni_launch.wait_for_leader(place, config)
    assert questions == ["/leader"] * 3


def test_nobody_is_waited_for_at_a_later_start(asked):
    _, config, questions = asked
    patroni_launch.wait_for_leader("", config)
    assert questions == []


def test_a_first_member_that_never_comes_does_not_hold_the_others_for_ever(asked, monkeypatch):
    place, config, questions = asked
    monkeypatch.setattr(patroni_launch, "LIMIT_S", 0.3)
    patroni_launch.wait_for_leader("127.0.0.1:1", config)
    assert questions == []
