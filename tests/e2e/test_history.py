"""Undo, checkpoints and going back, in a live sandbox: by keyboard, aloud, and as a browser draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from skylab.stack import Stack
from tests.e2e.working import exports, looked_at, tool, working

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def context(site: Stack, browser: Browser) -> Iterator[BrowserContext]:
    """The learner's browser, in the lab."""
    with working(site, browser, script=LISTEN) as made:
        yield made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The workspace, as it is now."""
    opened = context.pages[0]
    opened.goto(opened.url)
    return opened


@pytest.fixture
def s3(page: Page) -> Any:
    """The learner's own tool."""
    return tool(exports(page), "s3")


def buckets(s3: Any) -> set[str]:
    return {each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("mine-")}


def open_history(page: Page) -> None:
    page.focus("#tab-connect")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "tab-history"
    page.wait_for_selector("#undo-button")


def tab_to(page: Page, selector: str, *, most: int = 30) -> None:
    """Press Tab until one is there: no mouse, and no focus by script."""
    for _ in range(most):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


# What was announced, whatever was announced after it: a judgement may come a moment later.
LISTEN = """
window.said = [];
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  const announcer = document.getElementById("announcer");
  if (announcer && announcer.textContent) said.push(announcer.textContent);
}).observe(document.body, {subtree: true, childList: true, characterData: true}));
"""


HEARD = """words => {
  const place = said.findIndex((each) => each.includes(words));
  return place >= 0 && said.splice(0, place + 1);
}"""


def heard(page: Page, words: str) -> None:
    page.wait_for_function(HEARD, arg=words)


def test_a_change_is_undone_and_brought_back_by_keyboard(page: Page, s3: Any) -> None:
    open_history(page)
    s3.create_bucket(Bucket="mine-one")
    s3.create_bucket(Bucket="mine-two")
    page.wait_for_selector("#undo-button >> text=s3:CreateBucket on mine-two")
    tab_to(page, "#undo-button")
    page.keyboard.press("Enter")
    heard(page, "Undone: s3:CreateBucket on mine-two")
    page.wait_for_selector("#undo-button >> text=s3:CreateBucket on mine-one")
    assert page.evaluate("document.activeElement.id") == "undo-button"
    assert buckets(s3) == {"mine-one"}
    page.click("#tab-log")
    page.wait_for_selector("#log .call.undone >> text=undone")
    assert page.locator("#log .call.undone").count() == 1
    open_history(page)
    tab_to(page, "#take-back")
    page.keyboard.press("Enter")
    heard(page, "Your sandbox is as it was then")
    page.wait_for_selector("#undo-button >> text=s3:CreateBucket on mine-two")
    assert page.evaluate("document.activeElement.id") == "take-back"
    assert buckets(s3) == {"mine-one", "mine-two"}
    page.click("#tab-log")
    page.wait_for_selector("#log .call.undone", state="detached")


def test_one_keeps_a_checkpoint_sees_what_changed_and_goes_back_by_keyboard(page: Page, s3: Any) -> None:
    open_history(page)
    tab_to(page, "#keep-label")
    page.keyboard.type("Before the test")
    page.keyboard.press("Enter")
    heard(page, "Kept: Before the test")
    page.wait_for_selector("#moments >> text=Before the test")
    assert page.input_value("#keep-label") == ""
    assert page.evaluate("document.activeElement.id") == "keep-label"
    before = buckets(s3)
    s3.create_bucket(Bucket="mine-three")
    page.wait_for_selector("#undo-button >> text=mine-three")
    tab_to(page, ".since > summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".changes-list >> text=Bucket mine-three was added")
    heard(page, "1 added since Before the test")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    assert "Go back to “Before the test”?" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert page.evaluate("document.activeElement.id").startswith("back-")
    page.keyboard.press("Enter")
    tab_to(page, "dialog[open] button[type=submit]")
    page.keyboard.press("Enter")
    heard(page, "Your sandbox is as it was then")
    page.wait_for_selector("#take-back")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.id").startswith("back-")
    assert buckets(s3) == before


def test_two_clicks_are_one_undo(page: Page, s3: Any) -> None:
    open_history(page)
    before = buckets(s3)
    s3.create_bucket(Bucket="mine-four")
    s3.create_bucket(Bucket="mine-five")
    page.wait_for_selector("#undo-button >> text=mine-five")
    page.dblclick("#undo-button")
    page.wait_for_selector("#undo-button >> text=mine-four")
    assert buckets(s3) == {*before, "mine-four"}


def test_without_javascript_it_is_all_there(site: Stack, browser: Browser, context: BrowserContext, page: Page) -> None:
    plain = browser.new_context(storage_state=context.storage_state(), java_script_enabled=False)
    opened = plain.new_page()
    opened.goto(page.url)
    opened.click('.history-link a[href$="/history/"]')
    opened.fill("#keep-label", "By hand")
    opened.click("#keep-button")
    assert "Kept: By hand." in opened.inner_text("#toasts")
    first = opened.locator(".moment", has_text="By hand")
    first.locator(".moment-back summary").click()
    first.locator(".moment-back button").click()
    assert "Your sandbox is as it was then." in opened.inner_text("#toasts")
    opened.locator(".moment", has_text="By hand").locator(".since summary").click()
    opened.locator(".moment", has_text="By hand").locator(".since a").click()
    assert "Nothing has changed" in opened.inner_text("main")
    opened.click("#undo-button")
    assert re.search("Undone: s3:", opened.inner_text("#toasts"))
    plain.close()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (1440, "contrast"), (320, "light")])
def test_it_is_drawn_well_and_axe_objects_to_nothing(
    site: Stack, context: BrowserContext, page: Page, s3: Any, width: int, theme: str
) -> None:
    open_history(page)
    page.fill("#keep-label", f"For the picture, {theme} {width}")
    page.press("#keep-label", "Enter")
    heard(page, "Kept: For the picture")
    s3.create_bucket(Bucket=f"mine-{theme}-{width}")  # something to undo, and a difference to show
    with looked_at(site, context, width, theme) as looker:
        looker.page.click("#tab-history")
        looker.page.wait_for_selector(".moment")
        looker.page.locator(".since summary").first.click()
        looker.page.wait_for_selector(".changes-summary")
        looker.hold_width()
        looker.keep(f"history-{theme}-{width}")
        looker.hold_axe()
        looker.page.wait_for_selector(".moment >> nth=0 >> text=Comparing …", state="detached")
        looker.page.locator("[data-dialog^=back-dialog]").first.click()
        looker.keep(f"history-dialog-{theme}-{width}")
        looker.hold_axe()
        looker.page.keyboard.press("Escape")
        looker.page.click("#tab-log")
        looker.keep(f"history-log-{theme}-{width}")
        looker.hold_axe()
        looker.open(f"{page.url.removeprefix(site.url)}history/")
        looker.hold_width()
        looker.keep(f"history-page-{theme}-{width}")
        looker.hold_axe()


def test_a_comparison_that_does_not_come_can_be_asked_for_again(page: Page) -> None:
    open_history(page)
    page.fill("#keep-label", "For a second try")
    page.press("#keep-label", "Enter")
    heard(page, "Kept: For a second try")
    page.route("**/changes/**", lambda route: route.fulfill(status=500, body=""), times=1)
    moment = page.locator(".moment", has_text="For a second try")
    moment.locator(".since summary").click()
    moment.locator("text=could not be compared").wait_for()
    moment.locator("text=Compare again").click()
    moment.locator(".changes-summary").wait_for()
