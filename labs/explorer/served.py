"""Write served.json: which services and operations the sandbox's AWS plays.

    python -m labs.explorer.served

What plays them is looked at in a process of its own: nothing that serves pages imports moto.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from labs.explorer import api
from labs.fidelity import NOTES, coverage

_TITLES = {"stepfunctions": "Step Functions", "apigatewayv2": "API Gateway v2", "docdb": "DocumentDB"}


def played(*names: str) -> dict[str, dict[str, Any]]:
    """Return the services that are played: how people call each, and the operations of it that are."""
    there = coverage(*(names or ("--all",)))
    notes = yaml.safe_load(NOTES.read_text())
    refused = {name: {one for one, note in known.items() if note["is"] == "not"} for name, known in notes.items()}
    return {
        name: {
            "title": title(name),
            "plays": sorted(one for one, is_there in known.items() if is_there and one not in refused.get(name, ())),
        }
        for name, known in sorted(there.items())
        if any(known.values())
    }


def title(name: str) -> str:
    """Return how people call a service: "Amazon Simple Notification Service" is SNS."""
    metadata = api.service(name).metadata
    named = str(metadata.get("serviceAbbreviation") or metadata["serviceFullName"])
    return _TITLES.get(name) or re.sub(r"^(AWS|Amazon) ?", "", named)


if __name__ == "__main__":
    api.SERVED.write_text(json.dumps(played(), separators=(",", ":")).replace('},"', '},\n"') + "\n")
