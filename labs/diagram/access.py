"""Questions of rights: who can read this, is it public, what can this principal do. The engine is graders.iam.

Each answer is shown by requests that were decided, and each decision explains itself: statement by statement.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from graders import Account
from graders.iam import Answer as Verdict
from graders.iam import Decision, Explanation, Policy, Principal, World, patterns, world_of
from graders.iam.ask import learner, outsiders
from graders.iam.questions import Holder
from graders.iam.resources import READERS, target_of
from graders.iam.snapshot import Actor, snapshot
from graders.iam.witnesses import Target, who
from graders.identities import concrete, ordinary
from labs.diagram.answers import Answer, Line, sorry
from labs.diagram.drawing import Mark
from labs.diagram.model import Sketch, Thing

_TREES: Final = 12  # lines that say why: each looks at every statement
_PERMISSIONS: Final = 1200  # of one principal; beyond it the rest is a sentence
_INSTANCES: Final = 5  # ARNs tried for one pattern of resources


@dataclass(frozen=True)
class Verb:
    """A question in words and the action that answers it; `inside`: it acts on what is in the thing (objects, items)."""

    id: str
    words: str
    can: str
    action: str
    inside: bool = False


VERBS: Final[dict[str, tuple[Verb, ...]]] = {
    "bucket": (
        Verb("reads", "Who can read the objects in it", "read objects", "s3:GetObject", True),
        Verb("writes", "Who can write objects to it", "write objects", "s3:PutObject", True),
        Verb("lists", "Who can list what is in it", "list it", "s3:ListBucket"),
    ),
    "queue": (
        Verb("reads", "Who can receive from it", "receive messages", "sqs:ReceiveMessage"),
        Verb("writes", "Who can send to it", "send messages", "sqs:SendMessage"),
    ),
    "topic": (
        Verb("writes", "Who can publish to it", "publish", "sns:Publish"),
        Verb("reads", "Who can subscribe to it", "subscribe", "sns:Subscribe"),
    ),
    "table": (
        Verb("reads", "Who can read items in it", "read items", "dynamodb:GetItem"),
        Verb("writes", "Who can write items to it", "write items", "dynamodb:PutItem"),
    ),
    "function": (
        Verb("calls", "Who can invoke it", "invoke it", "lambda:InvokeFunction"),
        Verb("writes", "Who can change its code", "change its code", "lambda:UpdateFunctionCode"),
    ),
    "secret": (
        Verb("reads", "Who can read it", "read the secret", "secretsmanager:GetSecretValue"),
        Verb("writes", "Who can change it", "change the secret", "secretsmanager:PutSecretValue"),
    ),
    "key": (
        Verb("reads", "Who can decrypt with it", "decrypt", "kms:Decrypt"),
        Verb("writes", "Who can encrypt with it", "encrypt", "kms:Encrypt"),
    ),
    "role": (Verb("becomes", "Who can become this role", "become it", "sts:AssumeRole"),),
}


def who_can(account: Account, sketch: Sketch, thing: Thing, question: str) -> Answer:
    """Answer who can do something with a thing: people of the account, those who can become somebody, outsiders, services."""
    verb = next(one for one in VERBS[thing.kind] if one.id == question)
    world, target = _world(account, thing, verb.action)
    also = [*outsiders(account, target.policies, named=True), *_services(target.policies)]
    tried = _instances(account, thing, verb, target.policies)
    found: dict[Principal, list[tuple[str, Holder]]] = defaultdict(list)
    for arn in tried:
        context = ordinary(account, verb.action)
        for holder in world.who_can(verb.action, arn, context, also=also, through_roles=True):
            if not holder.actor.principal.service_linked:
                found[holder.actor.principal].append((arn, holder))
    lines = list(_holders(sketch, found, tried))
    sure = [one for one in lines if one.tone == "yes"]
    public = any(line.note == "outside" for line in lines)
    if not lines:
        headline, tone = f"Nobody can {verb.can}", "no"
    else:
        counted = f"{len(sure)} {'principal' if len(sure) == 1 else 'principals'}" if sure else "Nobody for certain"
        maybe = f", {len(lines) - len(sure)} under conditions" if len(lines) > len(sure) else ""
        headline, tone = f"{counted} can {verb.can}{maybe}", "yes" if sure else "depends"
    if public:
        headline += ", and some of them are outside of this account"
    marks = [Mark(key, True, f"can {verb.can}") for key in dict.fromkeys(_keys(sketch, found))]
    remedy = "Choose “May somebody in particular?” to see why one of the others cannot."
    return Answer(headline, tone, tuple(lines), remedy, verb.action, marks=tuple(marks))


def _keys(sketch: Sketch, found: Iterable[Principal]) -> Iterator[str]:
    for principal in found:
        if key := sketch.at.get(principal.arn, ""):
            yield key


def _holders(sketch: Sketch, found: dict[Principal, list[tuple[str, Holder]]], tried: dict[str, str]) -> Iterator[Line]:
    """One line for each who can, those who surely can first; strangers under many names are one."""
    rows = []
    seen: set[str] = set()
    for principal, held in found.items():
        sure = [one for one in held if one[1].answer is Verdict.ALLOWED]
        arn, holder = (sure or held)[0]
        rows.append((not sure, bool(holder.via), who(principal), principal, held, arn, holder))
    rows.sort(key=lambda row: row[:3])
    for place, (unsure, _, name, principal, held, _, holder) in enumerate(rows):
        text = _capital(name)
        if holder.via:
            text += f", by becoming {' and then '.join(f'role {one}' for one in holder.via)}"
        if len(held) < len(tried):
            text += f", only {', '.join(tried[one] for one, _ in held)}"
        if unsure:
            text += f", if {', '.join(holder.decision.depends_on) or 'the conditions are met'} fit"
        if text in seen:
            continue
        seen.add(text)
        outside = principal.account not in ("", sketch.account) or principal.kind == "anonymous"
        note = "outside" if outside else ""
        tree = holder.decision.explanation if place < _TREES else None
        yield Line(text, "depends" if unsure else "yes", note, tree)


def is_public(account: Account, thing: Thing) -> Answer:
    """Answer whether anybody outside gets in: without credentials, or with those of any AWS account."""
    world, target = _world(account, thing, "sts:AssumeRole" if thing.kind == "role" else "")
    arns = [thing.arn]
    if thing.kind == "bucket":
        arns += _instances(account, thing, VERBS["bucket"][0], target.policies)
    names = ["sts:AssumeRole"] if thing.kind == "role" else None
    for arn in arns:
        witness = world.is_public(arn, names)
        if witness is not None:
            line = Line(f"{_capital(witness.sentence)}.", "yes", "outside", witness.decision.explanation)
            change = witness.decision.explanation.change
            return Answer("Yes, it is public", "yes", (line,), change, "A request that gets through")
    own = " and the ".join(one.name for one in target.policies)
    why = f"The {own} let{'s' if len(target.policies) == 1 else ''} nobody in from outside."
    if not own:
        why = "It has no policy of its own, so only this account's people may get in."
    if target.restrict_public and own:
        why = f"Block Public Access cuts off what a public policy would allow. {why}"
    tried = (
        "Tried: a caller without credentials, and a stranger with an AWS account, with every action that acts on it."
    )
    return Answer("No, it is not public", "no", (Line(why, "no"), Line(tried)), "", "What was looked at")


def may(account: Account, sketch: Sketch, thing: Thing, key: str) -> Answer:
    """Answer for one principal what it may do with a thing, and why not."""
    person = sketch.by_key.get(key)
    if person is None:
        return sorry("Choose who is meant", "Pick a user or a role of the list.")
    actor = _actor(account, person)
    if actor is None:
        return sorry("That cannot be told", f"{person.title} is not there any more.")
    lines, answers = [], []
    for verb in VERBS[thing.kind]:
        world, target = _world(account, thing, verb.action)
        decisions = [
            (said, world.can(actor, verb.action, arn, ordinary(account, verb.action)))
            for arn, said in _instances(account, thing, verb, target.policies).items()
        ]
        allowed = [said for said, one in decisions if one.allowed]
        decision = next((one for _, one in decisions if one.allowed), decisions[0][1])
        answers.append(decision.allowed and len(allowed) == len(decisions))
        on = f", only {', '.join(allowed)}" if allowed and len(allowed) < len(decisions) else ""
        lines.append(
            Line(f"{'Can' if decision.allowed else 'Cannot'} {verb.can}{on}: {decision.sentence}", *_toned(decision))
        )
    all_, none = all(answers), not any(line.tone != "no" for line in lines)
    headline = f"{person.title} {'can do all of it' if all_ else 'can do none of it' if none else 'can do some of it'}"
    remedy = next((change(line.tree) for line in lines if line.tone == "no" and line.tree), "")
    tone = "yes" if all_ else "no" if none else "depends"
    return Answer(
        headline, tone, tuple(lines), remedy, "Action by action", marks=(Mark(person.key, all_ or not none, headline),)
    )


def change(tree: Explanation) -> str:
    """Return what would change an answer; never by an access control list, which names nobody of the account."""
    if "access control list" not in tree.change:
        return tree.change
    what = tree.sentence.partition(" → ")[2].partition(" is ")[0]
    return f"An Allow for {what} in an identity policy of the caller or in the resource's policy would change it."


def _toned(decision: Decision) -> tuple[str, str, Explanation]:
    tone = "depends" if decision.answer is Verdict.DEPENDS else "yes" if decision.allowed else "no"
    return tone, "", decision.explanation


def what_can(account: Account, sketch: Sketch, thing: Thing) -> Answer:
    """Answer what a user or a role can do, service by service, strongest first."""
    actor = _actor(account, thing)
    if actor is None:
        return sorry("That cannot be told", f"{thing.title} is not there any more.")
    everything = _all_of_it(actor)
    if everything:
        line = Line(f"{_capital(everything.name)} allows every action on every resource.", "yes")
        remedy = "Name the actions and the resources that it needs in a policy of its own instead."
        return Answer(f"{thing.title} can do everything in this account", "yes", (line,), remedy, "Why")
    world = world_of(account, {one.arn: _target(account, one) for one in sketch.things if _readable(one)})
    by_service: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    maybe = 0
    permissions = list(itertools.islice(world.what_can(actor), _PERMISSIONS))
    for one in permissions:
        service, _, name = one.action.partition(":")
        by_service[service][one.resource].append(name)
        maybe += one.answer is Verdict.DEPENDS
    lines = [
        Line(f"{service}: {_listed(names)} on {_short(resource)}", "yes")
        for service, resources in sorted(by_service.items())
        for resource, names in resources.items()
    ]
    if not lines:
        why = (
            "No policy is attached to it that allows anything."
            if not actor.identity
            else "Its policies allow nothing that is left after its boundary and the account's."
        )
        return Answer(
            f"{thing.title} can do nothing", "no", (Line(why),), "Attach a policy that allows what it needs.", "Why"
        )
    more = " or more" if len(permissions) == _PERMISSIONS else ""
    many, of = len(permissions), len(by_service)
    headline = (
        f"{thing.title} can do {many}{more} thing{'' if many == 1 else 's'} in {of} service{'' if of == 1 else 's'}"
    )
    if maybe:
        lines.append(Line(f"{maybe} of them only under conditions.", "depends"))
    return Answer(headline, "yes", tuple(lines), "", "By service and resource")


def _all_of_it(actor: Actor) -> Policy | None:
    """Return the policy that allows * on * without a condition, where nothing bounds its holder."""
    if actor.boundary is not None or actor.session is not None:
        return None
    for policy in actor.identity:
        for one in policy.document.statements:
            if one.allow and "*" in one.actions and "*" in one.resources and not one.conditions:
                return policy
    return None


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:6])} and {len(names) - 6} more"


def _short(resource: str) -> str:
    return "everything" if resource == "*" else resource.removeprefix("arn:aws:s3:::")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _actor(account: Account, person: Thing) -> Actor | None:
    people = snapshot(account)
    return next((one for one in (*people.users, *people.roles) if one.principal.arn == person.arn), None)


def _readable(thing: Thing) -> bool:
    service = thing.arn.split(":")[2] if thing.arn.count(":") > 4 else ""
    return service in READERS and service != "iam"


def _target(account: Account, thing: Thing) -> Target:
    return target_of(account, thing.arn) if thing.arn.split(":")[2] in READERS else Target(account.account_id, ())


def _world(account: Account, thing: Thing, action: str) -> tuple[World, Target]:
    """Return the account's people with the thing and its own policies; a role's trust is about becoming it only."""
    becoming = action.startswith("sts:AssumeRole")
    target = _target(account, thing) if thing.kind != "role" or becoming else Target(account.account_id, ())
    world = world_of(account, {thing.arn: target})
    people = {one.principal.arn for one in world.actors}
    own = learner(account)
    if own.principal.arn not in people:
        world = World(world.account, (own, *world.actors), world.resources, world.organization)
    return world, world.resources[thing.arn]


def _instances(account: Account, thing: Thing, verb: Verb, policies: Iterable[Policy]) -> dict[str, str]:
    """Return the ARNs to try, each with its name in a sentence: of objects one for each pattern that a policy speaks of."""
    if not verb.inside:
        return {thing.arn: thing.name}
    people = snapshot(account)
    held = [*policies, *(policy for one in (*people.users, *people.roles) for policy in one.identity)]
    made = dict.fromkeys(concrete(account, verb.action, f"{thing.arn}/*")[:1], "any other object")
    for policy in held:
        for statement in policy.document.statements:
            for pattern in (*statement.resources, *statement.not_resources):
                arn = patterns.instance(pattern)
                if arn.startswith(f"{thing.arn}/") and pattern != f"{thing.arn}/*":
                    made.setdefault(arn, pattern.removeprefix(f"{thing.arn}/"))
    return dict(itertools.islice(made.items(), _INSTANCES))


def _services(policies: Iterable[Policy]) -> list[Actor]:
    """Return the AWS services that the thing's own policies name."""
    named = {
        value
        for policy in policies
        for one in policy.document.statements
        for kind, value in one.principals or ()
        if kind == "Service"
    }
    return [Actor(Principal("service", service=one)) for one in sorted(named)]
