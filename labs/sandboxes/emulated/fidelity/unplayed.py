"""What moto answers, and an answer of moto's is worth nothing: refused as not simulated, as fidelity.yaml says ("is: not")."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from labs.sandboxes.emulated.errors import not_simulated
from labs.sandboxes.emulated.hooks import Call, before

_NOTES: Final = Path(__file__).parents[1] / "fidelity.yaml"


def install() -> None:
    """Stand before each of them."""
    said: dict[str, dict[str, Any]] = yaml.safe_load(_NOTES.read_text())
    for service, operations in said.items():
        for operation, note in operations.items():
            if note["is"] == "not":
                before(service, operation)(_refuse)


def _refuse(call: Call) -> None:
    raise not_simulated(call.operation.service.name, call.operation.name)
