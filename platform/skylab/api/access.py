"""Who may call an endpoint: by a token or a session, within scopes and roles, and not too often.

A scope that goes with a role (teach, operate) needs it at the time of the call: who lost the role lost what tokens had of
it. Whoever lacks the role gets 404, a token that lacks the scope 403.
"""

from __future__ import annotations

import math
from typing import Any, Final

from django.http import Http404
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from courses.api.throttling import Buckets
from skylab.api import tokens
from skylab.api.models import Token

# Requests: so many at once, so many a second after. By token and by person, never by address: a class sits behind one.
RATES: Final = {"read": (240.0, 8.0), "act": (60.0, 1.0)}


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer skylab_…`"""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = tokens.find(text.strip(), now=timezone.now())
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="skylab"'


class Allowed(BasePermission):
    """The scope that the endpoint's method declares; a method that declares none is nobody's."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        method = {"HEAD": "get"}.get(request.method or "", (request.method or "").lower())
        handler = getattr(view, method, None)
        if handler is None or method == "options":
            return True  # the method is not taken, or asks what is
        scope = getattr(handler, "scope", None)
        if scope is None:
            return False
        if scope not in tokens.scopes_of(request.user):
            raise Http404("There is nothing at this address.")
        token = request.auth
        if isinstance(token, Token) and scope not in token.scopes:
            raise PermissionDenied(f"This token lacks the scope “{scope}”.")
        return True


class Throttle(BaseThrottle):
    """A token bucket for each token and, for those who are signed in, each person: one for reads, one for acts."""

    buckets: Final = {kind: Buckets(burst, rate) for kind, (burst, rate) in RATES.items()}

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return True  # it is answered 401 before anything is read
        who = ("token", request.auth.pk) if isinstance(request.auth, Token) else ("user", request.user.pk)
        kind = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "act"
        self._wait = self.buckets[kind].take(who, 1.0)
        return not self._wait

    def wait(self) -> float:
        return float(math.ceil(self._wait))

    _wait: float = 0.0
