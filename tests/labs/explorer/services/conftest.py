"""A learner who clicks: the explorer's actions, done to a cell, and what stands there afterwards.

desk.do("s3:bucket", "create", Bucket="acme")             # the form with its defaults, these fields filled in
desk.do("s3:bucket", "versioning", "acme", Status="Enabled")
desk.do("s3:bucket", "remove-cors", "acme", row="0")   # a row of a part
desk.thing("s3:bucket", "acme")                           # as its drawer shows it
"""

from __future__ import annotations

import base64
import importlib.util
import re
import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import jmespath
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.handlers import json_decode_policies

from labs.explorer.desk import Place, check, commands_of, open_desk, options_of
from labs.explorer.forms import Form, flat
from labs.explorer.model import Bytes, Call, Content, Kept, Kind, Thing
from labs.explorer.registry import kind_of
from labs.sandboxes.emulated.tool import Refused, botocore_model

_OPERATIONS: dict[str, dict[str, str]] = {}


def operation_name(service: str, name: str) -> str:
    """Return the API's name of boto3's `name`."""
    if service not in _OPERATIONS:
        _OPERATIONS[service] = {xform_name(one): one for one in botocore_model(service).operation_names}
    return _OPERATIONS[service][name]


class CellAccount:
    """A cell's account, read with the grader's key."""

    region = "us-east-1"

    def __init__(self, box: Any) -> None:
        self._box = box
        self._tool = box.tool(box.spec.grader_access_key)
        self._tool.seq = 100_000
        self.account_id: str = box.spec.account_id
        self._kept: dict[Hashable, Any] = {}

    def fresh(self) -> None:
        """Forget what was read."""
        self._kept.clear()

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError("the explorer reads by `read`")

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        key = (service, operation, repr(sorted(parameters.items())))
        if key not in self._kept:
            name = operation_name(service, operation)
            try:
                answer = self._tool(service, name, **parameters)
                if name == "GetBucketLocation" and self._tool.last:  # botocore's clients read it by a hook of their own
                    found = re.search(rb"<LocationConstraint[^>]*>([^<]+)", self._tool.last.body)
                    answer["LocationConstraint"] = found[1].decode() if found else None
                if (
                    name == "GetDistributionConfig" and self._tool.last
                ):  # botocore's clients read headers whatever their case
                    answer["ETag"] = {key.lower(): one for key, one in self._tool.last.headers}["etag"]
                if service == "iam":
                    json_decode_policies(answer, botocore_model(service).operation_model(name))
                self._kept[key] = answer
            except Refused as error:
                said = error.response
                self._kept[key] = ClientError({"Error": {"Code": said.error_code, "Message": said.error_message}}, name)
        found = self._kept[key]
        if isinstance(found, Exception):
            raise found
        return dict(found)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


