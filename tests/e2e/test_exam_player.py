"""An exam as a candidate sits it, in a real browser against the real stack: nothing is lost, and the page says what is so."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack
from tests.e2e.exam_sitting import (
    CASE,
    CHOICE,
    MATCHING,
    NUMBER,
    ORDERING,
    RESPONSE,
    SAVED,
    TEXT,
    UNSAVED,
    Backstage,
    Sitting,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Sit = Callable[..., Sitting]


def text(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


def left(page: Page) -> int:
    """Return the seconds that the clock of the page shows."""
    found = 0
    for part in text(page, "exam-timer [data-face]").split(":"):
        found = found * 60 + int(part)
    return found


# --- Sitting ----------------------------------------------------------------------------------------------------------


def test_an_exam_is_sat_by_keyboard_alone_and_shows_no_key(sit: Sit) -> None:
    candidate = sit()
    page, press = candidate.page, candidate.page.keyboard.press
    press("2")
    press("f")
    page.wait_for_selector(SAVED)
    assert re.fullmatch(r"Saved \d\d:\d\d:\d\d", text(page, "#save-state").strip())
    press("n")
    assert page.evaluate("document.activeElement.textContent").startswith("Question 2")
    press("1")
    press("n")
    page.focus(f"#place-{NUMBER} [name=answer]")
    page.keyboard.type("11")  # digits are typed here, and choose nothing
    # The list of questions: one stop, arrows within, Enter opens.
    page.focus(f'.numbers a[data-place="{NUMBER}"]')
    assert page.locator(".numbers a[tabindex='0']").count() == 1
    press("ArrowRight")
    press("Enter")
    page.wait_for_selector(f"#place-{TEXT}:visible")
    states = page.locator(".numbers a").evaluate_all("all => all.map((a) => [a.dataset.state, 'flagged' in a.dataset])")
    assert states[:5] == [
        ["answered", True], ["answered", False], ["answered", False], ["seen", False], ["unseen", False]
    ]  # fmt: skip
    assert "not seen yet" in page.locator('.numbers a[data-place="4"]').inner_text()

    press("r")
    assert text(page, '[data-review="unanswered"] [data-review-count]') == "5"
    assert "1 of 2 chosen" in text(page, '[data-review="partly"]')
    assert text(page, '[data-review="flagged"] [data-number]') == "1"
    page.focus("[data-way=submit]")
    press("Enter")
    assert "5 not answered: 4 to 8" in text(page, "#submit-dialog")
    assert candidate.databases() == [f"skylab-exam-{candidate.made['id']}"]
    page.focus("#submit-dialog button[type=submit]")
    press("Enter")
    candidate.wait_receipt()

    kept = candidate.kept()
    assert kept["state"] == "submitted"
    assert kept["receipt"] in page.content()
    assert len(kept["answers"]["0"]["answer"]) == 1 and kept["answers"]["2"] == {"answer": ["11"]}
    assert kept["flagged"] == [CHOICE]
    assert candidate.databases() == []
    # Once more, as another window would: the same receipt, and one end.
    again = page.context.request.post(
        candidate.site.url + candidate.made["path"] + "submit/",
        data={"tab": "late", "epoch": 1},
        headers={"X-CSRFToken": page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']")},
    )
    assert again.json()["receipt"] == kept["receipt"]
    page.goto(candidate.site.url + candidate.made["path"])
    candidate.wait_receipt()
    assert candidate.kept()["submitted"] == 1


def test_ordering_matching_and_cases_are_answered_by_lists_alone(sit: Sit) -> None:
    candidate = sit()
    page = candidate.page
    for place in (ORDERING, MATCHING):
        page.click(f'.numbers a[data-place="{place}"]')
        lists = page.locator(f"#place-{place} select")
        for at in range(3):
            lists.nth(at).focus()
            for _ in range(at + 1):
                page.keyboard.press("ArrowDown")
    page.click(f'.numbers a[data-place="{CASE}"]')
    page.locator(f"#place-{CASE} input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('[data-count-answered]').textContent === '3'")
    page.wait_for_selector(SAVED)
    answers = candidate.kept()["answers"]
    assert len(answers[str(ORDERING)]["answer"]) == len(answers[str(MATCHING)]["answer"]) == 3
    assert all("=" in pair for pair in answers[str(MATCHING)]["answer"])
    assert list(answers[str(CASE)]) == ["answer-queue"]
    before = page.locator(f"#place-{ORDERING} select").evaluate_all("all => all.map((one) => one.value)")
    page.reload()
    page.wait_for_selector("exam-player[data-ready]")
    assert page.locator(f"#place-{ORDERING} select").evaluate_all("all => all.map((one) => one.value)") == before
    page.click("[data-do=review] >> visible=true")
    assert page.locator('[data-review="partly"] [data-number]').all_inner_texts() == ["7"]


def test_single_keys_can_be_turned_off(sit: Sit) -> None:
    page = sit().page
    page.keyboard.press("?")
    assert page.is_visible("#keys-dialog")
    page.keyboard.press("n")  # dead under a dialog
    page.keyboard.press("Escape")
    assert page.is_visible("#place-0")
    page.click("[popovertarget=exam-menu]")
    page.uncheck("#exam-keys")
    page.keyboard.press("Escape")
    page.focus("#title-0")
    page.keyboard.press("n")
    page.keyboard.press("1")
    page.reload()
    page.wait_for_selector("exam-player[data-ready]")
    page.keyboard.press("n")
    assert page.is_visible("#place-0") and page.locator("#place-0 input:checked").count() == 0


def test_a_section_is_left_for_good_after_a_warning(sit: Sit) -> None:
    candidate = sit(sections=2, count=3)
    page = candidate.page
    candidate.answer(CHOICE)
    page.keyboard.press("r")
    page.click("[data-way=section]")
    assert "no way back" in text(page, "#section-dialog")
    page.click("#section-dialog [data-close]")
    assert candidate.kept()["section"] == 0
    page.click("[data-way=section]")
    page.click("#section-dialog button[type=submit]")
    page.wait_for_selector("#place-3:visible")
    assert page.locator("#place-0").count() == 0
    assert text(page, ".exam-title").startswith("Section 2 of 2")
    kept = candidate.kept()
    assert kept["section"] == 1 and kept["answers"]["0"]
    page.goto(f"{candidate.site.url}{candidate.made['path']}?question=1")
    page.wait_for_selector("#place-3:visible")


def test_without_scripts_it_is_sat_by_forms(sit: Sit, browser: Browser, site: Stack, backstage: Backstage) -> None:
    made = backstage("make", name="plain", count=2)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    context.add_cookies([made["cookie"]])
    page = context.new_page()
    page.goto(site.url + made["path"])
    assert "JavaScript is off" in text(page, ".exam-banners")
    page.locator("#place-0 [name=answer]").first.check()
    page.check("#place-0 input[name=flagged]")
    page.click("#place-0 button[value=next]")
    page.locator("#place-1 [name=answer]").first.check()
    stale = context.new_page()
    stale.goto(page.url)
    page.click("#place-1 button[value=review]")
    # A form that was made before another answer came does not overwrite it.
    stale.locator("#place-1 [name=answer]").last.check()
    stale.click("#place-1 button[value=stay]")
    assert "answered in another window" in text(stale, ".exam-banners")
    kept = backstage("kept", attempt=made["id"])
    assert kept["flagged"] == [0] and set(kept["answers"]) == {"0", "1"}
    page.click("text=Submit the exam: nothing can be changed")
    assert backstage("kept", attempt=made["id"])["receipt"] in page.content()
    context.close()


# --- Nothing is lost --------------------------------------------------------------------------------------------------


def test_what_is_typed_outlives_a_reload_at_once(sit: Sit) -> None:
    candidate = sit()
    page = candidate.page
    candidate.answer(TEXT, "aws s3 ls")
    page.keyboard.type(" --human-readable")
    page.reload()  # no pause: nothing was sent yet by the clock
    page.wait_for_selector("exam-player[data-ready]")
    assert page.input_value(f"#place-{TEXT} [name=answer]") == "aws s3 ls --human-readable"
    page.wait_for_selector(f"#place-{TEXT}:visible")
    assert not page.is_visible("exam-pen dialog")  # the same window: it keeps the pen by itself
    page.wait_for_function("!document.querySelector('#place-3 fieldset:disabled')")
    page.keyboard.press("End")
    candidate.answer(CHOICE)
    page.wait_for_selector(SAVED)
    assert candidate.kept()["answers"][str(TEXT)] == {"answer": ["aws s3 ls --human-readable"]}


def test_answers_made_offline_are_kept_told_and_sent(sit: Sit) -> None:
    candidate = sit()
    page = candidate.page
    candidate.answer(CHOICE)
    page.wait_for_selector(SAVED)
    candidate.context.set_offline(True)
    page.wait_for_selector("#link-banner:visible")
    for place, words in ((CHOICE, ""), (RESPONSE, ""), (NUMBER, "11"), (TEXT, "aws s3 ls"), (7, "")):
        candidate.answer(place, words)
        if place == CHOICE:
            page.check(f"#place-{CHOICE} [name=answer] >> nth=1")
    page.wait_for_selector(UNSAVED)
    assert text(page, "#save-state").endswith("no connection, 5 answers kept on this device")
    assert len(candidate.kept()["answers"]) < 5
    candidate.context.set_offline(False)
    page.wait_for_selector(SAVED)
    assert not page.is_visible("#link-banner")
    answers = candidate.kept()["answers"]
    assert {place for place, answer in answers.items() if answer} == {"0", "1", "2", "3", "7"}

    # The window is lost while there is no connection: another one of this browser sends what it held.
    candidate.context.set_offline(True)
    candidate.answer(NUMBER, "251")
    page.wait_for_selector(UNSAVED)
    page.close()
    candidate.context.set_offline(False)
    candidate.page = page = candidate.window()
    with page.expect_navigation():
        page.click("exam-pen dialog [data-pen-take]")
    page.wait_for_selector("exam-player[data-ready]:not([data-reading])")
    # The lost window may have sent it with its last breath, once there was a connection: then nothing is left to send.
    page.wait_for_selector(f'{SAVED}, #save-state[data-state="idle"]')
    assert page.input_value(f"#place-{NUMBER} [name=answer]") == "251"
    assert candidate.kept()["answers"][str(NUMBER)] == {"answer": ["251"]}


def test_of_two_windows_one_writes_and_the_other_says_so(sit: Sit) -> None:
    candidate = sit()
    first = candidate.page
    candidate.answer(CHOICE)
    first.wait_for_selector(SAVED)
    second = candidate.window("?question=2")
    assert "Chrome on Linux" in text(second, "exam-pen dialog")
    assert second.is_disabled("#place-1 [name=answer] >> nth=0")
    with second.expect_navigation():
        second.click("exam-pen dialog [data-pen-take]")
    second.wait_for_selector("exam-player[data-ready]:not([data-reading])")
    # The first is told without a touch, and cannot write.
    first.wait_for_selector("[data-pen-banner]:visible")
    assert "Chrome on Linux" in text(first, "[data-pen-banner]")
    assert first.is_disabled("#place-0 [name=answer] >> nth=1")
    second.check("#place-1 [name=answer] >> nth=2")
    second.wait_for_selector(SAVED)
    first.bring_to_front()  # what lies behind draws nothing, and clicks wait for a drawing
    # Who only looks around leaves no trace, neither here nor when the pen comes back.
    for place in (1, 2, 1):
        first.click(f'.numbers a[data-place="{place}"]')
    with first.expect_navigation():
        first.click("[data-pen-banner] [data-pen-take]")
    first.wait_for_selector("exam-player[data-ready]:not([data-reading])")
    assert first.is_checked("#place-1 [name=answer] >> nth=2")  # what the other wrote
    second.wait_for_selector("[data-pen-banner]:visible")
    # Handed in here: the other one shows the receipt, too.
    first.bring_to_front()
    first.keyboard.press("r")
    first.click("[data-way=submit]")
    first.click("#submit-dialog button[type=submit]")
    candidate.wait_receipt(first)
    second.evaluate("dispatchEvent(new Event('online'))")
    candidate.wait_receipt(second)


def test_less_than_two_seconds_of_typing_are_unsaved_when_the_server_dies(sit: Sit, site: Stack) -> None:
    candidate = sit()
    page = candidate.page
    page.click(f'.numbers a[data-place="{TEXT}"]')
    field = f"#place-{TEXT} [name=answer]"
    page.evaluate(
        """(field) => { window.typed = []; const input = document.querySelector(field);
           input.addEventListener("input", () => window.typed.push([performance.now(), input.value])); }""",
        field,
    )
    page.focus(field)
    page.keyboard.type("aws s3api list-objects-v2 --bucket invoices --prefix 2026/ --max-items 100", delay=45)
    killed_at = page.evaluate("performance.now()")
    os.kill(web_process(site), signal.SIGKILL)
    kept = candidate.kept()["answers"][str(TEXT)]["answer"][0]
    typed = page.evaluate("window.typed")
    whole = typed[-1][1]
    lost = [when for when, value in typed if len(value) > len(kept)]
    window = (killed_at - lost[0]) / 1000 if lost else 0.0
    print(f"typing that was not saved when the server died: {window:.2f} s")
    assert whole.startswith(kept) and window <= 2.0
    # What it missed it gets once it is back, without a touch.
    page.wait_for_selector(UNSAVED)
    page.wait_for_selector(SAVED, timeout=60_000)
    assert candidate.kept()["answers"][str(TEXT)]["answer"] == [whole]


def web_process(site: Stack) -> int:
    """Return the id of the stack's web process."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == site.pid and b"uvicorn" in (stat.parent / "cmdline").read_bytes():
                return int(stat.parent.name)
        except OSError:
            continue  # it ended meanwhile
    raise AssertionError("the stack has no web process")


