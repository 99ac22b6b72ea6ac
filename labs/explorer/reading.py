"""What exists, read with the grader's key: in full for one service, in numbers for others, by name for forms to pick from.

What cannot be read is said beside what can: one kind never hides another.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from graders import Account
from labs.explorer.model import Fact, Kind, Service, Thing
from labs.explorer.registry import declared, kind_of

__all__ = ["Group", "Listing", "Resource", "count", "find", "inventory", "list_service", "matching", "things"]

logger = logging.getLogger(__name__)
LOOKED_AT: Final = 60  # things of a kind that get a closer look; the others are named


@dataclass(frozen=True)
class Listing:
    """The things of a kind. `failed`: it could not be read; `partly`: not all that is set could be."""

    kind: Kind
    things: tuple[Thing, ...] = ()
    failed: bool = False


def things(account: Account, service: Service, kind: Kind) -> tuple[Thing, ...]:
    """Return what exists of a kind, by name. Raises what botocore does."""

    def make() -> tuple[Thing, ...]:
        return tuple(sorted(kind.list(account), key=lambda one: (one.name.lower(), one.id)))

    found: tuple[Thing, ...] = account.once(("explorer", service.id, kind.id), make)
    return found


def list_service(account: Account, service: Service) -> list[Listing]:
    """Return what exists in a service, with what is set on it."""
    return [_list_kind(account, service, kind) for kind in service.kinds]


def _list_kind(account: Account, service: Service, kind: Kind) -> Listing:
    try:
        found = list(things(account, service, kind))
    except Exception as error:  # ours, or a module's: the others are shown all the same
        _tell(account, service, kind, error)
        return Listing(kind, failed=True)
    if kind.look:
        found[:LOOKED_AT] = [_looked(account, service, kind, one) for one in found[:LOOKED_AT]]
    return Listing(kind, tuple(found))


def _looked(account: Account, service: Service, kind: Kind, thing: Thing) -> Thing:
    try:
        return kind.look(account, thing) if kind.look else thing
    except Exception as error:
        _tell(account, service, kind, error)
        return thing


def count(account: Account, service: Service) -> int | None:
    """Return how many things there are in a service, or None where it cannot be read."""
    total = 0
    for kind in service.kinds:
        try:
            total += len(things(account, service, kind))
        except Exception as error:
            _tell(account, service, kind, error)
            return None
    return total


def find(account: Account, service: Service, kind: Kind, id: str) -> Thing | None:
    """Return a thing with all that its drawer shows, or None where there is none. Raises what botocore does."""
    found = next((one for one in things(account, service, kind) if one.id == id), None)
    if found is None:
        return None
    found = _looked(account, service, kind, found)
    if kind.detail:
        try:
            found = kind.detail(account, found)
        except Exception as error:
            _tell(account, service, kind, error)
    return found


def matching(account: Account, name: str, id: str) -> tuple[Service, Kind, Thing] | None:
    """Return the thing that a link means: by id, ARN or name, of the kind of that name ("iam:role")."""
    known = kind_of(name)
    if known is None:
        return None
    service, kind = known
    try:
        found = next((one for one in things(account, service, kind) if id and id in (one.id, one.arn, one.name)), None)
    except Exception as error:
        _tell(account, service, kind, error)
        return None
    return (service, kind, found) if found else None


def _tell(account: Account, service: Service, kind: Kind, error: Exception) -> None:
    level = logging.WARNING if isinstance(error, BotoCoreError | ClientError) else logging.ERROR
    logger.log(
        level,
        "%s:%s of %s could not be read: %s",
        service.id,
        kind.id,
        account.account_id,
        error,
        exc_info=level == logging.ERROR,
    )


# --- To compare -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resource:
    """A thing, as one compares it with what it was."""

    kind: str
    name: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Group:
    """The resources of one service; `failed` where it could not be read."""

    id: str
    title: str
    resources: tuple[Resource, ...] = ()
    failed: bool = False


def inventory(account: Account, services: Iterable[str]) -> list[Group]:
    """Return what exists in the services named that have something in them, in the order of their titles."""
    wanted = set(services)
    groups = [_group(account, service) for service in declared().values() if service.id in wanted]
    return [group for group in groups if group.resources or group.failed]


def _group(account: Account, service: Service) -> Group:
    listings: Sequence[Listing] = list_service(account, service)
    if any(one.failed for one in listings):
        return Group(service.id, service.title, failed=True)
    found = [Resource(one.kind.one, _called(thing), thing.facts) for one in listings for thing in one.things]
    return Group(service.id, service.title, tuple(sorted(found, key=lambda one: (one.kind, one.name))))


def _called(thing: Thing) -> str:
    """Return a name that no other thing of its kind has."""
    return thing.name if thing.name == thing.id else f"{thing.name} ({thing.id})"
