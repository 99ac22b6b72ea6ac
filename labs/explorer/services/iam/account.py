"""What IAM knows of the account as a whole: the password policy, and identity providers outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Lines,
    Number,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)
from labs.explorer.saying import given, properties

RULES = (
    ("RequireUppercaseCharacters", "An upper-case letter"),
    ("RequireLowercaseCharacters", "A lower-case letter"),
    ("RequireNumbers", "A digit"),
    ("RequireSymbols", "A symbol"),
    ("AllowUsersToChangePassword", "Users may change their own"),
    ("HardExpiry", "An expired one needs an administrator"),
)


def _passwords(account: Account) -> Iterator[Thing]:
    found = ask(account, "iam", "get_account_password_policy").get("PasswordPolicy", {})
    length = found.get("MinimumPasswordLength", 0)
    facts = (
        Fact("At least", f"{length} characters" if length else "AWS's default", "bad" if length < 14 else "good"),
        Fact("Asks for", ", ".join(label.lower() for name, label in RULES[:4] if found.get(name)) or "nothing more"),
        Fact("Expires", f"after {found['MaxPasswordAge']} days" if found.get("MaxPasswordAge") else "never"),
        Fact(
            "Reuse",
            f"the last {found['PasswordReusePrevention']} not" if found.get("PasswordReusePrevention") else "allowed",
        ),
    )
    aliases = ask(account, "iam", "list_account_aliases").get("AccountAliases", [])
    yield Thing(
        "password-policy",
        "Password policy",
        facts,
        data={**found, "Aliases": aliases},
        properties=(*facts, *properties({"Aliases": aliases}, ("Aliases", "Account alias"))),
    )


def _save(v: Values, at: At) -> Iterator[Call]:
    switches: dict[str, Any] = {name: v[name] for name, _ in RULES}
    numbers = given(
        MinimumPasswordLength=v["MinimumPasswordLength"],
        MaxPasswordAge=v["MaxPasswordAge"],
        PasswordReusePrevention=v["PasswordReusePrevention"],
    )
    yield call("iam", "update_account_password_policy", **switches, **numbers)


PASSWORDS = Kind(
    "settings",
    "Account setting",
    "Account settings",
    _passwords,
    actions=(
        Action(
            "edit",
            "Edit password policy",
            _save,
            (
                Number(
                    "MinimumPasswordLength", "At least", initial=14, least=6, most=128, unit="characters", required=True
                ),
                *(Switch(name, label) for name, label in RULES),
                Number("MaxPasswordAge", "Expires after", least=1, most=1095, unit="days", help="Empty: never."),
                Number("PasswordReusePrevention", "Not one of the last", least=1, most=24, unit="passwords"),
            ),
            lambda account, at: {
                key: one for key, one in at.thing.data.items() if key not in ("Aliases", "ExpirePasswords")
            },
        ),
        Action(
            "default",
            "Back to AWS's default",
            "iam.delete_account_password_policy",
            danger="Remove the account's own password policy?",
            verb="Remove",
            when=lambda it: bool((it.data or {}).get("MinimumPasswordLength")),
        ),
        Action(
            "alias", "Set account alias", "iam.create_account_alias", (Text("AccountAlias", "Alias", required=True),)
        ),
    ),
)


def _providers(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_open_id_connect_providers").get("OpenIDConnectProviderList", []):
        arn = one["Arn"]
        found = ask(account, "iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
        facts = (
            Fact("URL", found.get("Url", "")),
            Fact("Audiences", ", ".join(found.get("ClientIDList", [])) or "none"),
        )
        yield Thing(
            arn,
            arn.partition("/")[2],
            facts,
            arn,
            {key: value for key, value in found.items() if key != "ResponseMetadata"},
        )


PROVIDER = Kind(
    "provider",
    "Identity provider",
    "Identity providers",
    _providers,
    empty="An identity provider outside of AWS (GitHub, say) whose tokens a role may be taken on with: no keys to keep.",
    command=(
        "aws iam create-open-id-connect-provider --url "
        "https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com"
    ),
    actions=(
        Action(
            "create",
            "Add OpenID Connect provider",
            lambda v, at: [
                call(
                    "iam",
                    "create_open_id_connect_provider",
                    Url=v["Url"],
                    ClientIDList=v["ClientIDList"] or None,
                    ThumbprintList=v["ThumbprintList"] or None,
                )
            ],
            (
                Text("Url", "URL", required=True, placeholder="https://token.actions.githubusercontent.com"),
                Lines("ClientIDList", "Audiences", initial=("sts.amazonaws.com",)),
                Lines("ThumbprintList", "Thumbprints", help="Of its certificate. May be empty."),
            ),
            new=True,
        ),
        delete(
            "iam.delete_open_id_connect_provider",
            "OpenIDConnectProviderArn",
            "Remove the provider? Roles that trust it cannot be taken on.",
        ),
    ),
)
