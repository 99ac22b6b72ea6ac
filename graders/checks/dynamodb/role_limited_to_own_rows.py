"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""

from collections.abc import Iterator
from typing import Any

from graders import Account, Fail, check, tables
from graders.iam import Policies, Request, ask, decide, patterns
from graders.iam.snapshot import PERMISSIONS, Actor

KEYS = "dynamodb:LeadingKeys"
OWN = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
# What reads or writes rows; those without a key in the call carry no leading keys.
KEYED = (
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
)
UNKEYED = ("dynamodb:Scan", "dynamodb:PartiQLSelect")
ME, OTHER = "us-east-1:11111111-aaaa-bbbb-cccc-222222222222", "us-east-1:99999999-dddd-eeee-ffff-000000000000"


@check(permissions=[*tables.PERMISSIONS, *PERMISSIONS])
def role_limited_to_own_rows(
    account: Account,
    *,
    role: str,
    table: str,
    identity: str = "cognito-identity.amazonaws.com:sub",
    actions: list[str] | None = None,
) -> None:
    """Whoever wears the role {role} can use only their own rows of {table}.

    `identity` is the context key of the signed-in user; the leading key is that, or begins or ends with it. Own rows
    work (`actions`: Get, Put and Query when left out), on the table; nobody else's do, by no call, on no index: a scan
    carries no leading key, and a condition "for all values" lets a call without one through.
    """
    found = tables.the_table(account, table)
    actor = ask.the_role(account, role)
    arn = found["TableArn"]
    own = list(_own_keys(actor, identity))
    for action in actions or OWN:
        tried = [_may(account, actor, action, arn, identity, (key,)) for key in own]
        if not any(tried):
            raise _cannot(actor, action, table, identity)
    indexes = [f"{arn}/index/{one.name}" for one in tables.indexes(found) if one.name]
    for place in (arn, *indexes):
        for action, keys in _foreign_calls(own):
            if _may(account, actor, action, place, identity, keys):
                raise Fail(
                    "The role {role} can {action} {place} {how}.",
                    looked_at="the policies of role {role}",
                    needed="Only calls whose dynamodb:LeadingKeys are ${{{identity}}} get through.",
                    try_="Take {action} away, or allow it only with ForAllValues:StringEquals on dynamodb:LeadingKeys "
                    "(and Null dynamodb:LeadingKeys false)."
                    if keys == ()
                    else "Condition: ForAllValues:StringEquals, dynamodb:LeadingKeys, ${{{identity}}}.",
                    counterexample="A user who wears {role} can {action} {place} {how}.",
                    role=role,
                    action=action,
                    place=place.rpartition(":")[2],
                    how="without naming a row" if keys == () else "with somebody else's key",
                    identity=identity,
                )


def _foreign_calls(own: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    others = [OTHER, *(one.replace(ME, OTHER) for one in own)]
    for action in KEYED:
        for key in dict.fromkeys(others):
            yield action, (key,)
        yield action, (own[0], OTHER)
    for action in UNKEYED:
        yield action, ()


def _may(account: Account, actor: Actor, action: str, place: str, identity: str, keys: tuple[str, ...]) -> bool:
    context: dict[str, Any] = {"aws:SecureTransport": "true", identity: ME}
    if keys:
        context[KEYS] = keys
    request = Request(actor.principal, action, place, context)
    return decide(request, Policies(account.account_id, actor.identity, boundary=actor.boundary)).allowed


def _own_keys(actor: Actor, identity: str) -> Iterator[str]:
    """The user's own key as it is, and in every form that the policies give it (USER#…, …#orders)."""
    yield ME
    for value in ask.values_of(KEYS.lower(), actor.identity):
        if f"${{{identity}}}" in value:
            yield patterns.instance(value.replace(f"${{{identity}}}", ME))


def _cannot(actor: Actor, action: str, table: str, identity: str) -> Fail:
    name = actor.principal.name
    named = [one for one in ask.values_of(KEYS.lower(), actor.identity) if f"${{{identity}}}" not in one]
    return Fail(
        "The role {role} cannot {action} a user's own row of {table}.{hint}",
        looked_at="the policies of role {role}",
        needed="{action} on {table} works where dynamodb:LeadingKeys is ${{{identity}}}.",
        try_="aws iam put-role-policy --role-name {role} with that action, the table's ARN and that condition.",
        counterexample="A user who wears {role} is refused {action} with their own key.",
        role=name,
        action=action,
        table=table,
        identity=identity,
        hint=f" The condition speaks of {named[0]}, which is not what this user signs in with." if named else "",
    )
