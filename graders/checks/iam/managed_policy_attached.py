"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"""

from typing import Any

from graders import Account, Fail, check, identities, nearby
from graders.iam import InvalidPolicy, parse
from graders.iam.document import Document
from graders.iam.evaluate import covers_action, covers_resource


@check(permissions=identities.PEOPLE)
def managed_policy_attached(
    account: Account,
    *,
    policy: str,
    to: str,
    denies: list[str] | None = None,
    allows: list[str] | None = None,
    resource: str = "*",
    improved: bool = False,
) -> None:
    """The managed policy {policy} is attached to {to}.

    `denies` and `allows`: actions that its default version denies or allows on `resource`, whatever the conditions.
    `improved`: a later version than the first is the default. What the whole adds up to is asked by iam.principal_can.
    """
    who = identities.the_one(account, to)
    attached = [one["PolicyArn"] for one in who.item.get("AttachedManagedPolicies", [])]
    arn = next((one for one in attached if policy in (one, one.rpartition("/")[2])), "")
    known = {one["Arn"]: one for one in identities.details(account).get("Policies", [])}
    if not arn:
        raise _fail(
            policy, who, "The policy {policy} is not attached to {who}.{hint}", _near(account, policy, who, known)
        )
    versions: list[dict[str, Any]] = known[arn]["PolicyVersionList"] if arn in known else []
    default = next((one["VersionId"] for one in versions if one["IsDefaultVersion"]), "v1")
    if improved and default == "v1":
        later = [one["VersionId"] for one in versions if one["VersionId"] != "v1"]
        hint = f" {later[-1]} is there: make it the default." if later else " There is no other."
        raise _fail(policy, who, "The first version of {policy} is still the default.{hint}", hint)
    try:
        document = parse(identities.managed(account, arn), "identity")
    except InvalidPolicy as error:
        raise _fail(policy, who, "AWS would refuse {policy}: {hint}", error.reasons[0]) from error
    for wanted, allow, word in ((denies, False, "deny"), (allows, True, "allow")):
        for action in identities.names_of(wanted or []):
            if not _says(document, action, resource, allow):
                other = "allows" if not allow else "denies"
                hint = f" It {other} it." if _says(document, action, resource, not allow) else ""
                found = "The policy {policy} does not {word} {action} on {resource}.{hint}"
                raise _fail(policy, who, found, hint, word=word, action=action, resource=resource)


def _says(document: Document, action: str, resource: str, allow: bool) -> bool:
    return any(
        one.allow is allow and covers_action(one, action) and covers_resource(one, resource.replace("*", "zz-any"), {})
        if resource != "*"
        else one.allow is allow and covers_action(one, action)
        for one in document.statements
    )


def _near(account: Account, policy: str, who: identities.Known, known: dict[str, dict[str, Any]]) -> str:
    name = policy.rpartition("/")[2]
    if [one for one in who.item.get("GroupPolicyList", who.item.get("UserPolicyList", who.item.get("RolePolicyList", [])))
            if one["PolicyName"] == name]:  # fmt: skip
        return " There is an inline policy of that name."
    for other in identities.everybody(account):
        if any(one["PolicyArn"].rpartition("/")[2] == name for one in other.item.get("AttachedManagedPolicies", [])):
            return f" It is attached to {other}."
    names = [one.rpartition("/")[2] for one in known]
    return " It is there, attached to nobody." if name in names else nearby.almost(name, names)


def _fail(policy: str, who: identities.Known, found: str, hint: str = "", **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the policy {policy} and what is attached to {who}",
        needed="{policy}, in a version that does what is asked, attached to {who}.",
        try_="aws iam attach-{kind}-policy, or create-policy-version --set-as-default.",
        **{"policy": policy, "who": str(who), "kind": who.kind, "hint": hint, **values},
    )
