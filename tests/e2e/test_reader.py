"""A lesson in a browser: commands that run in the page, words that explain themselves, a place that is kept, paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from labs import islands
from skylab.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]
GROUPS = "/courses/aws-foundations/security-groups/"
ACCESS = "/courses/aws-foundations/s3-access/"
PATIENCE = 120_000  # ms: Python and the AWS CLI are loaded into the browser once


@pytest.fixture
def reader(page: Page, site: Stack) -> Page:
    """A learner's window."""
    page.goto(f"{site.url}/accounts/login/")
    page.fill("[name=login]", "learner")
    page.fill("[name=password]", "skylab-demo")
    page.click("main button[type=submit]")
    page.wait_for_url(f"{site.url}/")
    return page


@pytest.fixture
def touch(browser: Browser, site: Stack) -> Iterator[Page]:
    """A phone, signed out."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


def block(page: Page, number: int) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"block {number}$"))


def result(page: Page, number: int) -> Locator:
    return page.get_by_role("region", name=f"Result of block {number}")


needs_engine = pytest.mark.skipif(not islands.built(), reason="the browser terminal is not built (make frontend)")


@needs_engine
def test_blocks_run_in_the_page_in_one_shell_by_keyboard(reader: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    loaded: list[str] = []
    reader.on("request", lambda request: loaded.append(request.url))
    reader.goto(site.url + GROUPS)
    reader.wait_for_load_state("networkidle")
    assert not any("/dist/" in url for url in loaded)  # reading loads no engine
    # Two at once: the second waits for the first, whose variables it uses.
    block(reader, 1).focus()
    reader.keyboard.press("Enter")
    block(reader, 2).press("Enter")
    expect(result(reader, 1)).to_contain_text("Done, exit code 0.", timeout=PATIENCE)
    expect(result(reader, 2)).to_contain_text("Done, exit code 0.", timeout=PATIENCE)
    log = result(reader, 2).get_by_role("log")
    expect(log).to_contain_text('"FromPort": 5432')
    block(reader, 3).press("Enter")
    expect(result(reader, 3)).to_contain_text("Done, exit code 0.", timeout=PATIENCE)
    # What it made is in the workspace.
    result(reader, 3).get_by_role("link", name="Open in the workspace").click()
    reader.wait_for_url(re.compile(r"/labs/sessions/[0-9a-f-]+/$"))
    expect(reader.get_by_role("heading", level=1)).to_have_text("Sandbox")
    reader.goto(f"{site.url}/labs/playground/")
    expect(reader.get_by_role("heading", name="Your sandbox is open")).to_be_visible()


def test_signed_out_one_is_asked_to_sign_in_and_comes_back(page: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    if not islands.built():
        pytest.skip("the browser terminal is not built (make frontend)")
    page.goto(site.url + GROUPS)
    block(page, 1).click()
    expect(result(page, 1)).to_contain_text("Sign in to run this: the sandbox is your own.")
    result(page, 1).get_by_role("link", name="Sign in").click()
    page.fill("[name=login]", "learner")
    page.fill("[name=password]", "skylab-demo")
    page.click("main button[type=submit]")
    page.wait_for_url(site.url + GROUPS)


def test_a_word_explains_itself_to_pointer_and_keyboard(page: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    page.goto(site.url + ACCESS)
    word = page.get_by_role("link", name="principal", exact=True)
    card = page.locator("#def-principal")
    word.hover()
    expect(card).to_be_visible()
    card.hover()  # it stays while the pointer is on it
    expect(card).to_contain_text("Who makes a request")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.mouse.move(0, 0)
    page.get_by_role("link", name="Safe by default").focus()
    while not word.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/glossary/#principal")
    expect(page.locator("#principal")).to_be_in_viewport()
    page.get_by_label("Find a term").fill("zone")
    expect(page.locator(".glossary-term:visible")).to_have_count(1)


def test_a_word_is_touched_once_to_read_and_twice_to_go(touch: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    touch.goto(site.url + ACCESS)
    word = touch.get_by_role("link", name="principal", exact=True)
    word.tap()
    expect(touch.locator("#def-principal")).to_be_visible()
    assert touch.url == site.url + ACCESS
    touch.locator("#def-principal").get_by_role("link", name="In the glossary").tap()
    touch.wait_for_url(f"{site.url}/glossary/#principal")


def test_the_place_is_kept_and_the_contents_follow(reader: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    reader.goto(site.url + ACCESS)
    contents = reader.get_by_role("navigation", name="On this page")
    expect(contents.locator("[aria-current]")).to_have_text("What takes part in one request")
    with reader.expect_response(lambda answer: answer.url.endswith("/s3-access/place/")) as kept:
        reader.get_by_role("heading", name="Only over TLS").evaluate("one => one.scrollIntoView()")
    assert kept.value.status == 204
    expect(contents.locator("[aria-current]")).to_have_text("Only over TLS")
    reader.goto(site.url + ACCESS)
    expect(reader.get_by_text("You were at Only over TLS")).to_be_visible()
    reader.get_by_role("link", name="Go on there").click()
    expect(reader.get_by_role("heading", name="Only over TLS")).to_be_in_viewport()
    reader.goto(f"{site.url}/courses/aws-foundations/")
    expect(reader.locator('[aria-current="step"]')).to_contain_text("Who can read this bucket?")


def test_on_paper_there_is_the_text_alone(page: Page, site: Stack) -> None:
    from playwright.sync_api import expect

    page.goto(site.url + ACCESS)
    page.emulate_media(media="print")
    for gone in (".course-side", ".toc", ".site-header", ".run", ".lesson-nav"):
        expect(page.locator(gone).first).to_be_hidden()
    drawing = page.get_by_role("img", name=re.compile("^A request meets four gates"))
    box, room = drawing.bounding_box(), page.locator("article").bounding_box()
    assert box and room and box["width"] <= room["width"]


def test_without_javascript_the_lesson_is_there_to_be_read(site: Stack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + ACCESS)
    assert page.get_by_role("img", name=re.compile("^A request meets four gates")).is_visible()
    assert page.locator(".definition-card").first.is_hidden()
    page.get_by_role("link", name="principal", exact=True).click()
    page.wait_for_url(f"{site.url}/glossary/#principal")
    context.close()
