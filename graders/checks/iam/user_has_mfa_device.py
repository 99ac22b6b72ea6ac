"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html"""

from graders import Account, Fail, check, identities


@check(permissions=(*identities.PEOPLE, "iam:ListMFADevices", "iam:ListVirtualMFADevices"))
def user_has_mfa_device(account: Account, *, user: str) -> None:
    """The user {user} signs in with a second factor (an MFA device is enabled).

    A device of any kind, enabled for this user. A virtual device that was made and not enabled is none.
    """
    who = identities.the_user(account, user)
    if account.read("iam", "list_mfa_devices", UserName=who.name)["MFADevices"]:
        return
    devices = account.read("iam", "list_virtual_mfa_devices").get("VirtualMFADevices", [])
    idle = [one["SerialNumber"] for one in devices if not one.get("EnableDate")]
    taken = [one["User"]["UserName"] for one in devices if one.get("User", {}).get("UserName")]
    hint = f" {idle[0]} was made, but is enabled for nobody." if idle else ""
    if not idle and taken:
        hint = f" One is enabled for {taken[0]}."
    raise Fail(
        "The user {user} has no MFA device.{hint}",
        looked_at="the MFA devices of user {user}",
        needed="A device enabled for {user}.",
        try_="aws iam enable-mfa-device --user-name {user} --serial-number … with two codes in a row.",
        counterexample="Whoever knows the password of {user} is in.",
        user=who.name,
        hint=hint,
    )
