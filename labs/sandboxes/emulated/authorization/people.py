"""Whoever calls, as the policy engine knows them: read from the sandbox's own IAM, kept until IAM changes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends
from moto.sts.models import sts_backends

from graders.iam import ANONYMOUS, Document, InvalidPolicy, Policy, Principal, parse
from graders.iam.document import merged
from graders.iam.organization import FULL_ACCESS
from graders.iam.principals import root
from graders.iam.snapshot import Actor
from labs.sandboxes.emulated.hooks import Call
from labs.sandboxes.emulated.principals import account_of
from labs.sandboxes.emulated.world import WORLD, Assumed

__all__ = [
    "Person",
    "find_person",
    "forget",
    "group",
    "in_force",
    "person_of_role",
    "policies_of",
    "read",
    "role",
    "user",
]

_SCP: Final = "SERVICE_CONTROL_POLICY"
NOTHING: Final = Document("2012-10-17", ())


@dataclass(frozen=True)
class Person:
    """A caller with their policies; `levels` are the service control policies above, `keys` what their key carries."""

    actor: Actor
    levels: tuple[tuple[Policy, ...], ...] = ()
    management: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """The caller alone."""
        return self.actor.principal

    def federated_later(self, call: Call) -> bool:
        """Whether it is an identity provider that vouches for the caller: the trust policy is asked in fidelity/sts."""
        return call.anonymous and call.operation.model.auth_type == "none" and call.operation.service.name != "s3"


_people: dict[str | None, Person] = {}


def forget() -> None:
    """Read everybody anew: IAM has changed, or it is another sandbox."""
    _people.clear()


def find_person(access_key: str | None) -> Person:
    """Return whoever holds a key that principals.find_caller() accepts; None is the anonymous."""
    if access_key not in _people:
        _people[access_key] = _person(access_key)
    return _people[access_key]


@functools.lru_cache(512)
def read(text: str, kind: str) -> Document | None:
    """Return a policy as the engine reads it; None for one that AWS would not have stored: it grants nothing."""
    try:
        return parse(text, kind)  # type: ignore[arg-type]
    except InvalidPolicy:
        return None


def policies_of(owner: Any, label: str) -> tuple[Policy, ...]:
    """Return the policies, inline and attached, of moto's user, group or role."""
    inline = [(name, read(text, "identity")) for name, text in owner.policies.items()]
    attached = [(each.name, read(in_force(each), "identity")) for each in owner.managed_policies.values()]
    return tuple(Policy(f"policy {name} of {label}", found) for name, found in (*inline, *attached) if found)


def in_force(policy: Any) -> str:
    """Return the default version's text of a managed policy of moto's."""
    return str(next(each.document for each in policy.versions if each.version_id == policy.default_version_id))


def user(account: str, name: str) -> Actor:
    """Return a user of the account with their own policies and those of their groups. Raises KeyError."""
    iam = iam_backends[account]["aws"]
    found = iam.users[name]
    policies = [policies_of(found, f"user {name}")]
    policies += [policies_of(group, f"group {group.name}") for group in iam.groups.values() if found in group.users]
    tags = iam.tagger.get_tag_dict_for_resource(found.arn)
    who = Principal("user", account, found.arn, unique_id=found.id, tags=tags)
    return Actor(who, tuple(each for group in policies for each in group), _boundary(found, account))


def group(account: str, name: str) -> Actor:
    """Return the members of a group as one who has the group's policies alone. Raises KeyError."""
    found = iam_backends[account]["aws"].groups[name]
    return Actor(Principal("user", account, found.arn), policies_of(found, f"group {name}"))


def role(account: str, name: str, session: str = "session") -> Actor:
    """Return a role's session. Raises KeyError."""
    found = next(each for each in iam_backends[account]["aws"].roles.values() if each.name == name)
    who = Principal("role", account, found.arn, session=session, unique_id=found.id, tags=_tags(found.tags or []))
    trust = read(found.assume_role_policy_document, "trust")
    return Actor(who, policies_of(found, f"role {name}"), _boundary(found, account), trust)


def person_of_role(arn: str, session: str) -> Person:
    """Return a session of the role (ARN), under the service control policies of its account. Raises KeyError."""
    account = arn.split(":")[4]
    actor = role(account, arn.rpartition("/")[2], session)
    return Person(actor, *_levels(account))


def _person(access_key: str | None) -> Person:
    if access_key is None:
        return Person(Actor(ANONYMOUS))
    account = account_of(access_key)
    session = WORLD.sessions.get(access_key)
    keys = dict(session.keys) if session else {}
    if session and session.kind == "federated-user":
        actor = _federated(account, session.arn, session.owner, session.policies)
    elif session and session.owner == "root":
        actor = Actor(root(account))
    elif session and session.owner:
        actor = user(account, session.owner)
    else:
        actor = _holder(account, access_key)
    levels, management = _levels(actor.principal.account)
    return Person(actor, levels, management, keys)


def _holder(account: str, access_key: str) -> Actor:
    key = iam_backends[account]["aws"].access_keys.get(access_key)
    if key is not None and key.user_name:
        return user(account, key.user_name)
    assumed = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
    if assumed is None:
        return Actor(root(account))
    found = role(account, assumed.role_arn.rpartition("/")[2], assumed.session_name)
    facts = WORLD.assumed.get(access_key, Assumed())
    who = replace(found.principal, tags={**found.principal.tags, **facts.tags})
    return replace(found, principal=who, session=_limits(facts.policies))


def _federated(account: str, arn: str, owner: str, texts: Iterable[str]) -> Actor:
    """A session of GetFederationToken: no more than its maker, and than its session policies.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
    """
    maker = user(account, owner)
    who = Principal("federated-user", account, maker.principal.arn, session=arn.rpartition("/")[2])
    return Actor(who, maker.identity, maker.boundary, session=_limits(texts))


def _limits(texts: Iterable[str]) -> Document | None:
    """Return session policies as the one that they are; None where there are none."""
    read_ones = [read(text, "identity") or NOTHING for text in texts]
    return merged(*read_ones) if read_ones else None


def _boundary(owner: Any, account: str) -> Document | None:
    arn = getattr(owner, "permissions_boundary_arn", None)
    if not arn:
        return None
    policy = iam_backends[account]["aws"].managed_policies.get(arn)
    return (read(in_force(policy), "identity") if policy else None) or NOTHING


def _tags(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(each["Key"]): str(each["Value"]) for each in tags}


def _levels(account: str) -> tuple[tuple[tuple[Policy, ...], ...], str]:
    """Return the service control policies above the account, the root's first, and the management account.

    The sandbox's own account manages the organization that it makes: then nothing holds it.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    if backend.org is None or not any(each.id == account for each in backend.accounts):
        return (), ""
    if not any(each["Type"] == _SCP for root in backend.ou[:1] for each in root.policy_types):
        return (), backend.org.master_account_id
    targets = [*_upwards(backend, account)][::-1]
    return tuple(
        tuple(_attached(backend, target)) or (FULL_ACCESS,) for target in targets
    ), backend.org.master_account_id


def _upwards(backend: Any, target: str) -> Iterator[str]:
    while target:
        yield target
        held = next((each for each in (*backend.accounts, *backend.ou) if each.id == target), None)
        target = getattr(held, "parent_id", "") or ""


def _attached(backend: Any, target: str) -> Iterator[Policy]:
    for policy in backend.policies:
        if policy.type != _SCP or not any(each.id == target for each in policy.attachments):
            continue
        if document := read(policy.content, "identity"):
            yield Policy(f"policy {policy.name} at {target}", document)
