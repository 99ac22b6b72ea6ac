"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""

from graders import Account, Fail, check, identities
from graders.iam.witnesses import Witness, witnesses

PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
WITH = {PRESENT: "true", AGE: "60"}


@check(permissions=identities.PERMISSIONS)
def principal_needs_mfa(
    account: Account, *, principal: str, actions: list[str], resource: str, free: list[str] | None = None
) -> None:
    """{principal} can do this only after signing in with a second factor: {actions}.

    With one they work; without they do not, neither from the console (aws:MultiFactorAuthPresent is false) nor with an
    access key (the key is not there at all). `free`: actions that must work without, such as setting up the device,
    on the user itself.
    """
    who = identities.the_one(account, principal)
    arn = identities.resolved(account, resource)
    for action in identities.names_of(actions):
        for one in identities.concrete(account, action, arn):
            decision = identities.decided(account, who.actor, action, one, WITH)
            if not decision.allowed:
                raise identities.refused(account, who, action, one, decision)
        found = _without(account, who, action, arn)
        if found is not None:
            raise _fail(who, action, found)
    for action in identities.names_of(free or []):
        decision = identities.decided(account, who.actor, action, who.item["Arn"])
        anywhere = identities.decided(account, who.actor, action, "*")
        if not decision.allowed and not anywhere.allowed:
            raise identities.refused(account, who, action, who.item["Arn"], decision)


def _without(account: Account, who: identities.Known, action: str, arn: str) -> Witness | None:
    where = identities.target(account, action, arn)
    arns = identities.concrete(account, action, arn, [*where.policies, *who.actor.identity])
    also = {PRESENT: (None, "false")}
    for one in witnesses(where, [who.actor], [action], arns, also=also):
        keys = one.request.keys()
        if keys.get(PRESENT) in (None, "false") and AGE not in keys:
            return one
    return None


def _fail(who: identities.Known, action: str, witness: Witness) -> Fail:
    keys = witness.request.keys()
    present = PRESENT in keys
    said = "signed in to the console without one" if present else "with an access key, which carries no such key"
    return Fail(
        "{who} can {action} without a second factor, {how}: {why}.",
        looked_at="the policies of {who}",
        needed="{action} is refused whenever aws:MultiFactorAuthPresent is not true.",
        try_="In a deny: BoolIfExists aws:MultiFactorAuthPresent false. In an allow: Bool … true (not IfExists).",
        counterexample="{request}.",
        who=who,
        action=action,
        how=said,
        why=witness.decision.sentence,
        request=witness.sentence,
    )
