"""Answer "only X", "nobody", "never" with concrete requests: search those that the policies themselves suggest.

From every literal in the policies follow a few values that meet it and a few that do not; each combination is one
request, put to `decide`. A request that gets through is the counterexample. Whatever the policies cannot tell apart is
tried once, so the search stays small; above LIMIT it gives up aloud, never guesses.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graders.iam import patterns
from graders.iam.candidates import ADDRESSES, Network, Value, Values, addresses, distinct, neighbours, networks, now
from graders.iam.conditions import Condition, Context, instant
from graders.iam.decide import Decision, Policies, Policy, Request, decide
from graders.iam.document import Document, Statement
from graders.iam.organization import Organization
from graders.iam.principals import ANONYMOUS, Principal, root
from graders.iam.request import CALLER_KEYS
from graders.iam.s3 import narrow
from graders.iam.snapshot import Actor

LIMIT = 20_000
STRANGER = "999999999999"  # an account that nobody's policy means by name


class Undecided(Exception):
    """Too many combinations to try: no verdict. Not the learner's fault."""


@dataclass(frozen=True)
class Witness:
    """A request with its verdict."""

    request: Request
    decision: Decision

    @property
    def sentence(self) -> str:
        """The request in words: "anyone on the internet can s3:GetObject acme/q1.csv over plain http"."""
        context = dict(self.request.context)
        secure = context.pop("aws:securetransport", None)
        over = {"false": " over plain http", "true": " over TLS"}.get(str(secure), "")
        shown = [f"{name} = {value}" for name, value in sorted(context.items()) if name != "s3:tlsversion"]
        with_ = f" with {', '.join(shown)}" if shown else ""
        resource = self.request.resource.removeprefix("arn:aws:s3:::")
        return f"{who(self.request.principal)} can {self.request.action} {resource}{over}{with_}"


def who(principal: Principal) -> str:
    """A caller in words; a stranger is anyone with an AWS account."""
    return "anyone with an AWS account" if principal.account == STRANGER else str(principal)


@dataclass(frozen=True)
class Target:
    """What is asked about: its owner (account id), its policies, whether S3 restricts it, the organization above."""

    owner: str
    policies: tuple[Policy, ...]
    restrict_public: bool = False
    resource_decides: bool = False
    organization: Organization | None = None

    def seen_by(self, actor: Actor) -> Policies:
        """All that bears on what the actor does to it."""
        found = Policies(
            self.owner,
            actor.identity,
            self.policies,
            actor.boundary,
            actor.session,
            resource_decides=self.resource_decides,
            restrict_public=self.restrict_public,
        )
        return found if self.organization is None else self.organization.over(found, actor.principal.account)


def witnesses(
    target: Target,
    actors: Iterable[Actor],
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    fixed: Context | None = None,
    outside: bool = False,
    search: Iterable[str] | None = None,
    also: Mapping[str, Values] | None = None,
) -> Iterator[Witness]:
    """Every tried request that is allowed, lazily.

    `resources`: concrete ARNs (see `instances`). `fixed`: keys that the question sets ("aws:SecureTransport": "true").
    `outside`: only what a caller out on the internet can bring about; a narrow range of addresses is then closed.
    `search`: the only keys to vary (lower case); the rest is as an ordinary client sends it. `also`: more values to
    try, by key in lower case, whether or not a policy reads the key. Raises Undecided.
    """
    tried = 0
    for actor in actors:
        policies = target.seen_by(actor)
        contexts = list(_contexts(actor, policies, fixed or {}, outside, search, also or {}))
        for action, resource, context in itertools.product(actions, resources, contexts):
            tried += 1
            if tried > LIMIT:
                raise Undecided(f"more than {LIMIT} requests to try")
            request = Request(actor.principal, action, resource, context)
            decision = decide(request, policies)
            if decision.allowed:
                yield Witness(request, decision)


