"""The catalog of courses among Django's system checks: `manage.py check` is the author's linter too."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from courses.selectors import catalog_problems


@register("content")
def courses_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report each problem of the catalog's files, courses.E0xx, with its file and line."""
    return [
        Error(f"{one.path}:{one.line}: {one.message}", hint=one.hint or None, id=one.id) for one in catalog_problems()
    ]
