"""The frame of the site in a browser: search by keyboard, the menu of a narrow window, a theme that goes along, paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack
from tests.e2e.looking import Looker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def nora(browser: Browser, site: Stack, states: dict[str, str]) -> Iterator[Looker]:
    context = browser.new_context(storage_state=json.loads(states["nora"]), reduced_motion="reduce")
    looker = Looker(context, site.url)
    yield looker
    context.close()
    assert not looker.wrong, looker.wrong


def test_search_is_opened_typed_and_followed_by_keyboard_alone(nora: Looker) -> None:
    page = nora.page
    nora.open("/catalog/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#search-dialog[open]")
    assert page.evaluate("document.activeElement.id") == "search-input"
    page.keyboard.type("buckte")  # a slip of the finger
    page.wait_for_selector("#search-options [role=option]")
    assert page.get_attribute("#search-input", "aria-expanded") == "true"
    assert "for bucket" in (page.text_content("[data-said]") or "")
    page.keyboard.press("ArrowUp")
    last = page.get_attribute("#search-input", "aria-activedescendant")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    first = page.get_attribute("#search-input", "aria-activedescendant")
    assert first == "search-option-0" and last != first
    assert page.get_attribute(f"#{first}", "aria-selected") == "true"
    nora.hold_axe()
    target = page.get_attribute(f"#{first}", "href") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(nora.base + target)


def test_enter_without_a_choice_goes_to_the_page_and_escape_closes_the_box(nora: Looker) -> None:
    page = nora.page
    nora.open("/progress/")
    page.click("[data-search-open]")
    page.keyboard.press("Escape")
    assert not page.is_visible("#search-dialog")
    page.keyboard.press("Control+k")
    page.keyboard.type("security group")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=security+group")
    assert page.is_visible("main mark")


def test_the_menu_of_a_narrow_window_opens_and_closes_and_the_page_does_not_scroll_sideways(nora: Looker) -> None:
    page = nora.page
    page.set_viewport_size({"width": 320, "height": 640})
    nora.open("/catalog/")
    assert not page.is_visible("#site-nav")
    page.focus(".menu-button")
    page.keyboard.press("Enter")
    assert page.is_visible("#site-nav a[aria-current=page]")
    nora.hold_width()
    page.keyboard.press("Escape")
    assert not page.is_visible("#site-nav")
    page.click(".menu-button")
    page.click("#site-nav a[href='/practice/']")
    page.wait_for_url("**/practice/")


def test_a_theme_goes_along_with_the_account(browser: Browser, nora: Looker, states: dict[str, str]) -> None:
    page = nora.page
    nora.open("/catalog/")
    try:
        page.click("[popovertarget=theme-menu]")
        with page.expect_response("**/settings/theme/") as kept:
            page.check("input[name=theme][value=dark]")
        assert kept.value.status == 204
        elsewhere = browser.new_context(storage_state={"cookies": json.loads(states["nora"])["cookies"]})
        other = elsewhere.new_page()
        other.goto(f"{nora.base}/progress/")
        assert other.evaluate("document.documentElement.dataset.theme") == "dark"
        elsewhere.close()
    finally:
        nora.open("/settings/")
        page.select_option("select[name=theme]", "")
        page.click("#how button[type=submit]")
        page.wait_for_selector(".toast.success")


def test_on_paper_a_lesson_is_its_text(nora: Looker) -> None:
    page = nora.page
    nora.open("/courses/aws-foundations/s3-access/")
    page.emulate_media(media="print")
    for gone in (".site-header", ".site-footer", ".toasts", "#search-dialog"):
        assert not page.is_visible(gone), gone
    assert page.is_visible("main h1")
    shown = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    assert shown.startswith("light")
