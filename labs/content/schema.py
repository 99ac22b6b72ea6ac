"""The front matter of a lab, as a pydantic model: it validates, and gives editors their JSON Schema."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
)

from labs.content.draw import pattern_mistake
from labs.content.model import GIVEN_NAMES
from labs.content.yamls import Document


def _pattern(value: str) -> str:
    if sentence := pattern_mistake(value):
        raise ValueError(sentence)
    return value


def _parameter_name(value: str) -> str:
    if value in GIVEN_NAMES:
        raise ValueError(f"{value} is given by the session; choose another name")
    return value


def _text(value: Any) -> Any:
    """A number in `one_of` means its digits: values are text wherever they are put."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < 2:
        raise ValueError("needs two or more different values, or no two learners differ")
    return values


Text = Annotated[str, BeforeValidator(_text, json_schema_input_type=str | float)]


class OneOf(BaseModel):
    """A value drawn from a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    one_of: Annotated[
        tuple[Annotated[Text, StringConstraints(min_length=1, max_length=200)], ...],
        AfterValidator(_distinct),
    ]


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_pattern)]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_parameter_name)]
Drawn = Annotated[
    Annotated[Pattern, Tag("pattern")] | Annotated[OneOf, Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, (dict, OneOf)) else "pattern"),
]
Principal = Annotated[
    Annotated[Literal["admin"], Tag("name")] | Annotated[dict[str, Any], Tag("policy")],
    Discriminator(lambda value: "policy" if isinstance(value, dict) else "name"),
]


class FrontMatter(BaseModel):
    """What stands between the two `---` lines of a lab.md."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Skylab lab")

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)] = Field(description="Shown in the catalog.")
    summary: Annotated[str, StringConstraints(min_length=1, max_length=400)] = Field(
        description="One sentence for the catalog: what the learner achieves."
    )
    level: Literal["guided", "challenge", "exam", "playground"] = Field(
        description="How much the text helps; a playground has no tasks."
    )
    minutes: Annotated[int, Field(ge=1, le=480)] = Field(description="The time a learner gets to solve it.")
    services: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")], ...], Field(min_length=1)
    ] = Field(description="AWS services the learner meets, as the AWS CLI names them.")
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[1-9]$")] = "us-east-1"
    parameters: dict[ParameterName, Drawn] = Field(
        default_factory=dict,
        description="Drawn once per session from its seed, and used as {{ name }}. A text is a pattern of {color}, "
        "{animal}, {hex4}, {digits3} and {letters5} (1 to 16 of them); or {one_of: [a, b]}.",
    )
    covers: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,3}-[0-9]{2,3}$")], ...] = Field(
        default=(), description="Ids of the courses' inventory.yaml that the lab has practised: [S3-01, IA-07]."
    )
    principal: Principal = Field(default="admin", description="admin, or an inline IAM policy of the learner.")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a lab's front matter."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FrontMatter.model_json_schema()}


def nearest(name: str, names: Iterable[str]) -> str:
    """Return "did you mean …?" for the nearest of `names`, or ""."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def read(document: Document) -> tuple[FrontMatter | None, list[tuple[int, str, str, str]]]:
    """Return the front matter, or None, and its mistakes as (line, id, message, hint)."""
    if not isinstance(document.value, dict):
        return None, [(document.line(()), "labs.E005", "the front matter is not a mapping", "write `key: value` lines")]
    try:
        return FrontMatter.model_validate(document.value), []
    except ValidationError as error:
        mistakes = [_mistake(one, document) for one in error.errors(include_url=False)]
        # A misspelled key is one mistake: it is not also missing under its right name.
        hints = " ".join(hint for _, which, _, hint in mistakes if which == "labs.E004")
        return None, [
            one
            for one in mistakes
            if not (one[2].endswith(" is missing") and f" {one[2].split(' ')[0].rpartition('.')[2]}?" in hints)
        ]


def _mistake(error: Any, document: Document) -> tuple[int, str, str, str]:
    # pydantic's own steps ("pattern", "list", "[key]") are no part of what the author wrote
    location = tuple(step for step in error["loc"] if step not in ("pattern", "list", "name", "policy", "[key]"))
    name = ".".join(str(step) for step in location) or "the front matter"
    line = document.line(location)
    value = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            known = FrontMatter.model_fields if len(location) == 1 else OneOf.model_fields
            hint = nearest(str(location[-1]), known) or f"known are {', '.join(known)}"
            return line, "labs.E004", f"{name} is not a key of a lab's front matter", hint
        case "missing":
            return line, "labs.E005", f"{name} is missing", ""
        case "literal_error":
            words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            return (
                line,
                "labs.E005",
                f"{name} must be {' or '.join(words)}, not {value!r}",
                nearest(str(value), words),
            )
        case "value_error":
            return line, "labs.E006", f"{name}: {error['ctx']['error']}", ""
        case "string_type":
            return line, "labs.E005", f"{name} must be text, not {value!r}", "put it in quotes"
        case "string_pattern_mismatch":
            return (
                line,
                "labs.E005",
                f"{name}: {value!r} is not spelled as it must be",
                f"pattern {error['ctx']['pattern']}",
            )
    message = error["msg"].removeprefix("Input ").removeprefix("Value ")
    return line, "labs.E005", f"{name} {message[:1].lower()}{message[1:]}", ""
