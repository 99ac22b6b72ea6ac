"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""

from graders import Account, check, identities


@check(permissions=identities.PERMISSIONS)
def principal_can(
    account: Account,
    *,
    principal: str,
    actions: list[str],
    resource: str,
    context: dict[str, str | bool] | None = None,
) -> None:
    """{principal} can do each of these on {resource}: {actions}.

    `principal`: role/NAME, user/NAME, group/NAME (a member with no other rights) or an ARN. `resource`: an ARN or a
    pattern, of which made-up ones are tried. By whichever policies: own, of groups, of the resource; within boundary
    and organization. The request is an ordinary one (over TLS, now, no second factor), with `context` over it.
    """
    who = identities.the_one(account, principal)
    arn = identities.resolved(account, resource)
    for action in identities.names_of(actions):
        for one in identities.concrete(account, action, arn):
            decision = identities.decided(account, who.actor, action, one, context)
            if not decision.allowed:
                raise identities.refused(account, who, action, one, decision)
