"""One form as it is open: on what it stands, what stands in it, and the calls that it would make.

The page asks for the commands at every pause in typing, so what an action stands on is read once for as long as nothing
was changed; and what there is to pick from, only when the form is opened or saved.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from graders import Account
from labs.explorer import api, checking, commands, generic
from labs.explorer.forms import Data, Form, Option, flat
from labs.explorer.keeping import Kept
from labs.explorer.model import NO_ROW, Action, At, Call, Field, Kind, Pick, Picks, Row, Service, Thing, Values
from labs.explorer.reading import find, things
from labs.explorer.registry import declared, kind_of

__all__ = ["Desk", "Gone", "Place", "calls_of", "check", "commands_of", "open_desk", "options_of", "place_of"]

logger = logging.getLogger(__name__)
_stands: Final = Kept(256)


class Gone(LookupError):
    """What the form is about does not exist (any more)."""


@dataclass(frozen=True)
class Place:
    """Which form: of an operation, or of a kind's action, with the ids of the thing and the row that it is on."""

    service: str
    action: str
    kind: str = ""
    thing: str = ""
    row: str = ""

    @property
    def is_operation(self) -> bool:
        return not self.kind


@dataclass(frozen=True)
class Desk:
    """An action, where it stands, and the fields that it has there."""

    place: Place
    title: str  # of its service
    kind: Kind | None
    action: Action
    at: At
    fields: tuple[Field, ...]


def place_of(data: Mapping[str, Any]) -> Place:
    """Return the place that a request names."""
    names = ("service", "action", "kind", "thing", "row")
    return Place(**{name: str(data.get(name, ""))[:1200] for name in names})


def open_desk(account: Account, place: Place, life: Hashable) -> Desk:
    """Return what a form is about. `life` changes with the sandbox. Raises Gone, and what botocore does."""
    if place.is_operation:
        try:
            action = generic.action_of(place.service, place.action.removeprefix("op-"))
        except api.NoSuchOperation as error:
            raise Gone(str(error)) from error
        if place.service not in api.served():
            raise Gone(f"The sandbox has no service {place.service}.")
        title = declared()[place.service].title if place.service in declared() else api.title(place.service)
        return Desk(place, title, None, action, At(account.account_id, account.region), tuple(action.fields))  # type: ignore[arg-type]
    service = declared().get(place.service)
    kind = service.kind(place.kind) if service else None
    action_ = next((one for one in kind.actions if one.id == place.action), None) if kind else None
    if service is None or kind is None or action_ is None:
        raise Gone("There is no such form.")
    made = _stands.get((life, place), lambda: _stand(account, service, kind, action_, place))
    return Desk(place, service.title, kind, action_, *made)


def _stand(
    account: Account, service: Service, kind: Kind, action: Action, place: Place
) -> tuple[At, tuple[Field, ...]]:
    at = At(account.account_id, account.region)
    if not action.new:
        thing = find(account, service, kind, place.thing)
        if thing is None:
            raise Gone(f"{kind.one} {place.thing} is gone.")
        at = replace(at, thing=thing, row=_row(thing, action, place.row))
    if action.initial:
        at = replace(at, before=action.initial(account, at))
    return at, tuple(action.fields(account, at) if callable(action.fields) else action.fields)


def _row(thing: Thing, action: Action, id: str) -> Row:
    if not action.row:
        return NO_ROW
    part = next((one for one in thing.parts if one.id == action.part), None)
    found = next((one for one in part.rows if one.id == id), None) if part else None
    if found is None:
        raise Gone("That is gone.")
    return found


# --- What it says -----------------------------------------------------------------------------------------------------


def first_form(desk: Desk, account: Account) -> Form:
    """Return the form as it is opened."""
    return Form(desk.fields, flat(desk.fields, desk.at.before), options=options_of(account))


def options_of(account: Account) -> Any:
    """Return what says what there is to pick from."""

    def options(one: Pick | Picks) -> list[Option]:
        found = []
        for name in (one.kind,) if isinstance(one.kind, str) else one.kind:
            known = kind_of(name)
            if known is None:
                continue
            service, kind = known
            try:
                there = things(account, service, kind)
            except Exception as error:
                logger.warning("%s cannot be picked from in %s: %s", name, account.account_id, error)
                continue
            found += [_option(one, each) for each in there if one.where is None or one.where(each)]
        return [each for each in found if each.value]

    return options


def _option(one: Pick | Picks, thing: Thing) -> Option:
    value = {"id": thing.id, "arn": thing.arn, "name": thing.name}[one.by]
    return Option(value, thing.name if thing.name == thing.id or one.by != "id" else f"{thing.name} ({thing.id})")


def calls_of(desk: Desk, values: Values) -> list[Call]:
    """Return the calls of an action. Raises whatever a function of a module does with values that are not complete."""
    if callable(desk.action.calls):
        return list(desk.action.calls(values, desk.at))
    service, _, operation = desk.action.calls.partition(".")
    given = {name: value for name, value in values.items() if value not in (None, [], {})}
    if desk.action.thing:
        given[desk.action.thing] = desk.at.thing.id
    return [Call(service, operation, given)]


def commands_of(desk: Desk, data: Data) -> str:
    """Return the commands for what stands in a form by now, with "<name>" for what is still missing."""
    form = Form(desk.fields, data)
    try:
        return commands.script(calls_of(desk, form.values(strict=False)))
    except Exception as error:  # half-typed values, in a function that was written for whole ones
        logger.debug("No command for %s yet: %r", desk.place, error)
        return ""


def check(desk: Desk, form: Form) -> list[Call]:
    """Return the calls of a form that is to be saved; what is wrong is marked in it (form.ok)."""
    values = form.values(strict=True)
    if not form.ok:
        return []
    calls = calls_of(desk, values)
    for call in calls:
        for problem in checking.problems(call):
            form.mark(problem.path, problem.text)
    if not calls and form.ok:
        form.problems.append("Nothing is different from what is set already.")
    return calls
