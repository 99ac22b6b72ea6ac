"""Users, groups and roles by name, and what they can do to a resource, as checks ask it.

A principal is written "role/reporting", "user/bob", "group/ops", as an ARN, or by its bare name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, is_absence
from graders.check import Fail
from graders.iam import actions, ask, candidates, organization, patterns, resources, snapshot
from graders.iam.assume import Assuming, chains
from graders.iam.conditions import Context
from graders.iam.decide import Decision, Policy, Reason, Request, decide
from graders.iam.document import InvalidPolicy, parse
from graders.iam.principals import Principal
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, Witness, first, sessions

PEOPLE = snapshot.PERMISSIONS
PERMISSIONS = tuple(
    dict.fromkeys(
        [
            *snapshot.PERMISSIONS,
            *organization.PERMISSIONS,
            *resources.PERMISSIONS,
            *ask.PERMISSIONS,
            "secretsmanager:DescribeSecret",
            "kms:DescribeKey",
        ]
    )
)
GLOBAL = ("iam", "sts", "organizations", "route53", "cloudfront", "budgets")  # answered in us-east-1
AWS_POLICY = "arn:aws:iam::aws:policy/"
# Who may do one of these to anybody may do everything.
POWER = (
    ("iam:AttachUserPolicy", "user"),
    ("iam:PutUserPolicy", "user"),
    ("iam:AttachRolePolicy", "role"),
    ("iam:PutRolePolicy", "role"),
    ("iam:AttachGroupPolicy", "group"),
    ("iam:PutGroupPolicy", "group"),
    ("iam:CreatePolicyVersion", "policy"),
)
Given = Mapping[str, Any]  # context keys as a lab writes them
FILLERS = ("report.csv", "zz-unnamed-9")


@dataclass(frozen=True)
class Known:
    """Somebody whom a name can mean; `kind` is "user", "group" or "role"; `item` as IAM's details give it."""

    kind: str
    name: str
    item: dict[str, Any]
    actor: Actor

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def details(account: Account) -> dict[str, Any]:
    """The call on which the snapshot is built; asked once a grading."""
    return account.read(
        "iam", "get_account_authorization_details", Filter=["User", "Role", "Group", "LocalManagedPolicy"]
    )


def everybody(account: Account) -> list[Known]:
    """All users, groups and roles; a group stands for a member who has no other rights."""
    found: list[Known] = account.once("everybody", lambda: _everybody(account))
    return found


def the_one(account: Account, name: str) -> Known:
    """Whom the name means; fails when there is nobody, with the nearest name."""
    known = everybody(account)
    kind, plain, arn = _parts(name)
    for one in known:
        if one.item["Arn"] == name or (not arn and one.name == plain and kind in ("", one.kind)):
            return one
    hint = nearby.almost(plain, (one.name for one in known if kind in ("", one.kind)))
    twin = next((one.kind for one in known if one.name == plain), "")
    if twin:
        hint = f" There is a {twin} of that name{', elsewhere' if twin == kind else ''}."
    what = kind or "principal"
    raise Fail(
        "The {what} {name} does not exist.{hint}",
        looked_at="the users, groups and roles of this account",
        needed="The {what} {name}, named exactly so.",
        try_="aws iam get-account-authorization-details shows who there is.",
        what=what,
        name=plain,
        hint=hint,
    )


def the_user(account: Account, name: str) -> Known:
    return the_one(account, name if name.startswith(("user/", "arn:")) else f"user/{name}")


def the_group(account: Account, name: str) -> Known:
    return the_one(account, name if name.startswith(("group/", "arn:")) else f"group/{name}")


def the_role(account: Account, name: str) -> Known:
    return the_one(account, name if name.startswith(("role/", "arn:")) else f"role/{name}")


def members(account: Account, group: str) -> list[Known]:
    """The users in a group."""
    return [one for one in everybody(account) if one.kind == "user" and group in one.item.get("GroupList", [])]


