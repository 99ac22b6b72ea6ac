"""Access points: names for a bucket with policies of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import Action, At, Call, Choice, Fact, Kind, Link, Pick, Policy, Text, Thing, Values, ask, call
from labs.explorer.saying import decoded, policy_fact


def _things(account: Account) -> Iterator[Thing]:
    answer = account.read("s3control", "list_access_points", AccountId=account.account_id)
    for one in answer.get("AccessPointList", []):
        arn = one.get("AccessPointArn", "")
        facts = (Fact("Bucket", one.get("Bucket", "")), Fact("Open to", one.get("NetworkOrigin", "Internet")))
        yield Thing(
            one["Name"], one["Name"], facts, arn, one, links=(Link("s3:bucket", one.get("Bucket", ""), "Leads to"),)
        )


def _detail(account: Account, it: Thing) -> Thing:
    answer = ask(account, "s3control", "get_access_point_policy", AccountId=account.account_id, Name=it.id)
    policy = answer.get("Policy", "")
    return replace(it, properties=(*it.facts, policy_fact("Policy", policy)), data={**it.data, "Policy": policy})


def _create(v: Values, at: At) -> Iterator[Call]:
    inside: dict[str, Any] | None = {"VpcId": v["vpc"]} if v["from"] == "vpc" else None
    yield call(
        "s3control",
        "create_access_point",
        AccountId=at.account_id,
        Name=v["Name"],
        Bucket=v["Bucket"],
        VpcConfiguration=inside,
    )


def _save_policy(v: Values, at: At) -> Iterator[Call]:
    where: Values = {"AccountId": at.account_id, "Name": at.thing.id}
    if v["Policy"] is None:
        yield call("s3control", "delete_access_point_policy", **where)
    else:
        yield call("s3control", "put_access_point_policy", **where, Policy=v["Policy"])


ACCESS_POINT = Kind(
    "access-point",
    "Access point",
    "Access points",
    _things,
    detail=_detail,
    empty="An access point is a name for a bucket with a policy of its own: one for each group of readers.",
    command="aws s3control create-access-point --account-id 111122223333 --name readers --bucket my-bucket",
    actions=(
        Action(
            "create",
            "Create access point",
            _create,
            (
                Text("Name", "Name", required=True, help="3 to 50 lower-case letters, digits and hyphens."),
                Pick("Bucket", "Bucket", kind="s3:bucket", required=True),
                Choice(
                    "from", "Reached from", (("internet", "the internet"), ("vpc", "one VPC only")), initial="internet"
                ),
                Pick("vpc", "VPC", kind="ec2:vpc", required=True, when=("from", "vpc")),
            ),
            new=True,
        ),
        Action(
            "policy",
            "Edit policy",
            _save_policy,
            (Policy("Policy", "Policy", kind="resource", help="Empty: none."),),
            lambda account, at: {"Policy": decoded(at.thing.data["Policy"]) or None},
        ),
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("s3control", "delete_access_point", AccountId=at.account_id, Name=at.thing.id)],
            danger="Delete the access point? The bucket and its objects stay.",
            verb="Delete",
        ),
    ),
)
