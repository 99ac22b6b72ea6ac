"""Secrets Manager: what only some may read, and that changes by itself."""

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
    Json,
    Kind,
    Link,
    Number,
    Pairs,
    Pick,
    Policy,
    Service,
    Text,
    Thing,
    Values,
    ask,
    call,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import decoded, policy_fact, properties, tags_by


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("secretsmanager", "list_secrets").get("SecretList", []):
        facts = (
            Fact(
                "Rotates",
                f"every {one.get('RotationRules', {}).get('AutomaticallyAfterDays', '?')} days"
                if one.get("RotationEnabled")
                else "no",
            ),
            Fact("Encrypted with", tail(one.get("KmsKeyId", "")) or "aws/secretsmanager"),
            Fact("About", one.get("Description", "")),
        )
        links = [Link("kms:key", tail(one["KmsKeyId"]), "Encrypted with")] if one.get("KmsKeyId") else []
        links += (
            [Link("lambda:function", tail(one["RotationLambdaARN"]), "Rotated by")]
            if one.get("RotationLambdaARN")
            else []
        )
        yield Thing(one["Name"], one["Name"], facts, one["ARN"], one, tags=tags_of(one.get("Tags")), links=tuple(links))


def _detail(account: Account, it: Thing) -> Thing:
    policy = ask(account, "secretsmanager", "get_resource_policy", SecretId=it.id).get("ResourcePolicy", "")
    more = properties(
        it.data,
        ("CreatedDate", "Created"),
        ("LastChangedDate", "Changed"),
        ("LastRotatedDate", "Rotated"),
        ("DeletedDate", "Goes for good"),
    )
    return replace(it, properties=(*it.facts, policy_fact("Policy", policy), *more), data={**it.data, "Policy": policy})


def _text(v: Values) -> str | None:
    return str(v["json"]) if v["as"] == "json" else v["text"]


def _value(*, initial: bool) -> tuple[Any, ...]:
    starter = {"username": "admin", "password": "…"} if initial else None
    return (
        Choice("as", "Value", (("json", "JSON: several names"), ("text", "text")), initial="json", required=True),
        Json("json", "JSON", text=True, initial=starter, required=True, when=("as", "json")),
        Text("text", "Text", required=True, when=("as", "text")),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "secretsmanager",
        "create_secret",
        Name=v["Name"],
        Description=v["Description"],
        KmsKeyId=v["KmsKeyId"],
        SecretString=_text(v),
        Tags=tag_list(v["tags"]),
    )


def _rotate(v: Values, at: At) -> Iterator[Call]:
    rules = {"AutomaticallyAfterDays": v["days"]}
    yield call(
        "secretsmanager",
        "rotate_secret",
        SecretId=at.thing.id,
        RotationLambdaARN=v["RotationLambdaARN"],
        RotationRules=rules,
    )


def _policy(v: Values, at: At) -> Iterator[Call]:
    if v["ResourcePolicy"] is None:
        yield call("secretsmanager", "delete_resource_policy", SecretId=at.thing.id)
    else:
        yield call("secretsmanager", "put_resource_policy", SecretId=at.thing.id, ResourcePolicy=v["ResourcePolicy"])


def _delete(v: Values, at: At) -> Iterator[Call]:
    now = v["days"] is None
    yield call(
        "secretsmanager",
        "delete_secret",
        SecretId=at.thing.id,
        RecoveryWindowInDays=v["days"],
        ForceDeleteWithoutRecovery=True if now else None,
    )


SECRET = Kind(
    "secret",
    "Secret",
    "Secrets",
    things,
    detail=_detail,
    empty=(
        "A secret is a password or key that programs ask for when they need it: "
        "not in code, not in files, and it can change by itself."
    ),
    command='aws secretsmanager create-secret --name shop/db --secret-string \'{"username":"admin","password":"…"}\'',
    actions=(
        Action(
            "create",
            "Create secret",
            _create,
            (
                Text("Name", "Name", required=True, placeholder="shop/db"),
                *_value(initial=True),
                Pick("KmsKeyId", "KMS key", kind="kms:key", by="arn", free=True, help="Empty: aws/secretsmanager."),
                Text("Description", "Description"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action("read", "Show value", "secretsmanager.get_secret_value", thing="SecretId", verb="Show"),
        Action(
            "value",
            "Change value",
            lambda v, at: [call("secretsmanager", "put_secret_value", SecretId=at.thing.id, SecretString=_text(v))],
            _value(initial=False),
        ),
        Action(
            "rotate",
            "Set rotation",
            _rotate,
            (
                Pick("RotationLambdaARN", "By function", kind="lambda:function", by="arn", required=True),
                Number("days", "Every", initial=30, least=1, most=1000, unit="days", required=True),
            ),
        ),
        Action(
            "no-rotation",
            "Stop rotation",
            "secretsmanager.cancel_rotate_secret",
            thing="SecretId",
            danger="It keeps its value from now on.",
            verb="Stop",
            when=lambda it: bool((it.data or {}).get("RotationEnabled")),
        ),
        Action(
            "policy",
            "Edit policy",
            _policy,
            (Policy("ResourcePolicy", "Policy", kind="resource", help="Empty: none."),),
            lambda account, at: {"ResourcePolicy": decoded(at.thing.data["Policy"]) or None},
        ),
        tags_by("secretsmanager", "tag_resource", "untag_resource", "SecretId", by="id"),
        Action(
            "delete",
            "Delete",
            _delete,
            (
                Number(
                    "days",
                    "In",
                    initial=30,
                    least=7,
                    most=30,
                    unit="days",
                    help="Until then it can be had back. Empty: at once, for good.",
                ),
            ),
            danger="Programs that ask for it fail from now on.",
            verb="Delete",
        ),
        Action(
            "restore",
            "Restore",
            "secretsmanager.restore_secret",
            thing="SecretId",
            verb="Restore",
            when=lambda it: bool((it.data or {}).get("DeletedDate")),
        ),
    ),
)
SERVICE = Service("secretsmanager", "Secrets Manager", "What only some may read.", (SECRET,))