def refused_policies(account: Account, who: Known) -> str:
    """ " AWS would refuse policy …" for a stored policy of theirs that is none, or ""."""
    said = snapshot.snapshot(account).invalid
    return next((f" AWS would refuse {one}" for one in said if f"of {who}:" in one), "")


def names_of(patterns_: Sequence[str]) -> list[str]:
    """Actions with wildcards spelled out; raises actions.UnknownAction for one that does not exist."""
    found: list[str] = []
    for one in patterns_:
        known = actions.expand(one) if "*" in one or "?" in one else ()
        if not known and one.partition(":")[0].lower() in actions.services():
            actions.find(one)
        found += known or (one,)
    return list(dict.fromkeys(found))


def target(account: Account, action: str, resource: str) -> Target:
    """The resource with its own policies and the organization above; fails when it is not there.

    A kind whose policies we do not know how to read counts as one without. A role's trust is about becoming it only.
    """
    above = organization.read(account)
    service = resource.split(":")[2] if resource.count(":") >= 5 else ""
    bare = Target(account.account_id, (), organization=above)
    becoming = action.lower().startswith("sts:assumerole")
    if service not in resources.READERS or (service == "iam") is not becoming or "*" in _owner(resource):
        return bare
    if service == "s3":
        ask.bucket_exists(account, _owner(resource).rpartition(":")[2])
    try:
        return resources.target_of(account, _owner(resource))
    except InvalidPolicy as error:
        raise Fail(
            "AWS would refuse the policy of {resource}: {reason}",
            looked_at="the policy of {resource}",
            needed="A policy that AWS accepts.",
            try_="Put the sentence above right and set the policy again.",
            resource=resource,
            reason=error.reasons[0],
        ) from error
    except ClientError as error:
        if not is_absence(error):
            raise
        raise Fail(
            "The resource {resource} does not exist.",
            looked_at="{resource}, in this account",
            needed="It exists, under exactly this name.",
            try_="Compare the name, the account and the region of the ARN letter by letter.",
            resource=resource,
        ) from error


def resolved(account: Account, resource: str) -> str:
    """The resource's full ARN: a secret with its random end, the key behind an alias; any other as it is."""
    parts = resource.split(":", 5)
    region = parts[3] if len(parts) == 6 else None
    try:
        if ":secret:" in resource and "*" not in resource:
            return str(account.read("secretsmanager", "describe_secret", region=region, SecretId=resource)["ARN"])
        if ":alias/" in resource and parts[2] == "kms":
            return str(account.read("kms", "describe_key", region=region, KeyId=resource)["KeyMetadata"]["Arn"])
    except ClientError as error:
        if not is_absence(error):
            raise
    return resource


def ordinary(account: Account, action: str, context: Given | None = None) -> Context:
    """What an ordinary client's request carries, and `context` over it; keys in lower case."""
    service = action.partition(":")[0].lower()
    now = candidates.now()
    keys: dict[str, Any] = {
        "aws:securetransport": "true",
        "aws:sourceip": "203.0.113.77",
        "aws:requestedregion": "us-east-1" if service in GLOBAL else account.region,
        "aws:currenttime": now.isoformat(),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:viaawsservice": "false",
    }
    return keys | {name.lower(): text(value) for name, value in (context or {}).items()}


def text(value: Any) -> Any:
    """A lab's value as a request carries it."""
    return str(value).lower() if isinstance(value, bool) else value


def decided(account: Account, actor: Actor, action: str, resource: str, context: Given | None = None) -> Decision:
    """AWS's answer to an ordinary request."""
    request = Request(actor.principal, action, resource, ordinary(account, action, context))
    return decide(request, target(account, action, resource).seen_by(actor))


