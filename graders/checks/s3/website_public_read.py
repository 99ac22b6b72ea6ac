"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteAccessPermissionsReqd.html"""

from graders import Account, Fail, buckets, check
from graders.iam import ANONYMOUS, Request, ask, decide
from graders.iam.s3 import Bucket
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, instances

READ = "s3:GetObject"
OTHERS = [
    "s3:ListBucket",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:DeleteObject",
    "s3:PutBucketPolicy",
    "s3:DeleteBucket",
]


@check(permissions=[*ask.PERMISSIONS, "s3:GetObject"])
def website_public_read(account: Account, *, bucket: str, prefix: str = "") -> None:
    """Anyone may read the objects of {bucket}, and do nothing else with it.

    Every object under `prefix`, by a policy (in one statement or several) or by access control lists, over plain http,
    as a website's visitors come. An object under a KMS key cannot be read without credentials.
    """
    found = ask.the_bucket(account, bucket)
    keys = [one for one in found.keys if one.startswith(prefix)]
    tried = [f"{found.arn}/{one}" for one in keys] or [f"{found.arn}/{prefix}index.html"]
    for arn in tried:
        if not _readable(account, found, arn):
            raise _unreadable(account, found, arn)
    for key in keys:
        if buckets.encryption_of(buckets.head(account, bucket, key)).kms:
            raise Fail(
                "{bucket}/{object} is encrypted with a KMS key: without credentials nobody can decrypt it.",
                looked_at="the encryption of the objects of {bucket}",
                needed="SSE-S3 (AES256) for what the public reads.",
                try_="aws s3 cp s3://{bucket}/{object} s3://{bucket}/{object} --sse AES256",
                counterexample="anyone on the internet cannot read {bucket}/{object}.",
                bucket=bucket,
                object=key,
            )
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), OTHERS, outside=True)
    if witness is not None:
        raise Fail(
            "Anyone can do more than read {bucket}: {by}.",
            looked_at="the policy, the access control lists and the public access block of {bucket}",
            needed="From outside {action}, and nothing else.",
            try_="Name the one action {action} instead of a wildcard.",
            counterexample="{request}.",
            bucket=bucket,
            by=witness.decision.sentence,
            action=READ,
            request=witness.sentence,
        )


def _readable(account: Account, bucket: Bucket, arn: str) -> bool:
    guards = Target(account.account_id, bucket.policies, bucket.restrict_public).seen_by(Actor(ANONYMOUS))
    return decide(Request(ANONYMOUS, READ, arn, _visitor()), guards).allowed


def _visitor() -> dict[str, str]:
    return {"aws:SecureTransport": "false", "aws:SourceIp": "198.51.100.7", "aws:UserAgent": "Mozilla/5.0"}


def _unreadable(account: Account, bucket: Bucket, arn: str) -> Fail:
    by_policy = [one for policy in bucket.policies for one in policy.document.about(READ, True)]
    whole = any(one == bucket.arn for statement in by_policy for one in statement.resources)
    others = [*instances(bucket.policies, f"{bucket.arn}/"), *(f"{bucket.arn}/{key}" for key in bucket.keys)]
    elsewhere = [one for one in others if _readable(account, bucket, one)]
    if bucket.restrict_public:
        found = "Block Public Access cuts the policy of {bucket} off: RestrictPublicBuckets is on."
        try_ = "Turn BlockPublicPolicy and RestrictPublicBuckets off, for the bucket and, if need be, the account."
    elif whole and not elsewhere:
        found = "The policy of {bucket} speaks of the bucket, not of its objects."
        try_ = "{action} acts on objects: the Resource must be {arn}/*."
    elif elsewhere:
        found = "Anyone may read some objects of {bucket}, but not {object}."
        try_ = "A Resource of {arn}/* covers every object."
    else:
        found = "Nobody without credentials may read {bucket}."
        try_ = "aws s3api put-bucket-policy: Principal *, Action {action}, Resource {arn}/*"
    return Fail(
        found,
        looked_at="the policy, the access control lists and the public access block of {bucket}",
        needed="{action} on {arn}/* for everybody.",
        try_=try_,
        counterexample="anyone on the internet cannot {action} {bucket}/{object} over plain http.",
        bucket=bucket.name,
        arn=bucket.arn,
        action=READ,
        object=arn.removeprefix(f"{bucket.arn}/"),
    )
