"""Every address of the site, from the resolver: whoever adds a page has it looked at here, or says why not.

Of each page: nothing that axe objects to in light and dark, nothing that the policy blocks, nothing asked of elsewhere,
nothing wider than a window of 320 px, all of it reached at 400 % (1280 × 1024 magnified is 320 × 256), and no more than
40 kB of script, compressed, where people read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from skylab.stack import Stack
from tests.e2e.exam_sitting import Backstage
from tests.e2e.looking import Looker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

READING_BUDGET = 40_000
LOOK = [pytest.mark.browser, pytest.mark.stack]
PEOPLE = ("nora", "", "instructor", "operator", "candidate")

# What the arguments of addresses are, by their name; {words} are of the scenes. An argument that means something else
# below some address: "<beginning of the route> <argument>". The longest that fits counts.
ARGUMENTS = {
    "session_id": "{working}",
    "attempt_id": "{report}",
    "attempts/<uuid:attempt_id>/places/ attempt_id": "{open_attempt}",
    "exams/attempts/<uuid:attempt_id>/review/ attempt_id": "{open_attempt}",
    "exams/attempts/<uuid:attempt_id>/places/ attempt_id": "{open_attempt}",
    "place": "0",
    "credential_id": "{credential}",
    "drill_id": "{drill}",
    "regrade_id": "{regrade}",
    "revision": "{regraded_item}",
    "moment": "1",
    "seq": "1",
    "task_id": "close-the-door",
    "notice_id": "1",
    "number": "0",
    "shape": "wide",
    "course": "aws-foundations",
    "lesson": "s3-access",
    "item": "s3-access-1",
    "item_id": "topic-00",
    "exams/ slug": "foundations-practical",
    "exams/<slug:slug>/regrade/ slug": "counted",
    "exams/<slug:slug>/statistics/ slug": "storage-mock",
    "labs/ slug": "private-bucket-one-reader",
    "badges/ slug": "counted",
    "classes/<uuid:cohort_id>/push/ slug": "private-bucket-one-reader",
    "cohort_id": "{cohort}",
    "assignment_id": "{assignment}",
    "invitation_id": "1",
    "user_id": "1",
    "grades/ user_id": "{member}",
    "token": "{invitation}",
    "platform_id": "{platform}",
    "context_id": "{lti_context}",
    "identity_id": "1",
    "studio/ slug": "studio-sample",
    "studio/ number": "1",
    "workspace_id": "{shelf}",
    "proof_id": "{proof}",
}
# Arguments for one address alone, where those above do not lead to it.
PLACES: dict[str, dict[str, str]] = {
    "sheet": {"course": "cloud-essentials", "sheet": "iam"},
    "attempt": {"attempt_id": "{open_attempt}"},
}
EXCLUDED = {
    "session_events": "a stream without an end",
    "class_live_events": "a stream without an end",
    "studio_proof_events": "a stream without an end",
    "badge_key": "its argument is a key's thumbprint; badge_keys lists them, and nothing of it is a page",
    "account_confirm_email": "its key is in an e-mail; the page without one is account_email_verification_sent",
    "account_reset_password_from_key": "its key is in an e-mail",
    "lti_login": "begins with what a platform says; tests/e2e/test_lti.py comes that way",
    "lti_enter": "of the browser that came with a launch, for minutes; tests/skylab/lti goes there",
    "lti_enter_new": "an act of a launch",
    "lti_enter_link": "an act of a launch",
    "lti_choose": "of the browser that came with a launch; tests/e2e/test_lti.py looks at it",
    "lti_register": "its token is an operator's, and works once",
    "api_webhook_page": "nobody of the scenes has a webhook; tests/skylab/api looks at it",
    "api_webhook_act": "likewise",
    "api_token_revoke": "an act; its number is that of a token",
    "course_image": "a picture of a lesson, looked at where it stands",
}
# Pages that are worked in, not read: their scripts are weighed by tests of their own.
WORKED_IN = {
    "session",
    "session_history",
    "attempt",
    "attempt_place",
    "attempt_review",
    "playground",
    "drill",
    "studio_draft",
}
# What is not an address of its own, and yet seen.
MORE = {
    "error-404": ("nora", "/no/such/page/"),
    "error-405": ("nora", "/settings/keep/"),
    "welcome": ("", "/"),
    "catalog-empty": ("nora", "/catalog/?service=s3&done=yes"),
    "search-found": ("nora", "/search/?q=bucket+policy"),
    "search-empty": ("", "/search/?q=zzzzzz"),
    "notices-some": ("candidate", "/notices/"),
    "classes-taught": ("instructor", "/classes/"),
}


class Address(NamedTuple):
    """An address of the resolver: `route` is how it is written there."""

    name: str
    route: str
    arguments: tuple[str, ...]


def addresses() -> list[Address]:
    """Return all addresses, but those of Django's admin, which comes as it is."""
    found = {one.name: one for one in _walk(get_resolver(), "", "")}
    return sorted(found.values(), key=lambda one: one.route)


