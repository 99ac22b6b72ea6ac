"""Who signs in to the pools: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-identity.html"""

from graders import Account, Fail, check


@check(permissions=["cognito-idp:ListIdentityProviders", "cognito-idp:ListUserPools"])
def pool_knows_provider(account: Account, *, pool: str, kinds: list[str]) -> None:
    """People of the user pool {pool} may come from outside: {kinds}."""
    found = _pool(account, pool)
    providers = account.read("cognito-idp", "list_identity_providers", UserPoolId=found)["Providers"]
    if not any(one["ProviderType"] in kinds for one in providers):
        raise Fail(
            "The user pool {pool} has no such identity provider.",
            looked_at="the identity providers of {pool}",
            needed="One of {kinds}.",
            try_="aws cognito-idp create-identity-provider --user-pool-id … --provider-name … --provider-type …",
            pool=pool,
            kinds=kinds,
        )


@check(
    permissions=[
        "cognito-identity:DescribeIdentityPool",
        "cognito-identity:ListIdentityPools",
        "cognito-idp:ListUserPoolClients",
        "cognito-idp:ListUserPools",
    ]
)
def identities_from_pool(account: Account, *, identities: str, pool: str, client: str) -> None:
    """The identity pool {identities} takes those who signed in by {client} of {pool}, and no guests."""
    user_pool = _pool(account, pool)
    clients = account.read("cognito-idp", "list_user_pool_clients", UserPoolId=user_pool, MaxResults=60)
    ids = [one["ClientId"] for one in clients["UserPoolClients"] if one["ClientName"] == client]
    pools = account.read("cognito-identity", "list_identity_pools", MaxResults=60)["IdentityPools"]
    found = next((one["IdentityPoolId"] for one in pools if one["IdentityPoolName"] == identities), "")
    if not found:
        raise Fail(
            "There is no identity pool {identities}.",
            looked_at="the identity pools",
            needed="An identity pool named exactly {identities}.",
            try_="aws cognito-identity create-identity-pool --identity-pool-name {identities} …",
            identities=identities,
        )
    told = account.read("cognito-identity", "describe_identity_pool", IdentityPoolId=found)
    problem = ""
    if told.get("AllowUnauthenticatedIdentities"):
        problem = "it lets guests in"
    elif told.get("AllowClassicFlow"):
        problem = "it allows the classic flow, in which the caller names the role"
    elif not any(
        one.get("ClientId") in ids and one.get("ProviderName", "").endswith("/" + user_pool)
        for one in told.get("CognitoIdentityProviders", [])
    ):
        problem = "it does not know this user pool and this client"
    if problem:
        raise Fail(
            "The identity pool {identities} will not do: {problem}.",
            looked_at="the identity pool {identities}",
            needed="No guests, and the provider cognito-idp.REGION.amazonaws.com/POOL with the client's id.",
            try_="aws cognito-identity update-identity-pool",
            identities=identities,
            problem=problem,
        )


@check(
    permissions=["cognito-idp:DescribeUserPoolClient", "cognito-idp:ListUserPoolClients", "cognito-idp:ListUserPools"]
)
def client_calls_back(account: Account, *, pool: str, client: str, url: str) -> None:
    """Whoever signed in by {client} is sent back to {url}."""
    found = _pool(account, pool)
    clients = account.read("cognito-idp", "list_user_pool_clients", UserPoolId=found, MaxResults=60)["UserPoolClients"]
    ids = [one["ClientId"] for one in clients if one["ClientName"] == client]
    for one in ids:
        told = account.read("cognito-idp", "describe_user_pool_client", UserPoolId=found, ClientId=one)[
            "UserPoolClient"
        ]
        if url in told.get("CallbackURLs", []):
            return
    raise Fail(
        "No client {client} sends people back to {url}.",
        looked_at="the callback URLs of {client}",
        needed="{url} among them.",
        try_="aws cognito-idp update-user-pool-client with --callback-urls and all other settings",
        client=client,
        url=url,
    )


def _pool(account: Account, name: str) -> str:
    pools = account.read("cognito-idp", "list_user_pools", MaxResults=60)["UserPools"]
    found = next((str(one["Id"]) for one in pools if one["Name"] == name), "")
    if not found:
        raise Fail(
            "There is no user pool {pool}.",
            looked_at="the user pools",
            needed="A user pool named exactly {pool}.",
            try_="aws cognito-idp create-user-pool --pool-name {pool} …",
            pool=name,
        )
    return found
