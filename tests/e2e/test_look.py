"""Every page, in every state, as a browser draws it: nothing that axe objects to, nothing that the policy blocks,
nothing that is wider than its window, in light, dark and high contrast. SKYLAB_SHOTS=folder keeps a picture of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "tests/e2e/vendor/axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Text that leaves the window without anything to scroll it by.
CUT_OFF = """
() => [...document.querySelectorAll("main *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1 || one.closest(".visually-hidden, svg, [aria-hidden]")) return false;
  for (let up = one; up; up = up.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
  }
  return true;
}).map((one) => `${one.tagName}.${one.className}`).slice(0, 5)
"""
PUBLIC = {
    "welcome": "/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "reset": "/accounts/password/reset/",
    "not-there": "/no/such/page/",
    "verify": "/verify/",
    "verify-valid": "/verify/{credential}/",
    "verify-revoked": "/verify/{revoked}/",
}
LEARNER = {
    "home": "/",
    "catalog": "/catalog/",
    "progress": "/progress/",
    "course": "/courses/aws-foundations/",
    "lesson": "/courses/aws-foundations/s3-access/",
    "lab": "/labs/private-bucket-one-reader/",
    "workspace": "/labs/sessions/{working}/",
    "history": "/labs/sessions/{working}/history/",
    "components": "/styleguide/",
    "items": "/styleguide/items/",
    "report": "/exams/attempts/{report}/report/",
    "report-pending": "/exams/attempts/{report_pending}/report/",
    "practice": "/practice/",
    "drill": "/practice/drill/{drill}/",
    "drill-answered": "/practice/drill/{drill}/?place=1",
    "drill-ordering": "/practice/drill/{drill}/?place=3",
    "drill-result": "/practice/drill/{drill_done}/",
    "exams-course": "/courses/aws-certification/",
    "e-mail": "/accounts/email/",
    "password": "/accounts/password/change/",
}
INSTRUCTOR = {
    "class": "/instructor/",
    "class-session": "/instructor/sessions/{working}/",
    "statistics": "/exams/storage-mock/statistics/",
    "statistics-item": "/exams/storage-mock/statistics/topic-00/",
    "report-of": "/exams/attempts/{report}/report/",
    "regrade": "/exams/counted/regrade/",
    "regrade-item": "/exams/counted/regrade/{regraded_item}/",
    "regrade-done": "/exams/counted/regrade/done/{regrade}/",
    "queued": "/labs/sessions/{queued}/",
    "starting": "/labs/sessions/{starting}/",
    "fresh": "/labs/sessions/{fresh}/",
    "over": "/labs/sessions/{completed}/",
    "failed": "/labs/sessions/{failed}/",
}
OPERATOR = {"not-simulated": "/operator/not-simulated/"}
PAGES = [("", *page) for page in PUBLIC.items()]
PAGES += [("nora", *page) for page in LEARNER.items()]
PAGES += [("instructor", *page) for page in INSTRUCTOR.items()]
PAGES += [("operator", *page) for page in OPERATOR.items()]


@pytest.fixture(scope="module")
def scenes(site: Stack) -> dict[str, str]:
    """The sessions by what they show: rows only, without a sandbox behind them."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from tests.e2e.scenes import main; main()"],
        cwd=ROOT,
        env={**os.environ, **site.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def states(site: Stack, browser: Browser, scenes: dict[str, str]) -> dict[str, str]:
    """The cookies of each person, signed in once."""
    found = {"": "{}"}
    for name in ("nora", "instructor", "operator"):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site.url}/accounts/login/")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", "skylab-demo")
        page.click("main button[type=submit]")
        page.wait_for_url(f"{site.url}/")
        found[name] = json.dumps(context.storage_state())
        context.close()
    return found


