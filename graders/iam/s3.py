"""A bucket as its guards see it: policy, ACLs, Block Public Access; and S3's own meaning of "public".

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from graders.account import Account, error_code, is_absence, read_or_none
from graders.iam.acl import ALL_USERS, granted
from graders.iam.conditions import Condition
from graders.iam.decide import Policy
from graders.iam.document import Document, InvalidPolicy, Statement, parse

PERMISSIONS = (
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketAcl",
    "s3:GetObjectAcl",
    "s3:ListBucket",
)
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
FIXED_KEYS = {
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
}
FIXING = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
# A bucket policy may shut the grader out of an object's ACL. Then the worst is assumed; a request that only this
# assumption lets through decides nothing (see ask.allowed).
UNSEEN = "unseen ACL of"
UNREADABLE = {"Grants": [{"Grantee": {"URI": ALL_USERS}, "Permission": "FULL_CONTROL"}]}
MAX_OBJECTS = 20  # objects whose own ACLs are read; more would be a grading of many seconds


@dataclass(frozen=True)
class Bucket:
    """`policies` holds the bucket policy and, where ACLs count, what the ACLs grant; `keys` some real object keys.

    `invalid` are reasons for which AWS would have refused the stored policy (then it is not in `policies`).
    """

    name: str
    policies: tuple[Policy, ...]
    has_policy: bool
    invalid: tuple[str, ...]
    public_policy: bool
    flags: dict[str, bool]
    keys: tuple[str, ...]

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"

    @property
    def restrict_public(self) -> bool:
        return self.public_policy and self.flags["RestrictPublicBuckets"]


def read_bucket(account: Account, name: str) -> Bucket:
    """All that decides about a bucket, read once a grading; raises ClientError NoSuchBucket when there is none."""
    bucket: Bucket = account.once(("bucket", name), lambda: _read_bucket(account, name))
    return bucket


def _read_bucket(account: Account, name: str) -> Bucket:
    answer = read_or_none(account, "NoSuchBucketPolicy", "s3", "get_bucket_policy", Bucket=name)
    document: Document | None = None
    invalid: tuple[str, ...] = ()
    if answer is not None:
        try:
            document = parse(answer["Policy"], "resource")
            invalid = tuple(policy_problems(document, name))
        except InvalidPolicy as error:
            invalid = tuple(error.reasons)
    flags = public_access_block(account, name)
    listing = account.client("s3").list_objects_v2(Bucket=name, MaxKeys=MAX_OBJECTS)
    keys = tuple(item["Key"] for item in listing.get("Contents", []))
    policies = [Policy("bucket policy", document)] if document is not None and not invalid else []
    if acl := _acl_statements(account, name, keys, flags):
        policies.append(Policy("access control list", Document("2012-10-17", tuple(acl))))
    return Bucket(
        name,
        tuple(policies),
        answer is not None,
        invalid,
        document is not None and not invalid and is_public(document),
        flags,
        keys,
    )


def public_access_block(account: Account, bucket: str) -> dict[str, bool]:
    """The four switches in force: the bucket's or the account's, whichever is on."""
    absent = "NoSuchPublicAccessBlockConfiguration"
    answer = read_or_none(account, absent, "s3", "get_public_access_block", Bucket=bucket) or {}
    own = answer.get("PublicAccessBlockConfiguration", {})
    flags = {flag: bool(own.get(flag)) for flag in FLAGS}
    if all(flags.values()):
        return flags
    wide = account_public_access_block(account)
    return {flag: on or wide[flag] for flag, on in flags.items()}


def account_public_access_block(account: Account) -> dict[str, bool]:
    """The account's own four switches; all off where the account has none, or its AWS knows no such setting."""
    try:
        answer = account.read("s3control", "get_public_access_block", AccountId=account.account_id)
    except ClientError as error:
        if is_absence(error) or error_code(error) in ("NotImplemented", "MethodNotAllowed", "501", "405"):
            return dict.fromkeys(FLAGS, False)
        raise
    return {flag: bool(answer["PublicAccessBlockConfiguration"].get(flag)) for flag in FLAGS}


