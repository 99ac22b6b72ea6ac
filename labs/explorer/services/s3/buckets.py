"""Buckets: the list, what stands in the drawer, and how one is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Pairs,
    Pick,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import count, given, policy_fact, properties
from labs.explorer.services.s3 import objects, rules, settings

REGIONS = (
    ("us-east-1", "US East (N. Virginia) us-east-1"),
    ("us-east-2", "US East (Ohio) us-east-2"),
    ("us-west-1", "US West (N. California) us-west-1"),
    ("us-west-2", "US West (Oregon) us-west-2"),
    ("ca-central-1", "Canada (Central) ca-central-1"),
    ("sa-east-1", "South America (São Paulo) sa-east-1"),
    ("eu-west-1", "Europe (Ireland) eu-west-1"),
    ("eu-west-2", "Europe (London) eu-west-2"),
    ("eu-west-3", "Europe (Paris) eu-west-3"),
    ("eu-central-1", "Europe (Frankfurt) eu-central-1"),
    ("eu-north-1", "Europe (Stockholm) eu-north-1"),
    ("ap-south-1", "Asia Pacific (Mumbai) ap-south-1"),
    ("ap-southeast-1", "Asia Pacific (Singapore) ap-southeast-1"),
    ("ap-southeast-2", "Asia Pacific (Sydney) ap-southeast-2"),
    ("ap-northeast-1", "Asia Pacific (Tokyo) ap-northeast-1"),
    ("ap-northeast-2", "Asia Pacific (Seoul) ap-northeast-2"),
)
OWNERSHIP = (
    ("BucketOwnerEnforced", "ACLs off: the bucket's owner owns every object (recommended)"),
    ("BucketOwnerPreferred", "ACLs on: the bucket's owner owns objects written with bucket-owner-full-control"),
    ("ObjectWriter", "ACLs on: who writes an object owns it"),
)
ENCRYPTION = (
    ("AES256", "SSE-S3: keys that S3 holds"),
    ("aws:kms", "SSE-KMS: a key of yours in KMS"),
    ("aws:kms:dsse", "DSSE-KMS: two layers with a key in KMS"),
)
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("s3", "list_buckets").get("Buckets", []):
        yield Thing(one["Name"], one["Name"], arn=f"arn:aws:s3:::{one['Name']}", data=one)


def _look(account: Account, it: Thing) -> Thing:
    def of(operation: str) -> dict[str, Any]:
        return ask(account, "s3", operation, Bucket=it.id)

    block = of("get_public_access_block").get("PublicAccessBlockConfiguration", {})
    policy = of("get_bucket_policy").get("Policy", "")
    versioning = of("get_bucket_versioning").get("Status", "")
    on = sorted(name for name in BLOCKS if block.get(name))
    facts = (
        Fact("Block Public Access", f"{len(on)} of 4", "good" if len(on) == 4 else "bad", ", ".join(on)),
        policy_fact("Bucket policy", policy),
        Fact("Versioning", versioning.lower() or "off", "good" if versioning == "Enabled" else ""),
        Fact("Region", of("get_bucket_location").get("LocationConstraint") or "us-east-1"),
    )
    more = {"PublicAccessBlock": block, "Policy": policy, "Versioning": versioning}
    return replace(it, facts=facts, data={**(it.data or {}), **more})


def _detail(account: Account, it: Thing) -> Thing:
    def of(operation: str, key: str) -> Any:
        return ask(account, "s3", operation, Bucket=it.id).get(key)

    sse: Any = (of("get_bucket_encryption", "ServerSideEncryptionConfiguration") or {}).get("Rules", [])
    sse = sse[0].get("ApplyServerSideEncryptionByDefault", {}) if sse else {}
    ownership = (of("get_bucket_ownership_controls", "OwnershipControls") or {}).get("Rules", [{}])
    answer = ask(account, "s3", "get_bucket_notification_configuration", Bucket=it.id)
    website = ask(account, "s3", "get_bucket_website", Bucket=it.id)
    found: dict[str, Any] = {
        "Encryption": sse,
        "Ownership": ownership[0].get("ObjectOwnership", "") if ownership else "",
        "Grants": of("get_bucket_acl", "Grants") or [],
        "Lifecycle": of("get_bucket_lifecycle_configuration", "Rules") or [],
        "Cors": of("get_bucket_cors", "CORSRules") or [],
        "Notifications": {key: one for key, one in answer.items() if key.endswith("Configurations")},
        "Website": {key: one for key, one in website.items() if key.endswith(("Document", "To", "Rules"))},
        "Logging": of("get_bucket_logging", "LoggingEnabled") or {},
        "Replication": of("get_bucket_replication", "ReplicationConfiguration") or {},
        "ObjectLock": of("get_object_lock_configuration", "ObjectLockConfiguration") or {},
        "Accelerate": of("get_bucket_accelerate_configuration", "Status") or "",
    }
    public = [one for one in found["Grants"] if one.get("Grantee", {}).get("URI") in EVERYBODY]
    facts = (
        Fact("Encryption", _encryption(sse), exact=sse.get("KMSMasterKeyID", "")),
        Fact("Object ownership", found["Ownership"] or "not set"),
        Fact("ACL", "open to everybody" if public else count(len(found["Grants"]), "grant"), "bad" if public else ""),
        Fact("Website", f"index {website['IndexDocument']['Suffix']}" if website.get("IndexDocument") else "off"),
        Fact("Access logs", _place(found["Logging"]) or "off"),
        Fact("Object Lock", found["ObjectLock"].get("ObjectLockEnabled", "off").lower()),
    )
    parts = (objects.part(account, it), *objects.version_parts(account, it), *rules.parts(found))
    return replace(
        it,
        data={**(it.data or {}), **found},
        properties=(*it.facts, *facts, *properties(it.data or {}, ("CreationDate", "Created"))),
        parts=parts,
        tags=tags_of(of("get_bucket_tagging", "TagSet")),
        links=tuple(_links(found)),
    )


def _encryption(sse: dict[str, Any]) -> str:
    return dict(ENCRYPTION).get(sse.get("SSEAlgorithm", ""), "SSE-S3: keys that S3 holds").partition(":")[0]


def _place(logging: dict[str, Any]) -> str:
    return f"{logging['TargetBucket']}/{logging.get('TargetPrefix', '')}" if logging else ""


def _links(found: dict[str, Any]) -> Iterator[Link]:
    if key := found["Encryption"].get("KMSMasterKeyID"):
        yield Link("kms:key", tail(key), "Encrypted with")
    if logs := found["Logging"].get("TargetBucket"):
        yield Link("s3:bucket", logs, "Access logs go to")
    if role := found["Replication"].get("Role"):
        yield Link("iam:role", tail(role), "Replicates as")
    for key, kind in rules.TARGETS.items():
        for one in found["Notifications"].get(f"{rules.LISTS[key]}", []):
            yield Link(kind, tail(one[key]), "Events go to")


def _create(v: Values, at: At) -> Iterator[Call]:
    name, region = v["Bucket"], v["region"] or at.region
    place = None if region == "us-east-1" else {"LocationConstraint": region}
    lock = True if v["ObjectLockEnabledForBucket"] else None
    yield call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=lock)
    if v["block"]:
        blocks = dict.fromkeys(BLOCKS, True)
        yield call("s3", "put_public_access_block", Bucket=name, PublicAccessBlockConfiguration=blocks)
    if v["ownership"] != "BucketOwnerEnforced":
        owner = {"Rules": [{"ObjectOwnership": v["ownership"]}]}
        yield call("s3", "put_bucket_ownership_controls", Bucket=name, OwnershipControls=owner)
    if v["versioning"] and not lock:  # with Object Lock, S3 has turned it on by itself
        yield call("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if v["encryption"] != "AES256":
        yield settings.encrypt(name, v["encryption"], v["key"])
    if v["tags"]:
        yield call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tag_list(v["tags"])})


def _create_fields(account: Account, at: At) -> tuple[Any, ...]:
    kms = ("encryption", "aws:kms", "aws:kms:dsse")
    return (
        Text(
            "Bucket",
            "Name",
            required=True,
            help="Unique in all the world: 3 to 63 lower-case letters, digits, dots, hyphens.",
        ),
        Choice(
            "region", "Region", REGIONS, initial=at.region, help="Where the objects lie. It cannot be changed later."
        ),
        Switch("block", "Block all public access", initial=True, help="Whatever a policy or an ACL says later."),
        Choice("ownership", "Object ownership", OWNERSHIP, initial="BucketOwnerEnforced"),
        Switch("versioning", "Keep old versions", help="An overwritten or deleted object can be had back."),
        Choice("encryption", "Default encryption", ENCRYPTION, initial="AES256"),
        Pick(
            "key",
            "KMS key",
            kind="kms:key",
            by="arn",
            free=True,
            when=kms,
            help="Empty: the key that AWS manages (aws/s3).",
        ),
        Switch(
            "ObjectLockEnabledForBucket",
            "Object Lock",
            help="Objects that nobody can delete for a time. Only now; it turns versioning on.",
        ),
        Pairs("tags", "Tags"),
    )


def _empty_out(v: Values, at: At) -> Iterator[Call]:
    part = next((one for one in at.thing.parts if one.id == "versions"), None)
    if part:
        found = [given(Key=row.data["Key"], VersionId=row.data["VersionId"]) for row in part.rows]
    else:
        found = [{"Key": row.id} for one in at.thing.parts if one.id == "objects" for row in one.rows]
    for first in range(0, len(found), 1000):
        yield call("s3", "delete_objects", Bucket=at.thing.id, Delete={"Objects": found[first : first + 1000]})


BUCKET = Kind(
    "bucket",
    "Bucket",
    "Buckets",
    things,
    look=_look,
    detail=_detail,
    empty="A bucket holds objects (files with a name), and belongs to one region. Its name is unique in all the world.",
    command="aws s3 mb s3://my-first-bucket-4711",
    actions=(
        Action("create", "Create bucket", _create, _create_fields, new=True),
        *objects.ACTIONS,
        *settings.ACTIONS,
        *rules.ACTIONS,
        Action(
            "empty",
            "Empty",
            _empty_out,
            danger="Delete every object (and version) shown here? They cannot be had back.",
            verb="Empty",
            when=lambda it: any(part.id in ("objects", "versions") and part.rows for part in it.parts),
        ),
        delete("s3.delete_bucket", "Bucket", "Delete the bucket for good? It must be empty."),
    ),
)
