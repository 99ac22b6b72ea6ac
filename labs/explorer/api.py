"""AWS's API as botocore describes it: operations, what they take, what their documentation says in plain sentences.

Read from the same files as every client, so nothing here can be out of step with what is sent. No call is made.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel, Shape

from graders.account import LOADER

__all__ = [
    "NoSuchOperation",
    "enum_of",
    "is_played",
    "operation",
    "operations",
    "plain",
    "reads",
    "served",
    "service",
    "title",
]

# Made by `python -m labs.explorer.served`: the services that the sandbox's AWS plays, and of each the operations it does not.
SERVED: Final = Path(__file__).with_name("served.json")
_READS: Final = (
    "describe_",
    "list_",
    "get_",
    "head_",
    "search_",
    "lookup_",
    "batch_get_",
    "simulate_",
    "test_",
    "scan",
    "query",
)
_SCALARS: Final = frozenset(
    {"string", "integer", "long", "float", "double", "boolean", "timestamp", "blob", "character"}
)


class NoSuchOperation(LookupError):
    """There is no such service or operation in AWS's API."""


@lru_cache(maxsize=24)
def service(name: str) -> ServiceModel:
    """Return a service's model by botocore's name. Raises NoSuchOperation."""
    try:
        return ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        raise NoSuchOperation(f"AWS has no service {name}.") from None


@lru_cache(maxsize=24)
def _names(name: str) -> dict[str, str]:
    return {xform_name(one): one for one in service(name).operation_names}


def operation(service_name: str, name: str) -> OperationModel:
    """Return an operation by boto3's name (create_bucket). Raises NoSuchOperation."""
    try:
        return service(service_name).operation_model(_names(service_name)[name])
    except KeyError:
        raise NoSuchOperation(f"{service_name} has no operation {name}.") from None


def operations(service_name: str) -> list[str]:
    """Return the operations of a service, boto3's names in alphabetical order, those first that the sandbox plays."""
    return sorted(_names(service_name), key=lambda name: (not is_played(service_name, name), name))


def served() -> list[str]:
    """Return the services that the sandbox plays, botocore's names."""
    return list(_served())


@cache
def _served() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Return for each service that is played its title and the operations (AWS's names) that it has something for."""
    found: dict[str, dict[str, Any]] = json.loads(SERVED.read_text())
    return {name: (each["title"], frozenset(each["plays"])) for name, each in found.items()}


def is_played(service_name: str, name: str) -> bool:
    """Return whether the sandbox has something for an operation (boto3's name)."""
    return service_name in _served() and _names(service_name).get(name, name) in _served()[service_name][1]


def reads(name: str) -> bool:
    """Return whether an operation's name says that it only reads."""
    return name.startswith(_READS)


def title(service_name: str) -> str:
    """Return how people call a service that the sandbox plays: SQS, and not "Amazon Simple Queue Service"."""
    return _served()[service_name][0]


def enum_of(service_name: str, name: str, path: str) -> tuple[str, ...]:
    """Return the values that the model has for a parameter ("Rules.Status"), or () where it has none."""
    shape: Shape | None = operation(service_name, name).input_shape
    for step in path.split("."):
        while shape is not None and shape.type_name == "list":
            shape = shape.member  # type: ignore[attr-defined]
        shape = getattr(shape, "members", {}).get(step)
    if shape is not None and shape.type_name == "list":
        shape = shape.member  # type: ignore[attr-defined]
    return tuple(getattr(shape, "enum", ()))


def is_scalar(shape: Shape) -> bool:
    """Return whether a value of a shape is one word, number or switch."""
    return shape.type_name in _SCALARS


# --- Documentation --------------------------------------------------------------------------------------------------

_BREAKS: Final = re.compile(r"</(p|li|dt|dd|div|note|important|h[1-6])>|<br ?/?>", re.IGNORECASE)
_TAGS: Final = re.compile(r"<[^>]*>")
_BLANKS: Final = re.compile(r"\s+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"(])")


def plain(documentation: str, *, sentences: int = 2, most: int = 320) -> str:
    """Return the first sentences of a documentation text, without its markup."""
    text = html.unescape(_TAGS.sub("", _BREAKS.sub(". ", documentation[:6000])))
    text = re.sub(r"([.:!?])\s*\.", r"\1", _BLANKS.sub(" ", text)).strip(" .")
    found = " ".join(_SENTENCE.split(text)[:sentences]).strip()
    if len(found) > most:
        found = f"{found[: most - 1].rsplit(' ', 1)[0]} …"
    return f"{found}." if found and found[-1] not in ".!?…:" else found


def names_of(shapes: Iterable[str]) -> list[str]:
    """Return boto3's names of operations that AWS names CreateBucket."""
    return [xform_name(one) for one in shapes]


def output_of(model: OperationModel) -> Mapping[str, Any]:
    """Return what an operation answers with, by name."""
    return model.output_shape.members if model.output_shape is not None else {}
