"""What is looked up rather than read through: the glossary, sheets, and the pictures of a course."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from courses import selectors

_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?P<ending>svg|png|jpe?g|webp)", re.ASCII | re.IGNORECASE)


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Show all terms with what they mean, and which lessons use them."""
    used = selectors.lessons_with_term()
    terms: list[dict[str, Any]] = [
        {"term": one, "lessons": used.get(one.id, [])} for one in selectors.definitions(selectors.glossary())
    ]
    by_letter = groupby(terms, key=lambda one: str(one["term"].name[:1]).upper())
    letters = [(letter, list(rows)) for letter, rows in by_letter]
    return render(request, "courses/glossary.html", {"letters": letters, "count": len(terms)})


@require_safe
def sheet(request: HttpRequest, course: str, sheet: str) -> HttpResponse:
    """Show a sheet to look things up on."""
    found = selectors.get_course(course)
    page = selectors.get_sheet(found, sheet)
    context = {
        "course": found,
        "sheet": page,
        "body": selectors.sheet_body(found, page),
        "definitions": selectors.definitions(page.terms),
    }
    return render(request, "courses/sheet.html", context)


@require_safe
def course_image(request: HttpRequest, course: str, name: str) -> HttpResponseBase:
    """Send a picture of a course. Opened by itself it can do nothing: it is no page of the site."""
    found = selectors.get_course(course)
    kind = _NAME.fullmatch(name)
    file = found.drawings / name
    if not kind or file.is_symlink() or not file.is_file():
        raise Http404(f"{found.title} has no picture {name}.")
    response = FileResponse(file.open("rb"), content_type=_TYPES[kind["ending"].lower()])
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "public, max-age=3600"
    response["Last-Modified"] = http_date(file.stat().st_mtime)
    return response
