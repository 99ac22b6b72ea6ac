"""What can be typed after `aws`: services, operations, options and their values, asked of the AWS CLI's own tables.

A process of its own: awscli brings its own botocore, which must not meet the boto3 of others. Prints nothing; writes
one JSON file for each service, and `_top.json` for the words that stand before one.
"""

from __future__ import annotations

import html
import json
import re
import sys
import zlib
from pathlib import Path
from typing import Any

ABOUT = 90


def about(documentation: str | None) -> str:
    """Return the first sentence of a description, short enough for a line of suggestions."""
    text = html.unescape(re.sub(r"<[^>]+>|``|\*\*", "", documentation or ""))
    text = re.sub(r"\s+", " ", text).strip()
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z])|\n", text, maxsplit=1)[0]
    return sentence if len(sentence) <= ABOUT else sentence[: ABOUT - 1].rsplit(" ", 1)[0] + "…"


def options(table: dict[str, Any]) -> dict[str, list[Any]]:
    """Return each option's description, and the values that it may have."""
    found: dict[str, list[Any]] = {}
    for name, argument in table.items():
        if getattr(argument, "positional_arg", False):
            continue
        model = getattr(argument, "argument_model", None)
        values = list(getattr(argument, "choices", None) or [])
        if model is not None:
            leaf = model.member if model.type_name == "list" else model
            values = values or list(getattr(leaf, "enum", None) or [])
        switch = int(
            getattr(argument, "cli_type_name", "") == "boolean" or getattr(argument, "_action", "") == "store_true"
        )
        found[f"--{name}"] = [about(argument.documentation), values, switch]
    return found


def command(node: Any) -> dict[str, Any]:
    """Return what a command takes: its own words, or its options."""
    words = getattr(node, "subcommand_table", None) or {}
    if not words and hasattr(node, "_get_command_table"):
        words = node._get_command_table()
    kept = {name: each for name, each in words.items() if name != "help"}
    if kept:
        return {"words": {name: describe(each) for name, each in kept.items()}}
    return {"options": options(getattr(node, "arg_table", None) or {})}


def describe(node: Any) -> dict[str, Any]:
    model = getattr(node, "_operation_model", None)
    text = model.documentation if model is not None else getattr(node, "DESCRIPTION", "") or ""
    return {"about": about(text if isinstance(text, str) else ""), **command(node)}


def main(out: Path) -> None:
    import awscli.clidriver

    out.mkdir(parents=True, exist_ok=True)
    driver = awscli.clidriver.create_clidriver()
    top = {}
    for name, node in driver._get_command_table().items():
        if name == "help":
            continue
        entry = command(node)
        try:
            title = node.service_model.metadata["serviceFullName"] if hasattr(node, "service_model") else ""
        except Exception:
            title = ""
        top[name] = title or about(
            getattr(node, "DESCRIPTION", "") if isinstance(getattr(node, "DESCRIPTION", ""), str) else ""
        )
        (out / f"{name}.bin").write_bytes(zlib.compress(json.dumps(entry, separators=(",", ":")).encode(), 9))
    everywhere = options(driver._get_argument_table())
    (out / "_top.bin").write_bytes(zlib.compress(json.dumps({"services": top, "options": everywhere}).encode(), 9))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
