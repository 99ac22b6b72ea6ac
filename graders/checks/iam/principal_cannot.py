"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from graders import Account, Fail, check, identities


@check(permissions=identities.PERMISSIONS)
def principal_cannot(
    account: Account, *, principal: str, actions: list[str], resource: str, through_roles: bool = True
) -> None:
    """{principal} can do none of these on {resource}: {actions}.

    Not from anywhere, at any time, under any session name; and not, with `through_roles`, by becoming a role that can,
    by roles of roles if need be. What a condition, a deny, a boundary or the organization stops is stopped.
    """
    who = identities.the_one(account, principal)
    arn = identities.resolved(account, resource)
    names = identities.names_of(actions)
    found = identities.can_somehow(account, who.actor, names, arn)
    via = ""
    if found is None and through_roles:
        for chain in identities.becomes(account, who.actor):
            found = identities.can_somehow(account, chain[-1], names, arn)
            if found is not None:
                via = f", {identities.chained(chain)}"
                break
    if found is None:
        return
    raise Fail(
        "{who} can do more than it should{via}: {why}.",
        looked_at="the policies of {who}, of the roles that it can become and of {arn}",
        needed="{who} can do none of {actions} on {arn}.",
        try_="Take the role's trust of {who} away, or what the role can do." if via else _remedy(found.decision.policy),
        counterexample="{request}.",
        who=who,
        via=via,
        why=found.decision.sentence,
        arn=arn,
        actions=actions,
        request=found.sentence,
    )


def _remedy(policy: str) -> str:
    if " of group " in policy or " of user " in policy or " of role " in policy:
        return "Grant the single actions that are needed, on the resources that they need, not wildcards."
    return "The resource's own policy grants it: name others there, or deny it to {who}."
