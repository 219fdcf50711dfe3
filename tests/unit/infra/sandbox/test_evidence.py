"""A start that fails says which member it is about, shows its log, and leaves it where the hint says."""

import re

import pytest

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from cluster_cli import doctor, ephemeral
from infra.sandbox import cleanup, contexts, evidence, machine, preflight, state
from infra.sandbox import up as start
from infra.sandbox.down import down
from infra.sandbox.home import paths
from infra.topology import load_topology

MINIMAL = load_topology("minimal")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    monkeypatch.setattr(machine, "chosen_programs", lambda _: {})
    monkeypatch.setattr(cleanup, "stop_everything", lambda *_: 0)
    return tmp_path


@pytest.fixture
def failing(monkeypatch):
    """Makes `up` fail with the error when each member has written a log."""

    def failing(error):
        def form(box, clock):
            for node in box.nodes:
                log = box.dir(node.name) / "data" / f"{node.kind}.log"
                log.parent.mkdir(parents=True, exist_ok=True)
                log.write_text("".join(f"{node.name} line {n}\n" for n in range(30)))
            if error is not None:
                raise error

        monkeypatch.setattr(start, "form", form)

    return failing


def test_the_member_that_the_error_names_is_shown_with_its_last_lines(failing):
    failing(SwapskillError("patroni ended", on="pg1", hint="swapctl logs pg1"))
    with pytest.raises(SwapskillError, match="patroni ended: pg1: ") as caught:
        start.up("demo", MINIMAL)
    assert "pg1: last lines of postgres.log" in str(caught.value)
    assert "pg1 line 18\n" in str(caught.value) and str(caught.value).endswith("pg1 line 29")
    assert "pg1 line 17\n" not in str(caught.value)


def test_an_error_about_no_member_shows_those_that_do_not_listen(failing, monkeypatch):
    listening = {node.name for node in MINIMAL.nodes()} - {"pg1"}
    monkeypatch.setattr(
        evidence, "silent_members", lambda chosen: [m for m in chosen if m not in listening and m != "s3"]
    )
    failing(TimedOutError("the cluster did not form", why="180 s passed"))
    with pytest.raises(TimedOutError, match="180 s passed\npg1: last lines of") as caught:
        start.up("demo", MINIMAL)
    assert "members-1" not in str(caught.value)


def test_a_group_s_error_is_about_its_members_and_few_are_shown():
    nodes = load_topology("sandbox").nodes()
    group = [node.name for node in nodes if node.group == "exchange-1"]
    assert evidence.concerned(nodes, "exchange-1", ["pg1"]) == group[:3]
    assert evidence.concerned(nodes, None, [node.name for node in nodes]) == [n.name for n in nodes[:3]]
    assert evidence.concerned(nodes, "elsewhere", []) == []


def test_a_member_that_wrote_nothing_is_named_all_the_same():
    where = paths("demo")
    where.member("pg1").mkdir(parents=True)
    (where.member("pg1") / "patroni.log").touch()
    assert evidence.last_words(where, ["pg1", "gone"]) == "\npg1: it wrote no log\ngone: it wrote no log"


def test_members_without_a_listener_are_silent():
    with evidence.ports.socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert evidence.silent_members({"pg1": {"postgres": port}}) == []
    assert evidence.silent_members({"pg1": {"postgres": port}}) == ["pg1"]


def test_the_hint_of_a_first_start_leads_to_its_logs_and_purge_removes_them(failing, home):
    failing(SwapskillError("patroni ended", on="pg1", hint="swapctl logs pg1"))
    with pytest.raises(SwapskillError) as caught:
        start.up("demo", MINIMAL)
    named = re.match("read ([^;]+); swapctl down --purge --name demo", str(caught.value.hint))
    assert named and not paths("demo").root.exists()
    (kept,) = evidence.kept("demo")
    assert str(kept[1]) == named[1]
    assert (kept[1] / "pg1" / "data" / "postgres.log").read_text().endswith("line 29\n")
    (found,) = doctor._failed(None)
    assert found.on == "demo" and "swapctl down --purge --name demo" in found.cure
    assert contexts.existing("demo") == "demo"
    down("demo", purge=True)
    assert not (home / "failed").exists() and [p.name for p in (home / "sandboxes").iterdir()] == [
        ".ports.lock"
    ]


def test_a_hint_that_stays_true_stays(failing):
    failing(RefusedError("program not found", on="tini", hint="apt-get install tini"))
    with pytest.raises(RefusedError) as caught:
        start.up("demo", MINIMAL)
    assert caught.value.hint == "apt-get install tini"


def test_the_next_start_that_succeeds_forgets_them(failing, monkeypatch):
    failing(SwapskillError("patroni ended", on="pg1"))
    with pytest.raises(SwapskillError):
        start.up("demo", MINIMAL)
    assert evidence.kept("demo")
    failing(None)
    start.up("demo", MINIMAL)
    assert evidence.kept() == []


def test_a_sandbox_with_data_keeps_its_logs_and_its_hints(failing):
    failing(None)
    start.up("demo", MINIMAL)
    state.write(paths("demo"), state.read(paths("demo")).with_phase("stopped"))
    log = paths("demo").member("pg1") / "data" / "postgres.log"
    failing(SwapskillError("patroni ended", on="pg1", hint="swapctl logs pg1"))
    with pytest.raises(SwapskillError, match="pg1 line 29") as caught:
        start.up("demo", MINIMAL)
    assert caught.value.hint == "swapctl logs pg1" and log.exists() and evidence.kept() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143)])
def test_a_start_that_was_interrupted_leaves_nothing(failing, home, error):
    failing(error)
    with pytest.raises(type(error)):
        start.up("demo", MINIMAL)
    assert evidence.kept() == [] and not paths("demo").root.exists()


def test_few_failed_starts_are_kept_and_the_oldest_go_first(home):
    for number in range(9):
        (home / "failed" / f"run-{number}-20260101T00000{number}Z").mkdir(parents=True)
    where = paths("demo")
    (where.member("pg1")).mkdir(parents=True)
    (where.member("pg1") / "x.log").write_text("x\n")
    assert evidence.keep(where) is not None
    assert [name for name, _ in evidence.kept()] == ["run-5", "run-6", "run-7", "run-8", "demo"]


def test_a_run_whose_cluster_did_not_start_leaves_its_logs_alone(failing, monkeypatch):
    monkeypatch.setattr(preflight, "check", lambda *_: None)
    monkeypatch.setattr(ephemeral.secrets, "token_hex", lambda _: "1")
    failing(SwapskillError("patroni ended", on="pg1"))
    with pytest.raises(SwapskillError, match="pg1 line 29"), ephemeral.ephemeral_cluster(MINIMAL, print):
        raise AssertionError("it started")
    assert [name for name, _ in evidence.kept()] == ["run-1"] and contexts.present() == []
    assert not paths("run-1").lock.exists()


def test_a_log_that_is_not_there(tmp_path):
    assert "no log at" in evidence.tail(tmp_path / "none")
