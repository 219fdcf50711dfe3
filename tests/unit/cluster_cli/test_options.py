"""Durations as people type them, and the cluster that a command means."""

import pytest
import typer
from typer.testing import CliRunner

from app_core.errors import UsageError
from cluster_cli.options import ContextName, duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2m", 120), ("1h", 3600), ("20", 20), ("500ms", 0.5), ("1.5 s", 1.5), ("1d", 86400)],
)
def test_a_duration_is_seconds(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "-5", "-1m", "soon", "5x", "1h30", "nan", "inf", "1e3", "٣s"]
)
def test_what_is_no_time_above_zero_is_a_usage_error(text):
    with pytest.raises(UsageError):
        duration(text)


@pytest.mark.parametrize("text", ["3651d", "99999999d", "9" * 400])
def test_more_than_ten_years_is_a_usage_error(text):
    assert duration("3650d") == 315360000.0
    with pytest.raises(UsageError, match="ten years"):
        duration(text)


def test_the_context_comes_from_the_option_or_else_from_the_environment():
    app = typer.Typer()

    @app.command()
    def show(context: ContextName = None):
        print(context)

    def shown(*arguments, **environment):
        return CliRunner().invoke(app, list(arguments), env=environment).stdout.strip()

    assert shown(SWAPCTL_CONTEXT="run-1") == "run-1"
    assert shown("--name", "demo", SWAPCTL_CONTEXT="run-1") == "demo"
    assert shown() == "None"
