"""Customer managed policies, with their versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Link,
    Pairs,
    Part,
    Policy,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    tag_list,
    tags_of,
)
from labs.explorer.saying import all_powerful, count, decoded, properties, statements_of, tags_by
from labs.explorer.services.iam.documents import STARTERS

ENTITIES = (
    ("PolicyUsers", "UserName", "user"),
    ("PolicyGroups", "GroupName", "group"),
    ("PolicyRoles", "RoleName", "role"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_policies", Scope="Local").get("Policies", []):
        facts = (
            Fact("Attached", count(one.get("AttachmentCount", 0), "time"), "" if one.get("AttachmentCount") else "bad"),
            Fact("Version", one.get("DefaultVersionId", "")),
        )
        yield Thing(one["Arn"], one["PolicyName"], facts, one["Arn"], one)


def _detail(account: Account, it: Thing) -> Thing:
    versions = ask(account, "iam", "list_policy_versions", PolicyArn=it.id).get("Versions", [])
    rows, standing = [], {}
    for one in versions:
        answer = ask(account, "iam", "get_policy_version", PolicyArn=it.id, VersionId=one["VersionId"])
        document = decoded(answer.get("PolicyVersion", {}).get("Document"))
        if one["IsDefaultVersion"]:
            standing = document
        words = (
            "everything on everything" if all_powerful(document) else count(len(statements_of(document)), "statement")
        )
        state = "in force" if one["IsDefaultVersion"] else ""
        data = {"Document": document, "IsDefaultVersion": one["IsDefaultVersion"]}
        tone = "bad" if all_powerful(document) else ""
        rows.append(Row(one["VersionId"], (one["VersionId"], state, words, str(one.get("CreateDate", ""))), tone, data))  # type: ignore[arg-type]
    entities = ask(account, "iam", "list_entities_for_policy", PolicyArn=it.id)
    links = tuple(
        Link(f"iam:{kind}", one[name], "Attached to") for key, name, kind in ENTITIES for one in entities.get(key, [])
    )
    tags = ask(account, "iam", "list_policy_tags", PolicyArn=it.id).get("Tags", [])
    more = properties(
        it.data, "Description", "Path", ("CreateDate", "Created"), ("PermissionsBoundaryUsageCount", "Used as boundary")
    )
    part = Part("versions", "Versions", ("Version", "", "Says", "Made"), tuple(rows))
    data = {**it.data, "Document": standing}
    return replace(it, properties=(*it.facts, *more), parts=(part,), links=links, tags=tags_of(tags), data=data)


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "iam",
        "create_policy",
        PolicyName=v["PolicyName"],
        PolicyDocument=v["PolicyDocument"],
        Description=v["Description"],
        Tags=tag_list(v["tags"]),
    )


def _edit(v: Values, at: At) -> Iterator[Call]:
    default = True if v["default"] else None
    yield call(
        "iam", "create_policy_version", PolicyArn=at.thing.id, PolicyDocument=v["PolicyDocument"], SetAsDefault=default
    )


def _clear(v: Values, at: At) -> Iterator[Call]:
    """Delete a policy: IAM deletes only one that is attached nowhere and has one version."""
    for link in at.thing.links:
        kind = link.kind.removeprefix("iam:")
        who: Values = {f"{kind.capitalize()}Name": link.id}
        yield call("iam", f"detach_{kind}_policy", **who, PolicyArn=at.thing.id)
    for part in at.thing.parts:
        for row in part.rows:
            if not row.data["IsDefaultVersion"]:
                yield call("iam", "delete_policy_version", PolicyArn=at.thing.id, VersionId=row.id)
    yield call("iam", "delete_policy", PolicyArn=at.thing.id)


def _of_version(operation: str) -> Any:
    return lambda v, at: [call("iam", operation, PolicyArn=at.thing.id, VersionId=at.row.id)]


POLICY = Kind(
    "policy",
    "Policy",
    "Policies",
    things,
    detail=_detail,
    empty=(
        "A managed policy says what is allowed or denied, once, and is attached "
        "to users, groups and roles. It keeps five versions."
    ),
    command="aws iam create-policy --policy-name readers --policy-document file://policy.json",
    actions=(
        Action(
            "create",
            "Create policy",
            _create,
            (
                Text("PolicyName", "Name", required=True),
                Policy("PolicyDocument", "Policy", kind="identity", required=True, starters=STARTERS),
                Text("Description", "Description"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "edit",
            "Edit policy",
            _edit,
            (
                Policy("PolicyDocument", "Policy", kind="identity", required=True),
                Switch("default", "In force at once", initial=True),
            ),
            lambda account, at: {"PolicyDocument": at.thing.data["Document"], "default": True},
            about="Saving makes a new version. Of five, one must be deleted first.",
        ),
        Action(
            "use",
            "Put in force",
            _of_version("set_default_policy_version"),
            part="versions",
            row=True,
            verb="Put in force",
        ),
        Action(
            "remove-version",
            "Delete",
            _of_version("delete_policy_version"),
            part="versions",
            row=True,
            danger="Delete this version for good? The one in force cannot be deleted.",
            verb="Delete",
        ),
        tags_by("iam", "tag_policy", "untag_policy", "PolicyArn", by="id"),
        Action(
            "delete",
            "Delete",
            _clear,
            danger="Detach the policy everywhere and delete it with all its versions?",
            verb="Delete",
        ),
    ),
)
