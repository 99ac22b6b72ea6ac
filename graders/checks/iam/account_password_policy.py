"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html"""

from typing import Any

from graders import Account, Fail, check
from graders.account import read_or_none

RULES = {
    "symbols": ("RequireSymbols", "a symbol", "--require-symbols"),
    "numbers": ("RequireNumbers", "a number", "--require-numbers"),
    "uppercase": ("RequireUppercaseCharacters", "a capital letter", "--require-uppercase-characters"),
    "lowercase": ("RequireLowercaseCharacters", "a small letter", "--require-lowercase-characters"),
}


@check(permissions=["iam:GetAccountPasswordPolicy"])
def account_password_policy(
    account: Account,
    *,
    min_length: int,
    require: list[str] | None = None,
    max_age: int | None = None,
    remember: int = 0,
    own_change: bool = False,
) -> None:
    """Passwords of the account's users are at least {min_length} characters long, and as strict as asked.

    `require`: of symbols, numbers, uppercase, lowercase. `max_age`: days after which a password expires, at most (0 is
    never). `remember`: how many old passwords may not be used again. `own_change`: users may change theirs. Stricter
    passes. Without a policy of the account AWS's default holds, which lets a password live for ever.
    """
    answer = read_or_none(account, "NoSuchEntity", "iam", "get_account_password_policy")
    if answer is None:
        raise Fail(
            "A password policy of this account does not exist: AWS's default holds (8 characters, no end).",
            looked_at="the account's password policy",
            needed="A policy of the account's own, with at least {length} characters.",
            try_="aws iam update-account-password-policy --minimum-password-length {length} …",
            length=min_length,
        )
    policy: dict[str, Any] = answer["PasswordPolicy"]
    unknown = [one for one in require or [] if one not in RULES]
    if unknown:
        raise ValueError(f"require: {', '.join(unknown)} is none of {', '.join(RULES)}")
    short = [
        *_too_short(policy, min_length),
        *(RULES[one][1:] for one in require or [] if not policy.get(RULES[one][0])),
        *_too_old(policy, max_age),
        *_forgotten(policy, remember),
        *([("that users change their own", "--allow-users-to-change-password")]
          if own_change and not policy.get("AllowUsersToChangePassword") else []),
    ]  # fmt: skip
    if not short:
        return
    raise Fail(
        "The password policy does not ask for {missing}.",
        looked_at="the account's password policy",
        needed="All of the rules at once: each call of update-account-password-policy sets them all anew.",
        try_="aws iam update-account-password-policy with {option}, together with the rules that you have.",
        counterexample="A user can choose a password that breaks the rule: {first}.",
        missing=" and ".join(one[0] for one in short),
        option=short[0][1],
        first=short[0][0],
    )


def _too_short(policy: dict[str, Any], wanted: int) -> list[tuple[str, str]]:
    if policy.get("MinimumPasswordLength", 6) >= wanted:
        return []
    given = policy.get("MinimumPasswordLength", 6)
    return [(f"{wanted} characters (it asks for {given})", f"--minimum-password-length {wanted}")]


def _too_old(policy: dict[str, Any], wanted: int | None) -> list[tuple[str, str]]:
    age = policy.get("MaxPasswordAge") or 0
    if wanted is None or 0 < age <= wanted:
        return []
    now = f"after {age}" if age else "never"
    return [(f"a new password after {wanted} days (it expires {now})", f"--max-password-age {wanted}")]


def _forgotten(policy: dict[str, Any], wanted: int) -> list[tuple[str, str]]:
    given = policy.get("PasswordReusePrevention") or 0
    if given >= wanted:
        return []
    said = f"a password unlike the last {wanted} (it remembers {given})"
    return [(said, f"--password-reuse-prevention {wanted}")]
