"""https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check, identities, nearby
from graders.account import error_code
from graders.iam.assume import trust_policies
from graders.iam.decide import Policies, Request, decide
from graders.iam.principals import Principal

ISSUER = "cognito-identity.amazonaws.com"
ASSUME = "sts:AssumeRoleWithWebIdentity"
SIGNED_IN, GUEST = "authenticated", "unauthenticated"


@check(
    permissions=(
        *identities.PEOPLE,
        "cognito-identity:ListIdentityPools",
        "cognito-identity:DescribeIdentityPool",
        "cognito-identity:GetIdentityPoolRoles",
        "cognito-idp:ListUserPoolClients",
    )
)
def pool_roles(
    account: Account, *, pool: str, role: str, user_pool: str = "", guests: bool = False, guest_role: str = ""
) -> None:
    """Who signs in to the identity pool {pool} gets the role {role}, and nobody else does.

    `pool`: name or id. The role trusts this pool (…:aud) and only who signed in (…:amr). It is the pool's role, or that
    of a rule, where Cognito tells (an emulated one does not). `user_pool`: the id of a pool that it trusts. `guests`:
    whether there may be any; then `guest_role` must be another.
    """
    number, told = _pool(account, pool)
    name = told["IdentityPoolName"]
    if told.get("AllowUnauthenticatedIdentities") and not guests:
        raise _fail(
            name,
            role,
            "The identity pool {pool} lets guests in.",
            "aws cognito-identity update-identity-pool --no-allow-unauthenticated-identities …",
        )
    trusted = [one["ProviderName"] for one in told.get("CognitoIdentityProviders", [])]
    if user_pool and not any(one.endswith(f"/{user_pool}") for one in trusted):
        found = "The identity pool {pool} does not trust the user pool {user_pool}; it trusts {trusted}."
        step = "aws cognito-identity update-identity-pool --cognito-identity-providers …"
        raise _fail(name, role, found, step, user_pool=user_pool, trusted=trusted)
    wearer = identities.the_role(account, role)
    if not _lets(account, wearer, number, SIGNED_IN):
        hint = " It does, for another pool." if _lets(account, wearer, None, SIGNED_IN) else ""
        if not hint and _lets(account, wearer, number, GUEST):
            hint = " It lets guests of it in."
        found = "The role {role} does not trust who signed in to {pool}.{hint}"
        raise _fail(name, role, found, _trust_step(), hint=hint)
    for whose, kind, words in (
        ("us-east-1:zz-other", SIGNED_IN, "people of any identity pool ({key}:aud is not asked for)"),
        (number, GUEST, "guests of the pool ({key}:amr is not asked for)"),
        (number, None, "callers whose sign-in is not told ({key}:amr is not asked for)"),
    ):
        if _lets(account, wearer, whose, kind):
            raise _fail(name, role, f"The role {{role}} lets in {words}.", _trust_step(), key=ISSUER)
    if guests and guest_role and guest_role == role:
        raise _fail(name, role, "Guests of {pool} get the same role {role}.", "Make a weaker role for guests.")
    mapped = _mapped(account, number)
    if mapped is not None and wearer.item["Arn"] not in mapped:
        others = ", ".join(one.rpartition("/")[2] for one in mapped) or "none"
        step = "aws cognito-identity set-identity-pool-roles --roles authenticated=<the role's ARN>"
        raise _fail(name, role, "The identity pool {pool} hands out {others}, not {role}.", step, others=others)


def _lets(account: Account, role: identities.Known, pool: str | None, kind: str | None) -> bool:
    """Whether the role can be assumed with a token of the pool (None: of whichever it names), of the kind."""
    held = Policies(account.account_id, resource=trust_policies(role.actor), resource_decides=True)
    named = [
        value
        for one in (role.actor.trust.statements if role.actor.trust else ())
        for condition in one.conditions
        if condition.key == f"{ISSUER}:aud"
        for value in condition.values
    ]
    for audience in [pool] if pool is not None else named:
        context: dict[str, Any] = {f"{ISSUER}:aud": audience, "aws:SecureTransport": "true"}
        if kind is not None:
            context[f"{ISSUER}:amr"] = (
                (kind, ISSUER) if kind == GUEST else (kind, "cognito-idp.us-east-1.amazonaws.com")
            )
        request = Request(Principal("federated", arn=ISSUER), ASSUME, role.item["Arn"], context)
        if decide(request, held).allowed:
            return True
    return False


def _mapped(account: Account, pool: str) -> list[str] | None:
    """The roles that signed-in people get, by default or by a rule; None where Cognito does not tell."""
    try:
        answer = account.read("cognito-identity", "get_identity_pool_roles", IdentityPoolId=pool)
    except NotImplementedError:
        return None
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 501 or error_code(error) in ("NotImplemented", "501"):
            return None
        raise
    found = [answer.get("Roles", {}).get(SIGNED_IN, "")]
    for mapping in answer.get("RoleMappings", {}).values():
        found += [one["RoleARN"] for one in mapping.get("RulesConfiguration", {}).get("Rules", [])]
    return [one for one in found if one]


def _pool(account: Account, pool: str) -> tuple[str, dict[str, Any]]:
    listed = account.read("cognito-identity", "list_identity_pools", MaxResults=60).get("IdentityPools", [])
    found = next((one for one in listed if pool in (one["IdentityPoolId"], one["IdentityPoolName"])), None)
    if found is None:
        hint = nearby.almost(pool, (one["IdentityPoolName"] for one in listed))
        step = "aws cognito-identity create-identity-pool --identity-pool-name {pool} …"
        raise _fail(pool, "", "The identity pool {pool} does not exist.{hint}", step, hint=hint)
    number = str(found["IdentityPoolId"])
    return number, account.read("cognito-identity", "describe_identity_pool", IdentityPoolId=number)


def _trust_step() -> str:
    return (
        "In the trust policy of {role}: StringEquals cognito-identity.amazonaws.com:aud = the pool's id, "
        "ForAnyValue:StringLike cognito-identity.amazonaws.com:amr = authenticated."
    )


def _fail(pool: str, role: str, found: str, step: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the identity pool {pool} and the trust policy of its role {role}",
        needed="Whoever signed in to {pool} gets {role}; guests and other pools do not.",
        try_=step,
        pool=pool,
        role=role or "for who signs in",
        **values,
    )
