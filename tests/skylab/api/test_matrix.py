"""Who gets in where: every route of the site, by role, state and method. A route without a row fails.

A row says who may read and who may act. Whoever may not is told nothing: a stranger 404, a visitor the way to sign in.
What nobody but its owner and their teachers may see (a name, an address, a seed, a key, a rationale) is in no answer to
anybody else, and what an exam asks is in no answer at all while its attempt is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from skylab.api.urls import urlpatterns
from tests.skylab.api.matrix_rows import EMPTY, MAY, MORE, ROLES, ROWS, SOME, TOLD
from tests.skylab.api.matrix_world import World, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db


def routes() -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
    """Yield (name, route, arguments, whether it is Django's admin) of every pattern of the site."""

    def walk(resolver: URLResolver, before: str, admin: bool) -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
        for one in resolver.url_patterns:
            route = before + str(one.pattern).lstrip("^")
            if isinstance(one, URLResolver):
                yield from walk(one, route, admin or one.app_name == "admin")
            elif isinstance(one, URLPattern):
                names = tuple(one.pattern.converters) or tuple(one.pattern.regex.groupindex)
                yield str(one.name or route), route, names, admin

    yield from walk(get_resolver(), "", False)


ALL = sorted(set(routes()), key=str)
THEIRS = ("account_", "mfa_")  # django-allauth's


def row_of(name: str) -> str | None:
    return "else else" if name.startswith(THEIRS) else ROWS.get(name)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    names = {name for name, _, _, admin in ALL if not admin}
    assert sorted(name for name in names if row_of(name) is None) == [], "say in ROWS who may read and who may act"
    assert sorted(set(ROWS) - names) == []


def test_every_method_of_the_api_has_a_row() -> None:
    taken = {
        (one.name, method.upper())
        for one in urlpatterns
        for view in [getattr(one.callback, "view_class", None)]
        if view and one.name not in ("api_unknown", "api_schema")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view, method)
    }
    told = set(MORE) | {
        (name, method)
        for name in {name for name, _ in taken}
        for method, who in zip(("GET", "POST"), ROWS[name].split(), strict=True)
        if who != "-"
    }
    assert sorted(taken ^ told) == []


def path_of(route: str, values: dict[str, Any]) -> str:
    """Write an address of a route by hand: reverse() knows one of several of a name only."""
    kind = next((one for one in ("studio", "push", "labs", "badges") if re.search(rf"\b{one}/", route)), "exams")
    given = {**values, "slug": values["slug"][kind], "number": int(kind == "studio")}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda one: str(given[one[1]]), re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", route))
    return "/" + re.sub(r"\\Z|\$$|\\", "", path).replace(".*", "x")


def ask(world: World, role: str, method: str, path: str) -> tuple[str, HttpResponse, str]:
    """Return what became of a request (in, login, 404, 403, 405), the answer, and its text. It leaves nothing behind."""
    client = world.clients[role]
    with transaction.atomic():
        before = client.cookies.copy()
        given = (
            {} if method == "GET" else {"data": '{"url": "https://example.com/"}', "content_type": "application/json"}
        )
        answer: Any = getattr(client, method.lower())(path, **given)
        client.cookies = before
        transaction.set_rollback(True)
    text = "" if getattr(answer, "streaming", False) else answer.content.decode(errors="replace")
    where = answer.get("Location", "")
    if answer.status_code == 401 or (answer.status_code == 302 and "/login/" in where):
        return "login", answer, text
    refused = answer.status_code in (403, 404, 405)
    return (str(answer.status_code) if refused else "in"), answer, text


def expected(who: str, role: str) -> set[str]:
    if who == "else":
        return {"in", "login", "403", "404", "405"}
    if who == "sent":
        return {"403"}
    if who == "-":
        return {"405"} if role != "visitor" else {"405", "login"}
    if role in MAY[who]:
        return {"in"}
    if role != "visitor":
        return {"404"}
    return {"login", "404"} if who == "launch" else {"login"}


def test_nobody_gets_where_they_must_not(world: World) -> None:
    wrong: list[str] = []
    asked = 0
    for name, route, arguments, admin in ALL:
        own = {"session_id", "attempt_id", "grading_id"} & set(arguments)
        row = row_of(name)
        for state in ("open", "finished") if own else ("open",):
            path = path_of(route, world.states[state])
            asks = dict(zip(("GET", "POST"), (row or "operate operate").split(), strict=True))
            asks |= {method: who for (one, method), who in MORE.items() if one == name}
            for method, who in asks.items():
                for role in ("visitor", "ada", "olga") if admin else SOME.get(who, ROLES):
                    became, answer, text = ask(world, role, method, path)
                    asked += 1
                    told = f"{method} {path} ({name}, {state}) as {role}: {answer.status_code} {became}"
                    if answer.status_code >= 500 and answer.status_code != 503:
                        wrong.append(f"{told}: it broke")
                    if admin:
                        # Its own sign-in page and sign-out are everybody's; all else sends away who does not operate.
                        if role != "olga" and name not in ("login", "logout", "jsi18n") and became != "login":
                            wrong.append(f"{told}, expected to be sent away")
                    else:
                        fits = expected(who, role) | ({"404"} if name in EMPTY else set())
                        if became not in fits:
                            wrong.append(f"{told}, expected {sorted(fits)}")
                    said = [one for one in world.private[role] if one in text and (name, one) not in TOLD]
                    if said:
                        wrong.append(f"{told}: it says {said}")
                    if state == "open" and (leaked := [one for one in world.keys if one in text]):
                        wrong.append(f"{told}: it says why an answer is right: {leaked[0][:60]}")
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:60])
    assert asked > 3000
