"""A form for any operation, made of botocore's model: what is required first, as deep as one can still read; JSON beyond."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from botocore.model import OperationModel, Shape

from labs.explorer import api
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Choices,
    Content,
    Field,
    Group,
    Json,
    Lines,
    Number,
    Pairs,
    Repeat,
    Text,
    Values,
)  # fmt: skip

__all__ = ["action_of"]

_DEEPEST: Final = 3
_MOST_OPTIONS: Final = 80
_MOST_MEMBERS: Final = 24  # of a structure inside another
_LONG: Final = ("Policy", "Document", "Template", "Body", "Definition", "Description", "Message", "UserData", "Text")
_DESTROYS: Final = ("delete_", "terminate_", "remove_", "deregister_", "purge_", "release_", "disable_", "cancel_")


@lru_cache(maxsize=256)
def action_of(service: str, name: str) -> Action:
    """Return the action that makes one call of an operation (boto3's name). Raises api.NoSuchOperation."""
    model = api.operation(service, name)
    shape = model.input_shape

    def calls(v: Values, at: At) -> Iterator[Call]:
        given = _structure(shape, v) if shape is not None else {}
        yield Call(service, name, given)

    return Action(
        f"op-{name}",
        model.name,
        calls,
        fields=_fields(shape, (), model) if shape is not None else (),
        danger=f"{model.name} takes something away." if name.startswith(_DESTROYS) else "",
        about=api.plain(model.documentation),
        verb="Send",
        new=True,
    )


# --- Fields ---------------------------------------------------------------------------------------------------------


def _fields(shape: Any, stack: tuple[str, ...], model: OperationModel) -> tuple[Field, ...]:
    names = sorted(shape.members, key=lambda name: name not in shape.required_members)  # stable: then as AWS has them
    token = set(model.idempotent_members or ()) if not stack else set()
    return tuple(
        _field(
            name, shape.members[name], name in shape.required_members and name not in token, (*stack, shape.name), model
        )
        for name in names
    )


def _field(name: str, shape: Any, required: bool, stack: tuple[str, ...], model: OperationModel) -> Field:
    about: dict[str, Any] = {"required": required, "help": api.plain(shape.documentation, sentences=1, most=220)}
    deep = len(stack) > _DEEPEST or shape.name in stack
    match shape.type_name:
        case "boolean":
            return Choice(name, name, (("", "–"), ("true", "Yes"), ("false", "No")), **about)
        case "integer" | "long":
            return Number(name, name, **about)
        case "float" | "double":
            return Number(name, name, whole=False, **about)
        case "timestamp":
            return Text(name, name, placeholder="2030-01-31T12:00:00Z", **about)
        case "blob":
            return Content(name, name, file="content.txt", **about)
        case "string" | "character":
            return _string(name, shape, about)
        case "list" if shape.member.type_name in ("string", "integer", "long", "float", "double"):
            if 0 < len(shape.member.enum if shape.member.type_name == "string" else ()) <= _MOST_OPTIONS:
                return Choices(name, name, tuple(shape.member.enum), **about)
            return Lines(name, name, **about)
        case "list" if shape.member.type_name == "structure" and not deep and _is_small(shape.member):
            return Repeat(name, name, _fields(shape.member, stack, model), least=int(required), **about)
        case "map" if shape.key.type_name == "string" and shape.value.type_name == "string":
            return Pairs(name, name, **about)
        case "structure" if not deep and _is_small(shape) and not shape.is_document_type:
            return Group(name, name, _fields(shape, stack, model), **about)
    return Json(name, name, starters=(("an outline", _outline(shape)),), **about)


def _string(name: str, shape: Any, about: dict[str, Any]) -> Field:
    if shape.serialization.get("jsonvalue"):
        return Json(name, name, **about)
    options = tuple(shape.enum)
    if 0 < len(options) <= _MOST_OPTIONS:
        return Choice(name, name, ("", *options), **about)
    return Text(name, name, long=name.endswith(_LONG), options=options, **about)


def _is_small(shape: Any) -> bool:
    return 0 < len(shape.members) <= _MOST_MEMBERS


def _outline(shape: Shape, depth: int = 0) -> Any:
    """Return a value of a shape, to be filled in."""
    found: Any = shape
    match shape.type_name:
        case "structure":
            names = found.required_members or list(found.members)[:4]
            return {name: _outline(found.members[name], depth + 1) for name in names} if depth < 4 else {}
        case "list":
            return [_outline(found.member, depth + 1)] if depth < 4 else []
        case "map":
            return {"key": _outline(found.value, depth + 1)} if depth < 4 else {}
        case "boolean":
            return False
        case "integer" | "long" | "float" | "double":
            return 0
    return found.enum[0] if getattr(found, "enum", None) else ""


# --- Parameters -----------------------------------------------------------------------------------------------------


def _structure(shape: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = values.get(name)
        if value is None or (value in ([], {}) and name not in shape.required_members):
            continue
        found[name] = _value(member, value)
    return found


def _value(shape: Any, value: Any) -> Any:
    match shape.type_name:
        case "boolean" if isinstance(value, str):
            return value == "true"
        case "structure" if isinstance(value, Mapping) and not shape.is_document_type:
            # A document that was typed may name what the model does not: that is for `checking` to say.
            return _structure(shape, value) | {name: one for name, one in value.items() if name not in shape.members}
        case "list" if isinstance(value, list | tuple):
            return [_value(shape.member, one) for one in value]
        case "map" if isinstance(value, Mapping):
            return {name: _value(shape.value, one) for name, one in value.items()}
        case "integer" | "long" | "float" | "double" if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                return value
    return value
