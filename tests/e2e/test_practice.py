"""A drill in a browser, by keyboard alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# Three questions of known types, so that the keys that answer them are known as well.
MAKE = """
import django; django.setup()
from django.utils import timezone
from courses import selectors
from courses.models import Drill
from skylab.accounts.models import User
found = selectors.get_course("aws-foundations").drill.values()
choice, other = [one.id for one in found if one.type == "choice"][:2]
response = next(one.id for one in found if one.type == "response" and one.spec.select == 2)
learner = User.objects.get(username="learner")
items = [choice, response, other]
print(Drill.objects.create(user=learner, course_slug="aws-foundations", items=items, started_at=timezone.now()).pk)
"""


def test_a_drill_is_done_by_keyboard_alone(site: Stack, page: Page) -> None:
    made = subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **site.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    page.goto(f"{site.url}/accounts/login/?next=/practice/drill/{made.stdout.strip()}/")
    page.fill("input[name=login]", "learner")
    page.fill("input[name=password]", "skylab-demo")
    page.keyboard.press("Enter")
    for number, keys in enumerate(("2", "13", "1"), start=1):
        # The page puts the focus at the question's number: reading goes on from there, and the digits work.
        page.wait_for_selector(f"h1:focus:text-is('Question {number} of 3')")
        for key in keys:
            page.keyboard.press(key)
        assert page.locator("drill-keys input:checked").count() == len(keys)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("p.item-result:focus")
        assert re.search("Right|Partly right|Not yet", page.locator("p.item-result").inner_text())
        assert page.locator("#drill-dots a").count() == number
        page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:focus:has-text(' of 3 right')")


def test_a_drill_begins_with_a_button_and_an_empty_page_teaches(site: Stack, page: Page) -> None:
    page.goto(f"{site.url}/accounts/login/?next=/practice/")
    page.fill("input[name=login]", "instructor")
    page.fill("input[name=password]", "skylab-demo")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('How it works')")
    page.get_by_role("button", name="Drill Resilience").press("Enter")
    page.wait_for_selector("h1:has-text('Question 1 of 10')")
