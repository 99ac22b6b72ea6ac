"""The one place that turns a refusal into an HTTP answer.

A refusal is an exception that a service raises on purpose: it lives beside the function that raises it, derives from
`labs.refusals.Refusal`, and carries a sentence for the person. All else is a fault: logged, and answered with 500.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from labs.refusals import Refusal


class RefusalMiddleware:
    """Answer a Refusal with its own status and sentence: a page, or a fragment where htmx asked."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        answer: HttpResponse | Awaitable[HttpResponse] = self.get_response(request)
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        template = "errors/refusal_fragment.html" if getattr(request, "htmx", False) else "errors/refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
