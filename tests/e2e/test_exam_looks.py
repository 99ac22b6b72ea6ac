"""The pages of an exam as a browser draws them: nothing that axe objects to, nothing wider than its window, in light, dark
and high contrast, down to 320 pixels and up to 400 %. SKYLAB_SHOTS=folder keeps a picture of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.exam_sitting import CASE, CHOICE, MATCHING, ORDERING, SAVED, TEXT, Sitting
from tests.e2e.looking import AXE, CUT_OFF, RULES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Sit = Callable[..., Sitting]

ALL = ("light", "dark", "contrast")


def hold_looks(candidate: Sitting, page: Page, name: str, themes: tuple[str, ...] = ("light",)) -> None:
    """Hold that nothing is cut off, that axe objects to nothing in the themes, and keep pictures where they are wanted."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0 or page.evaluate(CUT_OFF):
        candidate.wrong.append(f"{name}: {wide} px too wide, {page.evaluate(CUT_OFF)}")
    if themes and not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    for theme in themes:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        # What is more than colours is the same in every theme.
        rules = {"type": "tag", "values": RULES} if theme == "light" else {"type": "rule", "values": ["color-contrast"]}
        found = page.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", rules)
        for one in found["violations"]:
            nodes = "; ".join(" ".join(map(str, each["target"])) for each in one["nodes"][:3])
            candidate.wrong.append(f"{name} in {theme}: axe {one['id']}: {one['help']} ({nodes})")
    if folder := os.environ.get("SKYLAB_SHOTS"):
        for theme in ALL:
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(path=Path(folder) / f"exam-{name}-{theme}.png")


@pytest.mark.parametrize("width", [1440, 320])
def test_every_page_of_an_exam_looks_right(sit: Sit, width: int) -> None:
    wide = width > 400
    candidate = sit(context={"viewport": {"width": width, "height": 900 if wide else 640}}, sections=2)
    page = candidate.page
    page.check(f"#place-{CHOICE} [name=answer] >> nth=1")
    page.check(f"#place-{CHOICE} [name=flagged]")
    page.wait_for_selector(SAVED)
    for place in range(8):
        told = {CHOICE: ALL, TEXT: ("light",), ORDERING: ("light",), MATCHING: ("light",), CASE: ("light",)}
        hold_looks(candidate, page, f"{width}-place-{place}", told.get(place, ()) if wide else ())
        page.click("[data-do=next]")
    hold_looks(candidate, page, f"{width}-review", ALL if wide else ())
    page.click("[data-way=section]")
    hold_looks(candidate, page, f"{width}-leave", ("light",))
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    hold_looks(candidate, page, f"{width}-keys", ("light",) if wide else ())
    page.keyboard.press("Escape")
    if not wide:
        page.click(".exam-open-side")
        hold_looks(candidate, page, f"{width}-questions", ("light",))
        page.keyboard.press("Escape")
    candidate.context.set_offline(True)
    page.wait_for_selector("#link-banner:visible")
    hold_looks(candidate, page, f"{width}-offline", ALL if wide else ())
    candidate.context.set_offline(False)
    hold_looks(candidate, candidate.window(), f"{width}-pen", ("light",))


def test_at_four_hundred_percent_a_question_can_be_read(sit: Sit) -> None:
    """A window of 1280 by 1024 at 400 % has 320 by 256 pixels: nothing that sticks may cover what is read."""
    candidate = sit(context={"viewport": {"width": 320, "height": 256}})
    page = candidate.page
    option = page.locator(f"#place-{CHOICE} .option").nth(1)
    option.scroll_into_view_if_needed()
    box = option.bounding_box()
    assert box
    under = "([x, y]) => document.elementFromPoint(x, y)?.closest('.option') !== null"
    assert page.evaluate(under, [box["x"] + 20, box["y"] + box["height"] / 2])
    option.click()
    page.wait_for_selector(SAVED, state="attached")
    hold_looks(candidate, page, "256", ())


@pytest.mark.parametrize("width", [1440, 320])
def test_the_pages_around_an_exam_look_right(sit: Sit, width: int) -> None:
    candidate = sit(context={"viewport": {"width": width, "height": 900}}, count=2, lab=True)
    page, themes = candidate.page, ALL if width > 400 else ("light",)
    page.keyboard.press("1")
    page.keyboard.press("r")
    page.click("[data-way=section]")
    page.click("#section-dialog button[type=submit]")
    page.wait_for_selector("#place-2:visible")
    hold_looks(candidate, page, f"{width}-lab", themes)
    page.keyboard.press("r")
    assert not page.is_visible('[data-review="unanswered"]')  # a lab is not answered in the page
    page.click("[data-way=submit]")
    page.click("#submit-dialog button[type=submit]")
    candidate.wait_receipt()
    hold_looks(candidate, page, f"{width}-receipt", themes)
    for path, name in (("/exams/", "list"), ("/exams/foundations-practical/", "intro")):
        page.goto(candidate.site.url + path)
        hold_looks(candidate, page, f"{width}-{name}", themes)
