"""A resource with its policies, read by its ARN: what a question is asked about.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graders.account import Account, read_or_none
from graders.iam import kms, organization, s3, snapshot
from graders.iam.assume import trust_policies
from graders.iam.document import parse
from graders.iam.request import Policy
from graders.iam.witnesses import Target

PERMISSIONS = (
    *snapshot.PERMISSIONS,
    *organization.PERMISSIONS,
    *s3.PERMISSIONS,
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "lambda:GetPolicy",
    "secretsmanager:GetResourcePolicy",
    "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)


class NoSuchKind(ValueError):
    """We do not know how the policy of this kind of resource is read."""


def target_of(account: Account, arn: str) -> Target:
    """A bucket, key, role, queue, topic, secret or function with its policies and the organization above.

    Raises NoSuchKind for another kind, document.InvalidPolicy for a policy that AWS would not have stored, and
    botocore's ClientError as it came where the resource is not there.
    """
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    reader = READERS.get(service)
    if reader is None:
        raise NoSuchKind(f"The policy of {arn} cannot be read: {service or 'this'} is none of {', '.join(READERS)}.")
    return reader(account, arn, parts[3], parts[5])


def _bucket(account: Account, arn: str, region: str, name: str) -> Target:
    bucket = s3.read_bucket(account, name.partition("/")[0])
    return Target(account.account_id, bucket.policies, bucket.restrict_public, organization=organization.read(account))


def _key(account: Account, arn: str, region: str, name: str) -> Target:
    number = name.removeprefix("key/")
    text = account.read("kms", "get_key_policy", region=region, KeyId=number, PolicyName="default")["Policy"]
    grants = account.read("kms", "list_grants", region=region, KeyId=number).get("Grants", [])
    held = kms.key_policies(
        arn.split(":")[4],
        arn,
        parse(text, "resource"),
        [kms.KeyGrant.of(one) for one in grants if one.get("Operations")],
    )
    return Target(held.owner, held.resource, resource_decides=True, organization=organization.read(account))


def _role(account: Account, arn: str, region: str, name: str) -> Target:
    role = snapshot.snapshot(account).role(name.rpartition("/")[2])
    policies = () if role is None else trust_policies(role)
    return Target(account.account_id, policies, resource_decides=True, organization=organization.read(account))


def _queue(account: Account, arn: str, region: str, name: str) -> Target:
    url = account.read("sqs", "get_queue_url", region=region, QueueName=name)["QueueUrl"]
    told = account.read("sqs", "get_queue_attributes", region=region, QueueUrl=url, AttributeNames=["Policy"])
    return _held(account, f"policy of queue {name}", told.get("Attributes", {}).get("Policy"))


def _topic(account: Account, arn: str, region: str, name: str) -> Target:
    told = account.read("sns", "get_topic_attributes", region=region, TopicArn=arn)["Attributes"]
    return _held(account, f"policy of topic {name}", told.get("Policy"))


def _secret(account: Account, arn: str, region: str, name: str) -> Target:
    told = account.read("secretsmanager", "get_resource_policy", region=region, SecretId=arn)
    return _held(account, f"policy of {name.replace(':', ' ', 1)}", told.get("ResourcePolicy"))


def _function(account: Account, arn: str, region: str, name: str) -> Target:
    told = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", FunctionName=arn)
    return _held(account, f"policy of {name.replace(':', ' ', 1)}", function_policy((told or {}).get("Policy", "")))


def function_policy(text: str) -> str:
    """A function's policy as Lambda itself writes it.

    The sandbox writes FunctionUrlAuthType beside a statement's elements, and an account as it was given.
    """
    if not text:
        return ""
    document = json.loads(text)
    raw = document.get("Statement", [])
    return json.dumps({**document, "Statement": [_as_aws(one) for one in (raw if isinstance(raw, list) else [raw])]})


def _as_aws(statement: dict[str, Any]) -> dict[str, Any]:
    found = dict(statement)
    principal = found.get("Principal")
    service = str(principal.get("Service", "") if isinstance(principal, dict) else principal)
    if service.isdigit() or service.startswith("arn:"):
        found["Principal"] = {"AWS": service}
    kind = found.pop("FunctionUrlAuthType", None)
    if kind:
        held = found.get("Condition", {})
        equal = {**held.get("StringEquals", {}), "lambda:FunctionUrlAuthType": kind}
        found["Condition"] = {**held, "StringEquals": equal}
    return found


def _held(account: Account, name: str, text: Any) -> Target:
    policies = (Policy(name, parse(text, "resource")),) if text else ()
    return Target(account.account_id, policies, organization=organization.read(account))


READERS: dict[str, Callable[[Account, str, str, str], Target]] = {
    "s3": _bucket,
    "kms": _key,
    "iam": _role,
    "sqs": _queue,
    "sns": _topic,
    "secretsmanager": _secret,
    "lambda": _function,
}