def concrete(account: Account, action: str, resource: str, policies: Iterable[Policy] = ()) -> list[str]:
    """ARNs to try for a resource or a pattern of them: made-up ones, and one for each pattern of the policies."""
    if "*" not in resource:
        return [resource]
    known = action.partition(":")[0].lower() in actions.services()
    kinds = actions.find(action).types if known else ()
    if resource == "*":
        made = [one.example(account.account_id, account.region) for one in kinds] or ["*"]
    else:
        made = [patterns.instance(resource, filler) for filler in FILLERS]
    for policy in policies:
        for statement in policy.document.statements:
            named = (patterns.instance(one) for one in (*statement.resources, *statement.not_resources))
            made += [one for one in named if one != "x" and patterns.arn_matches(resource, one)]
    fit = [one for one in dict.fromkeys(made) if not kinds or actions.find(action).acts_on(one)]
    return fit or made[:1]


def can_somehow(
    account: Account, actor: Actor, names: Sequence[str], resource: str, *, fixed: Context | None = None
) -> Witness | None:
    """A request that gets through, under whatever session name and from wherever it comes; or None."""
    for action in names:
        where = target(account, action, resource)
        callers = sessions(actor, where.policies) if actor.principal.kind == "role" else [actor]
        bound = [Policy("", one) for one in (actor.boundary,) if one is not None]
        arns = concrete(account, action, resource, [*where.policies, *actor.identity, *bound])
        found = first(where, callers, [action], arns, fixed=fixed)
        if found is not None:
            return found
    return None


def becomes(account: Account, actor: Actor) -> Iterator[tuple[Actor, ...]]:
    """Every role that somebody can become, each by a shortest chain; with a second factor where that helps."""
    roles = [one for one in snapshot.snapshot(account).roles if one.trust is not None]
    seen: set[str] = set()
    for how in (Assuming(), Assuming(mfa_age=60)):
        for chain in chains(actor, roles, how):
            if chain[-1].principal.arn not in seen:
                seen.add(chain[-1].principal.arn)
                yield chain


def chained(chain: tuple[Actor, ...]) -> str:
    """ "as role a, and then as role b"."""
    return ", and then ".join(f"as role {one.principal.name}" for one in chain)


def _owner(resource: str) -> str:
    """The ARN that carries the policy: an object's is its bucket's."""
    return resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else resource


def _parts(name: str) -> tuple[str, str, bool]:
    """(kind, bare name, whether an ARN was given)."""
    arn = name.startswith("arn:")
    kind, slash, rest = name.rpartition(":")[2].partition("/")
    if slash and kind in ("user", "group", "role"):
        return kind, rest.rpartition("/")[2], arn
    return "", name, arn


def _everybody(account: Account) -> list[Known]:
    people = snapshot.snapshot(account)
    by_arn = {one.principal.arn: one for one in (*people.users, *people.roles)}
    told = details(account)
    found = [Known("user", one["UserName"], one, by_arn[one["Arn"]]) for one in told.get("UserDetailList", [])]
    found += [Known("role", one["RoleName"], one, by_arn[one["Arn"]]) for one in told.get("RoleDetailList", [])]
    found += [
        Known("group", one["GroupName"], one, _member(account, one, told)) for one in told.get("GroupDetailList", [])
    ]
    return found


def _member(account: Account, group: dict[str, Any], told: dict[str, Any]) -> Actor:
    name = group["GroupName"]
    arn = f"arn:aws:iam::{account.account_id}:user/zz-member-of-{name}"
    raw = [(one["PolicyName"], one["PolicyDocument"]) for one in group.get("GroupPolicyList", [])]
    raw += [(one["PolicyName"], managed(account, one["PolicyArn"])) for one in group.get("AttachedManagedPolicies", [])]
    held = []
    for title, document in raw:
        try:
            if document is not None:
                held.append(Policy(f"policy {title} of group {name}", parse(document, "identity")))
        except InvalidPolicy:
            continue
    return Actor(Principal("user", account.account_id, arn, said=f"a member of group {name}"), tuple(held))


def managed(account: Account, arn: str) -> Any:
    """The default version of a managed policy; None where IAM has none of that ARN."""
    return snapshot.managed(account, {one["Arn"]: one for one in details(account).get("Policies", [])}, arn)


