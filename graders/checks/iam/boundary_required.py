"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate"""

from graders import Account, Fail, check, identities
from graders.iam.witnesses import Witness

KEY = "iam:permissionsboundary"
# What makes people stronger: it may be done under the boundary and not otherwise.
BOUND = {
    "iam:CreateUser": "user",
    "iam:CreateRole": "role",
    "iam:PutUserPermissionsBoundary": "user",
    "iam:PutRolePermissionsBoundary": "role",
    "iam:AttachUserPolicy": "user",
    "iam:AttachRolePolicy": "role",
    "iam:PutUserPolicy": "user",
    "iam:PutRolePolicy": "role",
}
REMOVING = {"iam:DeleteUserPermissionsBoundary": "user", "iam:DeleteRolePermissionsBoundary": "role"}
EDITING = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy")


@check(permissions=identities.PERMISSIONS)
def boundary_required(account: Account, *, principal: str, boundary: str, creates: str = "iam:CreateRole") -> None:
    """{principal} can make others only under the permissions boundary {boundary}.

    `boundary`: the policy's name or ARN. `creates` works with it, and neither that nor any other call that gives rights
    works with another boundary or without; nor may it take boundaries away, or edit the boundary's policy. By an allow
    with a condition on iam:PermissionsBoundary or by a deny. That it wears the boundary itself is not asked.
    """
    who = identities.the_one(account, principal)
    arn = _arn(account, boundary)
    own = f"arn:aws:iam::{account.account_id}:"
    target = f"{own}{BOUND.get(creates, 'role')}/zz-new"
    works = identities.decided(account, who.actor, creates, target, {KEY: arn})
    if not works.allowed:
        raise identities.refused(account, who, creates, target, works)
    for action, kind in BOUND.items():
        there = f"{own}{kind}/zz-new"
        other = identities.can_somehow(
            account, who.actor, [action], there, fixed={KEY: "arn:aws:iam::aws:policy/AdministratorAccess"}
        )
        if other is not None:
            raise _fail(who, boundary, "{who} can {action} with another boundary than {boundary}.", action, other)
        bare = identities.decided(account, who.actor, action, there)
        if bare.allowed and bare.asked is not None:
            shown = Witness(bare.asked[0], bare)
            raise _fail(who, boundary, "{who} can {action} without any boundary.", action, shown)
    for action, kind in REMOVING.items():
        found = identities.can_somehow(account, who.actor, [action], f"{own}{kind}/zz-new", fixed={KEY: arn})
        if found is not None:
            raise _fail(who, boundary, "{who} can take the boundary away again: {action}.", action, found)
    for action in EDITING:
        found = identities.can_somehow(account, who.actor, [action], arn)
        if found is not None:
            raise _fail(who, boundary, "{who} can change the boundary's own policy: {action}.", action, found)


def _arn(account: Account, boundary: str) -> str:
    known = [one["Arn"] for one in identities.details(account).get("Policies", [])]
    arn = next((one for one in known if boundary in (one, one.rpartition("/")[2])), "")
    if arn or boundary.startswith("arn:aws:iam::aws:"):
        return arn or boundary
    raise Fail(
        "The policy {boundary}, which is to be the boundary, does not exist.",
        looked_at="the customer managed policies of this account",
        needed="A managed policy {boundary}.",
        try_="aws iam create-policy --policy-name {boundary} …",
        boundary=boundary,
    )


def _fail(who: identities.Known, boundary: str, found: str, action: str, witness: Witness) -> Fail:
    return Fail(
        found,
        looked_at="the policies of {who}",
        needed="Everything that gives rights is allowed with iam:PermissionsBoundary = {boundary} only.",
        try_="A condition on iam:PermissionsBoundary for {action}: StringEquals in the allow, StringNotEquals in a deny.",
        counterexample="{request}.",
        who=who,
        boundary=boundary,
        action=action,
        request=witness.sentence,
    )
