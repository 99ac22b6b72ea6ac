"""Who one is, one's tokens, and, for operators, everybody."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from skylab.accounts import selectors, services
from skylab.api import shapes, tokens
from skylab.api.models import Token
from skylab.api.views.base import endpoint, read_body, rows


def _token(request: Request) -> Token | None:
    return request.auth if isinstance(request.auth, Token) else None


class Me(APIView):
    @endpoint("me", shapes.Me, tag="people")
    def get(self, request: Request) -> Response:
        """Who calls, and with which scopes."""
        mine = tokens.scopes_of(request.user)
        token = _token(request)
        scopes = [one for one in mine if token is None or one in token.scopes]
        return Response(shapes.Me({"user": request.user, "scopes": scopes}).data)


class Tokens(APIView):
    @endpoint("list_tokens", shapes.TokenRow, many=True, tag="tokens")
    def get(self, request: Request) -> Response:
        """Your tokens, the revoked among them."""
        return rows(request, tokens.tokens_of(request.user), "created_at", shapes.TokenRow)

    @endpoint("make_token", shapes.NewToken, status=201, body=shapes.TokenWish, scope="learn", tag="tokens")
    def post(self, request: Request) -> Response:
        """Make a token. It is shown in this answer, and never again.

        One that a token asks for has no more scopes than that, lives no longer, and is revoked with it.
        """
        wish = read_body(shapes.TokenWish, request)
        token, text = tokens.make(user=request.user, by=_token(request), now=timezone.now(), **wish)
        token.token = text  # type: ignore[attr-defined]
        return Response(shapes.NewToken(token).data, status=201)


class OneToken(APIView):
    @endpoint("revoke_token", None, status=204, scope="learn", tag="tokens")
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke a token, and those that were made with it."""
        tokens.revoke(user=request.user, token_id=token_id, now=timezone.now())
        return Response(status=204)


class People(APIView):
    @endpoint("list_users", shapes.Person, many=True, scope="operate", tag="people")
    def get(self, request: Request) -> Response:
        """Everybody, those who came last first."""
        return rows(request, selectors.people(), "date_joined", shapes.Person)


class OnePerson(APIView):
    @endpoint("get_user", shapes.Person, scope="operate", tag="people")
    def get(self, request: Request, user_id: int) -> Response:
        """A person."""
        return Response(shapes.Person(selectors.get_person(user_id)).data)

    @endpoint("change_role", shapes.Person, body=shapes.RoleChange, scope="operate", tag="people")
    def patch(self, request: Request, user_id: int) -> Response:
        """Give a person another role. It is kept in the audit log, with the reason."""
        wish = read_body(shapes.RoleChange, request)
        changed = services.change_role(user_id=user_id, actor=request.user, now=timezone.now(), **wish)
        return Response(shapes.Person(changed).data)
