"""Live tasks in a browser: results that come by themselves and move nothing, skips, new beginnings, pauses, the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from skylab.stack import Stack
from tests.e2e.test_first_light import outcome
from tests.e2e.working import exports, looked_at, tool, working

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# What moved in the window without the reader's doing, as the browser itself reckons it (https://web.dev/cls).
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    shifts.push([entry.value, entry.sources.map((each) => each.node?.outerHTML?.slice(0, 120) ?? "")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.fixture(scope="module")
def context(site: Stack, browser: Browser) -> Iterator[BrowserContext]:
    """The learner's browser, in the lab."""
    with working(site, browser, script=WATCH) as made:
        yield made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The workspace, as it is now, and listening."""
    opened = context.pages[0]
    opened.goto(opened.url)
    opened.wait_for_selector("live-session[data-stream=open]", state="attached")
    return opened


@pytest.fixture
def s3(page: Page) -> Any:
    """The learner's own tool."""
    return tool(exports(page), "s3")


def bucket_of(s3: Any) -> str:
    return str(s3.list_buckets()["Buckets"][0]["Name"])


def test_results_come_by_themselves_and_nothing_moves(page: Page, s3: Any) -> None:
    page.wait_for_selector('#task-strangers[data-outcome=""]')
    assert "Nothing was checked yet" in page.locator("#finding-strangers").inner_text()
    assert page.locator("#task-strangers .check-row").count() >= 1  # what will be looked at is said before
    page.evaluate("shifts.length = 0")
    bucket = bucket_of(s3)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
    outcome(page, "strangers", "failed")
    found = page.locator("#finding-strangers").inner_text()
    assert all(part in found for part in ("Looked at", "Found", "Needed", "Try"))
    assert "Checked at" in page.locator("#task-strangers .checked-note").inner_text()
    s3.delete_bucket_policy(Bucket=bucket)
    outcome(page, "strangers", "passed")
    page.wait_for_function("() => document.querySelector('#bar-undo-button').title.includes('DeleteBucketPolicy')")
    # A rounding of a glyph is a millionth; a line that is pushed down is a hundredth.
    shifts = page.evaluate("shifts")
    assert sum(value for value, _ in shifts) < 0.0001, shifts


def test_undo_in_the_bar_names_what_it_takes_back_and_passed_stays_passed(page: Page, s3: Any) -> None:
    bucket = bucket_of(s3)
    s3.delete_bucket_policy(Bucket=bucket)
    outcome(page, "strangers", "passed")
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [public]}))
    page.wait_for_selector('#task-strangers[data-now="failed"]:not(.stale)')
    assert page.locator("#task-strangers").get_attribute("data-outcome") == "passed"
    assert "it would not pass" in page.locator("#finding-strangers").text_content()
    page.wait_for_selector("#bar-undo-button[title*='s3:PutBucketPolicy']")
    page.click("#bar-undo-button")
    page.wait_for_selector('#task-strangers[data-now="passed"]:not(.stale)')
    page.wait_for_selector("#bar-undo-button[title*='s3:DeleteBucketPolicy']")


# Opens the details that a button stands in and presses it, in one go: a live judgement may draw the task anew in between.
PRESSED = """(button) => {
  const one = document.querySelector(button);
  const details = one?.closest("details");
  if (!one) return false;
  if (details) details.open = true;
  if (!one.checkVisibility()) return false;
  one.click();
  return true;
}"""


def test_a_skipped_task_is_done_by_its_solution_with_an_icon_of_its_own(page: Page, s3: Any) -> None:
    page.wait_for_function(PRESSED, arg="#skip-bolt")
    drawn = page.query_selector("#task-bolt")
    s3.put_public_access_block(
        Bucket=bucket_of(s3), PublicAccessBlockConfiguration=dict.fromkeys(SWITCHES, False) | {"BlockPublicAcls": True}
    )
    page.wait_for_function("(task) => !task.isConnected", arg=drawn)  # it is drawn anew, and the question stays open
    assert page.is_visible("#skip-dialog-bolt")
    page.click("#skip-dialog-bolt button[type=submit]")
    page.wait_for_selector('#task-bolt[data-outcome="skip"][data-now="passed"]', timeout=60_000)
    summary = page.locator("#task-bolt summary")
    assert "Skipped: no points" in summary.inner_text()
    assert summary.locator(".mark .when-known use").get_attribute("href").endswith("#forward")
    assert summary.locator(".points").inner_text().startswith("0 /")
    assert s3.get_public_access_block(Bucket=bucket_of(s3))["PublicAccessBlockConfiguration"] == dict.fromkeys(
        SWITCHES, True
    )
    page.click("#tab-log")
    page.wait_for_selector("#log >> text=PutPublicAccessBlock")


