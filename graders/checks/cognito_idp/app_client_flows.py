"""https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html"""

from typing import Any

from graders import Account, Fail, check, nearby
from graders.checks.cognito_idp.user_pool_protects_sign_in import LIST, the_pool

# What a client allows that was told nothing.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
BORN_WITH = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
LOCAL = ("http://localhost", "http://127.0.0.1", "http://[::1]")


@check(permissions=(LIST, "cognito-idp:ListUserPoolClients", "cognito-idp:DescribeUserPoolClient"))
def app_client_flows(
    account: Account,
    *,
    pool: str,
    client: str = "",
    secret: bool | None = None,
    sign_in: list[str] | None = None,
    grants: list[str] | None = None,
    scopes: list[str] | None = None,
    providers: list[str] | None = None,
) -> None:
    """An app client of the user pool {pool} signs people in the way that is asked.

    The client named `client` (or with that id), or any. `secret`: whether it has one; one in a browser has none.
    `sign_in`: one of these at least is on (USER_SRP_AUTH, USER_PASSWORD_AUTH …). `grants`: these OAuth grants and no
    other (code, implicit, client_credentials), and OAuth is on; `scopes` at least. `providers`: these at least (COGNITO,
    Google …). Callbacks are https, or on the developer's own machine.
    """
    number, name = the_pool(account, pool)
    listed = account.read("cognito-idp", "list_user_pool_clients", UserPoolId=number, MaxResults=60)["UserPoolClients"]
    named = [one for one in listed if client in ("", one["ClientName"], one["ClientId"])]
    if not named:
        hint = nearby.almost(client, (one["ClientName"] for one in listed)) if client else ""
        raise _fail(name, client or "An app client", "{client} of {pool} does not exist.{hint}", "create-…", hint=hint)
    said = [_wrong(_read(account, number, one), secret, sign_in, grants, scopes, providers) for one in named]
    if not all(said):
        return
    title, wrong = named[0]["ClientName"], said[0]
    assert wrong is not None
    found, step, values = wrong
    raise _fail(name, title, found, step, **values)


def _read(account: Account, pool: str, listed: dict[str, Any]) -> dict[str, Any]:
    answer = account.read("cognito-idp", "describe_user_pool_client", UserPoolId=pool, ClientId=listed["ClientId"])
    told: dict[str, Any] = answer["UserPoolClient"]
    return told


def _wrong(
    told: dict[str, Any],
    secret: bool | None,
    sign_in: list[str] | None,
    grants: list[str] | None,
    scopes: list[str] | None,
    providers: list[str] | None,
) -> tuple[str, str, dict[str, Any]] | None:
    """(found, step, values), or None when the client is as asked."""
    if secret is not None and bool(told.get("ClientSecret")) is not secret:
        if secret:
            return "The client {client} has no secret.", "create-… --generate-secret", {}
        found = "The client {client} has a secret: whoever opens the page can read it."
        return found, "create-… --no-generate-secret: it cannot be taken away", {}
    flows = {one.removeprefix("ALLOW_") for one in told.get("ExplicitAuthFlows") or BORN_WITH}
    if sign_in and not flows & set(sign_in):
        found = "The client {client} allows {flows}, none of {wanted}."
        return found, "update-… --explicit-auth-flows …", {"flows": sorted(flows), "wanted": sign_in}
    given = told.get("AllowedOAuthFlows", [])
    if grants is not None and sorted(given) != sorted(grants):
        hint = " The implicit grant puts tokens into the address." if "implicit" in given else ""
        found = "The client {client} allows the grants {given}, not {grants}.{hint}"
        return found, "update-… --allowed-o-auth-flows …", {"given": given, "grants": grants, "hint": hint}
    if grants and not told.get("AllowedOAuthFlowsUserPoolClient"):
        found = "The client {client} lists grants, but OAuth is not turned on for it."
        return found, "update-… --allowed-o-auth-flows-user-pool-client", {}
    for wanted, key, what, option in (
        (scopes, "AllowedOAuthScopes", "scopes", "--allowed-o-auth-scopes"),
        (providers, "SupportedIdentityProviders", "providers", "--supported-identity-providers"),
    ):
        lacks = [one for one in wanted or [] if one not in told.get(key, [])]
        if lacks:
            found = "The client {client} lacks the {what} {lacks}."
            return found, f"update-… {option} …", {"what": what, "lacks": lacks}
    open_ = [one for one in told.get("CallbackURLs", []) if one.startswith("http:") and not one.startswith(LOCAL)]
    if open_:
        found = "The client {client} sends people back over plain http: {urls}."
        return found, "update-… --callback-urls https://…", {"urls": open_}
    return None


def _fail(pool: str, client: str, found: str, step: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the app clients of the user pool {pool}",
        needed="A client that allows what is asked and nothing weaker.",
        try_="aws cognito-idp {step}",
        pool=pool,
        client=client,
        step=step.replace("-…", "-user-pool-client", 1),
        **values,
    )
