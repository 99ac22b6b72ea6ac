"""Versions of a function, and aliases that lead to one or to two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import Action, At, Call, Choice, Number, Part, Row, Text, Values, call


def parts(found: list[dict[str, Any]], aliases: list[dict[str, Any]]) -> tuple[Part, ...]:
    """Return the published versions of a function, and its aliases."""
    return (
        Part(
            "versions",
            "Versions",
            ("Version", "Code", "Made"),
            tuple(
                Row(one["Version"], (one["Version"], one.get("CodeSha256", ""), one.get("LastModified", "")), data=one)
                for one in found
            ),
            "None published: $LATEST alone.",
        ),
        Part(
            "aliases",
            "Aliases",
            ("Name", "Leads to"),
            tuple(Row(one["Name"], (one["Name"], _weights(one)), data=one) for one in aliases),
            "None.",
        ),
    )


def _weights(one: dict[str, Any]) -> str:
    more = one.get("RoutingConfig", {}) or {}
    parts = [f"{weight:.0%} to {version}" for version, weight in more.get("AdditionalVersionWeights", {}).items()]
    return ", ".join([one.get("FunctionVersion", ""), *parts])


def _alias(operation: str) -> Any:
    def calls(v: Values, at: At) -> Iterator[Call]:
        routing: dict[str, Any] = {
            "AdditionalVersionWeights": {v["other"]: round(v["percent"] / 100, 4)}
            if v["other"] and v["percent"]
            else {}
        }
        creating = operation == "create_alias"
        if creating and not routing["AdditionalVersionWeights"]:
            routing = {}
        yield call(
            "lambda",
            operation,
            FunctionName=at.thing.id,
            Name=v.get("Name") or at.row.id,
            FunctionVersion=v["FunctionVersion"],
            RoutingConfig=routing or None,
        )

    return calls


def _alias_fields(*, name: bool) -> Any:
    def fields(account: Account, at: At) -> tuple[Any, ...]:
        part = next((one for one in at.thing.parts if one.id == "versions"), None)
        versions = tuple(row.id for row in part.rows) if part else ()
        return (
            *((Text("Name", "Name", required=True, placeholder="prod"),) if name else ()),
            Choice(
                "FunctionVersion",
                "Version",
                (*versions, "$LATEST"),
                initial=versions[-1] if versions else "$LATEST",
                required=True,
            ),
            Choice("other", "And some of the calls to", ("", *versions)),
            Number(
                "percent",
                "namely",
                least=0,
                most=100,
                whole=False,
                unit="percent",
                help="For a careful start: the new one gets a tenth first.",
            ),
        )

    return fields


ACTIONS = (
    Action(
        "publish",
        "Publish version",
        "lambda.publish_version",
        (Text("Description", "Description"),),
        thing="FunctionName",
        part="versions",
        verb="Publish",
        about="A version is code and configuration as they are now, for good.",
    ),
    Action("add-alias", "Create alias", _alias("create_alias"), _alias_fields(name=True), part="aliases"),
    Action(
        "edit-alias",
        "Change",
        _alias("update_alias"),
        _alias_fields(name=False),
        lambda account, at: {"FunctionVersion": at.row.data.get("FunctionVersion")},
        part="aliases",
        row=True,
    ),
    Action(
        "remove-alias",
        "Delete",
        lambda v, at: [call("lambda", "delete_alias", FunctionName=at.thing.id, Name=at.row.id)],
        part="aliases",
        row=True,
        danger="Delete the alias?",
        verb="Delete",
    ),
)
