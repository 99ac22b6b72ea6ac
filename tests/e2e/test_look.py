"""Every page, in every state, as a browser draws it: nothing that axe objects to, nothing that the policy blocks,
nothing that is wider than its window, in light, dark and high contrast. SKYLAB_SHOTS=folder keeps a picture of each.
"""

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
    "courses": "/courses/",
    "glossary": "/glossary/",
    "sandbox": "/labs/playground/",
    "lesson": "/courses/aws-foundations/s3-access/",
    "lab": "/labs/private-bucket-one-reader/",
    "workspace": "/labs/sessions/{working}/",
    "history": "/labs/sessions/{working}/history/",
    "my-class": "/classes/{cohort}/",
    "messages": "/classes/messages/",
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
    "classes": "/classes/",
    "class-live": "/classes/{cohort}/live/",
    "class-live-lab": "/classes/{cohort}/live/?lab=private-bucket-one-reader",
    "class-steps": "/classes/{cohort}/sessions/{working}/steps/?at=4",
    "class-people": "/classes/{cohort}/people/",
    "class-assignments": "/classes/{cohort}/assignments/",
    "class-assignment": "/classes/{cohort}/assignments/{assignment}/",
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
OPERATOR = {"everybody": "/instructor/", "not-simulated": "/operator/not-simulated/"}
PAGES = [("", *page) for page in PUBLIC.items()]
PAGES += [("nora", *page) for page in LEARNER.items()]
PAGES += [("instructor", *page) for page in INSTRUCTOR.items()]
PAGES += [("operator", *page) for page in OPERATOR.items()]


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
    page.focus("#tab-terminal")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-resources"
    assert page.is_visible("#panel-resources") and not page.is_visible("#panel-terminal")
    page.keyboard.press("End")
    assert page.is_visible("#panel-connect")
    page.keyboard.press("ArrowLeft")
    assert page.is_visible("#panel-history")
    page.wait_for_selector("#undo-button")
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


@pytest.mark.parametrize("looker", [("", 1440, "light")], indirect=True, ids=str)
def test_the_theme_of_a_stranger_is_kept_in_their_browser(looker: Looker) -> None:
    looker.open("/catalog/")
    page = looker.page
    page.click("[popovertarget=theme-menu]")
    page.check("input[name=theme][value=dark]")
    dark = page.evaluate("getComputedStyle(document.body).color")
    looker.open("/glossary/")
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
