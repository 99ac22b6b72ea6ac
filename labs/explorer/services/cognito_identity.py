"""Cognito identity pools: AWS credentials for an application's users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Link,
    Pick,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    switch_fact,
    tail,
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cognito-identity", "list_identity_pools", MaxResults=60).get("IdentityPools", []):
        yield Thing(one["IdentityPoolId"], one["IdentityPoolName"], data=one)


def _look(account: Account, it: Thing) -> Thing:
    found = account.read("cognito-identity", "describe_identity_pool", IdentityPoolId=it.id)
    trusts = [one.get("ClientId", "") for one in found.get("CognitoIdentityProviders", [])]
    facts = (
        switch_fact("Guests", found.get("AllowUnauthenticatedIdentities"), good=False),
        Fact("Trusts clients", ", ".join(trusts) or "none"),
        Fact("Id", it.id),
    )
    return replace(it, facts=facts, data={key: one for key, one in found.items() if key != "ResponseMetadata"})


def _detail(account: Account, it: Thing) -> Thing:
    roles = ask(account, "cognito-identity", "get_identity_pool_roles", IdentityPoolId=it.id).get("Roles", {})
    links = tuple(Link("iam:role", tail(arn), f"Who is {name} acts as") for name, arn in roles.items())
    return replace(
        it,
        properties=(
            *it.facts,
            Fact(
                "Roles",
                ", ".join(f"{name}: {tail(arn)}" for name, arn in roles.items()) or "none",
                "" if roles else "bad",
            ),
        ),
        links=links,
        data={**it.data, "Roles": roles},
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    providers = None
    if v["client"]:
        region = at.region
        providers = [
            {
                "ProviderName": f"cognito-idp.{region}.amazonaws.com/{v['pool']}",
                "ClientId": v["client"],
                "ServerSideTokenCheck": True,
            }
        ]
    yield call(
        "cognito-identity",
        "create_identity_pool",
        IdentityPoolName=v["IdentityPoolName"],
        AllowUnauthenticatedIdentities=v["guests"],
        CognitoIdentityProviders=providers,
    )


def _roles(v: Values, at: At) -> Iterator[Call]:
    roles = {name: v[name] for name in ("authenticated", "unauthenticated") if v[name]}
    yield call("cognito-identity", "set_identity_pool_roles", IdentityPoolId=at.thing.id, Roles=roles)


POOL = Kind(
    "pool",
    "Identity pool",
    "Identity pools",
    things,
    look=_look,
    detail=_detail,
    empty="An identity pool gives who has signed in (or a guest) credentials of AWS for a while, with a role's rights.",
    command="aws cognito-identity create-identity-pool --identity-pool-name shop --no-allow-unauthenticated-identities",
    actions=(
        Action(
            "create",
            "Create identity pool",
            _create,
            (
                Text("IdentityPoolName", "Name", required=True),
                Switch("guests", "Let guests in"),
                Pick("pool", "Trusts user pool", kind="cognito-idp:pool"),
                Text("client", "and its client", help="The app client's id."),
            ),
            new=True,
        ),
        Action(
            "roles",
            "Set roles",
            _roles,
            (
                Pick("authenticated", "Who has signed in acts as", kind="iam:role", by="arn"),
                Pick("unauthenticated", "Guests act as", kind="iam:role", by="arn"),
            ),
            lambda account, at: dict(at.thing.data.get("Roles", {})),
        ),
        delete("cognito-identity.delete_identity_pool", "IdentityPoolId", "Delete the pool?"),
    ),
)
SERVICE = Service("cognito-identity", "Cognito identity pools", "AWS credentials for an application's users.", (POOL,))