def refused(account: Account, who: Known, action: str, arn: str, decision: Decision) -> Fail:
    """Why somebody cannot do what is asked."""
    asked, held = decision.asked or (Request(who.actor.principal, action, arn), None)
    return Fail(
        "{who} cannot {action}: {why}.{hint}",
        looked_at="the policies of {who}, those of {arn} and those above",
        needed="{action} on {arn} is allowed for {who}.",
        try_=_remedy(who, decision),
        counterexample="{who} asks for {action} on {arn} and is refused.",
        who=who,
        action=action,
        arn=arn,
        why=ask.refusal(asked, decision),
        hint=_near_miss(account, who, action, arn) if held else "",
    )


def _remedy(who: Known, decision: Decision) -> str:
    if decision.reason is Reason.EXPLICIT_DENY:
        return "An explicit deny beats every allow: narrow the deny."
    if decision.reason is Reason.BOUNDARY:
        return "A boundary grants nothing and limits all: the action must be in the boundary, too."
    if decision.reason is Reason.SERVICE_CONTROL:
        return "Every level of the organization must allow it: look at the service control policies."
    if who.kind == "group":
        return "aws iam attach-group-policy, or put-group-policy with the action and the resource."
    return "Allow the action on this resource in a policy of {who}, or of a group of theirs."


def _near_miss(account: Account, who: Known, action: str, arn: str) -> str:
    """The smallest thing that is wrong: the policy, the resource, the condition, the version."""
    if said := refused_policies(account, who):
        return said
    granting = [(policy, one) for policy in who.actor.identity for one in policy.document.about(action, True)]
    for policy, one in granting:
        if one.conditions and can_somehow(account, who.actor, [action], arn):
            return f" The {policy.name} allows it under a condition that an ordinary request does not meet."
    if granting and arn not in granting[0][1].resources:
        policy, one = granting[0]
        shown = ", ".join(one.resources) or f"not {', '.join(one.not_resources)}"
        return f" The {policy.name} allows it on {shown}."
    if twin := _unused_version(account, who, action):
        return twin
    if who.kind == "user" and not who.item.get("GroupList"):
        for group in everybody(account):
            if group.kind == "group" and decided(account, group.actor, action, arn).allowed:
                return f" Group {group.name} may, but {who} is not in it."
    return ""


def _unused_version(account: Account, who: Known, action: str) -> str:
    """A managed policy of theirs whose other version speaks of the action."""
    attached = {one["PolicyArn"] for one in who.item.get("AttachedManagedPolicies", [])}
    for policy in details(account).get("Policies", []):
        for version in policy["PolicyVersionList"]:
            if policy["Arn"] in attached and not version["IsDefaultVersion"] and action in str(version["Document"]):
                name = policy["Arn"].rpartition("/")[2]
                return f" Version {version['VersionId']} of {name} speaks of it, but is not the default."
    return ""


def not_in(user: Known, group: Known) -> Fail:
    """The user is not in the group: said with the groups that it is in."""
    return Fail(
        "The user {user} is not in the group {group}; it is in: {groups}.{hint}",
        looked_at="the groups of user {user}",
        needed="{user} is a member of {group}.",
        try_="aws iam add-user-to-group --user-name {user} --group-name {group}",
        user=user.name,
        group=group.name,
        groups=user.item.get("GroupList", []),
        hint=nearby.almost(group.name, user.item.get("GroupList", [])),
    )


def administrator(account: Account, actor: Actor) -> Witness | None:
    """A request that only an administrator gets through, or None: to give anybody every right, bounded by nothing."""
    own = f"arn:aws:iam::{account.account_id}:"
    strongest = {"iam:policyarn": f"{AWS_POLICY}AdministratorAccess", "iam:permissionsboundary": f"{AWS_POLICY}x"}
    for action, kind in POWER:
        found = can_somehow(account, actor, [action], f"{own}{kind}/zz-any", fixed=strongest)
        if found is not None:
            return found
    return None