def _walk(resolver: URLResolver, before: str, space: str) -> Iterator[Address]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from _walk(one, route, f"{space}{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern):
            names = tuple(one.pattern.converters) or tuple(one.pattern.regex.groupindex)
            yield Address(f"{space}{one.name or route}", route, names)


def value_of(address: Address, argument: str) -> str | None:
    """Return what stands for an argument of an address, or None where nobody has said."""
    if argument in PLACES.get(address.name, {}):
        return PLACES[address.name][argument]
    fits = [
        (len(begin), value)
        for key, value in ARGUMENTS.items()
        for begin, _, name in [key.rpartition(" ")]
        if name == argument and address.route.startswith(begin)
    ]
    return max(fits)[1] if fits else None


# What programs ask for is JSON: tests/skylab/api holds it.
LOOKED_AT = [one for one in addresses() if one.name not in EXCLUDED and not one.route.startswith("api/v1/")]


def test_every_address_is_looked_at_or_has_a_reason() -> None:
    missing = [
        f"{one.name} ({one.route}) has an argument {argument!r}: say in ARGUMENTS or PLACES what stands for it, or in "
        "EXCLUDED why nobody looks at the page"
        for one in LOOKED_AT
        for argument in one.arguments
        if value_of(one, argument) is None
    ]
    assert not missing, "\n".join(missing)


@pytest.fixture(scope="session")
def known(scenes: dict[str, str], backstage: Backstage, states: dict[str, str]) -> dict[str, str]:
    """What arguments are made of: the scenes, and an attempt that is open, of somebody who is told a few things."""
    made = backstage("make", name="walker", sections=2)
    backstage("tell", user=made["user"])
    states["candidate"] = json.dumps({"cookies": [_cookie(made["cookie"])]})
    return {**scenes, "open_attempt": made["id"]}


def _cookie(given: dict[str, str]) -> dict[str, Any]:
    host = re.sub(r"^https?://|:\d+.*$", "", given["url"])
    return {"name": given["name"], "value": given["value"], "domain": host, "path": "/"}


@pytest.fixture(scope="session")
def walker(
    browser: Browser, site: Stack, known: dict[str, str], states: dict[str, str]
) -> Iterator[Callable[[str], Looker]]:
    """A window for each person, opened once: walker("nora")."""
    contexts: dict[str, Any] = {}

    def window(person: str) -> Looker:
        if person not in contexts:
            context = browser.new_context(storage_state=json.loads(states[person]) or None, reduced_motion="reduce")
            contexts[person] = (context, Looker(context, site.url))
        looker: Looker = contexts[person][1]
        looker.wrong.clear()
        return looker

    yield window
    for context, _ in contexts.values():
        context.close()


def path_of(address: Address, known: dict[str, str]) -> str:
    given = {name: str(value_of(address, name)).format(**known) for name in address.arguments}
    try:
        return reverse(address.name, kwargs=given)
    except NoReverseMatch:  # it has no name
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: given[found.group(1)], address.route)


def who_may(walker: Callable[[str], Looker], path: str) -> tuple[str | None, dict[str, int]]:
    """Return the first who gets a page there, None where it is none (an act, a file, a part), and what each got."""
    told: dict[str, int] = {}
    for person in PEOPLE:
        looker = walker(person)
        answer = looker.page.context.request.get(
            looker.base + path, headers={"Accept": "text/html"}, max_redirects=0, timeout=20_000
        )
        told[person] = answer.status
        html = "text/html" in answer.headers.get("content-type", "")
        whole = html and answer.status == 200 and "<html" in answer.text()[:600]
        answer.dispose()
        if whole:
            return person, told
        if answer.status in (200, 204, 405):
            return None, told
    return None, told


@pytest.mark.parametrize("address", LOOKED_AT, ids=lambda one: one.name)
@pytest.mark.browser
@pytest.mark.stack
def test_a_page_is_as_pages_are(address: Address, walker: Callable[[str], Looker], known: dict[str, str]) -> None:
    path = path_of(address, known)
    person, told = who_may(walker, path)
    assert all(status < 500 for status in told.values()), f"{path}: {told}"
    assert person is not None or any(status < 400 or status == 405 for status in told.values()), (
        f"nobody sees {path}: {told}. Give its arguments in ARGUMENTS or PLACES"
    )
    if person is not None:
        hold(walker(person), path, reading=address.name not in WORKED_IN)


@pytest.mark.parametrize("name", MORE)
@pytest.mark.browser
@pytest.mark.stack
def test_what_is_no_address_of_its_own_is_as_pages_are(name: str, walker: Callable[[str], Looker]) -> None:
    person, path = MORE[name]
    hold(walker(person), path, reading=True)


def hold(looker: Looker, path: str, *, reading: bool) -> None:
    """Look at a page from all sides."""
    page = looker.page
    page.set_viewport_size({"width": 1280, "height": 900})
    looker.open(path)
    looker.hold_width()
    looker.hold_axe()
    looker.hold_axe("dark")
    if reading and (weight := looker.weight()) > READING_BUDGET:
        heavy = sorted(looker.scripts.items(), key=lambda pair: -pair[1])[:4]
        looker.wrong.append(f"{weight} bytes of script, more than {READING_BUDGET}: {heavy}")
    page.set_viewport_size({"width": 320, "height": 256})
    looker.hold_width()
    looker.hold_reach()
    assert not looker.wrong, f"{path}:\n" + "\n".join(dict.fromkeys(looker.wrong))
