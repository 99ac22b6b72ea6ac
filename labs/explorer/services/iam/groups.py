"""Groups: rights that many users have together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import Action, At, Call, Fact, Kind, Link, Part, Picks, Row, Text, Thing, Values, ask, call
from labs.explorer.saying import properties
from labs.explorer.services.iam.documents import Sort, pick_policies

SORT = Sort("group")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_groups").get("Groups", []):
        yield Thing(one["GroupName"], one["GroupName"], arn=one["Arn"], data=one)


def _users(account: Account, name: str) -> list[str]:
    return [one["UserName"] for one in ask(account, "iam", "get_group", GroupName=name).get("Users", [])]


def _look(account: Account, it: Thing) -> Thing:
    users = _users(account, it.id)
    return replace(it, facts=(Fact("Users", ", ".join(users) or "none"), *SORT.facts(account, it.id)))


def _detail(account: Account, it: Thing) -> Thing:
    users = _users(account, it.id)
    rows = tuple(Row(name, (name,)) for name in users)
    links = (*(Link("iam:user", name, "Has") for name in users), *SORT.links(account, it.id))
    parts = (Part("users", "Users", ("User",), rows, "Nobody is in it."), *SORT.parts(account, it.id))
    return replace(
        it, properties=(*it.facts, *properties(it.data, "Path", ("CreateDate", "Created"))), parts=parts, links=links
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call("iam", "create_group", GroupName=v["GroupName"])
    for arn in v["policies"]:
        yield call("iam", "attach_group_policy", GroupName=v["GroupName"], PolicyArn=arn)
    for user in v["users"]:
        yield call("iam", "add_user_to_group", GroupName=v["GroupName"], UserName=user)


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    (policies,) = pick_policies(account, at)
    return (
        Text("GroupName", "Name", required=True),
        replace(policies, required=False),
        Picks("users", "Users", kind="iam:user"),
    )


def _add(v: Values, at: At) -> Iterator[Call]:
    for user in v["users"]:
        yield call("iam", "add_user_to_group", GroupName=at.thing.id, UserName=user)


def _clear(v: Values, at: At) -> Iterator[Call]:
    name, rows = at.thing.id, {part.id: part.rows for part in at.thing.parts}
    for row in rows["users"]:
        yield call("iam", "remove_user_from_group", GroupName=name, UserName=row.id)
    for row in rows["managed"]:
        yield call("iam", "detach_group_policy", GroupName=name, PolicyArn=row.id)
    for row in rows["inline"]:
        yield call("iam", "delete_group_policy", GroupName=name, PolicyName=row.id)
    yield call("iam", "delete_group", GroupName=name)


GROUP = Kind(
    "group",
    "Group",
    "Groups",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A group gives its users what its policies allow. Rights on groups, "
        "not on people: then joining and leaving is one step."
    ),
    command="aws iam create-group --group-name readers",
    actions=(
        Action("create", "Create group", _create, _fields, new=True),
        Action(
            "add",
            "Add users",
            _add,
            (Picks("users", "Users", kind="iam:user", required=True),),
            part="users",
            verb="Add",
        ),
        Action(
            "remove",
            "Remove",
            lambda v, at: [call("iam", "remove_user_from_group", GroupName=at.thing.id, UserName=at.row.id)],
            part="users",
            row=True,
            danger="Take this user out of the group?",
            verb="Remove",
        ),
        *SORT.actions(),
        SORT.simulation(),
        Action(
            "delete",
            "Delete",
            _clear,
            danger="Delete the group? Its users stay, without what it gave them.",
            verb="Delete",
        ),
    ),
)
