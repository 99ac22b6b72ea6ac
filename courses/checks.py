"""The catalog of courses among Django's system checks: `manage.py check` is the author's linter too."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.utils import timezone

from courses.selectors import catalog_problems, catalog_warnings, exam_states

_REMEDIES = {
    "courses.W001": "write the exam that has followed it, or take the file away; it can still be sat, and says so",
    "courses.W002": "hold it against source_url, correct what has changed, and set verified_on to that day",
}


@register("content")
def courses_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report each problem of the catalog's files, courses.E0xx, with its file and line."""
    return [
        Error(f"{one.path}:{one.line}: {one.message}", hint=one.hint or None, id=one.id) for one in catalog_problems()
    ]


@register("content")
def items_give_nothing_away(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn of items that tell their answer, or mislead, by how they are written: courses.W04x."""
    return [
        Caution(f"{one.path}:{one.line}: {one.message}", hint=one.hint or None, id=one.id) for one in catalog_warnings()
    ]


@register("content")
def exam_definitions_are_current(app_configs: Any, *, today: date | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of exams that were withdrawn or not held against their source for 90 days; an error would fail with time."""
    states = exam_states(today=today or timezone.localdate())
    return [
        Caution(f"{state.exam.path}:1: {sentence}", hint=_REMEDIES[name], id=name)
        for state in states
        for name, sentence in state.warnings
    ]
