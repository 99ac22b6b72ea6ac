"""Every lesson as a phone shows it: axe objects to nothing, in light or in dark, and nothing leaves the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from courses.content import Course, load_catalog
from skylab.stack import Stack
from tests.e2e.looking import Looker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COURSES = [
    course
    for course in load_catalog(
        settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=Path(settings.STATICFILES_DIRS[0])
    ).values()
    if course.lessons
]
pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def looker(site: Stack, browser: Browser) -> Iterator[Looker]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    yield Looker(context, site.url)
    context.close()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("course", COURSES, ids=lambda one: one.slug)
def test_every_lesson_of_a_course_is_well_drawn(looker: Looker, course: Course) -> None:
    found = []
    for lesson in course.lessons:
        looker.wrong.clear()
        looker.open(f"/courses/{course.slug}/{lesson.slug}/")
        assert lesson.title in looker.page.inner_text("h1"), lesson.slug
        looker.hold_width()
        looker.hold_axe()
        looker.hold_axe("dark")
        found += [f"{lesson.path}: {one}" for one in looker.wrong]
    assert not found, "\n".join(found)
