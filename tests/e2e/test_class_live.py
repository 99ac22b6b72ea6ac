"""An instructor watches a class: a row changes by itself, the keyboard and sorting work, and a word reaches the learner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from skylab.stack import Stack
from tests.e2e.looking import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]
PASSES = """
import django; django.setup()
from labs import bell, events
from labs.models import LabSession
from tests.e2e.scenes import grade, lab_of_catalog
session = LabSession.objects.get(pk="{fresh}")
for ago in {ago}:
    grade(session, lab_of_catalog(), {outcomes}, minutes_ago=ago)
events.publish(session.pk, {{"type": "grading"}})
bell.flush(5)
"""


def play(site: Stack, scenes: dict[str, str], outcomes: list[str], ago: tuple[float, ...]) -> None:
    """Have the learner's work judged, as a worker would have."""
    code = PASSES.format(fresh=scenes["fresh"], outcomes=outcomes, ago=list(ago))
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **site.environment}, check=True)


def test_a_class_is_watched_live_and_helped(
    site: Stack, browser: Browser, scenes: dict[str, str], states: dict[str, str]
) -> None:
    context = browser.new_context(
        storage_state=json.loads(states["instructor"]), viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{site.url}/classes/{scenes['cohort']}/live/?lab=private-bucket-one-reader")
    page.wait_for_selector("class-live[data-stream=open]")
    row = page.locator("#live-rows tr", has_text="wei")
    assert row.locator("td.stuck-cell .badge").count() == 0
    # What a learner fails again and again is seen without a reload; the page says so, too.
    play(site, scenes, ["passed", "failed"], (5.9, 5.5, 0.2))
    row.locator(".stuck-cell .badge", has_text="Stuck").wait_for()
    assert "read-data" in row.locator(".reason").inner_text()
    page.locator("#announcer", has_text="wei is stuck").wait_for(state="attached")
    # By keyboard: sort by who is stuck, then into the row; the focus stays there while the row is replaced.
    page.locator("#live-sort").select_option("stuck")
    assert page.locator("#live-rows tr").first.locator("th a").inner_text() == "wei"
    row.locator("a.live-cell").first.focus()
    play(site, scenes, ["passed", "passed", "failed"], (0.1,))
    page.wait_for_function("!document.querySelector('#live-rows .stuck-cell .badge')")
    assert page.evaluate("document.activeElement.className").startswith("live-cell")
    _message_arrives(site, browser, page, scenes, states)
    context.close()


def _message_arrives(site: Stack, browser: Browser, page: Page, scenes: dict[str, str], states: dict[str, Any]) -> None:
    theirs = browser.new_context(storage_state=json.loads(states["nora"]))
    lab = theirs.new_page()
    lab.goto(f"{site.url}/labs/sessions/{scenes['working']}/")
    lab.wait_for_selector("live-session[data-stream=open]", state="attached")
    page.fill("#to-all", "Read the second hint\n<b>twice</b>")
    page.locator("form", has=page.locator("#to-all")).locator("button[type=submit]").click()
    said = lab.locator("#class-messages .message-text")
    said.wait_for()
    assert said.inner_text() == "Read the second hint\n<b>twice</b>"
    lab.locator("#class-messages button").click()
    said.wait_for(state="detached")
    lab.goto(f"{site.url}/classes/messages/")
    assert "<b>twice</b>" in lab.locator(".message-text").first.inner_text()
    theirs.close()
