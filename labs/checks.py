"""The catalog of labs among Django's system checks: `manage.py check` is the author's linter too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name for it

from labs.content import catalog_problems


@register("content")
def labs_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report each problem of the catalog's files, labs.E0xx and labs.W0xx, with its file and line."""
    return [
        (Warning if one.is_warning else Error)(
            f"{one.path}:{one.line}: {one.message}", hint=one.hint or None, id=one.id
        )
        for one in catalog_problems(settings.LAB_CATALOG)
    ]
