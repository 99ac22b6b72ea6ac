"""The terminal of a lab's page on the real stack: bash and the AWS CLI in the browser, files that stay, the command box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright import sync_api

from labs import islands
from skylab.stack import Stack
from tests.e2e.looking import Looker, listen
from tests.e2e.working import exports, working

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.skipif(not islands.built(), reason=f"the browser terminal is not built: {islands.why_not()}"),
]

LONG = 120_000  # the AWS CLI comes first over the network, then from the browser's cache
SCREEN = 60_000
PROMPT = "lab-terminal[data-ready]:not([data-busy])"
READY = "lab-terminal[data-engine]:not([data-busy])"


@pytest.fixture(scope="module")
def context(site: Stack, browser: Browser) -> Iterator[BrowserContext]:
    """The learner's browser, in the lab; all tests go on in the same session."""
    with working(site, browser, timeout=LONG, permissions=("clipboard-read", "clipboard-write")) as made:
        made.pages[0].wait_for_selector(PROMPT)
        yield made


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The workspace as it is now, its terminal in front; a script error or a CSP violation fails the test."""
    opened, complaints = context.pages[0], []
    listen(opened, complaints)
    opened.goto(opened.url)
    opened.evaluate("localStorage.removeItem('skylab-terminal-face')")
    opened.reload()
    opened.wait_for_selector(READY, timeout=LONG)
    opened.click(".term-screen")
    run(opened, "cd; clear")
    yield opened
    assert not complaints, complaints


def run(page: Page, line: str) -> None:
    """Type a line and wait until its prompt is back."""
    page.keyboard.type(line)
    page.keyboard.press("Enter")
    page.wait_for_selector(PROMPT, timeout=LONG)


def shows(page: Page, text: str) -> None:
    """Wait until a row of the screen is this, but for space at its end."""
    row(page, rf"^{re.escape(text)}\s*$")


def row(page: Page, pattern: str) -> None:
    """Wait until a row of the screen matches; a space stands for those that a terminal draws, too."""
    found = page.locator(".xterm-rows > div", has_text=re.compile(pattern.replace("\\ ", " ").replace(" ", r"\s+")))
    try:
        found.first.wait_for(state="attached", timeout=SCREEN)
    except sync_api.TimeoutError:
        there = "\n".join(page.locator(".xterm-rows > div").all_inner_texts()).rstrip()
        pytest.fail(f"no row matches {pattern!r}:\n{there}")


def outcome(page: Page, task: str, wanted: str) -> None:
    """Wait until the page itself shows the task so."""
    page.wait_for_selector(f'#task-{task}[data-outcome="{wanted}"]:not(.stale)', timeout=LONG)


def test_a_line_is_completed_finished_later_recalled_and_stopped(page: Page) -> None:
    run(page, "mkdir -p work && cd work")
    page.keyboard.type("cat > trust.json <<EOF")
    page.keyboard.press("Enter")
    page.wait_for_selector(PROMPT)
    shows(page, ">")
    page.keyboard.type('{"Version": "2012-10-17"}')
    page.keyboard.press("Enter")
    run(page, "EOF")
    page.keyboard.type("jq -r .Version tru")
    page.keyboard.press("Tab")
    shows(page, "~/work $ jq -r .Version trust.json")
    run(page, "| tr 0-9 a-j")
    shows(page, "cabc-ba-bh")
    page.keyboard.type("aws s3api put-bucket-po")
    page.keyboard.press("Tab")
    shows(page, "~/work $ aws s3api put-bucket-policy")
    page.keyboard.press("Control+c")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    shows(page, "130 ~/work $ cat > trust.json <<EOF")
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+r")
    page.keyboard.type("mkdir")
    shows(page, "(search) “mkdir”: mkdir -p work && cd work")
    page.keyboard.press("Control+g")
    page.keyboard.press("Control+c")
    page.keyboard.type("sleep 1000")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=busy]:not([hidden])")
    page.keyboard.press("Control+c")
    page.wait_for_selector(PROMPT)
    run(page, "echo $?")
    shows(page, "130")
    run(page, "cd; clear")


def test_several_lines_are_shown_before_they_are_pasted(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('for one in a b; do\\n  echo \"<$one>\"\\ndone\\u200b\\n')")
    page.keyboard.press("Control+v")
    page.wait_for_selector("#paste-dialog[open]")
    assert page.input_value("#paste-text") == 'for one in a b; do\n  echo "<$one>"\ndone'
    assert page.is_visible("[data-dropped]")
    page.click("[data-paste]")
    shows(page, "> done")
    page.keyboard.press("Enter")
    shows(page, "<b>")


def test_a_block_of_the_guide_is_inserted_run_and_copied(page: Page) -> None:
    block = page.locator("#guide figure.code[data-run=sh]").first
    code = block.locator("code").inner_text().rstrip()
    block.locator("button.copy").click()
    page.wait_for_selector("button.copy[data-done]")
    assert page.evaluate("navigator.clipboard.readText()") == code
    block.locator("button.insert").click()
    shows(page, f"> {code.splitlines()[-1]}")
    assert page.locator("lab-terminal[data-busy]").count() == 0
    page.keyboard.press("Control+c")
    page.evaluate("document.dispatchEvent(new CustomEvent('skylab:run', {detail: {command: 'echo from elsewhere'}}))")
    shows(page, "from elsewhere")


def test_a_file_is_edited_and_stays_with_history_and_place(page: Page, context: BrowserContext) -> None:
    run(page, "mkdir -p plans; cd plans; export STAGE=test")
    page.keyboard.type("edit notes.yaml")
    page.keyboard.press("Enter")
    page.wait_for_selector("#editor-dialog[open] .cm-content")
    page.keyboard.type("name: acme")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-unsaved]:not([hidden])")  # an Escape loses nothing
    page.click("#editor-dialog .cm-content")
    page.keyboard.press("Control+s")
    page.wait_for_selector("#editor-dialog [data-state]:has-text('Saved, 11 bytes')")
    page.keyboard.press("Escape")
    page.wait_for_selector(PROMPT)
    shows(page, "Saved notes.yaml (11 bytes).")
    page.wait_for_selector("[data-state=saved]:not([hidden])", state="attached", timeout=LONG)

    page.reload()
    page.wait_for_selector(READY, timeout=LONG)
    page.click(".term-screen")
    run(page, "cat notes.yaml; echo $STAGE; pwd")
    for line in ("name: acme", "test", "/home/learner/plans"):
        shows(page, line)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    shows(page, "~/plans $ edit notes.yaml")
    page.keyboard.press("Control+c")

    # Another device: nothing is kept there yet, and the server has it all.
    elsewhere = page.context.browser
    assert elsewhere is not None
    other = elsewhere.new_context(viewport={"width": 1440, "height": 900})
    other.set_default_timeout(LONG)
    other.add_cookies(context.cookies())  # type: ignore[arg-type]
    there = other.new_page()
    there.goto(page.url)
    there.wait_for_selector("lab-terminal[data-home=saved]", timeout=LONG)
    there.click(".term-screen")
    run(there, "cat plans/notes.yaml")
    shows(there, "name: acme")
    other.close()
    run(page, "cd; rm -r plans; clear")


def test_the_real_cli_works_on_the_sandbox_and_check_says_what_is_done(page: Page) -> None:
    bucket = page.locator(".guide-text").locator("code", has_text="acme-exports").first.inner_text()
    assert exports(page)["AWS_ACCESS_KEY_ID"]
    run(page, "aws s3 ls | awk '{print $3}'")
    shows(page, bucket)
    run(page, f"aws s3api delete-bucket-policy --bucket {bucket}")
    outcome(page, "strangers", "passed")
    run(page, "check")
    row(page, r"^Checked\. \d of 4 tasks passed")
    run(page, "clear; tasks")
    row(page, r"^✓ 1\. .*Passed")
    run(page, "clear; undo")
    row(page, "^Undone: s3:DeleteBucketPolicy")
    run(page, f"clear; aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text | head -c 1")
    row(page, r"^\{")
    outcome(page, "strangers", "passed")  # what was passed once stays so


def test_the_terminal_is_left_and_the_command_box_used_by_keyboard_alone(page: Page) -> None:
    inside = "document.querySelector('.term-screen').contains(document.activeElement)"
    page.keyboard.type("echo half")
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate(inside)
    page.keyboard.press("Tab")
    assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate(inside)
    shows(page, "~ $ echo half")
    page.focus("[data-act=face][value=box]")
    page.keyboard.press("Enter")
    page.wait_for_selector("lab-terminal[data-face=box]")
    assert page.evaluate("document.activeElement.id") == "box-input"
    for line in ("cat <<END", "hello", "END", "ls /nowhere"):
        run(page, line)
    entries = page.locator(".entry")
    assert entries.nth(-2).locator("pre").inner_text() == "hello"
    assert entries.nth(-2).locator(".entry-end").inner_text() == "Exit code 0"
    assert "No such file" in entries.last.inner_text()
    assert re.fullmatch("Exit code [1-9]", entries.last.locator(".entry-end").inner_text())
    page.keyboard.press("ArrowUp")
    assert page.input_value("#box-input") == "ls /nowhere"
    page.keyboard.press("ArrowDown")
    page.keyboard.type("hel")
    page.keyboard.press("Control+Space")
    page.wait_for_function("() => document.getElementById('box-input').value === 'help '")
    page.reload()  # the choice is kept
    page.wait_for_selector("lab-terminal[data-face=box][data-ready]")


def test_keys_of_the_page_lead_to_tabs_and_are_dead_where_one_types(page: Page) -> None:
    page.keyboard.type("g?")
    shows(page, "~ $ g?")
    assert not page.is_visible("#shortcuts-dialog")
    page.focus("#tab-terminal")
    page.keyboard.press("?")
    assert page.is_visible("#shortcuts-dialog")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("r")
    assert page.is_visible("#panel-resources")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_function("() => document.activeElement.classList.contains('xterm-helper-textarea')")
    page.focus("#tab-terminal")
    page.keyboard.press("?")
    page.uncheck("#shortcuts-dialog input")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not page.is_visible("#shortcuts-dialog")
    page.evaluate("localStorage.removeItem('skylab-shortcuts')")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (320, "light")])
def test_axe_objects_to_nothing_and_a_phone_scrolls_nowhere(
    browser: Browser, context: BrowserContext, site: Stack, width: int, theme: str
) -> None:
    mine = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    mine.set_default_timeout(LONG)
    mine.add_cookies(context.cookies())  # type: ignore[arg-type]
    looker = Looker(mine, site.url)
    page = looker.page
    page.goto(context.pages[0].url)
    if width < 1100:
        page.click("button[data-pane=bench]")  # a terminal that nobody sees is not loaded
    page.wait_for_selector(READY, timeout=LONG)
    page.click(".term-screen")
    run(page, "tasks")
    run(page, "ls /nowhere")
    looker.hold_width()
    looker.keep(f"terminal-{width}-{theme}")
    looker.hold_axe()
    page.click("[data-act=face][value=box]")
    page.wait_for_selector(".entry")
    looker.hold_width()
    looker.keep(f"command-box-{width}-{theme}")
    looker.hold_axe()
    mine.close()
    assert not looker.wrong, looker.wrong
