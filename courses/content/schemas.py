"""The JSON Schemas of all that authors write in YAML, from the models that read it; for editors and other programs.

docs/schemas/<name>.json is made of them by `manage.py schemas --write`. A schema says what one file's front matter may
say by itself; what must fit other files (a lab that is there, shares that add up) is for `manage.py catalog` to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from courses.content.exam_files import ExamFront
from courses.content.items import types
from courses.content.items.headings import KEYS, STATUSES
from courses.content.source import CourseFront, LessonFront, ModuleFolderFront, SheetFront, Strict
from labs.content import json_schema as lab_schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"^\d{4}-\d{2}(-\d{2})?$"  # a month means its first day


def item_schema() -> dict[str, Any]:
    """Return what the words in the braces of an item's heading may be: {#id .type domain=secure points=2}."""
    known = types.all()
    words = {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$", "description": "Kept when the text changes."},
        "type": {"enum": sorted(known), "description": "How it is asked."},
        "domain": {"type": "string", "description": "One of the course's domains."},
        "points": {"type": "number", "exclusiveMinimum": 0, "maximum": 999.99, "default": 1},
        "difficulty": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "default": 0.5,
            "description": "The share of candidates whom you expect to be right.",
        },
        "status": {"enum": list(STATUSES), "default": "live"},
        "skill": {"type": "string", "description": "Where it stands in the exam guide."},
    }
    properties = {key: words[key] for key in ("id", "type", *KEYS)}
    for one in known.values():
        properties |= {key: {"type": "string", "description": f"Of {one.name} alone."} for key in one.attributes}
    return {
        "$schema": DRAFT,
        "title": "Skylab item: the words of its heading",
        "type": "object",
        "properties": properties,
        "required": ["id", "type"],
        "additionalProperties": False,
    }


def _of(kind: type[Strict], title: str) -> dict[str, Any]:
    return {"$schema": DRAFT, **kind.model_json_schema(), "title": title}


def _strict(schema: Any) -> Any:
    """Say what the models refuse and pydantic's schema does not: names that do not match, and dates but for a month."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "date":
        return {key: one for key, one in schema.items() if key != "format"} | {"pattern": _DAY}
    names = {"additionalProperties": False} if "patternProperties" in schema else {}
    return {key: _strict(one) for key, one in schema.items()} | names


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "lab": lab_schema,
    "course": partial(_of, CourseFront, "Skylab course.yaml"),
    "module": partial(_of, ModuleFolderFront, "Skylab module.yaml"),
    "lesson": partial(_of, LessonFront, "Skylab lesson"),
    "sheet": partial(_of, SheetFront, "Skylab sheet"),
    "item": item_schema,
    "exam": partial(_of, ExamFront, "Skylab exam"),
}


def text(name: str) -> str:
    """Return a schema as its file has it."""
    return json.dumps(_strict(SCHEMAS[name]()), indent=2, ensure_ascii=False) + "\n"
