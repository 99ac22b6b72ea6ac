"""The one place that turns a refusal into an HTTP answer.

A refusal is an exception that a service raises on purpose: it lives beside the function that raises it, derives from
`labs.refusals.Refusal`, and carries a sentence for the person. All else is a fault: logged, and answered with 500.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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
