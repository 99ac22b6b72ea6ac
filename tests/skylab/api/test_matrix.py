"""Who gets in where: every route of the site, by role, state and method. A route without a row fails.

A row says who may read and who may act. Whoever may not is told nothing: a stranger 404, a visitor the way to sign in.
What nobody but its owner and their teachers may see (a name, an address, a seed, a key, a rationale) is in no answer to
anybody else, and what an exam asks is in no answer at all while its attempt is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from courses import selectors as courses
from courses.models import Credential, ItemVersion, Notice
from courses.services import attempts
from labs import outbox, providers
from labs.models import LabSession
from labs.sandboxes import Credentials, Unavailable
from skylab.accounts.models import User
from skylab.api import tokens, webhooks
from skylab.api.models import Delivery
from skylab.api.urls import urlpatterns
from tests.courses.exams.held import KEY, passed
from tests.e2e.scenes import grade, lab_of_catalog, make_session

pytestmark = pytest.mark.django_db

# Who: all (visitors, too) | user (signed in) | own (the owner) | read (the owner, and who teaches) | teach | operate |
# - (the method is not taken) | else (somebody else's code, which we hold to no rule but that it does not break).
ROWS = {
    # pages
    "home": "all -",
    "catalog": "all -",
    "help": "all -",
    "styleguide": "all -",
    "item_specimens": "all -",
    "progress": "user -",
    "skills": "user -",
    "certificates": "user -",
    "notices": "user -",
    "notices_read": "- user",
    "instructor": "teach -",
    "instructor_session": "staff -",
    "not_simulated": "operate -",
    "settings": "user user",
    "notice_preferences": "- user",
    "settings_theme": "- user",
    "export_data": "user -",
    "delete_account": "user user",
    "keep_account": "- user",
    "api_tokens_page": "user user",
    "api_token_revoke": "- own",
    "search": "all -",
    "search_suggest": "all -",
    "live": "all else",
    "ready": "all else",
    # courses
    "courses": "all -",
    "course": "all -",
    "enrol": "- user",
    "answer_item": "user user",
    "course_image": "all -",
    "sheet": "all -",
    "lesson": "all -",
    "mark_read": "- user",
    "keep_place": "- user",
    "glossary": "all -",
    "practice": "user -",
    "drill_start": "user user",
    "drill": "own -",
    "drill_item": "own own",
    # exams
    "exam_list": "all -",
    "exam": "all -",
    "exam_start": "- user",
    "attempt": "own -",
    "attempt_place": "- own",
    "attempt_review": "own -",
    "attempt_leave": "- own",
    "attempt_finish": "- own",
    "attempt_receipt": "own -",
    "attempt_report": "read -",
    "attempt_pen": "- own",
    "attempt_save": "- own",
    "attempt_beat": "- own",
    "attempt_section": "- own",
    "attempt_submit": "- own",
    "attempt_certificate": "own -",
    "attempt_badge": "own -",
    "credential_name": "- own",
    "notice_seen": "- user",
    "regrade": "teach -",
    "regrade_done": "teach -",
    "regrade_item": "teach -",
    "regrade_preview": "- teach",
    "regrade_apply": "- teach",
    "exam_statistics": "teach teach",
    "exam_statistics_csv": "teach -",
    "exam_statistics_item": "teach -",
    "verify_any": "all all",
    "verify": "all -",
    "credential_revoke": "- teach",
    "badge_issuer": "all -",
    "badge_keys": "all -",
    "badge_key": "all -",
    "badge_achievement": "all -",
    "badge_picture": "all -",
    "badge_status": "all -",
    # labs
    "lab": "all -",
    "lab_start": "- user",
    "playground": "all -",
    "playground_open": "- user",
    **dict.fromkeys(("session", "session_status", "session_tasks", "session_resources", "session_services"), "read -"),
    **dict.fromkeys(("session_thing", "session_operations", "session_bill", "session_log", "session_call"), "read -"),
    **dict.fromkeys(("session_diagram", "session_inbox", "session_events"), "read -"),
    **dict.fromkeys(("session_history", "session_changes"), "read -"),
    "session_form": "own -",
    "session_connect": "own -",
    "session_command": "- own",
    **dict.fromkeys(("session_save", "session_unsave", "session_inbox_seen", "session_confirm"), "- own"),
    **dict.fromkeys(("session_check", "session_hint", "session_extend", "session_skip", "session_end"), "- own"),
    **dict.fromkeys(("session_pause", "session_resume", "session_keep_paused", "session_undo"), "- own"),
    **dict.fromkeys(("session_keep", "session_back"), "- own"),
    **dict.fromkeys(("session_reset", "session_bring_back"), "- own"),
    "session_task_reset": "own own",
    # the shell's own addresses
    **dict.fromkeys(("terminal_check", "terminal_hint", "terminal_undo", "terminal_reset"), "- own"),
    "terminal_tasks": "own -",
    "terminal_files": "own own",
    "terminal_history": "own own",
    # the API
    "api_reference": "all -",
    "api_schema": "all -",
    "api_unknown": "else else",
    **dict.fromkeys(("api_me", "api_courses", "api_course", "api_lesson", "api_labs", "api_lab"), "user -"),
    **dict.fromkeys(("api_sessions", "api_exams", "api_exam", "api_attempts"), "user -"),
    **dict.fromkeys(("api_enrol", "api_lesson_read", "api_lab_start"), "- user"),
    **dict.fromkeys(("api_session", "api_session_tasks", "api_session_gradings", "api_grading"), "read -"),
    **dict.fromkeys(("api_session_check", "api_session_hint", "api_session_extend", "api_session_pause"), "- own"),
    **dict.fromkeys(("api_session_resume", "api_session_reset", "api_session_end"), "- own"),
    **dict.fromkeys(("api_attempt", "api_attempt_score"), "read -"),
    "api_exam_items": "teach -",
    "api_tokens": "user user",
    "api_token": "- -",
    "api_webhooks_page": "teach teach",
    "api_webhook_page": "hook -",
    "api_webhook_act": "- hook",
    "api_webhooks": "teach teach",
    "api_webhook": "hook -",
    "api_webhook_secret": "- hook",
    "api_webhook_deliveries": "hook -",
    "api_replay": "- hook",
    "api_audit": "operate -",
    "api_users": "operate -",
    "api_user": "operate -",
}
# The unsafe methods of the API besides POST.
MORE = {
    ("api_token", "DELETE"): "own",
    ("api_user", "PATCH"): "operate",
    ("api_webhook", "PUT"): "hook",
    ("api_webhook", "DELETE"): "hook",
}
# Where whoever may come in finds nothing in this world, or in one of its states.
EMPTY = {"sheet", "course_image", "badge_key", "regrade_done", "regrade_item", "regrade_preview", "regrade_apply"}
EMPTY |= {
    "session_connect",
    "session_call",
    "session_changes",
    "exam_statistics_item",
    "exam_statistics_csv",
    "regrade",
}
EMPTY |= {"exam_statistics", "session_thing", "attempt_report", "attempt_certificate", "attempt_badge", "badge_status"}
EMPTY |= {
    "credential_name",
    "notice_seen",
    "badge_achievement",
    "badge_picture",
    "drill_item",
    "drill",
    "session_services",
}
EMPTY |= {"session_operations", "session_form", "session_command", "answer_item", "drill_start", "session_save"}
EMPTY |= {"api_exam_items", "session_unsave", "terminal_files"}
ROLES = ("visitor", "bob", "eve", "ada", "olga")
MAY = {
    "all": set(ROLES),
    "user": {"bob", "eve", "ada", "olga"},
    "own": {"bob"},
    "read": {"bob", "ada", "olga"},
    "staff": {"ada", "olga"},
    "teach": {"ada", "olga"},
    "hook": {"ada"},
    "operate": {"olga"},
}


class Nobody:
    """A provider whose sandboxes never answer."""

    name = "emulated"

    def learner_credentials(self, ref: Any) -> Credentials:
        return Credentials("AKIALEARNER", "learner/secret", None, ref.region, "http://127.0.0.1:9", ref.account_id)

    grader_credentials = start_credentials = learner_credentials

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("no host")


@dataclass
class World:
    """One learner's things, in two states, and what must not be said of them."""

    clients: dict[str, Client]
    states: dict[str, dict[str, Any]]
    private: list[str]
    keys: list[str] = field(default_factory=list)


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


