"""Pages of a list: `limit` rows after `cursor`. A cursor names the last row, so that what comes meanwhile moves nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from labs.refusals import Refusal

USUAL: Final = 50
MOST: Final = 200


class BadPage(Refusal):
    """A cursor that is none of ours, or a limit out of bounds."""

    status = 422


def limit_of(request: Request) -> int:
    """Return how many rows are wanted. Raises BadPage."""
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise BadPage(f"limit is a number from 1 to {MOST}.")
    return int(text)


def page_of_rows(request: Request, rows: QuerySet[Any], by: str) -> tuple[list[Any], str | None]:
    """Return a page of rows, the newest first by a column of time and the key, and the cursor of the next one."""
    limit = limit_of(request)
    if told := _told(request):
        at, key = _moment(told), _key(rows, told)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": key}))
    found = list(rows.order_by(f"-{by}", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], _cursor([getattr(last, by).isoformat(), str(last.pk)])


def page_by_key(request: Request, rows: QuerySet[Any]) -> tuple[list[Any], str | None]:
    """Return a page of rows, the highest key first, and the cursor of the next one."""
    limit = limit_of(request)
    if told := _told(request):
        rows = rows.filter(pk__lt=_key(rows, ["", told[0]]))
    found = list(rows.order_by("-pk")[: limit + 1])
    return found[:limit], _cursor([str(found[limit - 1].pk)]) if len(found) > limit else None


def page_of_list(request: Request, rows: Sequence[Any], key: Callable[[Any], str]) -> tuple[Sequence[Any], str | None]:
    """Return a page of things that have a name each, by name, and the cursor of the next one."""
    limit = limit_of(request)
    rows = sorted(rows, key=key)
    if told := _told(request):
        rows = [one for one in rows if key(one) > told[0]]
    return rows[:limit], _cursor([key(rows[limit - 1])]) if len(rows) > limit else None


def _cursor(parts: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _told(request: Request) -> list[str] | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        parts = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except ValueError:
        parts = None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise BadPage("This cursor is none of ours: leave it out to begin anew.")
    return parts


def _moment(told: list[str]) -> datetime:
    try:
        found = datetime.fromisoformat(told[0])
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadPage("This cursor is none of ours: leave it out to begin anew.")
    return found


def _key(rows: QuerySet[Any], told: list[str]) -> Any:
    try:
        key = rows.model._meta.pk.to_python(told[1])
        if isinstance(key, int) and abs(key) >= 2**63:
            raise ValueError
    except Exception:
        raise BadPage("This cursor is none of ours: leave it out to begin anew.") from None
    return key
