import pytest


@pytest.fixture(autouse=True)
def no_real_account(monkeypatch):
    """Keys that open nothing: a call that slips past moto is refused by AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
