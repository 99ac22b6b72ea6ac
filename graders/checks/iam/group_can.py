"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html"""

from graders import Account, Fail, check, identities


@check(permissions=identities.PERMISSIONS)
def group_can(
    account: Account,
    *,
    group: str,
    actions: list[str],
    resource: str,
    cannot: list[str] | None = None,
    users: list[str] | None = None,
) -> None:
    """Who is in the group {group} can, by that alone, do this on {resource}: {actions}.

    `cannot`: actions that the group's policies must let through nowhere, under no circumstances. `users` must be in the
    group, and be able to do it themselves (a deny or a boundary of theirs counts).
    """
    held = identities.the_group(account, group)
    arn = identities.resolved(account, resource)
    wanted = identities.names_of(actions)
    for who in [held, *(_inside(account, name, held) for name in users or [])]:
        for action in wanted:
            for one in identities.concrete(account, action, arn):
                decision = identities.decided(account, who.actor, action, one)
                if not decision.allowed:
                    raise identities.refused(account, who, action, one, decision)
    found = identities.can_somehow(account, held.actor, identities.names_of(cannot or []), "*")
    if found is None:
        return
    raise Fail(
        "The group {group} can more than it should: {why}.",
        looked_at="the policies of group {group}",
        needed="The group can none of {cannot}.",
        try_="Attach the policy that is meant for reading, or take the wildcard out of the group's own.",
        counterexample="{request}.",
        group=held.name,
        why=found.decision.sentence,
        cannot=cannot or [],
        request=found.sentence,
    )


def _inside(account: Account, name: str, group: identities.Known) -> identities.Known:
    user = identities.the_user(account, name)
    if group.name in user.item.get("GroupList", []):
        return user
    raise identities.not_in(user, group)
