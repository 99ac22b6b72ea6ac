"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""

from graders import Account, Fail, check, identities
from graders.iam import InvalidPolicy, Principal, parse
from graders.iam.document import Document
from graders.iam.request import Policy
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first


@check(permissions=(*identities.PEOPLE, "iam:GetUser"))
def principal_has_boundary(
    account: Account, *, principal: str, policy: str = "", stops: list[str] | None = None
) -> None:
    """{principal} has a permissions boundary.

    `policy`: the boundary's name or ARN. `stops`: actions that the boundary must not let through, on whatever resource;
    without them, a boundary that lets everything through is none. A policy that is attached is no boundary.
    """
    who = identities.the_one(account, principal)
    arn = _boundary(account, who)
    name = arn.rpartition("/")[2]
    if not arn:
        attached = [one["PolicyName"] for one in who.item.get("AttachedManagedPolicies", [])]
        near = policy.rpartition("/")[2]
        raise _fail(
            who,
            policy,
            "{who} has no permissions boundary.{hint}",
            hint=f" {near} is attached to it as a policy: that grants, and limits nothing." if near in attached else "",
        )
    if policy not in ("", arn, name):
        raise _fail(who, policy, "The permissions boundary of {who} is {name}, not {policy}.", name=name)
    try:
        limit = parse(identities.managed(account, arn), "identity")
    except InvalidPolicy as error:
        raise _fail(
            who, policy, "AWS would refuse the boundary {name}: {why}", name=name, why=error.reasons[0]
        ) from error
    for action in identities.names_of(stops or []) or ["iam:CreateAccessKey"]:
        found = _lets(account, limit, action)
        if found and (stops or _everything(limit)):
            raise _fail(who, policy, "The boundary {name} of {who} does not stop {action}.", name=name, action=action)


def _boundary(account: Account, who: identities.Known) -> str:
    told = who.item.get("PermissionsBoundary", {})
    if not told and who.kind == "user":
        told = account.read("iam", "get_user", UserName=who.name)["User"].get("PermissionsBoundary", {})
    return str(told.get("PermissionsBoundaryArn", ""))


def _lets(account: Account, limit: Document, action: str) -> bool:
    caller = Actor(
        Principal("user", account.account_id, f"arn:aws:iam::{account.account_id}:user/zz-bounded"),
        (Policy("boundary", limit),),
    )
    arns = identities.concrete(account, action, "*", caller.identity)
    return first(Target(account.account_id, ()), [caller], [action], arns) is not None


def _everything(limit: Document) -> bool:
    return any(one.allow and "*" in one.actions and "*" in one.resources for one in limit.statements) and not any(
        not one.allow for one in limit.statements
    )


def _fail(who: identities.Known, policy: str, found: str, **values: str) -> Fail:
    wanted = policy.rpartition("/")[2] or "a policy that names what {who} may at most do"
    return Fail(
        found,
        looked_at="the permissions boundary of {who}",
        needed="The boundary of {who} is {wanted}, and holds.",
        try_="aws iam put-{kind}-permissions-boundary --{kind}-name {short} --permissions-boundary <the policy's ARN>",
        **{"who": str(who), "wanted": wanted.replace("{who}", str(who)), "kind": who.kind, "short": who.name,
           "policy": policy, **values},
    )  # fmt: skip
