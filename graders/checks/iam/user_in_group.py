"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups_manage_add-remove-users.html"""

from graders import Account, Fail, check, identities


@check(permissions=identities.PEOPLE)
def user_in_group(account: Account, *, user: str, group: str, only: bool = False) -> None:
    """The user {user} is in the group {group}.

    `only`: and in no other group. What the group can is asked by iam.group_can.
    """
    who = identities.the_user(account, user)
    team = identities.the_group(account, group)
    groups = who.item.get("GroupList", [])
    if team.name not in groups:
        raise identities.not_in(who, team)
    others = [one for one in groups if one != team.name]
    if not only or not others:
        return
    raise Fail(
        "The user {user} is in {group}, but also in {others}.",
        looked_at="the groups of user {user}",
        needed="{user} is in {group} and in no other group.",
        try_="aws iam remove-user-from-group --user-name {user} --group-name {first}",
        counterexample="{user} can what {first} can.",
        user=who.name,
        group=team.name,
        others=others,
        first=others[0],
    )
