"""What views of labs and courses have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]

# "Safe" methods as Django's require_safe has them.
READ = ("GET", "HEAD")


def fragment_wanted(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of a page, not a browser for the whole."""
    return bool(getattr(request, "htmx", False))


def person(request: HttpRequest) -> Any:
    """Return who asks, where `signed_in` has seen to it that somebody does."""
    return request.user


def to_login(request: HttpRequest) -> HttpResponse:
    """Send a person to the sign-in page and, after it, back to the page they were on.

    htmx would follow a redirect and put the sign-in page into a corner of the workspace: it is told to leave instead.
    """
    htmx = getattr(request, "htmx", None)
    if not htmx:
        target = request.get_full_path() if request.method in READ else _page_before(request)
        return redirect_to_login(target)
    page = urlsplit(htmx.current_url or "/")
    response = HttpResponse(status=204)
    response["HX-Redirect"] = redirect_to_login(page._replace(scheme="", netloc="", fragment="").geturl()).url
    return response


def signed_in(view: View) -> View:
    """Let only signed-in people through."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, AnonymousUser):
            return to_login(request)
        return view(request, *args, **kwargs)

    return wrapper


def page(view: View) -> View:
    """Let only GET and HEAD of signed-in people through."""
    return require_http_methods(READ)(signed_in(view))


def act(view: View) -> View:
    """Let only POST of signed-in people through: whatever changes something."""
    return require_http_methods(["POST"])(signed_in(view))


def _page_before(request: HttpRequest) -> str:
    """Return the page of ours that a POST came from: its own address would answer 405 after signing in."""
    before = urlsplit(request.META.get("HTTP_REFERER", ""))
    return before.path if before.netloc == request.get_host() and before.path else "/"
