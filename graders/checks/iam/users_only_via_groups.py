"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"""

from typing import Any

from graders import Account, Fail, check, identities


@check(permissions=identities.PEOPLE)
def users_only_via_groups(account: Account, *, users: list[str] | None = None) -> None:
    """Users have their permissions through groups, not by policies of their own.

    `users`: those asked about; without them all but the lab's own (learner). Neither attached nor inline policies on
    the user; and at least one group that grants something. A permissions boundary is no grant.
    """
    known = [one for one in identities.everybody(account) if one.kind == "user"]
    asked = [identities.the_user(account, name) for name in users or []]
    asked = asked or [one for one in known if one.name != "learner"]
    if not asked:
        raise _fail("A user does not exist: there is nobody to have permissions.", "Make a user and a group.", "users")
    for one in asked:
        attached = [policy["PolicyName"] for policy in one.item.get("AttachedManagedPolicies", [])]
        inline = [policy["PolicyName"] for policy in one.item.get("UserPolicyList", [])]
        if attached:
            step = "aws iam detach-user-policy --user-name {user} --policy-arn …"
            found = "The policy {policies} is attached to the user {user} itself."
            raise _fail(found, step, one.name, policies=attached)
        if inline:
            step = "aws iam delete-user-policy --user-name {user} --policy-name {policies}"
            raise _fail("The user {user} has an inline policy: {policies}.", step, one.name, policies=inline)
        groups = one.item.get("GroupList", [])
        if not groups:
            step = "aws iam add-user-to-group --user-name {user} --group-name …"
            raise _fail("The user {user} is in no group.", step, one.name)
        if not any(_grants(group) for group in known_groups(account) if group.name in groups):
            found = "The user {user} is in {groups}, but that group grants nothing."
            raise _fail(found, "aws iam attach-group-policy --group-name {groups} …", one.name, groups=groups)


def known_groups(account: Account) -> list[identities.Known]:
    return [one for one in identities.everybody(account) if one.kind == "group"]


def _grants(group: identities.Known) -> bool:
    return any(one.allow for policy in group.actor.identity for one in policy.document.statements)


def _fail(found: str, step: str, user: str, **values: Any) -> Fail:
    return Fail(
        found,
        looked_at="the policies and the groups of {user}",
        needed="All rights come from groups; none is given to a single user.",
        try_=step,
        user=user,
        **values,
    )
