"""REST APIs. What is changed is answered only after the next deployment to a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Pairs,
    Part,
    Row,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)
from labs.explorer.saying import count, edit_tags
from labs.explorer.services.apigateway import authorizers, methods, stages


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("apigateway", "get_rest_apis").get("items", []):
        types = one.get("endpointConfiguration", {}).get("types", [])
        facts = (Fact("Endpoint", ", ".join(types)), Fact("Id", one["id"]), Fact("About", one.get("description", "")))
        yield Thing(
            one["id"],
            one["name"],
            facts,
            f"arn:aws:apigateway:{account.region}::/restapis/{one['id']}",
            one,
            tags=one.get("tags", {}),
        )


def _detail(account: Account, it: Thing) -> Thing:
    def of(operation: str, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(account, "apigateway", operation, restApiId=it.id, **more).get(
            "items" if operation != "get_stages" else "item", []
        )
        return found

    resources = sorted(of("get_resources", embed=["methods"]), key=lambda one: one.get("path", ""))
    deployed, guards = of("get_stages"), of("get_authorizers")
    answered, links = [], []
    for one in resources:
        for verb in one.get("resourceMethods") or {}:
            where = {"restApiId": it.id, "resourceId": one["id"], "httpMethod": verb}
            method = ask(account, "apigateway", "get_method", **where)
            integration = method.get("methodIntegration") or ask(account, "apigateway", "get_integration", **where)
            uri = integration.get("uri", "")
            name = uri.partition(":function:")[2].partition("/")[0]
            guard = method.get("authorizationType", "")
            key = ", with an API key" if method.get("apiKeyRequired") else ""
            cells = (f"{verb} {one['path']}", name or uri or integration.get("type", "nothing yet"), guard + key)
            answered.append(
                Row(
                    f"{verb} {one['path']}",
                    cells,
                    "" if integration else "bad",
                    {"resourceId": one["id"], "httpMethod": verb},
                )
            )
            if name:
                links.append(Link("lambda:function", name.partition(":")[0], "Answered by"))
    parts = (
        Part("resources", "Resources", ("Path",), tuple(Row(one["id"], (one["path"],), data=one) for one in resources)),
        Part("methods", "Methods", ("Method", "Answered by", "Guarded by"), tuple(answered), "It answers nothing."),
        stages.part(deployed),
        authorizers.part(guards),
    )
    facts = (
        *it.facts,
        Fact("Methods", count(len(answered), "method")),
        Fact(
            "Stages", ", ".join(one["stageName"] for one in deployed) or "none: not deployed", "" if deployed else "bad"
        ),
    )
    unique = tuple({link.id: link for link in links}.values())
    return replace(it, properties=facts, parts=parts, links=unique)


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "apigateway",
        "create_rest_api",
        name=v["name"],
        description=v["description"],
        endpointConfiguration={"types": [v["type"]]},
        tags=v["tags"] or None,
    )


def _tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call("apigateway", "tag_resource", resourceArn=at.thing.arn, tags=to_set)
    if to_remove:
        yield call("apigateway", "untag_resource", resourceArn=at.thing.arn, tagKeys=to_remove)


API = Kind(
    "api",
    "REST API",
    "REST APIs",
    things,
    detail=_detail,
    empty=(
        "A REST API gives functions and services an HTTPS address: paths, methods, who may "
        "call, how often. What is changed counts after the next deployment."
    ),
    command="aws apigateway create-rest-api --name orders --endpoint-configuration types=REGIONAL",
    actions=(
        Action(
            "create",
            "Create REST API",
            _create,
            (
                Text("name", "Name", required=True),
                Choice(
                    "type",
                    "Endpoint",
                    (("REGIONAL", "regional"), ("EDGE", "edge-optimised"), ("PRIVATE", "private: from VPCs alone")),
                    initial="REGIONAL",
                    required=True,
                ),
                Text("description", "Description"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        *methods.ACTIONS,
        *stages.ACTIONS,
        *authorizers.ACTIONS,
        edit_tags(_tags),
        delete("apigateway.delete_rest_api", "restApiId", "Delete the API with its stages?"),
    ),
)