class Desk:
    """The Resources tab of one cell, without the pages."""

    def __init__(self, box: Any) -> None:
        self.box = box
        self.account = CellAccount(box)
        self.answers: list[dict[str, Any]] = []
        self._life = 0

    def kind(self, address: str) -> Kind:
        found = kind_of(address)
        assert found, f"there is no {address}"
        return found[1]

    def things(self, address: str) -> list[Thing]:
        """Return what the list of a kind shows."""
        self.account.fresh()
        kind = self.kind(address)
        found = list(kind.list(self.account))
        return [kind.look(self.account, one) for one in found] if kind.look else found

    def thing(self, address: str, id: str) -> Thing:
        """Return what the drawer of a thing shows."""
        kind = self.kind(address)
        found = [one for one in self.things(address) if id in (one.id, one.name)]
        assert found, f"there is no {id} among {[one.id for one in self.things(address)]}"
        return kind.detail(self.account, found[0]) if kind.detail else found[0]

    def facts(self, address: str, id: str) -> dict[str, str]:
        """Return all facts of a thing by label."""
        it = self.thing(address, id)
        return {fact.label: fact.value for fact in (*it.facts, *it.properties)}

    def rows(self, address: str, id: str, part: str) -> list[tuple[str, ...]]:
        """Return the rows of a part of a thing."""
        found = next(one for one in self.thing(address, id).parts if one.id == part)
        return [row.cells for row in found.rows]

    def do(self, address: str, id: str, on: str = "", /, *, row: str = "", **values: Any) -> dict[str, Any]:
        """Fill in a form and save it: return the last answer."""
        form, desk = self.fill(address, id, on, row=row, **values)
        calls = check(desk, form)
        assert form.ok, [(one.path, one.marks) for one in form.all() if one.marks] + form.problems
        assert commands_of(desk, form._data) or any(isinstance(one.field, Content) for one in form.fields)
        return self.send(calls)

    def refused(self, address: str, id: str, on: str = "", /, *, row: str = "", **values: Any) -> dict[str, list[str]]:
        """Fill in a form that the page does not send: return what it says at which field ("" above the form)."""
        form, desk = self.fill(address, id, on, row=row, **values)
        check(desk, form)
        assert not form.ok
        return {**{one.path: one.marks for one in form.all() if one.marks}, "": form.problems}

    def fill(self, address: str, id: str, on: str, /, *, row: str, **values: Any) -> tuple[Form, Any]:
        """Return the form with its defaults and these values in it."""
        kind, service = self.kind(address), address.partition(":")[0]
        found = [one for one in kind.actions if one.id == id]
        assert len(found) == 1, f"{address} has {len(found)} actions {id}: {[one.id for one in kind.actions]}"
        thing = self.thing(address, on) if on else None
        assert thing is None or found[0].when is None or found[0].when(thing), f"{on} has no {id}"
        place = Place(
            service,
            id,
            kind.id,
            thing.id if thing else "",
            self._row(thing, found[0].part, row) if thing and row else "",
        )
        self.account.fresh()
        self._life += 1
        desk = open_desk(self.account, place, (self.box.spec.number, self._life))
        names = [field.name for field in desk.fields]
        assert len(set(names)) == len(names), f"{id} has a field twice: {names}"
        assert set(values) <= set(names), f"{id} has no {set(values) - set(names)}, but {names}"
        for field in desk.fields:
            assert not field.when or field.when[0] in names, f"{field.name}: when={field.when} names no field"
        data = flat(desk.fields, {**desk.at.before, **values})
        return Form(desk.fields, data, options=options_of(self.account)), desk

    @staticmethod
    def _row(thing: Thing, part: str, row: str) -> str:
        rows = next(one for one in thing.parts if one.id == part).rows
        found = [one for one in rows if row == one.id] or [one for one in rows if row in one.cells]
        assert found, f"no row {row} in {[one.id for one in rows]}"
        return found[0].id

    def send(self, calls: list[Call]) -> dict[str, Any]:
        """Make the calls, one after the other."""
        kept: dict[str, Any] = {}
        answer: dict[str, Any] = {}
        for one in calls:
            parameters = _resolve(dict(one.parameters), kept)
            if one.operation == "run_instances" and "UserData" in parameters:  # as botocore's clients do by a hook
                parameters["UserData"] = base64.b64encode(parameters["UserData"].encode()).decode()
            self.box.learner.region = one.region or self.account.region
            answer = self.box(one.service, operation_name(one.service, one.operation), **parameters)
            self.answers.append(answer)
            if one.keep:
                kept[one.keep[0]] = jmespath.search(one.keep[1], answer)
                assert kept[one.keep[0]], f"{one.operation} answers no {one.keep[1]}: {answer}"
        self.account.fresh()
        return answer


def _resolve(value: Any, kept: dict[str, Any]) -> Any:
    if isinstance(value, Kept):
        return kept[str(value)]
    if isinstance(value, dict):
        return {key: _resolve(one, kept) for key, one in value.items()}
    if isinstance(value, list):
        return [_resolve(one, kept) for one in value]
    return bytes(value) if isinstance(value, Bytes) else value


def _yard_module() -> Any:
    # Tests are imported one by one (importmode=importlib): the folder of the engine's tests is no package.
    name, path = "yard", Path(__file__).parents[2] / "sandboxes" / "yard.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The fleet, warm."""
    made = _yard_module().Yard(tmp_path_factory.mktemp("run"))
    yield made
    made.stop()


@pytest.fixture
def desk(yard: Any) -> Iterator[Desk]:
    """A learner's Resources tab, in a sandbox of this test's own."""
    box = yard.open()
    yield Desk(box)
    box.close()
