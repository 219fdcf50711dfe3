"""The load balancer before the proxies outlasts them: whoever ends an idle connection first says so."""

from __future__ import annotations

import re

import pytest

from infra.aws.local.stacks import ROOT

from .stacks import STACKS, graph

TEMPLATE = ROOT / "playbooks/roles/haproxy/templates/haproxy.cfg.j2"
LISTENER = "aws:lb/listener:Listener"
MOST_SECONDS = 6000  # that AWS takes


@pytest.mark.parametrize("stack", STACKS)
def test_a_connection_that_haproxy_keeps_idle_is_not_forgotten_before(stack):
    text = TEMPLATE.read_text()
    hours = [int(found) for found in re.findall(r"^\s*timeout (?:client|server|tunnel) (\d+)h$", text, re.M)]
    listeners = graph(stack).of(LISTENER)
    assert len(hours) >= 2 and len(listeners) == 3
    for listener in listeners:
        assert max(hours) * 3600 < listener.inputs["tcpIdleTimeoutSeconds"] <= MOST_SECONDS
