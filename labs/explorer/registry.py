"""The services that are declared: every module of labs/explorer/services, found by walking that package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from labs.explorer import services
from labs.explorer.model import Kind, Service

__all__ = ["declared", "kind_of", "title_of"]


@cache
def declared() -> Mapping[str, Service]:
    """Return the declared services by id, in the order of their titles."""
    found = []
    for one in pkgutil.iter_modules(services.__path__):
        if one.name.startswith("_"):
            continue
        service = importlib.import_module(f"{services.__name__}.{one.name}").SERVICE
        if not isinstance(service, Service):
            raise TypeError(f"{services.__name__}.{one.name}: SERVICE is not a labs.explorer.model.Service")
        found.append(service)
    return {one.id: one for one in sorted(found, key=lambda one: one.title.lower())}


def kind_of(name: str) -> tuple[Service, Kind] | None:
    """Return the kind of a name like "iam:role", or None."""
    service_id, _, kind_id = name.partition(":")
    service = declared().get(service_id)
    kind = service.kind(kind_id) if service else None
    return (service, kind) if service and kind else None


def title_of(service_id: str) -> str:
    """Return how people call a declared service, or its id."""
    service = declared().get(service_id)
    return service.title if service else service_id
