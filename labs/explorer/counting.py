"""Which services are shown first, and how much there is in each: read once for as long as nothing was changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from graders import Account
from labs.explorer import api
from labs.explorer.keeping import Kept
from labs.explorer.reading import count
from labs.explorer.registry import declared

__all__ = ["Entry", "counts", "in_order", "own_names"]

_NAMES: Final = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
# Services that make things in others: then all are counted.
_MAKERS: Final = frozenset({"cloudformation", "elasticbeanstalk", "servicecatalog"})


@dataclass(frozen=True)
class Entry:
    """A service of the list. `count` is None where nobody has counted, or nobody could."""

    id: str
    title: str
    about: str
    count: int | None
    everywhere: bool = False


_counted: Final = Kept(200)


def own_names(services: Iterable[str]) -> list[str]:
    """Return services as botocore names them, each once; a lab names them as the CLI does."""
    return list(dict.fromkeys(_NAMES.get(one, one) for one in services))


def counts(account: Account, used: Iterable[str], *, life: Hashable) -> Mapping[str, int | None]:
    """Return how much there is in the services in use. `life` changes with the sandbox."""
    wanted = own_names(used)
    if _MAKERS & set(wanted):
        wanted = list(declared())
    found: Mapping[str, int | None] = _counted.get(
        (life, tuple(wanted)),
        lambda: {one: count(account, declared()[one]) for one in wanted if one in declared()},
        good=lambda made: None not in made.values(),  # a service that could not be read is asked again
    )
    return found


def in_order(used: Iterable[str], found: Mapping[str, int | None]) -> tuple[list[Entry], list[Entry]]:
    """Return the services to show first (in use, or with something in them), and all others that the sandbox plays."""
    wanted = [one for one in own_names(used) if one in declared() or one in api.served()]
    wanted += [one for one, number in found.items() if number and one not in wanted]
    first = [_entry(one, found.get(one)) for one in wanted]
    others = [_entry(one, None) for one in {**declared(), **dict.fromkeys(api.served())} if one not in wanted]
    return first, sorted(others, key=lambda one: (one.id not in declared(), one.title.lower()))


def _entry(id: str, number: int | None) -> Entry:
    service = declared().get(id)
    if service is None:
        return Entry(id, api.title(id), "Any operation", number)
    return Entry(id, service.title, service.about, number, service.everywhere)
