"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""

from __future__ import annotations

from typing import Any

from graders import Account, Fail, check, identities
from graders.iam.decide import Decision, Request, decide

SUB = "cognito-identity.amazonaws.com:sub"
ME, OTHER = "us-east-1:00000000-0000-me", "us-east-1:00000000-0000-other"
LEADING = "dynamodb:LeadingKeys"
# Calls that name no partition key: no condition on one can narrow them.
WHOLE = ("dynamodb:Scan", "dynamodb:PartiQLSelect")


@check(permissions=identities.PERMISSIONS)
def role_touches_own_rows(account: Account, *, role: str, table: str, actions: list[str]) -> None:
    """As the role {role}, somebody who signed in can do this with their own rows of {table} and no others: {actions}.

    A row is somebody's when its partition key is their identity id. Own rows work; others' do not, nor does a request
    for both, nor one that names no key (Scan). By a condition on dynamodb:LeadingKeys, whichever operator.
    """
    who = identities.the_role(account, role)
    arn = table if table.startswith("arn:") else f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{table}"
    for action in identities.names_of(actions):
        own = _decided(account, who, action, arn, (ME,))
        if not own.allowed:
            raise identities.refused(account, who, action, arn, own)
        for keys, whose in (((OTHER,), "rows of somebody else"), ((ME, OTHER), "their own rows and others' at once")):
            if (other := _decided(account, who, action, arn, keys)).allowed:
                raise _fail(who, table, action, whose, other)
    for action in WHOLE:
        if (whole := _decided(account, who, action, arn, ())).allowed:
            raise _fail(who, table, action, "the rows of everybody", whole)


def _decided(account: Account, who: identities.Known, action: str, arn: str, keys: tuple[str, ...]) -> Decision:
    """A request as somebody's identity id carries it, for rows with these partition keys."""
    context: dict[str, Any] = dict(identities.ordinary(account, action, {SUB: ME}))
    if keys:
        context[LEADING.lower()] = keys
    request = Request(who.actor.principal, action, arn, context)
    return decide(request, identities.target(account, action, arn).seen_by(who.actor))


def _fail(who: identities.Known, table: str, action: str, whose: str, decision: Decision) -> Fail:
    return Fail(
        "As {who}, somebody can {action} {whose}: {why}.",
        looked_at="the policies of {who}",
        needed="Only rows whose partition key is the caller's own identity id.",
        try_="Condition: ForAllValues:StringEquals dynamodb:LeadingKeys = ${{cognito-identity.amazonaws.com:sub}}; "
        "and no action that names no key.",
        counterexample="{action} on {table}, {whose}: allowed.",
        who=who,
        table=table,
        action=action,
        whose=whose,
        why=decision.sentence,
    )
