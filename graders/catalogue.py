"""The page docs/check-catalogue.md: every check as a lab's author needs to know it, from the checks themselves."""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import re

from graders import registry, types
from graders.check import Check, Parameter

__all__ = ["as_markdown"]

HEAD = """# All checks

{checks} checks of {services} services. Made by `manage.py check_catalogue --write` from the checks themselves: change
those, not this page. How a lab calls one stands in [For lab authors](author.md), how one is written in
[For check writers](checks.md).

Each begins with its line, as a learner reads it with the values in place of the braces; then what it accepts. *Acts*:
it tries something out, in a copy of the account that ends with it."""
ADDRESS = re.compile(r"https://docs\.aws\.amazon\.com/\S+")


def as_markdown() -> str:
    """The whole page."""
    checks = [one for name, one in registry.all().items() if name != "expect"]
    services = [(name, list(group)) for name, group in itertools.groupby(checks, lambda one: one.name.split(".")[0])]
    parts = [HEAD.format(checks=len(checks), services=len(services))]
    parts.append(" · ".join(f"[{name}](#{name})" for name, _ in services))
    for name, group in services:
        parts += [f"## {name}", *(_section(one) for one in group)]
    return "\n\n".join(parts) + "\n"


def _section(check: Check) -> str:
    accepted = inspect.cleandoc(check.function.__doc__ or "").partition("\n")[2].strip()
    called = "\n".join(_parameter(one) for one in check.parameters)
    page = ADDRESS.search(importlib.import_module(check.function.__module__).__doc__ or "")
    last = [f"Acts. Permissions: {_actions(check)}." if check.acts else f"Permissions: {_actions(check)}."]
    if page:
        last.append(f"[AWS on this]({page[0].rstrip('.,)')}).")
    parts = [f"### {check.name}", check.line, accepted, called, " ".join(last)]
    return "\n\n".join(part for part in parts if part)


def _parameter(one: Parameter) -> str:
    need = "required" if one.required else "may be left out" if one.default is None else f"`{json.dumps(one.default)}`"
    return f"- `{one.name}`: {types.describe(one.annotation)}; {need}"


def _actions(check: Check) -> str:
    """The IAM actions, those of a service together: "`s3:` GetBucketAcl, GetBucketPolicy; `sns:` ListTopics"."""
    pairs = sorted({tuple(one.split(":", 1)) for one in check.permissions})
    grouped = itertools.groupby(pairs, lambda pair: pair[0])
    return "; ".join(f"`{service}:` {', '.join(name for _, name in names)}" for service, names in grouped)
