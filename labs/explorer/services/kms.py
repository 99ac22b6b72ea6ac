"""KMS: keys, their names (aliases), and who may use them."""

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
    Choices,
    Content,
    Fact,
    Kept,
    Kind,
    Number,
    Pairs,
    Part,
    Pick,
    Policy,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    switch_fact,
    tags_of,
)
from labs.explorer.saying import decoded, edit_tags, policy_fact, properties, state_fact

SPECS = (
    ("SYMMETRIC_DEFAULT", "Symmetric: encrypt and decrypt (the usual one)"),
    ("RSA_2048", "RSA 2048"),
    ("RSA_4096", "RSA 4096"),
    ("ECC_NIST_P256", "ECC NIST P-256"),
    ("HMAC_256", "HMAC 256"),
)
USES = (
    ("ENCRYPT_DECRYPT", "encrypt and decrypt"),
    ("SIGN_VERIFY", "sign and verify"),
    ("GENERATE_VERIFY_MAC", "generate and verify MACs"),
)
GRANTED = (
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "DescribeKey",
    "CreateGrant",
)


def _aliases(account: Account) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in account.read("kms", "list_aliases").get("Aliases", []):
        if one.get("TargetKeyId"):
            found.setdefault(one["TargetKeyId"], []).append(one["AliasName"])
    return found


def things(account: Account) -> Iterator[Thing]:
    aliases = _aliases(account)
    for one in account.read("kms", "list_keys").get("Keys", []):
        key = one["KeyId"]
        names = sorted(aliases.get(key, []))
        yield Thing(key, names[0] if names else key, arn=one["KeyArn"], data={**one, "Aliases": names})


def _look(account: Account, it: Thing) -> Thing:
    found = account.read("kms", "describe_key", KeyId=it.id)["KeyMetadata"]
    state = state_fact(found.get("KeyState", ""), good=["Enabled"], bad=["Disabled", "PendingDeletion"])
    facts = (
        state,
        Fact("Aliases", ", ".join(it.data["Aliases"]) or "none"),
        Fact("Use", found.get("KeyUsage", "")),
        Fact("Manager", "AWS" if found.get("KeyManager") == "AWS" else "you"),
    )
    return replace(it, facts=facts, data={**it.data, **found})


def _detail(account: Account, it: Thing) -> Thing:
    rotation = ask(account, "kms", "get_key_rotation_status", KeyId=it.id) if _rotates(it) else {}
    policy = ask(account, "kms", "get_key_policy", KeyId=it.id, PolicyName="default").get("Policy", "")
    tags = ask(account, "kms", "list_resource_tags", KeyId=it.id).get("Tags", [])
    grants = ask(account, "kms", "list_grants", KeyId=it.id).get("Grants", [])
    more = (
        *((switch_fact("Rotation", rotation.get("KeyRotationEnabled"), good=True),) if rotation else ()),
        policy_fact("Key policy", policy),
        *properties(it.data, "Description", "KeySpec", "MultiRegion", "Origin", "CreationDate", "DeletionDate"),
    )
    aliases = Part(
        "aliases", "Aliases", ("Alias",), tuple(Row(one, (one,)) for one in it.data["Aliases"]), "No name but its id."
    )
    rows = tuple(
        Row(
            one["GrantId"],
            (one.get("GranteePrincipal", ""), ", ".join(one.get("Operations", [])), one.get("Name", "")),
            data=one,
        )
        for one in grants
    )
    parts = (
        aliases,
        Part("grants", "Grants", ("To", "May", "Name"), rows, "None: the key policy and IAM decide alone."),
    )
    data = {**it.data, "Policy": policy, "Rotation": rotation}
    return replace(it, properties=(*it.facts, *more), parts=parts, tags=tags_of(tags), data=data, links=())


