"""Questions over a whole account: who can, what can somebody, is it public, is "only" true.

Each answer is shown by a request that was decided: nothing is concluded from the text of a policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from graders.account import Account
from graders.iam import actions, organization, patterns
from graders.iam.assume import chains
from graders.iam.candidates import Values, addresses, networks
from graders.iam.conditions import Context, instant
from graders.iam.decide import Answer, Decision, decide
from graders.iam.document import Statement
from graders.iam.organization import Organization
from graders.iam.principals import ANONYMOUS, Grant, Principal, means
from graders.iam.request import Policies, Request
from graders.iam.snapshot import Actor, snapshot
from graders.iam.witnesses import Target, Witness, strangers, witnesses


@dataclass(frozen=True)
class Holder:
    """Somebody who can, or can under some circumstances; `via` are the roles (names) to become for it, in order."""

    actor: Actor
    decision: Decision
    via: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        return self.decision.answer


@dataclass(frozen=True)
class Permission:
    """One thing that somebody can do: `resource` is a pattern as a policy has it, `level` as in actions.LEVELS."""

    action: str
    resource: str
    level: str
    decision: Decision

    @property
    def answer(self) -> Answer:
        return self.decision.answer


@dataclass(frozen=True)
class Claim:
    """ "Only …": what a request must be like to be let through. Left out: any.

    `who` says whether a caller is one of those meant; `actions` are patterns; `networks` CIDRs and VPC endpoint ids;
    `since` and `until` bound the time.
    """

    who: Callable[[Principal], bool] | None = None
    actions: tuple[str, ...] = ()
    tls: bool = False
    networks: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def broken_by(self, request: Request) -> tuple[str, ...]:
        """In what a request is not as claimed: "caller", "action", "transport", "network", "time"."""
        keys = request.keys()
        found = []
        if self.who is not None and not self.who(request.principal):
            found.append("caller")
        if self.actions and not any(patterns.matches(one, request.action, ignore_case=True) for one in self.actions):
            found.append("action")
        if self.tls and keys.get("aws:securetransport") != "true":
            found.append("transport")
        if self.networks and not self._comes_from(keys):
            found.append("network")
        if (self.since or self.until) and not self._in_time(keys):
            found.append("time")
        return tuple(found)

    def values(self) -> dict[str, Values]:
        """What a search must try beside what the policies speak of: both sides of every bound."""
        found: dict[str, Values] = {}
        ranges = [one for one in self.networks if networks([one])]
        if self.networks:
            found["aws:sourceip"] = tuple(dict.fromkeys([*addresses(ranges), "8.8.8.8", "2600:1f18::7"]))
        if endpoints := [one for one in self.networks if one.startswith("vpce-")]:
            found["aws:sourcevpce"] = (None, *endpoints, "vpce-0other")
        bounds = [one for one in (self.since, self.until) if one is not None]
        if bounds:
            moments = [one + timedelta(seconds=step) for one in bounds for step in (-1, 1)]
            found["aws:currenttime"] = tuple(one.isoformat() for one in moments)
        return found

    def _comes_from(self, keys: Context) -> bool:
        if keys.get("aws:sourcevpce") in self.networks:
            return True
        given = keys.get("aws:sourceip")
        inside = networks([given] if isinstance(given, str) else [])
        return any(
            one.version == other.version and one.network_address in other
            for one in inside
            for other in networks(self.networks)
        )

    def _in_time(self, keys: Context) -> bool:
        given = keys.get("aws:currenttime")
        if not isinstance(given, str):
            return True
        moment = instant(given)
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)


@dataclass(frozen=True)
class World:
    """An account: its users and roles, its resources by ARN with their policies, the organization above it.

    A resource that is not in `resources` has no policy of its own. An object belongs to its bucket: the nearest entry
    that its ARN begins with (up to a slash) is meant.
    """

    account: str
    actors: tuple[Actor, ...] = ()
    resources: Mapping[str, Target] = field(default_factory=dict)
    organization: Organization | None = None

    def can(self, actor: Actor, action: str, resource: str, context: Context | None = None) -> Decision:
        """AWS's answer, with what it depends on; raises actions.UnknownAction for an action that does not exist."""
        _must_be_known(action)
        return self._decide(actor, action, resource, context or {})

    def who_can(
        self,
        action: str,
        resource: str,
        context: Context | None = None,
        *,
        also: Iterable[Actor] = (),
        through_roles: bool = False,
    ) -> list[Holder]:
        """Everybody of the account, and of `also`, who can or who can under some circumstances.

        `through_roles`: also those who cannot themselves but can become a role that can, by roles of roles if need be.
        """
        _must_be_known(action)
        found: list[Holder] = []
        for actor in (*self.actors, *also):
            holder = self._holder(actor, action, resource, context or {})
            if holder is None and through_roles:
                holder = self._through_roles(actor, action, resource, context or {})
            if holder is not None:
                found.append(holder)
        return found

    def what_can(self, actor: Actor, *, within: str = "*") -> Iterator[Permission]:
        """What somebody can do, action by action (`within` a pattern such as "s3:*"), on what its policies speak of."""
        asked: dict[str, dict[str, None]] = {}
        wanted = patterns.ready(within.lower())
        for statement in self._grants(actor):
            for name in _names(statement):
                if wanted(name.lower()):
                    asked.setdefault(name, {}).update(dict.fromkeys(statement.resources or ("*",)))
        for name in sorted(asked):
            action = actions.find(name)
            for resource in asked[name]:
                for arn in self._concrete(action, resource):
                    decision = self._decide(actor, name, arn, {})
                    if decision.answer is not Answer.DENIED:
                        yield Permission(name, resource, action.level, decision)
                        break

    def is_public(self, resource: str, names: Sequence[str] | None = None) -> Witness | None:
        """A request from outside that gets through: without credentials, or with those of any AWS account; or None.

        `names`: the actions to try; all that act on the resource, when left out.
        """
        target = self._target(resource)
        tried = list(names) if names is not None else _acting_on(resource)
        people = [Actor(ANONYMOUS), *strangers(target.policies)]
        return next(witnesses(target, people, tried, [resource], outside=True), None)

    def counterexample(
        self,
        claim: Claim,
        resources: Sequence[str],
        names: Sequence[str],
        *,
        actors: Iterable[Actor] | None = None,
        fixed: Context | None = None,
    ) -> Witness | None:
        """A request that is let through and is not as claimed, or None: "only X, only over TLS, only from here".

        Tried are everybody of the account (or `actors`), anybody with an AWS account, anybody without; each action on
        each resource; over TLS and over plain http; from inside and outside of every network, before, during and after
        every time that the claim or a policy speaks of. Raises witnesses.Undecided.
        """
        for resource in resources:
            target = self._target(resource)
            people = list(self.actors if actors is None else actors)
            people += [*strangers(target.policies), Actor(ANONYMOUS)]
            for witness in witnesses(target, people, names, [resource], fixed=fixed, also=claim.values()):
                if claim.broken_by(witness.request):
                    return witness
        return None

    def policies_for(self, actor: Actor, resource: str) -> Policies:
        """All that bears on what the actor does to the resource."""
        return self._target(resource).seen_by(actor)

    def _holder(self, actor: Actor, action: str, resource: str, context: Context) -> Holder | None:
        decision = self._decide(actor, action, resource, context)
        return Holder(actor, decision) if decision.allowed or decision.answer is Answer.DEPENDS else None

    def _through_roles(self, actor: Actor, action: str, resource: str, context: Context) -> Holder | None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"""
        roles = [one for one in self.actors if one.principal.kind == "role" and one.trust is not None]
        for chain in chains(actor, roles):
            holder = self._holder(chain[-1], action, resource, context)
            if holder is not None:
                return Holder(actor, holder.decision, tuple(one.principal.name for one in chain))
        return None

    def _decide(self, actor: Actor, action: str, resource: str, context: Context) -> Decision:
        return decide(Request(actor.principal, action, resource, context), self.policies_for(actor, resource))

    def _target(self, resource: str) -> Target:
        name = resource
        while name and name not in self.resources:
            name = name.rpartition("/")[0]
        return self.resources.get(name) or Target(self.account, (), organization=self.organization)

    def _grants(self, actor: Actor) -> Iterator[Statement]:
        for policy in actor.identity:
            yield from (one for one in policy.document.statements if one.allow)
        for target in self.resources.values():
            for policy in target.policies:
                for one in policy.document.statements:
                    if one.allow and (
                        one.principals is None or means(one.principals, actor.principal) is not Grant.NONE
                    ):
                        yield one

    def _concrete(self, action: actions.Action, resource: str) -> Iterator[str]:
        """ARNs to try for a pattern: known resources that it covers, one made up, one of each kind for "*"."""
        if resource == "*":
            yield from (one.example(self.account, "us-east-1") for one in action.types)
            yield "*"
            return
        covers = patterns.arn_ready(resource)
        yield from (arn for arn in self.resources if covers(arn) and action.acts_on(arn))
        one = patterns.instance(resource)
        if "${" in one or action.acts_on(one):
            yield one


def world_of(account: Account, resources: Mapping[str, Target]) -> World:
    """The world as the account's own calls show it: its users and roles, and the organization where it may be read."""
    people = snapshot(account)
    above = organization.read(account)
    targets = {arn: replace(one, organization=above) for arn, one in resources.items()}
    return World(account.account_id, (*people.users, *people.roles), targets, above)


def _names(statement: Statement) -> list[str]:
    """The actions that a statement covers, of those that exist."""
    if statement.actions:
        return [name for one in statement.actions for name in actions.expand(one)]
    excepted = {name for one in statement.not_actions for name in actions.expand(one)}
    return [name for name in actions.expand("*") if name not in excepted]


def _acting_on(resource: str) -> list[str]:
    service = actions.services().get(resource.split(":")[2] if resource.count(":") > 2 else "")
    return [] if service is None else [one.name for one in service.actions.values() if one.acts_on(resource)]


def _must_be_known(action: str) -> None:
    if action.partition(":")[0].lower() in actions.services() or ":" not in action:
        actions.find(action)
