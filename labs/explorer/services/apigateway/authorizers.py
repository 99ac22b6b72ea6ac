"""Authorizers: user pools and functions that an API asks who calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Choice, Part, Pick, Picks, Row, Text, Values, call


def part(found: list[dict[str, Any]]) -> Part:
    """Return the authorizers of an API."""
    return Part(
        "authorizers",
        "Authorizers",
        ("Name", "Type", "Id"),
        tuple(Row(one["id"], (one["name"], one.get("type", ""), one["id"]), data=one) for one in found),
        "None.",
    )


def _authorizer(v: Values, at: At) -> Iterator[Call]:
    pools = v["pools"] or None
    uri = (
        f"arn:aws:apigateway:{at.region}:lambda:path/2015-03-31/functions/{v['function']}/invocations"
        if v["function"]
        else None
    )
    yield call(
        "apigateway",
        "create_authorizer",
        restApiId=at.thing.id,
        name=v["name"],
        type=v["type"],
        providerARNs=pools,
        authorizerUri=uri,
        identitySource=f"method.request.header.{v['header']}",
    )


ACTIONS = (
    Action(
        "add-authorizer",
        "Add authorizer",
        _authorizer,
        (
            Text("name", "Name", required=True),
            Choice(
                "type",
                "Asks",
                (
                    ("COGNITO_USER_POOLS", "a Cognito user pool"),
                    ("TOKEN", "a Lambda function, by a token"),
                    ("REQUEST", "a Lambda function, by the request"),
                ),
                initial="COGNITO_USER_POOLS",
                required=True,
            ),
            Picks(
                "pools",
                "User pools",
                kind="cognito-idp:pool",
                by="arn",
                required=True,
                when=("type", "COGNITO_USER_POOLS"),
            ),
            Pick(
                "function",
                "Function",
                kind="lambda:function",
                by="arn",
                required=True,
                when=("type", "TOKEN", "REQUEST"),
            ),
            Text("header", "Header", initial="Authorization", required=True),
        ),
        part="authorizers",
    ),
    Action(
        "remove-authorizer",
        "Delete",
        lambda v, at: [call("apigateway", "delete_authorizer", restApiId=at.thing.id, authorizerId=at.row.id)],
        part="authorizers",
        row=True,
        danger="Delete the authorizer?",
        verb="Delete",
    ),
)