def first(*args: object, **options: object) -> Witness | None:
    """The first of `witnesses`, or None."""
    return next(witnesses(*args, **options), None)  # type: ignore[arg-type]


def instances(target: Iterable[Policy], within: str, real: Sequence[str] = ()) -> list[str]:
    """Concrete ARNs under `within` ("arn:aws:s3:::acme/"): real ones, one that nobody names, one for each pattern."""
    named = [f"{within}{name}" for name in real[:1]] or [f"{within}report.csv"]
    found = [*named, f"{within}zz/unnamed-9"]
    for policy in target:
        for statement in policy.document.statements:
            for pattern in (*statement.resources, *statement.not_resources):
                one = patterns.instance(pattern)
                if one.startswith(within) and len(one) > len(within):
                    found.append(one)
    return list(dict.fromkeys(found))


def strangers(policies: Iterable[Policy]) -> list[Actor]:
    """Outsiders who sign with an account of their own, where they are administrators and choose all names."""
    everything = Policy("their own", Document("2012-10-17", (_ALL,)))
    arns = {f"arn:aws:iam::{STRANGER}:user/stranger"}
    for condition in _conditions(policies):
        if condition.key == "aws:principalarn":
            for value in condition.values:
                one = patterns.instance(value).split(":")
                if len(one) > 5 and one[4] == "x":
                    arns.add(":".join([*one[:4], STRANGER, *one[5:]]))
    callers = [Principal("role" if ":role/" in arn else "user", STRANGER, arn, session="s") for arn in sorted(arns)]
    return [Actor(principal, (everything,)) for principal in [*callers, root(STRANGER)]]


def sessions(actor: Actor, policies: Iterable[Policy]) -> list[Actor]:
    """A role under each session name that the policies mention, and under an ordinary one."""
    prefix = actor.principal.session_arn.rpartition("/")[0] + "/"
    names = {"session"}
    for policy in policies:
        for statement in policy.document.statements:
            for _, value in (*(statement.principals or ()), *(statement.not_principals or ())):
                if value.startswith(prefix):
                    names.add(value.removeprefix(prefix))
    for condition in _conditions(policies):
        if condition.key == "aws:userid":
            names |= {patterns.instance(value.partition(":")[2]) for value in condition.values if ":" in value}
    one = actor.principal
    return [
        Actor(
            Principal(one.kind, one.account, one.arn, name, unique_id=one.unique_id, tags=one.tags),
            actor.identity,
            actor.boundary,
            actor.trust,
            actor.session,
        )
        for name in sorted(names, key=lambda name: (name != "session", name))
    ]


_ALL = Statement(0, "", True, ("*",), (), ("*",))
PRINCIPAL_KEYS = ("aws:principal", "aws:userid", "aws:username")
SERVICE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorg", "aws:calledvia")
YES_OR_NO = ("aws:multifactorauthpresent", "aws:principalisawsservice")  # carried as true or false, or not at all
NETWORK_KEYS = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
BOUND_TO_SESSION = ("aws:multifactorauth", "aws:federatedprovider", "aws:tokenissuetime", "aws:sourceidentity")


def _contexts(
    actor: Actor,
    policies: Policies,
    fixed: Context,
    outside: bool,
    search: Iterable[str] | None,
    also: Mapping[str, Values],
) -> Iterator[dict[str, str | tuple[str, ...]]]:
    given = {name.lower(): value for name, value in fixed.items()}
    documents = [policy for layer in policies.layers() for policy in layer.policies]
    atoms: dict[str, list[Condition]] = {key: [] for key in also}
    for condition in _conditions(documents):
        atoms.setdefault(condition.key, []).append(condition)
    wanted = None if search is None else set(search)
    transport = _transports(given, atoms)
    keys, values = [], []
    for key, conditions in sorted(atoms.items()):
        if key in given or key in ("aws:securetransport", "s3:tlsversion") or key.startswith(PRINCIPAL_KEYS):
            continue
        if wanted is not None and key not in wanted and key != "aws:sourceip":
            continue
        keys.append(key)
        tried = _candidates(key, conditions, actor.principal, outside) if conditions else ()
        values.append(tuple(dict.fromkeys([*distinct(conditions, tried), *also.get(key, ())])))
    size = len(transport)
    for one in values:
        size *= len(one)
    if size > LIMIT:
        raise Undecided(f"{size} contexts to try")
    for base, combination in itertools.product(transport, itertools.product(*values)):
        chosen = {key: value for key, value in zip(keys, combination, strict=True) if value is not None}
        if "aws:currenttime" in chosen and "aws:epochtime" not in given:  # one clock, two ways to read it
            chosen["aws:epochtime"] = str(int(instant(str(chosen["aws:currenttime"])).timestamp()))
        yield {**given, **base, **chosen}


