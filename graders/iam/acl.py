"""S3's older way to grant: access control lists, who owns an object, and what Block Public Access does to them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graders.iam.document import Document, Statement
from graders.iam.request import Policies, Policy

Acl = Mapping[str, Any]  # as GetBucketAcl and GetObjectAcl answer
Ownership = Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = {
    ALL_USERS: ("AWS", "*"),
    AUTHENTICATED: ("Group", "AuthenticatedUsers"),
    LOG_DELIVERY: ("Service", "logging.s3.amazonaws.com"),
}
BUCKET_ACL = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
OBJECT_ACL = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl",),
    "WRITE_ACP": ("s3:PutObjectAcl",),
}
# Canned ACL → what it adds to the owner's full control: (who, permission).
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
CANNED: dict[str, tuple[tuple[str, str], ...]] = {
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "bucket-owner-read": (("bucket owner", "READ"),),
    "bucket-owner-full-control": (("bucket owner", "FULL_CONTROL"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
}


def canned(name: str, *, writer: str, bucket_owner: str = "") -> Acl:
    """A canned ACL spelled out; `writer` and `bucket_owner` are canonical ids. Raises KeyError for an unknown name."""
    grants = [_grant(writer, "FULL_CONTROL")]
    for who, permission in CANNED[name]:
        grants.append(_grant(bucket_owner if who == "bucket owner" else who, permission))
    return {"Owner": {"ID": writer}, "Grants": grants}


def is_public_acl(acl: Acl) -> bool:
    """Whether S3 calls an ACL public: it grants anything to everybody, or to everybody with an AWS account."""
    return any(entry["Grantee"].get("URI") in (ALL_USERS, AUTHENTICATED) for entry in acl.get("Grants", []))


def granted(acl: Acl, arn: str, label: str, *, ignore_public: bool = False) -> list[Statement]:
    """What an ACL of a bucket or an object (by its ARN) grants, as statements of a resource policy."""
    on_object = "/" in arn
    table = OBJECT_ACL if on_object else BUCKET_ACL
    found = []
    for entry in acl.get("Grants", []):
        grantee = entry["Grantee"]
        uri = grantee.get("URI", "")
        if ignore_public and uri in (ALL_USERS, AUTHENTICATED):
            continue
        who = GROUPS.get(uri) or (("CanonicalUser", grantee["ID"]) if grantee.get("ID") else None)
        names = tuple(table) if entry["Permission"] == "FULL_CONTROL" else (entry["Permission"],)
        actions = tuple(action for one in names for action in table.get(one, ()))
        if who and actions:
            resources = (arn,) if on_object else (arn, f"{arn}/*")
            found.append(Statement(0, label, True, actions, (), resources, (), (who,), variables=False))
    return found


@dataclass(frozen=True)
class Guards:
    """What stands before a bucket beside its policy: the four switches in force, and who owns what is written.

    `flags` are the bucket's or the account's, whichever is on; `owner` is the bucket owner's canonical id.
    """

    owner: str
    flags: Mapping[str, bool] = field(default_factory=dict)
    ownership: Ownership = "BucketOwnerEnforced"

    def owner_of(self, writer: str, acl: str = "private") -> str:
        """Canonical id of the account that owns an object which `writer` put with a canned ACL."""
        if self.ownership == "BucketOwnerEnforced":
            return self.owner
        if self.ownership == "BucketOwnerPreferred" and acl == "bucket-owner-full-control":
            return self.owner
        return writer

    def refuses_acl(self, acl: Acl, *, writing_object: bool = False) -> str:
        """Why S3 refuses to set this ACL ("" when it does not); `writing_object`: it comes with a PutObject."""
        grants = acl.get("Grants", [])
        if self.ownership == "BucketOwnerEnforced":
            full = [
                one for one in grants
                if one["Permission"] == "FULL_CONTROL" and one["Grantee"].get("ID") == self.owner
            ]  # fmt: skip
            writer = acl.get("Owner", {}).get("ID")
            own = [one for one in grants if one["Grantee"].get("ID") == writer and one["Permission"] == "FULL_CONTROL"]
            rest = [one for one in grants if one not in full and one not in own]
            if rest or not full or not writing_object:
                return "AccessControlListNotSupported: The bucket does not allow ACLs"
        if self.flags.get("BlockPublicAcls") and is_public_acl(acl):
            return "AccessDenied: BlockPublicAcls refuses a public access control list"
        return ""

    def refuses_policy(self, public: bool) -> str:
        """Why S3 refuses to store a bucket policy that it calls public (s3.is_public), or ""."""
        blocked = public and self.flags.get("BlockPublicPolicy")
        return "AccessDenied: BlockPublicPolicy refuses a public bucket policy" if blocked else ""

    def refuses_enforcing(self, bucket_acl: Acl) -> str:
        """Why ACLs cannot be switched off: the bucket's own ACL must grant nothing to others first."""
        others = [one for one in bucket_acl.get("Grants", []) if one["Grantee"].get("ID") != self.owner]
        return "InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set" if others else ""

    def policies(
        self,
        account: str,
        bucket: str,
        policy: Document | None,
        *,
        public: bool = False,
        bucket_acl: Acl | None = None,
        object_acls: Mapping[str, Acl] | None = None,
        object_owner: str = "",
    ) -> Policies:
        """All that the bucket brings to a decision. `public`: S3 calls the policy so.

        `object_acls` by key. `object_owner`: the canonical id of the account that owns the object in question; if it is
        another account than the bucket's, the bucket policy's allows do not reach it, its denies do.
        """
        arn = f"arn:aws:s3:::{bucket}"
        if policy is not None and object_owner not in ("", self.owner):
            policy = Document(policy.version, tuple(one for one in policy.statements if not one.allow))
        found = [] if policy is None else [Policy("bucket policy", policy)]
        if self.ownership != "BucketOwnerEnforced":
            shut = bool(self.flags.get("IgnorePublicAcls"))
            lists = granted(bucket_acl or {}, arn, "bucket ACL", ignore_public=shut)
            for key, acl in (object_acls or {}).items():
                lists += granted(acl, f"{arn}/{key}", f"ACL of {key}", ignore_public=shut)
            found.append(Policy("access control list", Document("2012-10-17", tuple(lists))))
        restricted = public and bool(self.flags.get("RestrictPublicBuckets"))
        return Policies(account, resource=tuple(found), restrict_public=restricted)


def _grant(who: str, permission: str) -> dict[str, Any]:
    grantee = {"Type": "Group", "URI": who} if who.startswith("http") else {"Type": "CanonicalUser", "ID": who}
    return {"Grantee": grantee, "Permission": permission}