class Looker:
    """Opens pages and gathers what is wrong with them."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.page: Page = context.new_page()
        self.base = base
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        self.page.on(
            "console",
            lambda message: self.wrong.append(message.text) if "Content Security Policy" in message.text else None,
        )

    def open(self, path: str) -> None:
        self.page.goto(self.base + path, wait_until="load")

    def hold_width(self) -> None:
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if (over := self.page.evaluate(wide)) > 0:
            self.wrong.append(f"{over} px wider than the window")
        if cut := self.page.evaluate(CUT_OFF):
            self.wrong.append(f"cut off at the window's edge: {cut}")

    def hold_axe(self) -> None:
        self.page.evaluate(AXE)  # not as a script of the page: the policy would rightly block it
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)
        for violation in found["violations"]:
            nodes = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
            self.wrong.append(f"axe {violation['id']}: {violation['help']} ({nodes})")

    def keep(self, name: str) -> None:
        if folder := os.environ.get("SKYLAB_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def looker(browser: Browser, site: Stack, states: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Looker]:
    """A window for one person, of one width, in one theme."""
    person, width, theme = request.param
    context = browser.new_context(
        storage_state=json.loads(states[person]) or None,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    if theme == "contrast":
        context.add_init_script("localStorage.setItem('skylab-theme', 'contrast')")
    yield Looker(context, site.url)
    context.close()


def people(*widths: int) -> list[tuple[str, int, str]]:
    themes = ("light", "dark", "contrast")
    return [
        (person, width, theme)
        for person in ("", "nora", "instructor", "operator")
        for width in widths
        for theme in themes
    ]


@pytest.mark.parametrize("looker", people(1440), indirect=True, ids=str)
def test_axe_objects_to_nothing(looker: Looker, scenes: dict[str, str], request: pytest.FixtureRequest) -> None:
    person, _, theme = request.node.callspec.params["looker"]
    for who, name, path in PAGES:
        if who == person:
            looker.open(path.format(**scenes))
            looker.hold_width()
            looker.keep(f"{name}-{theme}")
            looker.hold_axe()
            assert not looker.wrong, f"{name} in {theme}: " + "\n".join(looker.wrong)


@pytest.mark.parametrize(
    "looker",
    [(who, width, "light") for who in ("", "nora", "instructor", "operator") for width in (320, 768)],
    indirect=True,
    ids=str,
)
def test_no_page_is_wider_than_a_small_window(
    looker: Looker, scenes: dict[str, str], request: pytest.FixtureRequest
) -> None:
    person, width, _ = request.node.callspec.params["looker"]
    for who, name, path in PAGES:
        if who == person:
            looker.open(path.format(**scenes))
            looker.hold_width()
            looker.keep(f"{name}-{width}")
            assert not looker.wrong, f"{name} at {width} px: " + "\n".join(looker.wrong)


@pytest.mark.parametrize("looker", [("nora", 1440, "light")], indirect=True, ids=str)
def test_the_workspace_is_worked_by_keyboard_alone(looker: Looker, scenes: dict[str, str]) -> None:
    looker.open(f"/labs/sessions/{scenes['working']}/")
    page = looker.page
    page.focus("#tab-connect")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-resources"
    assert page.is_visible("#panel-resources") and not page.is_visible("#panel-connect")
    page.keyboard.press("End")
    assert page.is_visible("#panel-history")
    page.wait_for_selector("#undo-button")
    page.keyboard.press("ArrowLeft")
    assert page.is_visible("#panel-log")
    page.keyboard.press("Home")
    page.focus("[role=separator]")
    before = int(page.get_attribute("[role=separator]", "aria-valuenow") or 0)
    page.keyboard.press("ArrowRight")
    assert int(page.get_attribute("[role=separator]", "aria-valuenow") or 0) == before + 2
    page.focus("[popovertarget=lab-menu]")
    page.keyboard.press("Enter")
    page.focus("[data-dialog=end-dialog]")
    page.keyboard.press("Enter")
    assert page.is_visible("#end-dialog")
    page.keyboard.press("Escape")
    assert not page.is_visible("#end-dialog")


@pytest.mark.parametrize("looker", [("nora", 320, "light")], indirect=True, ids=str)
def test_on_a_phone_guide_and_workbench_take_turns(looker: Looker, scenes: dict[str, str]) -> None:
    looker.open(f"/labs/sessions/{scenes['working']}/")
    page = looker.page
    assert page.is_visible("#tasks") and not page.is_visible("#tab-log")
    page.click("button[data-pane=bench]")
    assert not page.is_visible("#tasks") and page.is_visible("#tab-log")
    for tab in ("connect", "resources", "log", "history"):
        page.click(f"#tab-{tab}")
        looker.hold_width()
    assert not looker.wrong, looker.wrong


@pytest.mark.parametrize("looker", [("nora", 1440, "light")], indirect=True, ids=str)
def test_the_theme_is_chosen_and_kept(looker: Looker) -> None:
    looker.open("/catalog/")
    page = looker.page
    page.click("[popovertarget=theme-menu]")
    page.check("input[name=theme][value=dark]")
    dark = page.evaluate("getComputedStyle(document.body).color")
    looker.open("/progress/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).color") == dark


@pytest.mark.parametrize("looker", [("nora", 1440, "light")], indirect=True, ids=str)
def test_nothing_moves_when_results_arrive(looker: Looker, scenes: dict[str, str]) -> None:
    looker.open(f"/labs/sessions/{scenes['working']}/")
    page = looker.page
    where = "[...document.querySelectorAll('.task')].map((one) => one.getBoundingClientRect().top)"
    before = page.evaluate(where)
    page.evaluate("document.getElementById('tasks').id && htmx.trigger('#tasks', 'refresh')")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(where) == before
