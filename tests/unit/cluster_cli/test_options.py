"""Durations as people type them."""

import pytest

from app_core.errors import UsageError
from cluster_cli.options import duration


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
