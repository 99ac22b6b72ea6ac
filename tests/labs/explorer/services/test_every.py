"""What holds for every declared service: an account with nothing of it is shown, and a form names only what there is."""

from __future__ import annotations

from typing import Any

import pytest

from labs.explorer import api
from labs.explorer.model import At, Pick, Picks
from labs.explorer.registry import declared, kind_of

KINDS = [f"{service.id}:{kind.id}" for service in declared().values() for kind in service.kinds]


def test_an_account_with_nothing_in_it_is_shown(desk: Any) -> None:
    """Not one list, closer look or drawer needs what the sandbox's AWS does not play."""
    failed = {}
    for name in KINDS:
        try:
            for one in desk.things(name)[:1]:
                desk.thing(name, one.id)
        except Exception as error:
            failed[name] = repr(error)
    assert not failed


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_names_only_what_there_is(name: str, desk_for_forms: Any) -> None:
    _, kind = kind_of(name) or pytest.fail(name)
    assert kind.empty or kind.id in ("settings", "account"), "an empty list teaches"
    ids = [action.id for action in kind.actions]
    assert len(set(ids)) == len(ids)
    for action in kind.actions:
        assert not (action.row and not action.part), f"{action.id} is on rows of no part"
        if isinstance(action.calls, str):
            service, _, operation = action.calls.partition(".")
            members = getattr(api.operation(service, operation).input_shape, "members", {})
            assert api.is_played(service, operation), f"{action.id}: the sandbox has no {action.calls}"
            assert not action.thing or action.thing in members, f"{action.id}: {action.calls} has no {action.thing}"
        if callable(action.fields) and not action.new:
            continue  # needs a thing: the tests beside this one open it
        fields = (
            action.fields(desk_for_forms, At("111122223333", "us-east-1")) if callable(action.fields) else action.fields
        )
        names = [field.name for field in fields]
        assert len(set(names)) == len(names), f"{action.id}: {names}"
        for field in fields:
            assert not field.when or field.when[0] in names, f"{action.id}: {field.name} waits for {field.when[0]}"
            if isinstance(field, Pick | Picks):
                kinds = (field.kind,) if isinstance(field.kind, str) else field.kind
                assert all(kind_of(each) for each in kinds if each) or field.free, (
                    f"{action.id}: {field.name} picks {kinds}"
                )
            if isinstance(action.calls, str):
                assert field.name in members, f"{action.id}: {action.calls} has no {field.name}"


class Nothing:
    """An account that has nothing, for forms that ask what there is to choose from."""

    account_id, region = "111122223333", "us-east-1"

    def read(self, service: str, operation: str, **_: Any) -> dict[str, Any]:
        return {}

    def once(self, key: Any, make: Any) -> Any:
        return make()


@pytest.fixture(scope="module")
def desk_for_forms() -> Any:
    return Nothing()


def test_links_name_kinds_that_there_are() -> None:
    """By reading the sources: a link to a kind that is misspelt leads nowhere."""
    import re
    from pathlib import Path

    import labs.explorer.services as package

    for file in Path(package.__path__[0]).rglob("*.py"):
        for name in re.findall(r'"([a-z][a-z0-9-]+:[a-z][a-z-]+)"', file.read_text()):
            if name.partition(":")[0] in declared() and not name.startswith("s3:x-amz"):
                assert kind_of(name), f"{file.name}: there is no {name}"
