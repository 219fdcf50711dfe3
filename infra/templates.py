"""Renders the configuration templates that playbooks and sandbox share."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

ROLES = Path(__file__).resolve().parent.parent / "playbooks" / "roles"


@functools.cache
def _environment(role: str) -> jinja2.Environment:
    # The same switches as ansible.builtin.template, so that role and sandbox render the same text.
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROLES / role / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(role: str, template: str, variables: Mapping[str, Any]) -> str:
    """The text of `playbooks/roles/<role>/templates/<template>` with the given variables.

    Raises jinja2.UndefinedError for a variable that is missing.
    """
    return _environment(role).get_template(template).render(variables)
