"""CloudFormation's templates as data: YAML with its short forms, read safely.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml

__all__ = ["AliasUsed", "TemplateLoader", "read"]


class AliasUsed(yaml.YAMLError):
    """The template has a YAML alias, which CloudFormation does not take (and a bomb is made of)."""


class TemplateLoader(yaml.SafeLoader):
    """YAML as CloudFormation takes it: `!Ref Q` reads as {"Ref": "Q"}; no alias, no timestamp, no Python object."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise AliasUsed("YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", _short_form)
# `AWSTemplateFormatVersion: 2010-09-09` and a policy's Version stay the text that they are.
TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """Return what a template says, from JSON or YAML. Raises ValueError, yaml.YAMLError and RecursionError."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - a SafeLoader
