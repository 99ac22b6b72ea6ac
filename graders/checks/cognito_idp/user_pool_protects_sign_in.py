"""https://docs.aws.amazon.com/cognito/latest/developerguide/managing-security.html"""

from typing import Any, Literal

from graders import Account, Fail, check, nearby

RULES = {
    "symbols": ("RequireSymbols", "a symbol"),
    "numbers": ("RequireNumbers", "a number"),
    "uppercase": ("RequireUppercase", "a capital letter"),
    "lowercase": ("RequireLowercase", "a small letter"),
}
FACTORS = {
    "software-token": "SoftwareTokenMfaConfiguration",
    "sms": "SmsMfaConfiguration",
    "email": "EmailMfaConfiguration",
}
ORDER = ("OFF", "OPTIONAL", "ON")
LIST = "cognito-idp:ListUserPools"


@check(permissions=(LIST, "cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig"))
def user_pool_protects_sign_in(
    account: Account,
    *,
    pool: str,
    mfa: Literal["OFF", "OPTIONAL", "ON"] = "ON",
    factor: str = "",
    min_length: int = 8,
    require: list[str] | None = None,
    sign_in_by: str = "",
    verified: str = "",
) -> None:
    """The user pool {pool} asks for good passwords and, where asked, a second factor.

    `pool`: name or id. `mfa`: at least that (ON is more than OPTIONAL), with a factor that works: `factor`
    (software-token, sms, email), or any, or a passkey that counts as one. `min_length` and `require` (symbols, numbers,
    uppercase, lowercase) at least. `sign_in_by`: email or phone_number, as the user name or an alias of it. `verified`:
    email or phone_number, by itself.
    """
    number, name = the_pool(account, pool)
    told = account.read("cognito-idp", "describe_user_pool", UserPoolId=number)["UserPool"]
    policy = told.get("Policies", {}).get("PasswordPolicy", {})
    unknown = [one for one in require or [] if one not in RULES]
    if unknown:
        raise ValueError(f"require: {', '.join(unknown)} is none of {', '.join(RULES)}")
    length = policy.get("MinimumLength", 8)
    if length < min_length:
        found = "Passwords of {pool} need {length} characters, not {wanted}."
        raise _fail(name, found, "update-user-pool --policies …", length=length, wanted=min_length)
    missing = [RULES[one][1] for one in require or [] if not policy.get(RULES[one][0])]
    if missing:
        raise _fail(
            name, "Passwords of {pool} need not hold {missing}.", "update-user-pool --policies …", missing=missing
        )
    names = [*told.get("UsernameAttributes", []), *told.get("AliasAttributes", [])]
    if sign_in_by and sign_in_by not in names:
        step = "create-user-pool --username-attributes …: it cannot be changed later"
        raise _fail(name, "Nobody signs in to {pool} by {by}.", step, by=sign_in_by)
    if verified and verified not in told.get("AutoVerifiedAttributes", []):
        step = "update-user-pool --auto-verified-attributes …"
        raise _fail(name, "{pool} does not verify {what}.", step, what=verified)
    _second_factor(account, number, name, mfa, factor)


def _second_factor(account: Account, number: str, name: str, mfa: str, factor: str) -> None:
    if mfa == "OFF":
        return
    held = account.read("cognito-idp", "get_user_pool_mfa_config", UserPoolId=number)
    given = held.get("MfaConfiguration", "OFF")
    step = "set-user-pool-mfa-config --mfa-configuration … --software-token-mfa-configuration Enabled=true"
    if ORDER.index(given) < ORDER.index(mfa):
        hint = " Whoever likes signs in without." if given == "OPTIONAL" else ""
        raise _fail(name, "MFA of {pool} is {given}, not {mfa}.{hint}", step, given=given, mfa=mfa, hint=hint)
    working = [one for one, key in FACTORS.items() if _works(one, held.get(key, {}))]
    if held.get("WebAuthnConfiguration", {}).get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION":
        working.append("passkey")
    if not working:
        raise _fail(name, "MFA of {pool} is {given}, but no factor is set up.", step, given=given)
    if factor and factor not in working:
        raise _fail(name, "{pool} knows {working}, not {factor}.", step, working=working, factor=factor)


def _works(factor: str, settings: dict[str, Any]) -> bool:
    return bool(settings.get("Enabled") if factor == "software-token" else settings)


def the_pool(account: Account, pool: str) -> tuple[str, str]:
    """A pool's (id, name), by either; fails when it is not in this region."""
    found = _pools(account, account.region)
    for number, name in found.items():
        if pool in (number, name):
            return number, name
    raise Fail(
        "The user pool {pool} does not exist.{hint}",
        looked_at="the user pools in {region}",
        needed="A user pool {pool} in {region}.",
        try_="aws cognito-idp create-user-pool --pool-name {pool} …",
        pool=pool,
        region=account.region,
        hint=nearby.almost(pool, found.values())
        or nearby.elsewhere(account, lambda region: pool in _pools(account, region).values()),
    )


def _pools(account: Account, region: str) -> dict[str, str]:
    answer = account.read("cognito-idp", "list_user_pools", region=region, MaxResults=60)
    return {one["Id"]: one["Name"] for one in answer.get("UserPools", [])}


def _fail(pool: str, found: str, step: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the user pool {pool}: its passwords, its names, its second factor",
        needed="As asked, or stricter.",
        try_="aws cognito-idp {step}",
        pool=pool,
        step=step,
        **values,
    )
