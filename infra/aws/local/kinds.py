"""How a type of resource is made, read and deleted: modules in `services/`, one a service, found by scan."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app_core.errors import UsageError, nearest
from infra.aws.local import services
from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource


@dataclass(frozen=True)
class Kind:
    """A type of resource.

    create(client, resource) makes it. read(client, resource) tells its inputs as the cloud has them now,
    under their own names, None when it is gone; an input that it does not tell is not compared.
    delete(client, resource) ends it. service: the boto3 client.
    """

    type: str
    service: str
    create: Callable[[Any, Resource], Answer]
    read: Callable[[Any, Resource], Mapping[str, Any] | None]
    delete: Callable[[Any, Resource], None]


@cache
def kinds() -> dict[str, Kind]:
    """Type -> how it is made, of every module in `services/`."""
    names = sorted(info.name for info in pkgutil.iter_modules(services.__path__))
    modules = [importlib.import_module(f"{services.__name__}.{name}") for name in names]
    return {kind.type: kind for module in modules for kind in getattr(module, "KINDS", ())}


def kind_of(resource: Resource) -> Kind:
    """The kind of a resource; UsageError for a type that nobody here can make."""
    found = kinds().get(resource.type)
    if found is None:
        raise UsageError("nothing here can make this type of resource", on=resource.label,
                         why=nearest(resource.type, kinds()),
                         hint="add it in infra/aws/local/services/")  # fmt: skip
    return found
