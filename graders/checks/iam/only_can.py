"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, identities
from graders.iam import ask, candidates, patterns
from graders.iam.decide import Request
from graders.iam.services import named_services
from graders.iam.snapshot import Actor, snapshot
from graders.iam.witnesses import Target, Witness, sessions, witnesses

BECOME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
SERVICE = ".amazonaws.com"


@check(permissions=identities.PERMISSIONS)
def only_can(
    account: Account,
    *,
    action: str,
    resource: str,
    principals: list[str],
    over: dict[str, str | bool] | None = None,
) -> None:
    """{action} on {resource} works for {principals} and for nobody else.

    `principals`: role/NAME, user/NAME, group/NAME (its members), ARNs, or services (sns.amazonaws.com), which need
    not be let in. `resource`: by ARN, "*" for a part: a bucket or its objects, a queue, topic, key, secret, function.
    `over`: what a request must carry, {aws:SecureTransport: true} or {aws:SourceIp: 203.0.113.0/24}: without it not
    even they get through. Excepted are the root user and the lab's own user (user/learner). Nobody else of the
    account, of another one, without any, and no service that the policies name may get through, or become such a role.
    """
    named = [identities.the_one(account, one) for one in principals if not one.endswith(SERVICE)]
    meant = [one for who in named for one in ([who] if who.kind != "group" else _members(account, who))]
    arn = identities.resolved(account, resource)
    wanted = {name.lower(): identities.text(value) for name, value in (over or {}).items()}
    for name in identities.names_of([action]):
        for who in named:
            _can(account, who, name, arn, wanted)
        _only_they(account, meant, principals, name, arn, wanted)
    _nobody_becomes(account, meant, principals)


def _members(account: Account, group: identities.Known) -> list[identities.Known]:
    return identities.members(account, group.name)


def _can(account: Account, who: identities.Known, action: str, arn: str, over: dict[str, str]) -> None:
    carried = {key: next(candidates.addresses([one]), one) for key, one in over.items()}
    for one in identities.concrete(account, action, arn):
        decision = identities.decided(account, who.actor, action, one, carried)
        if not decision.allowed:
            raise identities.refused(account, who, action, one, decision)


def _only_they(
    account: Account, meant: list[identities.Known], named: list[str], action: str, arn: str, over: dict[str, str]
) -> None:
    where = identities.target(account, action, arn)
    others = list(_others(account, where, meant, named))
    for witness in _tried(account, where, others, action, arn, {}):
        _let_through(witness, named, action, arn, "is not the only one")
    if not over:
        return
    also = {key: (None, *(() if "/" in one else ("zz-other",))) for key, one in over.items()}
    insiders = [caller for one in meant for caller in _callers(one.actor, where)]
    for witness in _tried(account, where, insiders, action, arn, also):
        if missing := _not_as(over, witness.request):
            _let_through(witness, named, action, arn, f"get through without {missing}")


def _tried(account: Account, where: Target, actors: list[Actor], action: str, arn: str, also: dict[str, tuple[str | None, ...]]) -> Iterator[Witness]:  # fmt: skip  # noqa: E501
    policies = [*where.policies, *(one for actor in actors for one in actor.identity)]
    arns = identities.concrete(account, action, arn, policies)
    return witnesses(where, actors, [action], arns, also=also)


def _others(account: Account, where: Target, meant: list[identities.Known], named: list[str]) -> Iterator[Actor]:
    arns = {one.actor.principal.arn for one in meant}
    yield from ask.outsiders(account, where.policies, named=True)
    yield from (one for one in named_services(where.policies) if one.principal.service not in named)
    yield from (one for one in ask.colleagues(snapshot(account), where.policies) if one.principal.arn not in arns)


def _callers(actor: Actor, where: Target) -> list[Actor]:
    return sessions(actor, where.policies) if actor.principal.kind == "role" else [actor]


def _not_as(over: dict[str, str], request: Request) -> str:
    """The first of the keys that the request does not carry as asked, or ""."""
    keys = request.keys()
    for key, wanted in over.items():
        given = keys.get(key)
        inside = candidates.networks([given] if isinstance(given, str) else [])
        ranges = candidates.networks([wanted])
        if inside and ranges:
            if not any(
                one.version == held.version and one.network_address in held for one in inside for held in ranges
            ):
                return f"{key} in {wanted}"
        elif not isinstance(given, str) or not patterns.matches(wanted, given):
            return f"{key} = {wanted}"
    return ""


def _let_through(witness: Witness, named: list[str], action: str, arn: str, how: str) -> None:
    raise Fail(
        "{named} should be the only one, but {request}: {why}." if "only" in how else "{named} can {how}: {why}.",
        looked_at="the policies of {arn}, and of every user and role of the account",
        needed="{action} on {arn} works for {named} and for nobody else.",
        try_="Take the right away where it is granted, or deny what is not as asked, with a condition.",
        counterexample="{request}.",
        named=named,
        how=how,
        request=witness.sentence,
        why=witness.decision.sentence,
        action=action,
        arn=arn,
    )


def _nobody_becomes(account: Account, meant: list[identities.Known], named: list[str]) -> None:
    """Who becomes the role can what it can. Services may: the account put there what runs under it."""
    for role in (one for one in meant if one.kind == "role"):
        trust = ask.trust_of(role.actor)
        where = Target(account.account_id, trust, resource_decides=True)
        outside = [one for one in ask.outsiders(account, trust, named=True) if one.principal.kind != "anonymous"]
        arns = {one.actor.principal.arn for one in meant}
        inside = [one for one in ask.colleagues(snapshot(account), trust) if one.principal.arn not in arns]
        arn = role.actor.principal.arn
        witness = next(
            witnesses(where, [*outside, *inside], BECOME, [arn], fixed={"aws:securetransport": "true"}), None
        )
        if witness is None:
            continue
        raise Fail(
            "{named} should be the only one, but others may become {role}: {why}.",
            looked_at="the trust policy of {role} and the policies of everybody in the account",
            needed="Nobody who must not do it may become {role}.",
            try_="aws iam update-assume-role-policy with the principals that you mean.",
            counterexample="{request}.",
            named=named,
            role=role,
            why=witness.decision.sentence,
            request=witness.sentence,
        )