@pytest.fixture
def world(bob: Any, eve: Any, ada: Any, olga: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    settings.BADGE_KEY = KEY
    User.objects.filter(pk=bob.pk).update(username="canary-bob", email="canary-bob@example.com")
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    providers.get_provider.cache_clear()
    monkeypatch.setattr("labs.selectors.get_provider", lambda _: Nobody())
    lab = lab_of_catalog()
    sessions = [make_session(bob), make_session(bob, state="ended")]
    for one in sessions:
        LabSession.objects.filter(pk=one.pk).update(seed=f"canary-seed-{one.state}")
    gradings = [grade(one, lab, ["failed"] * len(lab.tasks)) for one in sessions]
    done = passed(bob)
    exam = next(one for one in courses.exams() if not one.shortages and not one.requires and _no_labs(one))
    open_ = attempts.start(user=bob, slug=exam.slug, now=timezone.now())
    asked = ItemVersion.objects.filter(
        pk__in={place["item"] for section in open_.form["sections"] for place in section["places"]}
    )
    token, text = tokens.make(user=bob, name="canary-token", scopes=["read"], days=9, now=timezone.now())
    notice = Notice.objects.create(
        user=bob, kind="message", key="k", subject="canary-notice", created_at=timezone.now()
    )
    hook = webhooks.make(user=ada, url="https://canary.example/hook", now=timezone.now())
    event = outbox.record(kind="lab.started", user=bob, subject="x", data={}, at=timezone.now())
    sent = Delivery.objects.create(webhook=hook, event=event, body="{}", created_at=timezone.now())
    course = next(one for one in courses.catalog() if one.modules)
    lesson = next(one for one in course.lessons if one.items)
    shared = {
        "course": course.slug,
        "lesson": lesson.slug,
        "item": lesson.items[0].id,
        "item_id": lesson.items[0].id,
        "drill_id": uuid4(),
        "credential_id": Credential.objects.get().pk,
        "task_id": lab.tasks[0].id,
        "notice_id": notice.pk,
        "token_id": token.pk,
        "user_id": bob.pk,
        "regrade_id": 1,
        "revision": asked[0].pk,
        "name": "x.svg",
        "sheet": "x",
        "kid": "x",
        "number": 0,
        "place": 0,
        "seq": 1,
        "moment": 1,
        "shape": "wide",
        "webhook_id": hook.pk,
        "delivery_id": sent.pk,
        "what": "off",
        "object_id": 1,
        "content_type_id": 1,
        "app_label": "labs",
        "key": "x",
        "uidb36": "x",
        "url": "x",
    }
    states = {
        "open": {**shared, "session_id": sessions[0].pk, "grading_id": gradings[0].pk, "attempt_id": open_.pk},
        "finished": {**shared, "session_id": sessions[1].pk, "grading_id": gradings[1].pk, "attempt_id": done.pk},
    }
    for state in states.values():
        state["slug"] = {"labs": lab.slug, "exams": exam.slug, "badges": done.exam_slug}
    clients = {name: Client() for name in ROLES}
    for name, user in (("bob", bob), ("eve", eve), ("ada", ada), ("olga", olga)):
        clients[name].force_login(user)
    private = [
        "canary-bob",
        "canary-seed",
        "canary-token",
        "canary-notice",
        "canary.example",
        hook.secret,
        text,
        open_.seed,
        open_.receipt or text,
    ]
    yield World(clients, states, private, sorted(_rationales(asked)))
    providers.get_provider.cache_clear()


def _no_labs(exam: Any) -> bool:
    return all(item.type != "lab" for item in exam.pool)


def _rationales(asked: Any) -> set[str]:
    """Return what says which answer is right: texts that stand in the kept items alone."""
    found: set[str] = set()

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, key)
        elif isinstance(value, list):
            for inner in value:
                look(inner, name)
        elif isinstance(value, str) and name in ("rationale", "why", "because", "feedback") and len(value) > 30:
            found.add(value)

    for one in asked:
        look(one.content)
    assert found, "no item of the exam says why"
    return found