# --- Time -------------------------------------------------------------------------------------------------------------


def test_at_the_deadline_what_is_there_is_handed_in(sit: Sit, backstage: Backstage) -> None:
    candidate = sit()
    page = candidate.page
    backstage("end_in", attempt=candidate.made["id"], seconds=8)
    candidate.answer(CHOICE)
    page.wait_for_selector(SAVED)  # with this answer the page learns of the new end
    assert left(page) <= 8
    page.click(f'.numbers a[data-place="{TEXT}"]')
    page.focus(f"#place-{TEXT} [name=answer]")
    while not page.is_visible("#exam-over") and "receipt" not in page.url:
        page.keyboard.type("x", delay=30)
    candidate.wait_receipt()
    kept = candidate.kept()
    assert kept["finished_at"] <= kept["deadline_at"]
    assert len(kept["answers"][str(TEXT)]["answer"][0]) > 5
    assert "time was over" in text(page, "h1")
    assert not page.is_visible("[data-unsent]")
    assert candidate.databases() == []


def test_what_came_too_late_is_told_on_the_receipt(sit: Sit, backstage: Backstage) -> None:
    candidate = sit()
    page = candidate.page
    backstage("end_in", attempt=candidate.made["id"], seconds=8)
    candidate.answer(CHOICE)
    page.wait_for_selector(SAVED)
    candidate.context.set_offline(True)
    candidate.answer(NUMBER, "16")
    page.wait_for_selector("#exam-over:visible")
    page.wait_for_selector("#exam-over [data-said]:visible")
    assert "not sent" in text(page, "#exam-over")
    backstage("end_in", attempt=candidate.made["id"], seconds=-60)  # the connection comes back after the grace
    candidate.context.set_offline(False)
    candidate.wait_receipt()
    assert "1 answer" in text(page, "[data-unsent]") and "3" in text(page, "[data-unsent-places]")
    page.click("[data-forget]")
    page.wait_for_selector("[data-unsent]", state="hidden")
    assert candidate.databases() == []


