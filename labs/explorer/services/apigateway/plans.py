"""API keys, and usage plans that say how often each may call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Part,
    Pick,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    switch_fact,
)
from labs.explorer.saying import given


def plans(account: Account) -> Iterator[Thing]:
    for one in account.read("apigateway", "get_usage_plans").get("items", []):
        rate, quota = one.get("throttle", {}), one.get("quota", {})
        stages = [f"{each.get('apiId')}/{each.get('stage')}" for each in one.get("apiStages", [])]
        facts = (
            Fact("Throttle", f"{rate.get('rateLimit')}/s, burst {rate.get('burstLimit')}" if rate else "none"),
            Fact("Quota", f"{quota.get('limit')} a {str(quota.get('period', '')).lower()}" if quota else "none"),
            Fact("Of", ", ".join(stages) or "no stage", "" if stages else "bad"),
        )
        yield Thing(
            one["id"],
            one["name"],
            facts,
            data=one,
            links=tuple(Link("apigateway:api", each["apiId"], "Counts calls of") for each in one.get("apiStages", [])),
        )


def _keys(account: Account, it: Thing) -> Thing:
    found = ask(account, "apigateway", "get_usage_plan_keys", usagePlanId=it.id).get("items", [])
    rows = tuple(Row(one["id"], (one.get("name", ""), one["id"])) for one in found)
    return replace(
        it, properties=it.facts, parts=(Part("keys", "Keys", ("Name", "Id"), rows, "Nobody has a key to it."),)
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    throttle = given(rateLimit=v["rateLimit"], burstLimit=v["burstLimit"])
    quota = {"limit": v["limit"], "period": v["period"]} if v["limit"] else None
    stages = [{"apiId": v["api"], "stage": v["stage"]}] if v["api"] and v["stage"] else None
    yield call(
        "apigateway", "create_usage_plan", name=v["name"], throttle=throttle or None, quota=quota, apiStages=stages
    )


PLAN = Kind(
    "plan",
    "Usage plan",
    "Usage plans",
    plans,
    detail=_keys,
    empty="A usage plan says how often who has a key may call: so many a second, so many a month.",
    command="aws apigateway create-usage-plan --name basic --throttle rateLimit=100,burstLimit=50",
    actions=(
        Action(
            "create",
            "Create usage plan",
            _create,
            (
                Text("name", "Name", required=True),
                Pick("api", "API", kind="apigateway:api"),
                Text("stage", "Stage", placeholder="prod"),
                Number("rateLimit", "At most", whole=False, least=0, unit="calls a second"),
                Number("burstLimit", "at once", least=0),
                Number("limit", "In all", least=1, unit="calls"),
                Choice("period", "a", ("DAY", "WEEK", "MONTH"), initial="MONTH"),
            ),
            new=True,
        ),
        Action(
            "add-key",
            "Add key",
            lambda v, at: [
                call(
                    "apigateway", "create_usage_plan_key", usagePlanId=at.thing.id, keyId=v["keyId"], keyType="API_KEY"
                )
            ],
            (Pick("keyId", "Key", kind="apigateway:key", required=True),),
            part="keys",
        ),
        Action(
            "remove-key",
            "Remove",
            lambda v, at: [call("apigateway", "delete_usage_plan_key", usagePlanId=at.thing.id, keyId=at.row.id)],
            part="keys",
            row=True,
            danger="This key counts here no longer.",
            verb="Remove",
        ),
        delete("apigateway.delete_usage_plan", "usagePlanId", "Delete the plan?"),
    ),
)


def keys(account: Account) -> Iterator[Thing]:
    for one in account.read("apigateway", "get_api_keys").get("items", []):
        yield Thing(one["id"], one.get("name") or one["id"], (switch_fact("Enabled", one.get("enabled")),), data=one)


def _create_key(v: Values, at: At) -> Iterator[Call]:
    yield call("apigateway", "create_api_key", name=v["name"], enabled=v["enabled"], description=v["description"])


KEY = Kind(
    "key",
    "API key",
    "API keys",
    keys,
    empty="An API key says which customer calls. It counts and throttles; it does not prove who they are.",
    command="aws apigateway create-api-key --name partner --enabled",
    actions=(
        Action(
            "create",
            "Create API key",
            _create_key,
            (
                Text("name", "Name", required=True),
                Switch("enabled", "Enabled", initial=True),
                Text("description", "Description"),
            ),
            new=True,
        ),
        Action(
            "read",
            "Show value",
            lambda v, at: [call("apigateway", "get_api_key", apiKey=at.thing.id, includeValue=True)],
            verb="Show",
        ),
        delete("apigateway.delete_api_key", "apiKey", "Delete the key? Who has it cannot call any more."),
    ),
)
