"""The schema (OpenAPI 3.1), and a page that shows it to people: drawn here, of nothing from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

VERBS = ("get", "post", "put", "patch", "delete")


class _Bearer(OpenApiAuthenticationExtension):  # type: ignore[misc]
    """How a token is shown, for the schema."""

    target_class = "skylab.api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token from /settings/tokens/."}


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """Return the schema; it is the same for everybody, and as long as the process lives."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@lru_cache(maxsize=1)
def schema_text() -> bytes:
    """Return the schema as YAML: docs/openapi.yaml."""
    text: bytes = OpenApiYamlRenderer().render(schema(), renderer_context={})
    return text


class Schema(APIView):
    """The schema as a file. It says nothing of anybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @extend_schema(exclude=True)  # type: ignore[untyped-decorator]
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(schema_text(), content_type="application/yaml; charset=utf-8")


class Unknown(APIView):
    """Every other address of the API: a program is told in its own language."""

    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)  # type: ignore[untyped-decorator]
    def get(self, request: Request) -> NoReturn:
        raise Http404("The API has nothing at this address. See /api/.")

    post = put = patch = delete = get


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the API: each endpoint, what it takes and answers."""
    return render(request, "api/reference.html", {"groups": _groups(schema()), "version": schema()["info"]["version"]})


def _groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, verbs in found["paths"].items():
        for verb, told in verbs.items():
            if verb in VERBS:
                groups.setdefault(told["tags"][0], []).append(_operation(found, path, verb, told))
    return [{"name": name, "operations": operations} for name, operations in groups.items()]


def _operation(found: dict[str, Any], path: str, verb: str, told: dict[str, Any]) -> dict[str, Any]:
    status, answer = next(iter(told["responses"].items()))
    body = told.get("requestBody")
    about, _, scope = told["description"].rpartition("Scope: ")
    return {
        "id": told["operationId"],
        "verb": verb.upper(),
        "path": path,
        "summary": told.get("summary", ""),
        "about": about.strip().partition("\n")[2].strip(),
        "scope": scope.strip(" `."),
        "takes": _fields(found, body) if body else [],
        "query": [one for one in told.get("parameters", ()) if one["in"] == "query"],
        "status": status,
        "answers": _fields(found, answer),
    }


def _fields(found: dict[str, Any], holder: dict[str, Any]) -> list[dict[str, str]]:
    """Return the fields of a body, those of a list's rows where it is one."""
    contents: list[dict[str, Any]] = list(holder.get("content", {}).values())
    shape: dict[str, Any] = contents[0].get("schema", {}) if contents else {}
    shape = _resolved(found, shape)
    rows = shape.get("properties", {}).get("results") or (shape if shape.get("type") == "array" else None)
    if rows:
        shape = _resolved(found, rows["items"])
    return [
        {"name": name, "type": _type(found, one), "about": one.get("description", "")}
        for name, one in shape.get("properties", {}).items()
    ]


def _type(found: dict[str, Any], one: dict[str, Any]) -> str:
    if kinds := one.get("oneOf") or one.get("allOf") or one.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(found, kind) for kind in kinds))
    if "$ref" in one:
        inner = _resolved(found, one)
        return _type(found, inner) if "enum" in inner else one["$ref"].rpartition("/")[2]
    if one.get("enum"):
        return ", ".join(str(value) for value in one["enum"])
    if one.get("type") == "array":
        return f"list of {_type(found, one['items'])}"
    kind = one.get("type", "anything")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{kind} ({one['format']})" if one.get("format") else str(kind)


def _resolved(found: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape:
        shape = found["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return shape
