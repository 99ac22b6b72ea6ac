"""https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html"""

from typing import Any

from graders import Account, Fail, check, nearby
from graders.account import read_or_none
from graders.checks.cognito_idp.user_pool_protects_sign_in import LIST, the_pool


@check(permissions=(LIST, "cognito-idp:ListGroups", "cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup"))
def user_in_pool_group(account: Account, *, pool: str, group: str, user: str, confirmed: bool = True) -> None:
    """The user {user} of the user pool {pool} is in its group {group}.

    `user`: user name, or e-mail address. `confirmed`: and can sign in (CONFIRMED and enabled); not one who still has a
    temporary password.
    """
    number, name = the_pool(account, pool)
    members = read_or_none(
        account, "ResourceNotFoundException", "cognito-idp", "list_users_in_group", UserPoolId=number, GroupName=group
    )
    if members is None:
        known = account.read("cognito-idp", "list_groups", UserPoolId=number)["Groups"]
        hint = nearby.almost(group, (one["GroupName"] for one in known))
        raise _fail(name, group, user, "The group {group} does not exist in {pool}.{hint}", "create-group", hint=hint)
    found = next((one for one in members["Users"] if _is(one, user)), None)
    if found is None:
        every = account.read("cognito-idp", "list_users", UserPoolId=number)["Users"]
        there = any(_is(one, user) for one in every)
        said = "The user {user} is in the pool, but not in the group {group}."
        if not there:
            said = "The user {user} does not exist in {pool}."
        raise _fail(name, group, user, said, "admin-add-user-to-group" if there else "admin-create-user")
    state = found.get("UserStatus", "UNKNOWN")
    if confirmed and (state != "CONFIRMED" or not found.get("Enabled", True)):
        shown = state if found.get("Enabled", True) else "disabled"
        step = "admin-set-user-password --permanent" if state == "FORCE_CHANGE_PASSWORD" else "admin-enable-user"
        raise _fail(name, group, user, "The user {user} is {state}: nobody can sign in so.", step, state=shown)


def _is(user: dict[str, Any], wanted: str) -> bool:
    given = {one["Name"]: one.get("Value", "") for one in user.get("Attributes", [])}
    return wanted in (user["Username"], given.get("email"), given.get("phone_number"), given.get("sub"))


def _fail(pool: str, group: str, user: str, found: str, step: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the users and groups of {pool}",
        needed="{user}, able to sign in, is in {group}.",
        try_="aws cognito-idp {step} …",
        **{"pool": pool, "group": group, "user": user, "step": step, **values},
    )
