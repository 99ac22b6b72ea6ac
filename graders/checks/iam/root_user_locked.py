"""https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"""

from graders import Account, Fail, check


@check(permissions=["iam:GetAccountSummary"])
def root_user_locked(account: Account, *, mfa: bool = True) -> None:
    """The account's root user has no access key, and signs in with a second factor.

    An inactive key of the root user counts: it can be made active again. `mfa`: whether a device is asked for.
    """
    told = account.read("iam", "get_account_summary")["SummaryMap"]
    if told.get("AccountAccessKeysPresent"):
        raise _fail("The root user has an access key.", "As root: Security credentials, delete the access key.")
    if mfa and not told.get("AccountMFAEnabled"):
        users = told.get("MFADevicesInUse", 0)
        hint = " Devices of other users do not protect it." if users else ""
        step = "As root: Security credentials, assign an MFA device."
        raise _fail("An MFA device of the root user does not exist.{hint}", step, hint=hint)


def _fail(found: str, step: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the account's summary: keys and devices of the root user",
        needed="No access key for root, and a second factor at its sign-in.",
        try_=step,
        counterexample="Whoever holds it can do everything: no policy holds the root user.",
        **values,
    )
