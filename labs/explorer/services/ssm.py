"""Systems Manager: parameters."""

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
    Pairs,
    Part,
    Pick,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import edit_tags, properties

TYPES = (
    ("String", "String: plain text"),
    ("SecureString", "SecureString: encrypted"),
    ("StringList", "StringList: separated by commas"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("ssm", "describe_parameters").get("Parameters", []):
        facts = (
            Fact("Type", one.get("Type", "")),
            Fact("Version", str(one.get("Version", ""))),
            Fact("Tier", one.get("Tier", "")),
        )
        arn = one.get("ARN") or f"arn:aws:ssm:{account.region}:{account.account_id}:parameter/{one['Name'].lstrip('/')}"
        key = one.get("KeyId", "")
        links = (Link("kms:key", tail(key) if key.startswith("arn:") else key, "Encrypted with"),) if key else ()
        yield Thing(one["Name"], one["Name"], facts, arn, one, links=links)


def _detail(account: Account, it: Thing) -> Thing:
    secure = it.data.get("Type") == "SecureString"
    value = "" if secure else ask(account, "ssm", "get_parameter", Name=it.id).get("Parameter", {}).get("Value", "")
    history = ask(account, "ssm", "get_parameter_history", Name=it.id).get("Parameters", [])
    rows = tuple(
        Row(
            str(one["Version"]),
            (str(one["Version"]), str(one.get("LastModifiedDate", "")), "hidden" if secure else one.get("Value", "")),
        )
        for one in reversed(history)
    )
    tags = ask(account, "ssm", "list_tags_for_resource", ResourceType="Parameter", ResourceId=it.id).get("TagList", [])
    facts = (
        *it.facts,
        Fact("Value", "hidden: Show value" if secure else value),
        *properties(it.data, "Description", "KeyId", ("LastModifiedDate", "Changed")),
    )
    return replace(
        it,
        properties=facts,
        parts=(Part("history", "History", ("Version", "When", "Value"), rows),),
        tags=tags_of(tags),
        data={**it.data, "Value": value},
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    key = v["KeyId"] if v["Type"] == "SecureString" else None
    yield call(
        "ssm",
        "put_parameter",
        Name=v["Name"],
        Type=v["Type"],
        Value=v["Value"],
        KeyId=key,
        Description=v["Description"],
        Tags=tag_list(v["tags"]),
    )


def _change(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ssm",
        "put_parameter",
        Name=at.thing.id,
        Type=at.thing.data["Type"],
        Value=v["Value"],
        KeyId=at.thing.data.get("KeyId"),
        Overwrite=True,
    )


def _tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        yield call(
            "ssm", "add_tags_to_resource", ResourceType="Parameter", ResourceId=at.thing.id, Tags=tag_list(to_set)
        )
    if to_remove:
        yield call(
            "ssm", "remove_tags_from_resource", ResourceType="Parameter", ResourceId=at.thing.id, TagKeys=to_remove
        )


PARAMETER = Kind(
    "parameter",
    "Parameter",
    "Parameters",
    things,
    detail=_detail,
    empty="A parameter is a setting that programs ask for by name. A SecureString is encrypted: for passwords.",
    command="aws ssm put-parameter --name /shop/prod/db/host --type String --value db.internal",
    actions=(
        Action(
            "create",
            "Create parameter",
            _create,
            (
                Text(
                    "Name",
                    "Name",
                    required=True,
                    placeholder="/shop/prod/db/host",
                    help="Slashes make a tree: rights can be given by branch.",
                ),
                Choice("Type", "Type", TYPES, initial="String", required=True),
                Pick(
                    "KeyId",
                    "KMS key",
                    kind="kms:key",
                    by="arn",
                    free=True,
                    when=("Type", "SecureString"),
                    help="Empty: alias/aws/ssm.",
                ),
                Text("Value", "Value", required=True, long=True),
                Text("Description", "Description"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "read",
            "Show value",
            lambda v, at: [
                call("ssm", "get_parameter", Name=at.thing.id, WithDecryption=True if v["WithDecryption"] else None)
            ],
            (Switch("WithDecryption", "Decrypt", initial=True),),
            verb="Show",
        ),
        Action(
            "value",
            "Change value",
            _change,
            (Text("Value", "Value", required=True, long=True),),
            lambda account, at: {"Value": at.thing.data["Value"]},
        ),
        edit_tags(_tags),
        delete("ssm.delete_parameter", "Name", "Delete the parameter? Programs that ask for it fail."),
    ),
)
SERVICE = Service("ssm", "Systems Manager", "Settings that programs ask for by name.", (PARAMETER,))