def _transports(given: Mapping[str, object], atoms: Mapping[str, object]) -> list[dict[str, str]]:
    secure = [str(given["aws:securetransport"])] if "aws:securetransport" in given else ["true", "false"]
    versions = ["1.2", "1.3"] if "s3:tlsversion" in atoms else ["1.2"]
    return [
        {"aws:securetransport": one, **({"s3:tlsversion": version} if one == "true" else {})}
        for one in secure
        for version in (versions if one == "true" else versions[:1])
    ]


def _candidates(key: str, conditions: list[Condition], caller: Principal, outside: bool) -> Values:
    bases = {condition.base for condition in conditions}
    literals = [value for condition in conditions if condition.base != "Null" for value in condition.values]
    if key == "aws:sourceip":
        return _addresses(
            [one for condition in conditions if condition.base == "IpAddress" for one in condition.values], outside
        )
    if key in ("aws:currenttime", "aws:epochtime"):
        return (now().isoformat() if key == "aws:currenttime" else str(int(now().timestamp())),)
    if key.startswith(SERVICE_KEYS) and caller.kind != "service":
        return (None,)
    if key == "aws:viaawsservice":
        return ("false",)
    if caller.kind == "anonymous" and (key.startswith(BOUND_TO_SESSION) or key in CALLER_KEYS.values()):
        return (None,)
    if key.startswith(NETWORK_KEYS) and (outside or caller.kind == "anonymous" or caller.account == STRANGER):
        return (None,)
    if key in YES_OR_NO or "Bool" in bases <= {"Bool", "Null"}:
        return (None, "true", "false")
    found: list[Value] = [None]
    multi = any(condition.quantifier for condition in conditions)
    for literal in literals:
        one = patterns.instance(literal)
        found.append((one,) if multi else one)
    found.append(("zz-other",) if multi else "zz-other")
    if any(base.startswith("Numeric") for base in bases):
        found += ["0", "1000000000", *neighbours(literals)]
    if "Bool" in bases:
        found += ["true", "false"]
    return tuple(dict.fromkeys(found))


def _addresses(cidrs: list[str], outside: bool) -> Values:
    ranges = networks(cidrs)
    limits = [one for one in ranges if narrow(str(one))]
    found = [address for address in ADDRESSES if not _inside(address, limits)]
    for network in ranges:
        if outside and network in limits:
            continue
        within, *beyond = addresses([str(network)])
        found += [within, *(one for one in beyond if not (outside and _inside(one, limits)))]
    return tuple(dict.fromkeys(found)) or (ADDRESSES[0],)


def _inside(address: str, networks: Sequence[Network]) -> bool:
    one = ipaddress.ip_address(address)
    return any(one.version == network.version and one in network for network in networks)


def _conditions(policies: Iterable[Policy]) -> Iterator[Condition]:
    for policy in policies:
        for statement in policy.document.statements:
            yield from statement.conditions


__all__ = [
    "ANONYMOUS",
    "STRANGER",
    "Target",
    "Undecided",
    "Witness",
    "first",
    "instances",
    "sessions",
    "strangers",
    "who",
    "witnesses",
]