def test_a_task_is_begun_anew_and_the_lab_too_and_both_are_brought_back(page: Page, s3: Any) -> None:
    bucket = bucket_of(s3)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(SWITCHES, True))
    s3.put_object(Bucket=bucket, Key="mine.txt", Body=b"mine")
    with page.expect_navigation():
        assert page.evaluate(PRESSED, "#restart-bolt")
    assert "What this takes away" in page.locator("main").inner_text()
    page.click("#restart-button")
    page.wait_for_selector("#bring-back")
    assert "mine.txt" not in [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    page.click("#bring-back")
    page.wait_for_selector("#toasts >> text=as it was before the reset")
    assert "mine.txt" in [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    page.click("[popovertarget=lab-menu]")
    page.click("[data-dialog=reset-dialog]")
    page.click("#reset-dialog button.danger")
    page.wait_for_selector("#bring-back")
    assert "SoThatTheyFindIt" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    page.wait_for_selector('#task-strangers[data-outcome="failed"]:not(.stale)')
    page.click("#bring-back")
    page.wait_for_selector('#task-strangers[data-outcome="passed"]:not(.stale)')


def test_a_paused_lab_answers_nobody_keeps_all_and_goes_on(site: Stack, page: Page, s3: Any) -> None:
    bucket = bucket_of(s3)
    page.click("[popovertarget=lab-menu]")
    page.click("[data-dialog=pause-dialog]")
    page.click("#pause-dialog button[type=submit]")
    page.wait_for_selector("#resume-button")
    # The host hears of it within two seconds, or when the sandbox goes to sleep.
    for _ in range(200):
        try:
            s3.list_buckets()
        except ClientError as refused:
            assert "resume it on its page" in str(refused)
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("a paused sandbox still answers")
    page.goto(f"{site.url}/")
    page.wait_for_selector("main >> text=paused")
    page.locator("main form[action$='/resume/'] button").first.click()
    page.wait_for_selector("#snippet-bash", state="attached")
    assert bucket_of(s3) == bucket


# The lid was closed until so many seconds were left: the machine's clock went on, no timer of the page did, and then the
# tab is seen again. In one go: the server's clock has not gone on, and whatever it says next sets the tab right.
WAKES = """(seconds) => {
  const gone = (document.querySelector("lab-timer").left() - seconds) * 1000;
  const now = Date.now;
  Date.now = () => now() + gone;
  document.dispatchEvent(new Event("visibilitychange"));
  return [...document.querySelectorAll(".toast.time")].map((toast) => toast.innerText);
}"""


def test_a_tab_that_slept_warns_once_of_what_is_left_now_and_is_extended(context: BrowserContext, page: Page) -> None:
    asleep = context.new_page()
    asleep.goto(page.url)
    asleep.wait_for_selector("live-session[data-stream=open]", state="attached")
    [warning] = asleep.evaluate(WAKES, 4 * 60 + 30)
    assert "5 minutes" in warning
    asleep.click(".toast.time button[type=submit]")
    asleep.wait_for_selector(".toast.time", state="detached")
    asleep.close()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (320, "light")])
def test_it_is_drawn_well_and_axe_objects_to_nothing(
    site: Stack, context: BrowserContext, page: Page, width: int, theme: str
) -> None:
    with looked_at(site, context, width, theme) as looker:
        looker.hold_width()
        looker.keep(f"live-bench-{theme}-{width}")
        if width < 1100:
            looker.page.click("button[data-pane=guide]")
            looker.hold_width()
        looker.keep(f"live-{theme}-{width}")
        looker.hold_axe()
        looker.keep(f"live-open-{theme}-{width}")
        if width > 320:
            looker.page.locator("#skip-reader").click()
            looker.keep(f"live-skip-{theme}-{width}")
            looker.hold_axe()
