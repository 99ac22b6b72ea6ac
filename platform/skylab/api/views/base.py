"""How an endpoint is declared: `endpoint` names it for the schema, and says which scope it wants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from skylab.api import paging
from skylab.api.shapes import Problem
from skylab.errors import PROBLEM

Method = TypeVar("Method", bound=Callable[..., Any])

REFUSED = {
    401: "Nobody is signed in, and no token was shown.",
    403: "The token lacks the scope; or the request came by a session without its CSRF token.",
    404: "There is no such thing, or it is not yours to see.",
    409: "Not now, or not so: `code` says which rule.",
    415: "The body is not JSON.",
    422: "Values that cannot be used.",
    429: "Too often: wait for Retry-After seconds.",
}
PAGED = (
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows of a page: 1 to {paging.MOST}; {paging.USUAL}."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before."),
)


def endpoint(
    name: str,
    shape: Any = None,
    *,
    scope: str = "read",
    status: int = 200,
    body: Any = None,
    many: bool = False,
    tag: str,
) -> Callable[[Method], Method]:
    """Declare a method of a view: operation, scope, what it takes and what it answers. Its docstring is the summary."""

    def declare(method: Method) -> Method:
        answer: Any = OpenApiResponse(description="Done.") if shape is None else shape
        if many:
            fields = {"results": shape(many=True), "next": serializers.CharField(allow_null=True)}
            answer = inline_serializer(f"{shape.__name__}s", fields)
        answers: dict[Any, Any] = {status: answer}
        answers |= {(code, PROBLEM): OpenApiResponse(Problem, description=text) for code, text in REFUSED.items()}
        said = (inspect.getdoc(method) or "").strip()
        declared: Method = extend_schema(
            operation_id=name,
            summary=said.partition("\n")[0].rstrip("."),
            description=f"{said}\n\nScope: `{scope}`.",
            tags=[tag],
            request=body,
            parameters=list(PAGED) if many else [],
            responses=answers,
        )(method)
        declared.scope = scope  # type: ignore[attr-defined]
        return declared

    return declare


def rows(request: Request, found: QuerySet[Any], by: str, shape: type[serializers.Serializer[Any]]) -> Response:
    """Answer with a page of rows, the newest first."""
    page, after = paging.page_of_rows(request, found, by)
    return Response({"results": shape(page, many=True).data, "next": after})


def numbered(request: Request, found: QuerySet[Any], shape: type[serializers.Serializer[Any]]) -> Response:
    """Answer with a page of rows, the highest key first."""
    page, after = paging.page_by_key(request, found)
    return Response({"results": shape(page, many=True).data, "next": after})


def listed(
    request: Request,
    found: Sequence[Any],
    key: Callable[[Any], str],
    shape: type[serializers.Serializer[Any]],
    make: Callable[[Any], Any] = lambda one: one,
) -> Response:
    """Answer with a page of things that have a name each."""
    page, after = paging.page_of_list(request, found, key)
    return Response({"results": shape([make(one) for one in page], many=True).data, "next": after})


def read_body(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what was sent, checked. Raises ValidationError."""
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def person(request: Request) -> Any:
    """Return who calls: the permission has seen to it that somebody does."""
    return request.user
