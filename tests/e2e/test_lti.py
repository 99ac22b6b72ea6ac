"""A learning platform in a real browser: our pages in its frame, a lab in a window, what was chosen sent by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.e2e.looking import AXE, RULES
from tests.skylab.lti.conftest import register
from tests.skylab.lti.learning_platform import MEMBERSHIP, KeyPair, Person, Platform, fetched, running

if TYPE_CHECKING:
    from playwright.sync_api import Page

# One process is enough here, its server a thread: Playwright's loop runs beside what the test itself asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LAB = "/labs/private-bucket-one-reader/"
TAGS = "rules => axe.run({ runOnly: rules }).then((said) => said.violations.map((one) => one.id))"


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """Our site, in this process; a platform on the same machine is of the same site for cookies."""
    settings.BASE_URL = live_server.url.replace("localhost", "127.0.0.1")
    return str(settings.BASE_URL)


@pytest.fixture
def campus(site: str) -> Iterator[Platform]:
    people = {"tea": Person("tea", "Tea", "Tran", (f"{MEMBERSHIP}Instructor",))}
    with running(keys=[KeyPair("k1")], people=people, tool_jwks=fetched(f"{site}/lti/keys.json")) as platform:
        register(platform)
        yield platform


def course(site: str, campus: Platform, path: str, link: str) -> str:
    """Return the platform's page with our page in its frame."""
    query = {"login": f"{site}/lti/login/", "target": f"{site}{path}", "link": link}
    return f"{campus.url}/course?{urlencode(query)}"


def test_something_is_chosen_within_the_platforms_frame(page: Page, site: str, campus: Platform) -> None:
    page.goto(course(site, campus, "/lti/choose/", "choose"))
    tool = page.frame_locator("iframe[name=tool]")
    tool.get_by_role("button", name="Go on").click()
    tool.get_by_label("A private bucket with one reader").check()
    frame = page.frame("tool")
    assert frame
    frame.evaluate(AXE)
    found = frame.evaluate(TAGS, RULES)
    assert found == []
    tool.get_by_role("button", name="Add to my course").click()
    tool.get_by_text("Added.").wait_for()
    (told,) = campus.chosen
    assert told["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"][0]["url"] == site + LAB
    assert not [one for one in campus.refusals if "favicon" not in one]


def test_a_lab_opens_in_a_window_of_its_own(page: Page, site: str, campus: Platform) -> None:
    page.goto(course(site, campus, LAB, "link-1"))
    with page.expect_popup() as opened:
        page.frame_locator("iframe[name=tool]").get_by_role("link", name="Open in a new window").click()
    window = opened.value
    window.get_by_role("button", name="Go on").click()
    window.get_by_role("heading", name="Welcome from Campus").wait_for()
    window.evaluate(AXE)
    found = window.evaluate(TAGS, RULES)
    assert found == []
    window.get_by_role("button", name="Make a new account").click()
    window.wait_for_url(site + LAB)
    assert "tea-" in window.locator("header.site-header").inner_text()
