"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html"""

from botocore.exceptions import ClientError

from graders import Account, Fail, check, nearby
from graders.account import error_code
from graders.iam.organization import NO_ORGANIZATION


@check(
    permissions=(
        "organizations:ListRoots",
        "organizations:ListAccounts",
        "organizations:ListParents",
        "organizations:DescribeOrganizationalUnit",
    )
)
def account_in_ou(account: Account, *, member: str, unit: str, directly: bool = False) -> None:
    """The account {member} is in the organizational unit {unit}.

    `member`: an account's id or name. `unit`: a name, or an id. `directly`: not in a unit below it. The account is
    active: a suspended one does nothing.
    """
    try:
        known = account.read("organizations", "list_accounts")["Accounts"]
        roots = {one["Id"] for one in account.read("organizations", "list_roots")["Roots"]}
    except ClientError as error:
        if error_code(error) not in NO_ORGANIZATION:
            raise
        raise _fail(member, unit, "An organization does not exist: no account is in a unit.") from error
    found = next((one for one in known if member in (one["Id"], one["Name"])), None)
    if found is None:
        hint = nearby.almost(member, (one["Name"] for one in known))
        raise _fail(member, unit, "The account {member} does not exist in the organization.{hint}", hint=hint)
    path: list[tuple[str, str]] = []
    name = found["Id"]
    while name not in roots:
        name = account.read("organizations", "list_parents", ChildId=name)["Parents"][0]["Id"]
        if name not in roots:
            told = account.read("organizations", "describe_organizational_unit", OrganizationalUnitId=name)
            path.append((name, told["OrganizationalUnit"]["Name"]))
    names = [one for _, one in path]
    at = next((place for place, one in enumerate(path) if unit in one), None)
    if at is None:
        hint = nearby.almost(unit, names)
        shown = " in ".join(names) if names else "the root itself"
        raise _fail(member, unit, "The account {member} is in {path}, not in {unit}.{hint}", path=shown, hint=hint)
    if directly and at > 0:
        raise _fail(member, unit, "The account {member} is in {lower}, a unit below {unit}.", lower=names[0])
    if found.get("Status", "ACTIVE") != "ACTIVE":
        raise _fail(member, unit, "The account {member} is {status}.", status=str(found["Status"]).lower())


def _fail(member: str, unit: str, found: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="where the account {member} stands in the organization",
        needed="{member} is in the unit {unit}.",
        try_="aws organizations move-account --source-parent-id … --destination-parent-id …",
        **{"member": member, "unit": unit, **values},
    )
