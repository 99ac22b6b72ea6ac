"""The one place that turns a refusal into an HTTP answer.

A refusal is an exception that a service raises on purpose: it lives beside the function that raises it, derives from
`labs.refusals.Refusal`, and carries a sentence for the person. All else is a fault: logged, and answered with 500.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from labs.refusals import Refusal

WORDLESS = (405, 429)  # what Django and its friends answer without a word


class RefusalMiddleware:
    """Answer a Refusal with its own status and sentence: a page, or a fragment where htmx asked.

    It is the innermost of the middleware and knows no event loop, on purpose: so Django runs all those around it in one
    go, in the request's thread. Otherwise each would go there and back by itself, twice, which takes longer than most
    of what they do.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in WORDLESS and not response.streaming and not response.content:
            return _told(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        template = "errors/refusal_fragment.html" if getattr(request, "htmx", False) else "errors/refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)


def _told(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return a page instead of an empty answer, where a browser wants one."""
    if getattr(request, "htmx", False) or "text/html" not in request.headers.get("accept", ""):
        return response
    page = render(request, f"{response.status_code}.html", status=response.status_code)
    for name in ("Allow", "Retry-After"):
        if name in response:
            page[name] = response[name]
    return page


# --- The API ------------------------------------------------------------------------------------------------------

PROBLEM = "application/problem+json"


def problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal to a program (RFC 9457): `code` is the refusal's name, `detail` its sentence for people.

    None: a fault of ours, which is logged and answered with 500.
    """
    if isinstance(exception, Refusal):
        return _problem(exception.status, code_of(exception), str(exception))
    answer = exception_handler(exception, context)
    if answer is None:
        return None
    match exception:
        case Http404():
            code, detail = "not_found", str(exception) or "There is nothing at this address."
        case exceptions.ValidationError():
            found = _problem(422, "malformed", "Some of the values sent cannot be used.")
            found.data["errors"] = exception.detail
            return found
        case exceptions.APIException():
            code, detail = str(exception.default_code), str(exception.detail)
        case _:
            code, detail = "refused", str(exception)
    found = _problem(answer.status_code, code, detail)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in answer:
            found[name] = answer[name]
    return found


def code_of(refusal: Refusal) -> str:
    """Return the name of a refusal as programs know it: TooManyOpen is too_many_open."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(refusal).__name__).lower()


def _problem(status: int, code: str, detail: str) -> Response:
    told = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return Response(told, status=status, content_type=PROBLEM)
