"""How to make a call again: the AWS CLI's command for it, from what the journal kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

from labs.explorer.api import NoSuchOperation, operation
from labs.explorer.commands import command
from labs.explorer.model import Call
from labs.models import ApiCall

# The journal's own marks: a secret, and what was too long to keep.
_HIDDEN: Final = "***"
_CUT: Final = "…"


@dataclass(frozen=True)
class Again:
    """A command line. `whole` is False where something of the call is not in it; `lacks` says what."""

    command: str
    lacks: str = ""

    @property
    def whole(self) -> bool:
        return not self.lacks


def again(call: ApiCall, region: str) -> Again | None:
    """Return the command, or None for what the CLI has no command for."""
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    name = xform_name(call.action)
    try:
        model = operation(call.service, name)
        kept = {key: value for key, value in parameters.items() if key != _CUT}
        line = command(Call(call.service, name, kept, region="" if call.region in ("", region) else call.region))
    except (NoSuchOperation, ValueError, TypeError, AttributeError, KeyError):
        return None
    if line.startswith("#"):
        return None
    marks = set(_marks(parameters))
    shape = model.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload and shape is not None and shape.members[payload].type_name != "blob":
        payload = None
    if _HIDDEN in marks:
        return Again(line, "Secrets are not kept in the log: put yours in the place of ***.")
    if payload and payload not in parameters and call.mutating:
        return Again(line, "What was sent as a body is not kept in the log: name a file of yours.")
    if _CUT in marks:
        return Again(line, "The log kept the beginning of a long value only.")
    return Again(line)


def _marks(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, one in value.items():
                if key == _CUT:
                    yield _CUT
                yield from _marks(one)
        case list():
            for one in value:
                yield from _marks(one)
        case str():
            if value == _HIDDEN:
                yield _HIDDEN
            elif value.endswith(_CUT) or (value.startswith("<") and value.endswith(" bytes>")):
                yield _CUT
