"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"""

from typing import Literal

from graders import Account, Fail, buckets, check, encryption
from graders.iam import ask
from graders.iam.s3 import Bucket
from graders.iam.snapshot import PERMISSIONS, Actor, snapshot
from graders.iam.witnesses import Witness

HEADER = "s3:x-amz-server-side-encryption"
KEY = f"{HEADER}-aws-kms-key-id"
# An ordinary upload: it may come from anywhere, and says nothing of itself but its encryption.
VARIED = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:useragent", "aws:referer")


@check(permissions=[*ask.PERMISSIONS, *PERMISSIONS, *buckets.KEY_PERMISSIONS])
def bucket_rejects_unencrypted(
    account: Account, *, bucket: str, algorithm: Literal["AES256", "aws:kms"] = "aws:kms", key: str = ""
) -> None:
    """An upload to {bucket} that asks for the wrong encryption is refused.

    Tried as everybody who may upload: another algorithm, another key (where `key` names one, in any form), and no header
    at all, which may pass where the bucket's default encryption is the wanted one. The right upload must still pass.
    """
    found = ask.the_bucket(account, bucket)
    region = buckets.region_of(account, bucket)
    wanted = encryption.the_key(account, key, region).arn if key else ""
    right = {HEADER: algorithm} | ({KEY: wanted} if wanted else {})
    people = snapshot(account)
    actors = [ask.learner(account), people.root, *ask.colleagues(people, found.policies)]
    for what, headers in _wrong(account, bucket, algorithm, wanted):
        if witness := _upload(account, found, actors, headers):
            raise Fail(
                "{bucket} takes an upload {what}: {by}.",
                looked_at="the policy and the default encryption of {bucket}",
                needed="Only uploads with {algorithm} ({key}) are taken.",
                try_="Deny s3:PutObject on {bucket}/* when the header is not {algorithm}: StringNotEquals, and the key "
                "s3:x-amz-server-side-encryption (…-aws-kms-key-id for the key)."
                if found.has_policy
                else "Give {bucket} a policy that denies s3:PutObject by s3:x-amz-server-side-encryption.",
                counterexample="{request}, {what}.",
                bucket=bucket,
                what=what,
                by=witness.decision.sentence,
                algorithm=algorithm,
                key=key or "any key",
                request=f"{witness.request.principal} can s3:PutObject {witness.request.resource.split(':::')[-1]}",
            )
    if _upload(account, found, [ask.learner(account)], right) is None:
        raise Fail(
            "{bucket} refuses every upload, the right one too.",
            looked_at="the policy of {bucket}",
            needed="An upload with {algorithm} ({key}) is taken.",
            try_="Compare the condition's key letter by letter: a negated condition on a key that no request has is "
            "always true.",
            counterexample="user learner cannot s3:PutObject {bucket}/report.csv with {algorithm}.",
            bucket=bucket,
            algorithm=algorithm,
            key=key or "any key",
        )


def _wrong(account: Account, bucket: str, algorithm: str, key: str) -> list[tuple[str, dict[str, str]]]:
    """Uploads that must not pass, each with its words."""
    found: list[tuple[str, dict[str, str]]] = []
    default = buckets.default_encryption(account, bucket)
    behind = buckets.key_of(account, bucket, default)
    as_wanted = (default.kms or algorithm == "AES256") and (not key or (behind is not None and behind.arn == key))
    if not as_wanted:
        found.append(("without a word about encryption", {}))
    if algorithm == "aws:kms":
        found.append(("with AES256 (SSE-S3)", {HEADER: "AES256"}))
    if key:
        another = key.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
        found.append(("with another key", {HEADER: "aws:kms", KEY: another}))
        found.append(("with aws:kms and no key, which is the key that AWS manages", {HEADER: "aws:kms"}))
    return found


def _upload(account: Account, bucket: Bucket, actors: list[Actor], headers: dict[str, str]) -> Witness | None:
    fixed = {"aws:securetransport": "true", **headers}
    return ask.allowed(account, bucket, actors, ["s3:PutObject"], fixed=fixed, search=VARIED)
