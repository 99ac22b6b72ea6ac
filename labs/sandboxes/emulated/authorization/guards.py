"""What guards a resource itself: the policy that it carries, read from moto's state by its ARN.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.awslambda.models import lambda_backends
from moto.core.exceptions import ServiceException
from moto.ecr.models import ecr_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.s3control.models import s3control_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import HTTPException

from graders.iam import Document, Policy
from graders.iam.acl import granted
from graders.iam.kms import KeyGrant, grant_policy
from graders.iam.s3 import FLAGS, is_public
from graders.iam.witnesses import Target
from labs.sandboxes.emulated.authorization.people import read

__all__ = ["guard_of", "switches"]

ABSENT: Final = (KeyError, StopIteration, ServiceException, HTTPException)
_ENFORCED: Final = "BucketOwnerEnforced"
_FLAG_NAMES: Final = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def guard_of(account: str, arn: str) -> Target:
    """Return the resource with its policies; one without any where it is not there, or cannot carry one."""
    parts = arn.split(":", 5)
    guard = _GUARDS.get(parts[2]) if len(parts) == 6 else None
    if guard is not None:
        try:
            return guard(parts[4] or account, parts[3], parts[5])
        except ABSENT:
            pass  # whether it exists is moto's to say, once the caller may ask
    return Target(parts[4] if len(parts) == 6 and parts[4].isdigit() else account, ())


def switches(account: str, bucket: Any) -> dict[str, bool]:
    """Return the four switches of Block Public Access in force: the bucket's or the account's, whichever is on."""
    wide = s3control_backends[account]["aws"].public_access_block
    blocks = [each for each in (bucket.public_access_block, wide) if each is not None]
    return {flag: any(_on(each, name) for each in blocks) for flag, name in zip(FLAGS, _FLAG_NAMES, strict=True)}


def _on(block: Any, name: str) -> bool:
    value = getattr(block, name)
    return value is True or str(value).lower() == "true"


def _held(account: str, label: str, text: Any, *, decides: bool = False) -> Target:
    if isinstance(text, dict):
        text = json.dumps(text)
    document = read(text, "resource") if text else None
    return Target(account, (Policy(label, document),) if document else (), resource_decides=decides)


def _bucket(account: str, region: str, name: str) -> Target:
    name, _, key = name.partition("/")
    bucket = s3_backends[account]["aws"].buckets[name]
    on = switches(account, bucket)
    text = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    document = read(text, "resource") if text else None
    policies = [Policy("bucket policy", document)] if document else []
    if bucket.ownership_rule != _ENFORCED:
        arn = f"arn:aws:s3:::{name}"
        found = granted(_acl(bucket.acl), arn, "bucket ACL", ignore_public=on["IgnorePublicAcls"])
        held = bucket.keys.get(key) if key else None
        if held is not None:
            found += granted(_acl(held.acl), f"{arn}/{key}", f"ACL of {key}", ignore_public=on["IgnorePublicAcls"])
        if found:
            policies.append(Policy("access control list", Document("2012-10-17", tuple(found))))
    closed = on["RestrictPublicBuckets"] and document is not None and is_public(document)
    return Target(str(bucket.account_id), tuple(policies), closed)


def _acl(acl: Any) -> dict[str, Any]:
    """Return moto's ACL as GetBucketAcl shows it."""
    grants = [
        {"Grantee": {"URI": each.uri} if each.uri else {"ID": each.id}, "Permission": permission}
        for grant in (acl.grants if acl else ())
        for each in grant.grantees
        for permission in grant.permissions
    ]
    return {"Grants": grants}


def _key(account: str, region: str, name: str) -> Target:
    key = kms_backends[account][region].keys[name.removeprefix("key/")]
    grants = [
        KeyGrant(each.grantee_principal, tuple(each.operations), each.id, *_constraints(each.constraints))
        for each in key.grants.values()
    ]
    target = _held(account, "key policy", key.policy, decides=True)
    found = (*target.policies, *(grant_policy(each, key.arn) for each in grants if each.operations))
    return Target(account, found, resource_decides=True)


def _constraints(constraints: Any) -> tuple[dict[str, str], dict[str, str]]:
    given = constraints or {}
    return given.get("EncryptionContextEquals") or {}, given.get("EncryptionContextSubset") or {}


def _identity(account: str, region: str, name: str) -> Target:
    """A role's trust policy guards it where it is assumed; there it alone decides."""
    if not name.startswith("role/"):
        raise KeyError(name)
    path = f"arn:aws:iam::{account}:{name}"
    role = next((each for each in iam_backends[account]["aws"].roles.values() if each.arn == path), None)
    trust = read(role.assume_role_policy_document, "trust") if role else None
    label = f"trust policy of role {name.rpartition('/')[2]}"
    return Target(account, (Policy(label, trust),) if trust else (), resource_decides=True)


def _queue(account: str, region: str, name: str) -> Target:
    queue = sqs_backends[account][region].queues[name]
    return _held(account, f"policy of queue {name}", queue.policy)


def _topic(account: str, region: str, name: str) -> Target:
    topic = sns_backends[account][region].topics[f"arn:aws:sns:{region}:{account}:{name}"]
    return _held(account, f"policy of topic {name}", topic.policy)


def _secret(account: str, region: str, name: str) -> Target:
    secrets = secretsmanager_backends[account][region].secrets
    secret = next(each for each in secrets.values() if each.arn.endswith(f":{name}")) if ":" in name else secrets[name]
    return _held(account, f"policy of {name.replace(':', ' ', 1)}", secret.policy)


def _function(account: str, region: str, name: str) -> Target:
    parts = name.removeprefix("function:").split(":")
    function = lambda_backends[account][region].get_function(parts[0])
    statements = function.policy.statements if function.policy else []
    if not statements:
        return Target(account, ())
    return _held(account, f"policy of function {parts[0]}", {"Version": "2012-10-17", "Statement": statements})


def _repository(account: str, region: str, name: str) -> Target:
    repository = ecr_backends[account][region].repositories[name.removeprefix("repository/")]
    return _held(account, f"policy of {name}", repository.policy)


def _bus(account: str, region: str, name: str) -> Target:
    bus = events_backends[account][region].event_buses[name.removeprefix("event-bus/")]
    return _held(account, f"policy of {name}", bus.policy)


_GUARDS: Final[dict[str, Callable[[str, str, str], Target]]] = {
    "ecr": _repository,
    "events": _bus,
    "iam": _identity,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
}