def policy_problems(document: Document, bucket: str) -> list[str]:
    """Why S3 would refuse to store this as the bucket's policy, beside its grammar."""
    arn = f"arn:aws:s3:::{bucket}"
    problems = []
    for statement in document.statements:
        for resource in (*statement.resources, *statement.not_resources):
            fixed = resource.partition("*")[0].partition("?")[0]
            inside = fixed == arn or fixed.startswith(f"{arn}/") or (fixed != resource and arn.startswith(fixed))
            if not inside and not resource.startswith("arn:aws:s3:::${"):
                problems.append(f"Resource {resource} in {statement.label} is not in bucket {bucket}.")
        problems += [
            f"Action {action} in {statement.label} is not an S3 action."
            for action in (*statement.actions, *statement.not_actions)
            if action != "*" and not action.lower().startswith("s3:")
        ]
    return problems


def is_public(document: Document) -> bool:
    """S3's label (GetBucketPolicyStatus, Block Public Access): an Allow for all that no fixed value limits."""
    return any(statement.allow and _opens(statement) for statement in document.statements)


def _opens(statement: Statement) -> bool:
    values = statement.principals
    if values is not None and ("AWS", "*") not in values and not any(kind == "Federated" for kind, _ in values):
        return False
    return not any(_fixes(condition, statement.variables) for condition in statement.conditions)


def _fixes(condition: Condition, variables: bool) -> bool:
    if condition.negated or condition.if_exists or condition.quantifier == "ForAllValues":
        return False
    if condition.base == "IpAddress" and condition.key == "aws:sourceip":
        return all(narrow(value) for value in condition.values)
    if condition.base not in FIXING or condition.key not in FIXED_KEYS:
        return False
    wild = condition.base in ("StringLike", "ArnEquals", "ArnLike")
    return all(not (wild and _wild(condition.key, value)) and "${" not in value for value in condition.values)


def _wild(key: str, value: str) -> bool:
    if key == "aws:userid":  # a role's sessions: AROA…:* is fixed enough for access, not for the label
        return "*" in value or "?" in value
    if key in ("aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"):
        account = value.split(":")[4] if value.count(":") >= 5 else "*"
        return "*" in account or "?" in account
    return "*" in value or "?" in value


def narrow(cidr: str) -> bool:
    """Whether S3 takes a range for a limit: /8 or narrower (v6: /32), or private."""
    network = ipaddress.ip_network(cidr, strict=False)
    limit = 8 if network.version == 4 else 32
    return network.prefixlen >= limit or (network.is_private and network.prefixlen > 0)


def _acl_statements(account: Account, name: str, keys: tuple[str, ...], flags: dict[str, bool]) -> list[Statement]:
    if flags["IgnorePublicAcls"]:  # what is left are grants to accounts by canonical id, which nobody we ask about has
        return []
    absent = "OwnershipControlsNotFoundError"
    answer = read_or_none(account, absent, "s3", "get_bucket_ownership_controls", Bucket=name)
    rules = (answer or {}).get("OwnershipControls", {}).get("Rules", [])
    if any(rule.get("ObjectOwnership") == "BucketOwnerEnforced" for rule in rules):
        return []
    arn = f"arn:aws:s3:::{name}"
    found = granted(account.read("s3", "get_bucket_acl", Bucket=name), arn, "bucket ACL")
    for key in keys:
        try:
            acl = account.read("s3", "get_object_acl", Bucket=name, Key=key)
        except ClientError as error:
            if error_code(error) not in ("AccessDenied", "403"):
                raise
            acl, label = UNREADABLE, f"{UNSEEN} {key}"
        else:
            label = f"ACL of {key}"
        found += granted(acl, f"{arn}/{key}", label)
    return found