def path_of(route: str, values: dict[str, Any]) -> str:
    """Write an address of a route by hand: reverse() knows one of several of a name only."""
    kind = next((one for one in ("labs", "badges") if re.search(rf"\b{one}/", route)), "exams")
    given = {**values, "slug": values["slug"][kind]}
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
    if who == "-":
        return {"405"} if role != "visitor" else {"405", "login"}
    if role in MAY[who]:
        return {"in"}
    return {"login"} if role == "visitor" else {"404"}


def test_nobody_gets_where_they_must_not(world: World) -> None:
    wrong: list[str] = []
    asked = 0
    for name, route, arguments, admin in ALL:
        own = {"session_id", "attempt_id", "grading_id"} & set(arguments)
        row = row_of(name)
        for state in ("open", "finished") if own else ("open",):
            path = path_of(route, world.states[state])
            for role in ("visitor", "ada", "olga") if admin else ROLES:
                asks = dict(zip(("GET", "POST"), (row or "operate operate").split(), strict=True))
                asks |= {method: who for (one, method), who in MORE.items() if one == name}
                for method, who in asks.items():
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
                    if role in ("visitor", "eve") and (leaked := [one for one in world.private if one in text]):
                        wrong.append(f"{told}: it says {leaked}")
                    if state == "open" and (leaked := [one for one in world.keys if one in text]):
                        wrong.append(f"{told}: it says why an answer is right: {leaked[0][:60]}")
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:60])
    assert asked > 1500
