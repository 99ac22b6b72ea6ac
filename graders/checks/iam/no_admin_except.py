"""https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"""

from graders import Account, Fail, check, identities
from graders.iam import ask
from graders.iam.principals import ANONYMOUS
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first


@check(permissions=identities.PERMISSIONS)
def no_admin_except(account: Account, *, allowed: list[str]) -> None:
    """Nobody but {allowed} is an administrator of this account, or can become one.

    An administrator is whoever can give anybody every right (iam:AttachRolePolicy on any role, say), by whichever
    policies together; so AdministratorAccess, a copy of it, iam:* and NotAction are the same. The lab's own user
    (learner), the root user and roles of AWS's services are excepted. Nobody else, inside or outside, may become a
    role that is one. Those in `allowed` must be there, so that somebody is left.
    """
    meant = {identities.the_one(account, one).item["Arn"] for one in allowed}
    known = [one for one in identities.everybody(account) if one.kind != "group" and not _excepted(one)]
    inside = {one.item["Arn"] for one in known if one.item["Arn"] in meant or set(_groups(account, one)) & meant}
    for one in known:
        if one.item["Arn"] in inside:
            continue
        found = identities.administrator(account, one.actor)
        via = ""
        if found is None:
            for chain in identities.becomes(account, one.actor):
                found = identities.administrator(account, chain[-1])
                if found is not None:
                    via = f", {identities.chained(chain)}"
                    break
        if found is not None:
            raise Fail(
                "{who} is an administrator{via}: {why}.",
                looked_at="the policies of every user and role, and whom each role trusts",
                needed="Only {allowed} can give rights to anybody.",
                try_="Replace the wide policy of {who} by the single actions that it needs.",
                counterexample="{request}.",
                who=one,
                via=via,
                why=found.decision.sentence,
                allowed=allowed or ["the lab's own user"],
                request=found.sentence,
            )
    for one in known:
        if one.kind == "role" and identities.administrator(account, one.actor):
            _closed(account, one)


def _closed(account: Account, role: identities.Known) -> None:
    trust = ask.trust_of(role.actor)
    outside: list[Actor] = [one for one in ask.outsiders(account, trust, named=False) if one.principal != ANONYMOUS]
    where = Target(account.account_id, trust, resource_decides=True)
    found = first(where, outside, ["sts:AssumeRole"], [role.item["Arn"]], fixed={"aws:securetransport": "true"})
    if found is not None:
        raise Fail(
            "{role} is an administrator, and anyone can become it: {why}.",
            looked_at="the trust policy of {role}",
            needed="Named principals only in the trust of {role}.",
            try_="aws iam update-assume-role-policy --role-name {name} …",
            counterexample="{request}.",
            role=role,
            why=found.decision.sentence,
            name=role.name,
            request=found.sentence,
        )


def _groups(account: Account, who: identities.Known) -> list[str]:
    names = who.item.get("GroupList", [])
    return [one.item["Arn"] for one in identities.everybody(account) if one.kind == "group" and one.name in names]


def _excepted(one: identities.Known) -> bool:
    return ":role/aws-service-role/" in one.item["Arn"] or (one.kind == "user" and one.name == "learner")
