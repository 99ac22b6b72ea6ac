"""Users: people and programs that have keys and passwords of their own."""

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
    Picks,
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
from labs.explorer.saying import properties, tags_by
from labs.explorer.services.iam.documents import Sort, pick_policies

SORT = Sort("user")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_users").get("Users", []):
        yield Thing(one["UserName"], one["UserName"], arn=one["Arn"], data=one)


def _groups(account: Account, name: str) -> list[str]:
    found = ask(account, "iam", "list_groups_for_user", UserName=name).get("Groups", [])
    return [one["GroupName"] for one in found]


def _look(account: Account, it: Thing) -> Thing:
    keys = ask(account, "iam", "list_access_keys", UserName=it.id).get("AccessKeyMetadata", [])
    live = sum(one["Status"] == "Active" for one in keys)
    facts = (
        Fact("Groups", ", ".join(_groups(account, it.id)) or "none"),
        *SORT.facts(account, it.id),
        Fact("Access keys", f"{live} active of {len(keys)}" if keys else "none", "bad" if live > 1 else ""),
    )
    return replace(it, facts=facts, data={**it.data, "AccessKeys": keys})


def _detail(account: Account, it: Thing) -> Thing:
    user = ask(account, "iam", "get_user", UserName=it.id).get("User", {})
    groups = _groups(account, it.id)
    devices = ask(account, "iam", "list_mfa_devices", UserName=it.id).get("MFADevices", [])
    login = ask(account, "iam", "get_login_profile", UserName=it.id).get("LoginProfile", {})
    boundary = user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    more = (
        Fact("Console password", "yes" if login else "no"),
        Fact("MFA", "yes" if devices else "no", "bad" if login and not devices else ""),
        Fact("Boundary", boundary or "none"),
        *properties(user, "Path", ("CreateDate", "Created")),
    )
    keys = tuple(
        Row(one["AccessKeyId"], (one["AccessKeyId"], one["Status"], str(one.get("CreateDate", ""))), data=one)
        for one in it.data["AccessKeys"]
    )
    parts = (
        Part("groups", "Groups", ("Group",), tuple(Row(name, (name,)) for name in groups), "In none."),
        *SORT.parts(account, it.id),
        Part("keys", "Access keys", ("Id", "Status", "Created"), keys, "None: it cannot call the API by itself."),
        Part(
            "mfa",
            "MFA devices",
            ("Serial number",),
            tuple(Row(one["SerialNumber"], (one["SerialNumber"],)) for one in devices),
        ),
    )
    links = (*(Link("iam:group", name, "Member of") for name in groups), *SORT.links(account, it.id))
    data = {**it.data, **user, "LoginProfile": login, "MFADevices": devices}
    return replace(
        it, properties=(*it.facts, *more), parts=parts, tags=tags_of(user.get("Tags")), links=links, data=data
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    name = v["UserName"]
    yield call("iam", "create_user", UserName=name, Path=v["Path"], Tags=tag_list(v["tags"]))
    for group in v["groups"]:
        yield call("iam", "add_user_to_group", GroupName=group, UserName=name)
    for arn in v["policies"]:
        yield call("iam", "attach_user_policy", UserName=name, PolicyArn=arn)
    if v["Password"]:
        change = True if v["PasswordResetRequired"] else None
        yield call("iam", "create_login_profile", UserName=name, Password=v["Password"], PasswordResetRequired=change)
    if v["key"]:
        yield call("iam", "create_access_key", UserName=name)


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    (policies,) = pick_policies(account, at)
    return (
        Text("UserName", "Name", required=True),
        Picks("groups", "Groups", kind="iam:group", help="The way to give rights: to a group, and people join it."),
        replace(policies, required=False, label="Policies of its own"),
        Switch("key", "Make an access key", help="For programs. Its secret is shown once, in the answer."),
        Text("Password", "Console password", help="Empty: it cannot sign in to the console."),
        Switch("PasswordResetRequired", "Must change it at first sign-in"),
        Text("Path", "Path", placeholder="/division/"),
        Pairs("tags", "Tags"),
    )


def _join(v: Values, at: At) -> Iterator[Call]:
    for group in v["groups"]:
        yield call("iam", "add_user_to_group", GroupName=group, UserName=at.thing.id)


def _mfa(v: Values, at: At) -> Iterator[Call]:
    serial = at.arn("iam", f"mfa/{v['name'] or at.thing.id}", region="")
    yield call("iam", "create_virtual_mfa_device", VirtualMFADeviceName=v["name"] or at.thing.id)
    codes: Values = {"AuthenticationCode1": v["AuthenticationCode1"], "AuthenticationCode2": v["AuthenticationCode2"]}
    yield call("iam", "enable_mfa_device", UserName=at.thing.id, SerialNumber=serial, **codes)


def _clear(v: Values, at: At) -> Iterator[Call]:
    """Delete a user with what it holds: IAM deletes only one that holds nothing."""
    name, rows = at.thing.id, {part.id: part.rows for part in at.thing.parts}
    for row in rows["groups"]:
        yield call("iam", "remove_user_from_group", GroupName=row.id, UserName=name)
    for row in rows["managed"]:
        yield call("iam", "detach_user_policy", UserName=name, PolicyArn=row.id)
    for row in rows["inline"]:
        yield call("iam", "delete_user_policy", UserName=name, PolicyName=row.id)
    for row in rows["keys"]:
        yield call("iam", "delete_access_key", UserName=name, AccessKeyId=row.id)
    for row in rows["mfa"]:
        yield call("iam", "deactivate_mfa_device", UserName=name, SerialNumber=row.id)
    if at.thing.data["LoginProfile"]:
        yield call("iam", "delete_login_profile", UserName=name)
    yield call("iam", "delete_user", UserName=name)


def _of_key(operation: str, **more: Any) -> Any:
    return lambda v, at: [call("iam", operation, UserName=at.thing.id, AccessKeyId=at.row.id, **more)]


USER = Kind(
    "user",
    "User",
    "Users",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A user is one person or program. What it may do comes from its "
        "groups; keys and a password are how it proves who it is."
    ),
    command="aws iam create-user --user-name dana",
    actions=(
        Action("create", "Create user", _create, _fields, new=True),
        Action(
            "join",
            "Add to groups",
            _join,
            (Picks("groups", "Groups", kind="iam:group", required=True),),
            part="groups",
            verb="Add",
        ),
        Action(
            "leave",
            "Remove",
            lambda v, at: [call("iam", "remove_user_from_group", GroupName=at.row.id, UserName=at.thing.id)],
            part="groups",
            row=True,
            danger="Take the user out of this group?",
            verb="Remove",
        ),
        *SORT.actions(),
        SORT.simulation(),
        Action(
            "add-key",
            "Create access key",
            "iam.create_access_key",
            thing="UserName",
            part="keys",
            verb="Create",
            about="The secret is shown once, in the answer. A user has at most two keys.",
        ),
        Action(
            "rotate",
            "Deactivate",
            _of_key("update_access_key", Status="Inactive"),
            part="keys",
            row=True,
            danger="Programs that sign with it fail at once. It can be made active again.",
            verb="Deactivate",
        ),
        Action(
            "activate",
            "Activate",
            _of_key("update_access_key", Status="Active"),
            part="keys",
            row=True,
            verb="Activate",
        ),
        Action(
            "remove-key",
            "Delete",
            _of_key("delete_access_key"),
            part="keys",
            row=True,
            danger="Delete the key for good?",
            verb="Delete",
        ),
        Action(
            "mfa",
            "Add MFA device",
            _mfa,
            (
                Text("name", "Name", help="Empty: the user's name."),
                Text(
                    "AuthenticationCode1",
                    "First code",
                    required=True,
                    initial="123456",
                    help="The sandbox takes any two codes.",
                ),
                Text("AuthenticationCode2", "Second code", required=True, initial="654321"),
            ),
            part="mfa",
        ),
        Action(
            "remove-mfa",
            "Deactivate",
            lambda v, at: [call("iam", "deactivate_mfa_device", UserName=at.thing.id, SerialNumber=at.row.id)],
            part="mfa",
            row=True,
            danger="Take the device away?",
            verb="Deactivate",
        ),
        Action(
            "password",
            "Set console password",
            "iam.create_login_profile",
            (
                Text("Password", "Password", required=True),
                Switch("PasswordResetRequired", "Must change it at first sign-in"),
            ),
            thing="UserName",
            when=lambda it: not (it.data or {}).get("LoginProfile"),
        ),
        Action(
            "no-password",
            "Take the console password away",
            "iam.delete_login_profile",
            thing="UserName",
            danger="It can no longer sign in to the console. Access keys go on working.",
            verb="Take away",
            when=lambda it: bool((it.data or {}).get("LoginProfile")),
        ),
        SORT.boundary(),
        tags_by("iam", "tag_user", "untag_user", "UserName", by="id"),
        Action(
            "delete",
            "Delete",
            _clear,
            danger="Delete the user with its keys, password and policies of its own?",
            verb="Delete",
        ),
    ),
)
