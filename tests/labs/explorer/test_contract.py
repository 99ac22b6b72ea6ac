"""Every service of the explorer, held to one contract: what is listed, what is shown, and what each form sends.

A module is found by walking the package, and so is all that is tested here: a new kind or action is tested by being there.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from labs.explorer import api, checking, commands, showing
from labs.explorer.desk import calls_of, options_of
from labs.explorer.files import zipped
from labs.explorer.forms import Form, Option, flat
from labs.explorer.model import (
    NO_ROW,
    Action,
    At,
    Call,
    Choice,
    Cidr,
    Content,
    Cron,
    Group,
    Json,
    Kept,
    Kind,
    Number,
    Pairs,
    Pick,
    Picks,
    Policy,
    Repeat,
    Service,
    Switch,
    Thing,
)
from labs.explorer.reading import find, list_service, things
from labs.explorer.registry import declared, kind_of
from tests.labs.explorer.cli import sent
from tests.labs.explorer.specimen import POLICY, Specimens

Options: TypeAlias = Callable[[Any], list[Option]]
KINDS = [(service, kind) for service in declared().values() for kind in service.kinds]
ACTIONS = [(service, kind, action) for service, kind in KINDS for action in kind.actions]


def name_of(value: Any) -> str:
    return str(value.id)


@pytest.fixture(scope="module")
def account() -> Specimens:
    return Specimens()


# --- Kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", declared().values(), ids=name_of)
def test_a_service_is_one_that_the_sandbox_plays(service: Service) -> None:
    assert service.id in api.served()
    assert service.title and service.about.endswith(".")
    ids = [kind.id for kind in service.kinds]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("service", "kind"), KINDS, ids=name_of)
def test_a_kind_lists_shows_and_teaches(account: Specimens, service: Service, kind: Kind) -> None:
    listed = things(account, service, kind)
    assert listed, f"{service.id}:{kind.id} lists nothing in an account that has one of everything"
    for thing in listed:
        assert isinstance(thing, Thing) and isinstance(thing.id, str) and thing.id and thing.name
        found = find(account, service, kind, thing.id)
        assert found is not None and found.id == thing.id
        shown = showing.drawer(account, service, kind, found)
        assert shown.properties or shown.parts
        json.loads(shown.json or "{}")
        for part in found.parts:
            assert all(len(row.cells) == len(part.columns) for row in part.rows), part.id
        for link in found.links:
            assert ":" in link.kind and link.about
    # A kind that is always there (an account has its settings) has nothing to teach by its absence.
    assert kind.empty.endswith(".") or not kind.empty, "what an empty list says is a sentence"
    ids = [action.id for action in kind.actions]
    assert len(set(ids)) == len(ids)
    parts = {part.id for thing in listed if (full := find(account, service, kind, thing.id)) for part in full.parts}
    assert {action.part for action in kind.actions if action.part} <= parts, "an action names a part that no thing has"


@pytest.mark.parametrize(("service", "kind"), [one for one in KINDS if one[1].command], ids=name_of)
def test_the_command_of_an_empty_list_is_one_of_the_aws_cli(
    service: Service, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"fileb?://(\S+)", kind.command):
        Path(name).write_bytes(zipped({"index.py": ""}) if name.endswith(".zip") else b"{}")
    if kind.command.startswith("aws s3 ") or "…" in kind.command:
        return  # a command of the CLI's own, which sends more than one call; or one that is only outlined
    name, operation, _ = sent(kind.command)
    assert operation in api.service(name).operation_names


def test_a_service_that_cannot_be_read_does_not_hide_its_other_kinds() -> None:
    class Broken(Specimens):
        def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            if operation == "list_access_points":
                raise ValueError("a module stumbles")
            return super().read(service, operation, **parameters)

    listings = {one.kind.id: one for one in list_service(Broken(), declared()["s3"])}
    assert listings["access-point"].failed and listings["bucket"].things and not listings["bucket"].failed


# --- Actions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "kind", "action"), ACTIONS, ids=name_of)
def test_what_a_form_sends_is_what_aws_takes_and_what_its_command_sends(
    account: Specimens, service: Service, kind: Kind, action: Action, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sends = 0

    def offered(pick: Pick | Picks) -> list[Option]:
        found: list[Option] = account.once((pick.kind, pick.by, pick.where), lambda: options_of(account)(pick))
        return found

    for at, fields in stands(account, service, kind, action):
        for entered in fillings(fields, at, offered):
            form = Form(fields, entered, options=offered)
            values = form.values(strict=True)
            assert form.ok, [(one.path, one.marks) for one in form.all() if one.marks]
            desk: Any = type("Desk", (), {"action": action, "at": at})
            calls = calls_of(desk, values)
            sends += len(calls)
            for call in calls:
                wrong = [one for one in checking.problems(call) if not is_made_up(call, one)]
                assert not wrong, (call, wrong)
                hold_command(call)
            commands.script(calls)
    assert sends, "whatever is typed, this form sends nothing"


@pytest.mark.parametrize(("service", "kind", "action"), ACTIONS, ids=name_of)
def test_a_form_that_is_opened_names_what_it_picks_from_and_what_it_needs(
    account: Specimens, service: Service, kind: Kind, action: Action
) -> None:
    for at, fields in stands(account, service, kind, action):
        names = [one.name for one in fields]
        assert len(set(names)) == len(names)
        form = Form(fields, flat(fields, at.before))
        form.values(strict=False)
        for bound in form.all():
            one = bound.field
            for name in (
                ((one.kind,) if isinstance(one.kind, str) else one.kind) if isinstance(one, Pick | Picks) else ()
            ):
                assert ":" in name and (name.split(":")[0] not in declared() or kind_of(name)), (
                    f"there is no kind {name}"
                )
            if one.when:
                assert any(
                    bound._beside(one.when[0]) == other.path or one.when[0] == other.path for other in form.all()
                )
    assert action.title and not action.title.endswith(".")
    assert not action.row or action.part
    assert not action.danger or action.danger[-1] in ".?!"


# --- Filling ----------------------------------------------------------------------------------------------------------


def stands(account: Specimens, service: Service, kind: Kind, action: Action) -> Iterator[tuple[At, Any]]:
    """Yield where an action can stand, with its fields there."""
    bare = At(account.account_id, account.region)
    places: list[At] = [bare]
    others: list[At] = []
    if not action.new:
        places = []
        for listed in things(account, service, kind):
            thing = find(account, service, kind, listed.id)
            assert thing is not None
            rows = (
                [row for part in thing.parts if part.id == action.part for row in part.rows] if action.row else [NO_ROW]
            )
            stood = [At(account.account_id, account.region, thing, row) for row in rows]
            # Where it is not offered it is held to the same: no account has both what is attached and what is not.
            (places if action.when is None or action.when(thing) else others).extend(stood)
    for at in places or others:
        if action.initial:
            at = At(at.account_id, at.region, at.thing, at.row, action.initial(account, at))
        yield at, tuple(action.fields(account, at) if callable(action.fields) else action.fields)


def fillings(fields: Any, at: At, offered: Options) -> Iterator[dict[str, list[str]]]:
    """Yield what may be typed: all fields, for each value that others depend on; and no more than is needed."""
    first = flat(fields, at.before)
    deciding = {one.name: one for one in fields if any(other.when[:1] == (one.name,) for other in fields)}
    ways = [[(name, value) for value in values_of(one)] for name, one in deciding.items()]
    for chosen in itertools.islice(itertools.product(*ways), 12):
        yield {**filled(fields, "", {}, at, offered), **{name: [value] if value else [] for name, value in chosen}}
    needed = [one for one in fields if one.required]
    if needed:
        first = {
            name: value
            for name, value in first.items()
            if not any(isinstance(one, Policy) and one.name == name for one in needed)
        }
        yield {**first, **filled(needed, "", first, at, offered)}


def values_of(one: Any) -> list[str]:
    if isinstance(one, Choice):
        return [each[0] if isinstance(each, tuple) else each for each in one.options]
    return ["on", ""] if isinstance(one, Switch) else ["specimen"]


def filled(fields: Any, prefix: str, keep: dict[str, list[str]], at: At, offered: Options) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for one in fields:
        path = prefix + (one.name or "v")
        if keep.get(path, [""])[-1:] not in ([""], []):
            continue
        match one:
            case Group():
                out |= filled(one.fields, f"{path}.", {}, at, offered)
            case Repeat():
                out |= filled(one.fields, f"{path}.0.", {}, at, offered)
            case Pairs():
                out |= {f"{path}.0.key": ["team"], f"{path}.0.value": ['it\'s "ours"']}
            case Switch():
                # What is set otherwise than it was: forms that send only changes have something to send.
                out[path] = [] if at.before.get(one.name, one.initial) else ["on"]
            case Number() if at.before.get(one.name) is not None:
                out[path] = [str(at.before[one.name] + 1)]
            case Json() if at.before.get(one.name) and isinstance(at.before[one.name], dict | list):
                out[path] = flat((one,), at.before)[one.name]
            case _:
                out[path] = [typed(one, offered)]
    return out


def typed(one: Any, offered: Options) -> str:
    match one:
        case Number():
            return str(one.initial if one.initial is not None else one.least if one.least is not None else 1)
        case Switch():
            return "on"
        case Choice():
            return next((each for each in values_of(one) if each), "")
        case Pick() | Picks():
            return next((each.value for each in offered(one)), "specimen")
        case Policy():
            document = json.loads(POLICY)
            if one.kind != "resource":
                document["Statement"][0].pop("Principal")
            if one.kind == "trust":
                document["Statement"][0] = {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            return json.dumps(document)
        case Json():
            example = one.initial or (one.starters[0][1] if one.starters else {"a": [1]})
            return example if isinstance(example, str) else json.dumps(example)
        case Content():
            return one.initial or 'it\'s "text" of $HOME\n'
        case Cidr():
            return "fd00::/8" if one.v6 else "10.0.0.0/16"
        case Cron():
            return "rate(5 minutes)"
    if re.match(r"\d{4}-\d\d", getattr(one, "placeholder", "")):
        return str(one.placeholder)
    if getattr(one, "options", ()):
        found = one.options[0]
        return str(found[0] if isinstance(found, tuple) else found)
    return getattr(one, "initial", "") if isinstance(getattr(one, "initial", ""), str) and one.initial else "specimen"


def is_made_up(call: Call, problem: checking.Problem) -> bool:
    """Return whether it is about the look of an id that was made up here; of what a module says all must be right."""
    value: Any = call.parameters
    for name in problem.path.split("."):
        value = value[int(name)] if isinstance(value, list | tuple) else value.get(name)
    return isinstance(value, str) and "specimen" in value and problem.text.startswith(("AWS takes", "At "))


_held: set[tuple[str, str, frozenset[str]]] = set()


def hold_command(call: Call) -> None:
    """Have the AWS CLI itself read the command: it sends the same. Of the same parameters, once is enough."""
    key = (call.service, call.operation, frozenset(call.parameters))
    if key in _held:
        return
    _held.add(key)
    line = commands.command(call)
    assert not line.startswith("#"), line
    for file in commands._files(call.parameters):
        Path(file.name).write_bytes(file)
    service, operation, parameters = sent(line)
    assert (service, operation) == (call.service, api.operation(call.service, call.operation).name)
    assert plain(parameters) == plain(dict(call.parameters)), line


def plain(value: Any) -> Any:
    match value:
        case Kept():
            return f"${value}"
        case dict():
            return {name: plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case bytes():
            return bytes(value).decode("utf-8", "replace")
        case datetime():
            return value.isoformat()
    return value
