"""Cognito user pools: who may sign in to an application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Choices,
    Fact,
    Kind,
    Lines,
    Number,
    Part,
    Pick,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)
from labs.explorer.saying import given

FLOWS = (
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
)
RULES = (
    ("RequireUppercase", "An upper-case letter"),
    ("RequireLowercase", "A lower-case letter"),
    ("RequireNumbers", "A digit"),
    ("RequireSymbols", "A symbol"),
)
MFA = (("OFF", "off"), ("OPTIONAL", "who wants to"), ("ON", "everybody"))


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cognito-idp", "list_user_pools", MaxResults=60).get("UserPools", []):
        yield Thing(
            one["Id"],
            f"{one['Name']} ({one['Id']})",
            arn=f"arn:aws:cognito-idp:{account.region}:{account.account_id}:userpool/{one['Id']}",
            data=one,
        )


def _look(account: Account, it: Thing) -> Thing:
    found = account.read("cognito-idp", "describe_user_pool", UserPoolId=it.id)["UserPool"]
    mfa = ask(account, "cognito-idp", "get_user_pool_mfa_config", UserPoolId=it.id).get("MfaConfiguration", "OFF")
    length = found.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength", 8)
    facts = (
        Fact("Signs in by", ", ".join(found.get("UsernameAttributes", [])) or "user name"),
        Fact("Passwords", f"at least {length} characters", "good" if length >= 12 else ""),
        Fact("MFA", dict(MFA).get(mfa, mfa), "bad" if mfa == "OFF" else "good"),
    )
    return replace(
        it, facts=facts, arn=found.get("Arn", it.arn), data={**found, "Mfa": mfa}, tags=found.get("UserPoolTags", {})
    )


def _detail(account: Account, it: Thing) -> Thing:
    def of(operation: str, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(account, "cognito-idp", operation, UserPoolId=it.id).get(key, [])
        return found

    clients = [
        ask(account, "cognito-idp", "describe_user_pool_client", UserPoolId=it.id, ClientId=one["ClientId"])[
            "UserPoolClient"
        ]
        for one in of("list_user_pool_clients", "UserPoolClients")
    ]
    users, groups, providers = (
        of("list_users", "Users"),
        of("list_groups", "Groups"),
        of("list_identity_providers", "Providers"),
    )
    parts = (
        Part(
            "clients",
            "App clients",
            ("Name", "Id", "Secret", "Flows"),
            tuple(
                Row(
                    one["ClientId"],
                    (
                        one["ClientName"],
                        one["ClientId"],
                        "yes" if one.get("ClientSecret") else "no",
                        ", ".join([*one.get("ExplicitAuthFlows", []), *one.get("AllowedOAuthFlows", [])]),
                    ),
                    data=one,
                )
                for one in clients
            ),
            "No application uses it.",
        ),
        Part(
            "users",
            "Users",
            ("Name", "Status", "Enabled"),
            tuple(
                Row(
                    one["Username"],
                    (_name(one), one.get("UserStatus", ""), "yes" if one.get("Enabled") else "no"),
                    data=one,
                )
                for one in users
            ),
            "Nobody yet.",
        ),
        Part(
            "groups",
            "Groups",
            ("Name", "About"),
            tuple(Row(one["GroupName"], (one["GroupName"], one.get("Description", ""))) for one in groups),
        ),
        Part(
            "providers",
            "Identity providers",
            ("Name", "Type"),
            tuple(Row(one["ProviderName"], (one["ProviderName"], one.get("ProviderType", ""))) for one in providers),
            "Its own users alone.",
        ),
    )
    verified = ", ".join(it.data.get("AutoVerifiedAttributes", [])) or "nothing"
    return replace(
        it,
        properties=(
            *it.facts,
            Fact("Verified by itself", verified),
            Fact("Domain", it.data.get("Domain", "") or "none"),
        ),
        parts=parts,
    )


def _name(user: dict[str, Any]) -> str:
    return next((one["Value"] for one in user.get("Attributes", []) if one["Name"] == "email"), str(user["Username"]))


def _create(v: Values, at: At) -> Iterator[Call]:
    rules: Values = {"MinimumLength": v["MinimumLength"], **{name: v[name] for name, _ in RULES}}
    yield call(
        "cognito-idp",
        "create_user_pool",
        PoolName=v["PoolName"],
        Policies={"PasswordPolicy": rules},
        UsernameAttributes=["email"] if v["email"] else None,
        AutoVerifiedAttributes=["email"] if v["verify"] else None,
    )


def _mfa(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cognito-idp",
        "set_user_pool_mfa_config",
        UserPoolId=at.thing.id,
        SoftwareTokenMfaConfiguration={"Enabled": True} if v["MfaConfiguration"] != "OFF" else None,
        MfaConfiguration=v["MfaConfiguration"],
    )


def _client(v: Values, at: At) -> Iterator[Call]:
    web = given(
        AllowedOAuthFlows=v["oauth"],
        AllowedOAuthScopes=v["scopes"] if v["oauth"] else None,
        CallbackURLs=v["CallbackURLs"],
        AllowedOAuthFlowsUserPoolClient=True if v["oauth"] else None,
        SupportedIdentityProviders=["COGNITO"] if v["oauth"] else None,
    )
    yield call(
        "cognito-idp",
        "create_user_pool_client",
        UserPoolId=at.thing.id,
        ClientName=v["ClientName"],
        GenerateSecret=True if v["GenerateSecret"] else None,
        ExplicitAuthFlows=v["flows"] or None,
        **web,
    )


def _user(v: Values, at: At) -> Iterator[Call]:
    attributes = (
        [{"Name": "email", "Value": v["email"]}, {"Name": "email_verified", "Value": "true"}] if v["email"] else None
    )
    yield call(
        "cognito-idp",
        "admin_create_user",
        UserPoolId=at.thing.id,
        Username=v["Username"],
        UserAttributes=attributes,
        MessageAction="SUPPRESS" if v["quiet"] else None,
    )
    if v["Password"]:
        yield call(
            "cognito-idp",
            "admin_set_user_password",
            UserPoolId=at.thing.id,
            Username=v["Username"],
            Password=v["Password"],
            Permanent=True,
        )


def _provider(v: Values, at: At) -> Iterator[Call]:
    details = given(client_id=v["client_id"], client_secret=v["client_secret"], authorize_scopes=v["scopes"])
    yield call(
        "cognito-idp",
        "create_identity_provider",
        UserPoolId=at.thing.id,
        ProviderName=v["ProviderType"],
        ProviderType=v["ProviderType"],
        ProviderDetails=details,
        AttributeMapping={"email": "email"},
    )


def _of_user(operation: str) -> Any:
    return lambda v, at: [call("cognito-idp", operation, UserPoolId=at.thing.id, Username=at.row.id)]


POOL = Kind(
    "pool",
    "User pool",
    "User pools",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A user pool knows an application's users: passwords, second factors, "
        "sign-in with others' accounts. Who signs in gets a token."
    ),
    command="aws cognito-idp create-user-pool --pool-name shop-users",
    actions=(
        Action(
            "create",
            "Create user pool",
            _create,
            (
                Text("PoolName", "Name", required=True),
                Switch("email", "Sign in by e-mail address", initial=True),
                Switch("verify", "Verify the address by itself", initial=True),
                Number(
                    "MinimumLength",
                    "Passwords of at least",
                    initial=12,
                    least=6,
                    most=99,
                    unit="characters",
                    required=True,
                ),
                *(Switch(name, label, initial=True) for name, label in RULES),
            ),
            new=True,
        ),
        Action(
            "mfa",
            "Edit MFA",
            _mfa,
            (Choice("MfaConfiguration", "By an app with codes", MFA, required=True),),
            lambda account, at: {"MfaConfiguration": at.thing.data.get("Mfa", "OFF")},
        ),
        Action(
            "add-client",
            "Add app client",
            _client,
            (
                Text("ClientName", "Name", required=True),
                Switch("GenerateSecret", "With a secret", help="Never for a browser or a phone: it cannot keep one."),
                Choices("flows", "Signs in by", FLOWS, initial=FLOWS[:2]),
                Choices(
                    "oauth",
                    "Grants",
                    (
                        ("code", "authorization code"),
                        ("implicit", "implicit (old)"),
                        ("client_credentials", "client credentials"),
                    ),
                ),
                Choices("scopes", "Scopes", ("openid", "email", "profile", "phone"), initial=("openid", "email")),
                Lines("CallbackURLs", "Back to", placeholder="https://app.example.com/callback"),
            ),
            part="clients",
        ),
        Action(
            "remove-client",
            "Delete",
            lambda v, at: [call("cognito-idp", "delete_user_pool_client", UserPoolId=at.thing.id, ClientId=at.row.id)],
            part="clients",
            row=True,
            danger="The application can sign nobody in any more.",
            verb="Delete",
        ),
        Action(
            "add-user",
            "Add user",
            _user,
            (
                Text("Username", "Name", required=True, help="The e-mail address, where one signs in by it."),
                Text("email", "E-mail"),
                Text("Password", "Password", help="Empty: Cognito makes a temporary one."),
                Switch("quiet", "Send no mail"),
            ),
            part="users",
        ),
        Action(
            "disable",
            "Disable",
            _of_user("admin_disable_user"),
            part="users",
            row=True,
            danger="This user cannot sign in any more.",
            verb="Disable",
        ),
        Action("enable", "Enable", _of_user("admin_enable_user"), part="users", row=True, verb="Enable"),
        Action("confirm", "Confirm", _of_user("admin_confirm_sign_up"), part="users", row=True, verb="Confirm"),
        Action(
            "join",
            "Add to group",
            lambda v, at: [
                call(
                    "cognito-idp",
                    "admin_add_user_to_group",
                    UserPoolId=at.thing.id,
                    Username=at.row.id,
                    GroupName=v["GroupName"],
                )
            ],
            lambda account, at: (
                Choice(
                    "GroupName",
                    "Group",
                    tuple(row.id for part in at.thing.parts if part.id == "groups" for row in part.rows),
                    required=True,
                ),
            ),
            part="users",
            row=True,
            verb="Add",
        ),
        Action(
            "remove-user",
            "Delete",
            _of_user("admin_delete_user"),
            part="users",
            row=True,
            danger="Delete this user?",
            verb="Delete",
        ),
        Action(
            "add-group",
            "Add group",
            "cognito-idp.create_group",
            (
                Text("GroupName", "Name", required=True),
                Text("Description", "About"),
                Pick("RoleArn", "Role", kind="iam:role", by="arn"),
            ),
            thing="UserPoolId",
            part="groups",
        ),
        Action(
            "add-provider",
            "Add identity provider",
            _provider,
            (
                Choice(
                    "ProviderType", "Who", ("Google", "Facebook", "LoginWithAmazon"), initial="Google", required=True
                ),
                Text("client_id", "Client id", required=True),
                Text("client_secret", "Client secret", required=True),
                Text("scopes", "Scopes", initial="openid email", required=True),
            ),
            part="providers",
        ),
        Action(
            "domain",
            "Set domain",
            "cognito-idp.create_user_pool_domain",
            (Text("Domain", "Prefix", required=True, placeholder="shop-4711"),),
            thing="UserPoolId",
        ),
        delete("cognito-idp.delete_user_pool", "UserPoolId", "Delete the pool with its users?"),
    ),
)
SERVICE = Service("cognito-idp", "Cognito user pools", "Who may sign in to an application.", (POOL,))