def test_time_given_is_on_the_screen_within_a_heartbeat(sit: Sit, backstage: Backstage) -> None:
    candidate = sit(minutes=45)
    page = candidate.page
    page.wait_for_selector("exam-player:not([data-reading])")
    before, began = left(page), time.monotonic()
    backstage("credit", attempt=candidate.made["id"], seconds=900, key="fire-drill")
    page.wait_for_selector('[data-notice="success"]', timeout=60_000)
    took = time.monotonic() - began
    print(f"credit on the screen after {took:.1f} s")
    assert "15 min" in text(page, '[data-notice="success"]')
    assert abs(left(page) - (before + 900 - took)) <= 2
    # Half an hour before the end it is said, once and politely; hidden, the clock still says it.
    page.click("exam-timer button")
    assert not page.is_visible("exam-timer [data-face]")
    backstage("end_in", attempt=candidate.made["id"], seconds=30 * 60 + 5)
    candidate.answer(CHOICE)
    page.wait_for_selector('[data-notice="time"] >> text=30 minutes left')
    assert text(page, "#announcer") == "30 minutes left."
    assert page.get_attribute("#announcer", "aria-live") == "polite"


@pytest.mark.parametrize("hours", [2, -2])
def test_a_wrong_clock_of_the_candidate_does_not_matter(sit: Sit, backstage: Backstage, hours: int) -> None:
    wrong = f"""{{ const Real = Date; let off = {hours * 3_600_000};
      window.setClock = (ms) => {{ off = ms; }};
      Date = class extends Real {{
        constructor(...all) {{ all.length ? super(...all) : super(Real.now() + off); }}
        static now() {{ return Real.now() + off; }} }}; }}"""
    candidate = sit(context={"script": wrong, "timezone_id": "UTC"})
    page = candidate.page
    candidate.answer(CHOICE)
    page.wait_for_selector(SAVED)
    deadline = candidate.kept()["deadline_at"]

    def hold() -> None:
        """Right to a second, whenever in the reading it was read."""
        before, shown, after = time.time(), left(page), time.time()
        assert deadline - after - 1 <= shown <= deadline - before + 2

    hold()
    told = re.search(r"(\d\d):(\d\d):(\d\d)", text(page, "#save-state"))
    assert told
    hour, minute, second = map(int, told.groups())
    assert abs((hour * 3600 + minute * 60 + second) - time.time() % 86400) % 86400 <= 5
    page.evaluate("setClock(-7 * 3600000)")  # and set in the middle
    candidate.answer(NUMBER, "5")
    page.wait_for_selector(SAVED)
    hold()
