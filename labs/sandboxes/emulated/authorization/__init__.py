"""Every call is authorised here, by the policy engine, against the sandbox's own IAM and resource policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graders.iam import Decision, Document, Policies, Request, decide
from graders.iam.candidates import read_keys
from graders.iam.request import Reason
from graders.iam.services import as_service
from graders.iam.witnesses import Target
from labs.sandboxes.emulated.authorization import people
from labs.sandboxes.emulated.authorization.context import keys_of, tags_of
from labs.sandboxes.emulated.authorization.guards import guard_of, switches
from labs.sandboxes.emulated.authorization.people import Person, find_person, forget, read
from labs.sandboxes.emulated.authorization.refusals import decoded, refusal
from labs.sandboxes.emulated.authorization.rights import FREE, Right, is_missing_bucket, is_missing_object, rights_of
from labs.sandboxes.emulated.hooks import Call
from labs.sandboxes.emulated.world import WORLD

__all__ = [
    "authorize",
    "authorize_role",
    "decoded",
    "forget",
    "guard_of",
    "hold",
    "people",
    "read",
    "service_may",
    "settle",
    "switches",
    "trusts",
]

# Services whose calls may change who may do what: whoever was read before them is read again.
_UNSETTLING = frozenset({"cloudformation", "iam", "organizations", "sts"})
_MOST_DOCUMENTS = 1024
_read: dict[int, tuple[Document, frozenset[str]]] = {}


def authorize(call: Call, access_key: str | None) -> None:
    """Let the call pass, or raise what AWS would answer. `access_key`: whose it is; None is the anonymous."""
    person = find_person(access_key)
    _authorize(call, person)
    WORLD.acting = (call, person)


def hold(right: Right, *, role: str = "") -> None:
    """Raise what AWS would answer unless whoever acts has the right, or the `role` (ARN) that acts for them.

    For what a service does for its caller's sake, with the caller's rights: CloudFormation's resources.
    """
    if WORLD.acting is None:
        return  # the sandbox's own doing: nobody has called yet
    call, person = WORLD.acting
    actor = people.person_of_role(role, "AWSCloudFormation") if role else person
    decision = _decide(call, actor, right, {**keys_of(call), **actor.keys})
    if not decision.allowed:
        raise refusal(call.operation, decision)


def authorize_role(call: Call, role: str, session: str) -> None:
    """Let a call that a service makes with a role (ARN) pass, or raise what AWS would answer."""
    person = people.person_of_role(role, session)
    _authorize(call, person)
    WORLD.acting = (call, person)


def _authorize(call: Call, person: Person) -> None:
    if person.federated_later(call) or is_missing_bucket(call):
        return
    keys = {**keys_of(call), **person.keys}
    for right in rights_of(call):
        decision = _decide(call, person, right, keys)
        if not decision.allowed and (right.action not in FREE or decision.reason is Reason.EXPLICIT_DENY):
            raise refusal(call.operation, decision)
    if is_missing_object(call):
        # Only who may list a bucket is told that an object is not there.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        right = Right("s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")
        decision = _decide(call, person, right, keys)
        if not decision.allowed:
            raise refusal(call.operation, decision)


def service_may(service: str, action: str, resource: str, *, source: str) -> bool:
    """Return whether a service ("sns.amazonaws.com") that acts for `source` (ARN) gets past the resource's own policy."""
    target = guard_of(source.split(":")[4], resource)
    request = replace(as_service(service, action, resource, source_arn=source), complete=True)
    return decide(request, Policies(target.owner, resource=target.policies)).allowed


def trusts(role: str, service: str) -> bool:
    """Return whether a role (ARN) is there and lets a service ("codebuild.amazonaws.com") assume it."""
    if role.count(":") != 5:
        return False
    account = role.split(":")[4]
    target = guard_of(account, role)
    request = replace(as_service(service, "sts:AssumeRole", role, source_account=account), complete=True)
    return decide(request, Policies(target.owner, resource=target.policies)).allowed


def settle(call: Call) -> None:
    """After a call that changed something: read anew what it may have changed."""
    if call.operation.service.name in _UNSETTLING:
        forget()


def _decide(call: Call, person: Person, right: Right, keys: Mapping[str, str | tuple[str, ...]]) -> Decision:
    target = _guard(call, right)
    actor = person.actor
    policies = Policies(
        target.owner,
        actor.identity,
        target.policies,
        actor.boundary,
        actor.session,
        resource_decides=target.resource_decides,
        restrict_public=target.restrict_public,
        service_control=person.levels,
        management=person.management,
    )
    context = {**keys, **right.keys}
    if any("resourcetag/" in key for key in _keys_read(policies)):
        prefix = right.action.partition(":")[0]
        for name, value in tags_of(call.account_id, right.resource).items():
            context[f"aws:resourcetag/{name.lower()}"] = context[f"{prefix}:resourcetag/{name.lower()}"] = value
    return decide(Request(person.principal, right.action, right.resource, context, complete=True), policies)


def _guard(call: Call, right: Right) -> Target:
    """A role's trust policy has a say where the role is assumed, and nowhere else."""
    if right.action.startswith("iam:"):
        return Target(call.account_id, ())
    return guard_of(call.account_id, right.resource)


def _keys_read(policies: Policies) -> Iterator[str]:
    for layer in policies.layers():
        for policy in layer.policies:
            yield from _keys_of_document(policy.document)


def _keys_of_document(document: Document) -> frozenset[str]:
    # By identity: a policy that does not change is the same object for each call, and hashing one is work.
    held = _read.get(id(document))
    if held is None or held[0] is not document:
        if len(_read) >= _MOST_DOCUMENTS:
            _read.clear()
        held = _read[id(document)] = (document, frozenset(read_keys(document.statements)))
    return held[1]
