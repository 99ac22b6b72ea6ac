"""Labs as authors write them: Markdown with YAML front matter, checked line by line. docs/author.md is the manual."""

from labs.content.catalog import catalog_problems, load_catalog, load_lab
from labs.content.draw import bind, draw, substitute
from labs.content.model import (
    GIVEN_NAMES,
    Alternative,
    Block,
    ContentError,
    Equivalent,
    Hint,
    Lab,
    NearMiss,
    Parameter,
    Problem,
    Task,
)
from labs.content.parse import parse_lab
from labs.content.schema import json_schema

__all__ = [
    "GIVEN_NAMES",
    "Alternative",
    "Block",
    "ContentError",
    "Equivalent",
    "Hint",
    "Lab",
    "NearMiss",
    "Parameter",
    "Problem",
    "Task",
    "bind",
    "catalog_problems",
    "draw",
    "json_schema",
    "load_catalog",
    "load_lab",
    "parse_lab",
    "substitute",
]
