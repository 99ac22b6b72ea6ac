"""A newcomer writes a lab of two tasks in the Studio, sees a mistake on its line, proves it, publishes it; a learner starts
it. Without the built editor the same page is plain fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack
from tests.e2e.looking import Looker
from tests.e2e.working import CONNECTED, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

TEXT = ".cm-content"
SECOND = """
## Close the door {#close points=5}

Nobody outside may read `{{ bucket }}`.

~~~check s3.bucket_blocks_public_access
bucket: {{ bucket }}
~~~

~~~hint
There are four switches.
~~~

~~~solution
aws s3api put-public-access-block --bucket {{ bucket }} \
--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
~~~

~~~near-miss fails=s3.bucket_blocks_public_access
aws s3api put-public-access-block --bucket {{ bucket }} --public-access-block-configuration BlockPublicAcls=true
~~~
"""
OPEN = """~~~start
aws s3api create-bucket --bucket {{ bucket }}
aws s3api delete-public-access-block --bucket {{ bucket }}
"""


def begin(page: Page, site: Stack, slug: str) -> None:
    sign_in(page, site, "instructor")
    page.click("#site-nav a[href='/studio/']")
    page.fill("#name", f"Workspace of {slug}")
    page.click("text=Make it")
    page.fill("#title", "Two doors")
    page.fill("#slug", slug)
    page.click("text=Begin the lab")
    page.wait_for_selector("studio-draft")


def type_lab(page: Page, mistake: bool) -> None:
    """Add the second task, as somebody does who pastes it: the editor takes what its field is given."""
    text = page.locator("#lab-md").input_value()
    text = text.replace("~~~start\naws s3api create-bucket --bucket {{ bucket }}\n", OPEN) + SECOND
    if mistake:
        text = text.replace("check s3.bucket_blocks_public_access", "check s3.bucket_block_public_access", 1)
    page.evaluate(
        """(text) => { const field = document.getElementById("lab-md"); field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true })); }""",
        text,
    )


def test_a_newcomer_writes_proves_and_publishes_a_lab_and_a_learner_starts_it(
    site: Stack, page: Page, browser: Browser
) -> None:
    begin(page, site, "two-doors")
    page.wait_for_selector("studio-draft[data-ready]")
    type_lab(page, mistake=True)
    # The mistake stands on its line, and in the list, from which the keyboard comes to it
    row = page.locator(".finding-row:not(.warning) button").first
    row.wait_for()
    assert "did you mean s3.bucket_blocks_public_access?" in (row.text_content() or "")
    line = int(row.get_attribute("data-line") or 0)
    page.wait_for_selector(".cm-lint-marker-error", state="attached")
    row.press("Enter")
    page.wait_for_function("document.activeElement.matches('.cm-content')")
    active = page.locator("[aria-label='Text of lab.md'] .cm-activeLine")
    assert (active.text_content() or "") == "~~~check s3.bucket_block_public_access"
    marked = page.locator(".cm-lintRange-error")
    assert "bucket_block_public_access" in (marked.first.text_content() or "") and line > 40
    # It is corrected by completion: the word is typed again, and the list knows the check
    page.keyboard.press("End")
    for _ in range(len("_block_public_access")):
        page.keyboard.press("Backspace")
    page.keyboard.type("_blocks_p")
    page.wait_for_selector(".cm-tooltip-autocomplete li[aria-selected]")
    page.wait_for_timeout(120)  # the list takes no key in its first moment, so that no key is taken by surprise
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.getElementById('lab-md').value.includes('check s3.bucket_blocks_public_access\\nbucket')"
    )
    page.wait_for_selector(".finding-row:not(.warning)", state="detached")
    # Tab indents; Escape, and Tab leaves
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('.cm-content')")

    page.click("button[value=test]")
    page.wait_for_selector("#proof-state, .callout-title")
    page.wait_for_selector(".callout-title", timeout=240_000)
    report = page.locator("#main").text_content() or ""
    assert "Proven" in (page.locator(".callout-title").text_content() or ""), report
    page.click("nav[aria-label='This lab'] >> text=Versions")
    page.fill("#note", "The first")
    page.click("button:has-text('Publish')")
    page.wait_for_selector(".studio-versions >> text=Version 1")

    learner = browser.new_context()
    theirs = learner.new_page()
    sign_in(theirs, site)
    theirs.goto(f"{site.url}/labs/two-doors/")
    theirs.click("main form[action$='/start/'] button")
    theirs.wait_for_selector(CONNECTED, state="attached", timeout=60_000)
    assert "Close the door" in (theirs.locator("#tasks").text_content() or "")
    theirs.click("[popovertarget=lab-menu]")
    theirs.click("[data-dialog=end-dialog]")
    theirs.click("#end-dialog button.danger")
    theirs.wait_for_load_state()
    learner.close()


def test_without_the_built_editor_the_page_is_plain_fields(site: Stack, page: Page) -> None:
    page.route("**/dist/studio-*.js", lambda route: route.abort())
    begin(page, site, "plain-fields")
    type_lab(page, mistake=True)
    row = page.locator(".finding-row:not(.warning) button").first
    row.wait_for()
    row.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lab-md"
    chosen = """(() => { const one = document.getElementById('lab-md');
        return one.value.slice(one.selectionStart, one.selectionEnd); })()"""
    assert page.evaluate(chosen) == "~~~check s3.bucket_block_public_access"
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_editor_is_as_pages_are(site: Stack, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    looker = Looker(context, site.url)
    page = looker.page
    begin(page, site, f"looked-at-{theme}")
    page.wait_for_selector("studio-draft[data-ready]")
    type_lab(page, mistake=True)
    page.wait_for_selector(".cm-lint-marker-error", state="attached")
    looker.hold_axe()
    looker.keep(f"studio-{theme}")
    page.set_viewport_size({"width": 320, "height": 640})
    looker.hold_width()
    looker.keep(f"studio-{theme}-320")
    context.close()
    assert not looker.wrong, "\n".join(looker.wrong)
