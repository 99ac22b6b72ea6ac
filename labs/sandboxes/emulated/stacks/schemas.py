"""AWS's resource types as their public schemas (of cfn-lint's data) describe them: read by type, when one is used.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

__all__ = ["exists", "faults", "permissions", "replaces"]


@cache
def _folder() -> Path:
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.origin:
        raise RuntimeError("cfn-lint's schemas are not installed")
    return Path(spec.origin).parent / "data" / "schemas"


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = json.loads((_folder() / "providers" / "us-east-1.json").read_text())
    return found


@lru_cache(8)  # a megabyte each, at worst
def _schema(kind: str) -> dict[str, Any]:
    path = _folder() / "resources" / f"{_index().get(kind, '')}.json"
    read: dict[str, Any] = json.loads(path.read_text()) if kind in _index() else {}
    return read


def exists(kind: str) -> bool:
    """Return whether AWS has the type."""
    return kind in _index()


def faults(kind: str, properties: dict[str, Any]) -> list[str]:
    """Return what is wrong with the properties of a resource, as AWS says it: names that are not there, or must be."""
    schema = _schema(kind)
    return [*_faults(properties, schema, schema, "#")] if schema else []


def permissions(kind: str, act: str) -> list[str]:
    """Return the actions that the type's own handler calls to "create", "update" or "delete" one."""
    handler = (_schema(kind).get("handlers") or {}).get(act) or {}
    return [*handler.get("permissions", ())]


def replaces(kind: str, name: str) -> bool:
    """Return whether a change of this property makes a new resource."""
    return f"/properties/{name}" in (_schema(kind).get("createOnlyProperties") or ())


def _faults(value: Any, shape: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    for _ in range(5):
        if "$ref" not in shape:
            break
        shape = schema.get("definitions", {}).get(shape["$ref"].rpartition("/")[2], {})
    if isinstance(value, list) and isinstance(shape.get("items"), dict):
        for number, each in enumerate(value):
            yield from _faults(each, shape["items"], schema, f"{at}/{number}")
        return
    if not isinstance(value, dict) or "properties" not in shape:
        return
    known = shape["properties"]
    if shape.get("additionalProperties") is False and not shape.get("patternProperties"):
        for name in value:
            if name not in known:
                yield f"{at}: extraneous key [{name}] is not permitted"
    for name in shape.get("required") or ():
        if name not in value:
            yield f"{at}: required key [{name}] not found"
    for name, each in value.items():
        if isinstance(known.get(name), dict):
            yield from _faults(each, known[name], schema, f"{at}/{name}")