def _rotates(it: Thing) -> bool:
    return bool(it.data) and (
        it.data.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        and it.data.get("KeyState") != "PendingDeletion"
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    named = bool(v["alias"] or v["rotate"])
    tags = [{"TagKey": key, "TagValue": value} for key, value in v["tags"].items()]
    yield call(
        "kms",
        "create_key",
        keep=("KEY", "KeyMetadata.KeyId") if named else None,
        Description=v["Description"],
        KeySpec=None if v["KeySpec"] == "SYMMETRIC_DEFAULT" else v["KeySpec"],
        KeyUsage=None if v["KeyUsage"] == "ENCRYPT_DECRYPT" else v["KeyUsage"],
        MultiRegion=v["MultiRegion"] or None,
        Policy=v["Policy"],
        Tags=tags or None,
    )
    if v["alias"]:
        yield call("kms", "create_alias", AliasName=_alias(v["alias"]), TargetKeyId=Kept("KEY"))
    if v["rotate"]:
        yield call("kms", "enable_key_rotation", KeyId=Kept("KEY"))


def _alias(name: str) -> str:
    return name if name.startswith("alias/") else f"alias/{name}"


def _rotation(v: Values, at: At) -> Iterator[Call]:
    if v["on"]:
        yield call("kms", "enable_key_rotation", KeyId=at.thing.id, RotationPeriodInDays=v["RotationPeriodInDays"])
    else:
        yield call("kms", "disable_key_rotation", KeyId=at.thing.id)


def _save_tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    if to_set:
        tags = [{"TagKey": key, "TagValue": value} for key, value in to_set.items()]
        yield call("kms", "tag_resource", KeyId=at.thing.id, Tags=tags)
    if to_remove:
        yield call("kms", "untag_resource", KeyId=at.thing.id, TagKeys=to_remove)


def _is(*states: str) -> Any:
    return lambda it: (it.data or {}).get("KeyState") in states and it.data.get("KeyManager") != "AWS"


KEY = Kind(
    "key",
    "Key",
    "Keys",
    things,
    look=_look,
    detail=_detail,
    empty="A key encrypts for other services, and never leaves KMS. Its policy says who may use it; an alias gives it a name.",
    command="aws kms create-key --description 'for the records'",
    actions=(
        Action(
            "create",
            "Create key",
            _create,
            (
                Text(
                    "alias",
                    "Alias",
                    placeholder="alias/app",
                    help="A name for it. Calls may use it in place of the id.",
                ),
                Text("Description", "Description"),
                Choice("KeySpec", "Key", SPECS, initial="SYMMETRIC_DEFAULT"),
                Choice("KeyUsage", "Use", USES, initial="ENCRYPT_DECRYPT"),
                Switch(
                    "rotate",
                    "Rotate every year",
                    when=("KeySpec", "SYMMETRIC_DEFAULT"),
                    help="New material; what was encrypted stays readable.",
                ),
                Switch(
                    "MultiRegion",
                    "Multi-Region",
                    help="Copies with the same id and material may be made in other regions.",
                ),
                Policy("Policy", "Key policy", kind="resource", help="Empty: the account decides by IAM policies."),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "policy",
            "Edit key policy",
            lambda v, at: [call("kms", "put_key_policy", KeyId=at.thing.id, PolicyName="default", Policy=v["Policy"])],
            (Policy("Policy", "Policy", kind="resource", required=True),),
            lambda account, at: {"Policy": decoded(at.thing.data["Policy"]) or None},
            about="Without the statement for the account itself (root), no IAM policy counts for this key.",
        ),
        Action(
            "rotation",
            "Edit rotation",
            _rotation,
            (
                Switch("on", "Rotate by itself"),
                Number(
                    "RotationPeriodInDays",
                    "Every",
                    least=90,
                    most=2560,
                    unit="days",
                    when=("on", "on"),
                    help="Empty: 365.",
                ),
            ),
            lambda account, at: {
                "on": bool(at.thing.data["Rotation"].get("KeyRotationEnabled")),
                "RotationPeriodInDays": at.thing.data["Rotation"].get("RotationPeriodInDays"),
            },
            when=lambda it: _rotates(it) and it.data.get("KeyManager") != "AWS",
        ),
        Action(
            "describe",
            "Edit description",
            "kms.update_key_description",
            (Text("Description", "Description", required=True),),
            lambda account, at: {"Description": at.thing.data.get("Description", "")},
            thing="KeyId",
        ),
        Action(
            "add-alias",
            "Add alias",
            lambda v, at: [call("kms", "create_alias", AliasName=_alias(v["AliasName"]), TargetKeyId=at.thing.id)],
            (Text("AliasName", "Alias", required=True, placeholder="alias/app"),),
            part="aliases",
        ),
        Action(
            "remove-alias",
            "Remove",
            lambda v, at: [call("kms", "delete_alias", AliasName=at.row.id)],
            part="aliases",
            row=True,
            danger="Remove this name? The key stays; calls that use the name fail.",
            verb="Remove",
        ),
        Action(
            "move-alias",
            "Move to another key",
            lambda v, at: [call("kms", "update_alias", AliasName=at.row.id, TargetKeyId=v["TargetKeyId"])],
            (Pick("TargetKeyId", "Key", kind="kms:key", required=True),),
            part="aliases",
            row=True,
            verb="Move",
        ),
        Action(
            "grant",
            "Add grant",
            lambda v, at: [
                call(
                    "kms",
                    "create_grant",
                    KeyId=at.thing.id,
                    GranteePrincipal=v["GranteePrincipal"],
                    Operations=v["Operations"],
                    Name=v["Name"],
                )
            ],
            (
                Pick("GranteePrincipal", "To", kind=("iam:role", "iam:user"), by="arn", required=True, free=True),
                Choices("Operations", "May", GRANTED, initial=("Decrypt",), required=True),
                Text("Name", "Name"),
            ),
            part="grants",
        ),
        Action(
            "revoke",
            "Revoke",
            lambda v, at: [call("kms", "revoke_grant", KeyId=at.thing.id, GrantId=at.row.id)],
            part="grants",
            row=True,
            danger="Revoke this grant?",
            verb="Revoke",
        ),
        Action(
            "encrypt",
            "Encrypt",
            lambda v, at: [call("kms", "encrypt", KeyId=at.thing.id, Plaintext=v["Plaintext"])],
            (
                Content(
                    "Plaintext",
                    "Text",
                    file="plaintext.txt",
                    required=True,
                    help="At most 4 kB: larger things take a data key.",
                ),
            ),
            when=_is("Enabled"),
            verb="Encrypt",
        ),
        Action(
            "data-key",
            "Generate data key",
            lambda v, at: [call("kms", "generate_data_key", KeyId=at.thing.id, KeySpec="AES_256")],
            about=(
                "A key to encrypt with outside of KMS: keep the encrypted form "
                "beside the data, and forget the other after use."
            ),
            when=_is("Enabled"),
            verb="Generate",
        ),
        Action(
            "disable",
            "Disable",
            "kms.disable_key",
            thing="KeyId",
            danger="Nobody can encrypt or decrypt with it until it is enabled again.",
            verb="Disable",
            when=_is("Enabled"),
        ),
        Action("enable", "Enable", "kms.enable_key", thing="KeyId", verb="Enable", when=_is("Disabled")),
        edit_tags(_save_tags),
        Action(
            "delete",
            "Schedule deletion",
            "kms.schedule_key_deletion",
            (Number("PendingWindowInDays", "In", initial=30, least=7, most=30, unit="days", required=True),),
            thing="KeyId",
            danger="What it encrypted can never be read again once it is gone. Until then the deletion can be cancelled.",
            verb="Schedule deletion",
            when=_is("Enabled", "Disabled"),
        ),
        Action(
            "keep",
            "Cancel deletion",
            "kms.cancel_key_deletion",
            thing="KeyId",
            verb="Cancel deletion",
            when=_is("PendingDeletion"),
            about="The key stays, disabled: enable it afterwards.",
        ),
    ),
)
SERVICE = Service("kms", "KMS", "Keys that encrypt, and who may use them.", (KEY,))
