"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from graders import Account, Fail, check
from graders.iam import ask

CHANGES = [
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:DeleteBucket",
]


@check(permissions=ask.PERMISSIONS)
def bucket_refuses_anonymous_changes(account: Account, *, bucket: str) -> None:
    """Nobody on the internet can list, upload, delete or reconfigure anything in {bucket}.

    Reading an object whose name one knows is not judged: a website's bucket passes. By policy and by access control
    list, without credentials and with those of an unrelated AWS account.
    """
    found = ask.the_bucket(account, bucket)
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), CHANGES, outside=True)
    if witness is None:
        return
    statement = witness.decision.statement
    wide = statement is not None and any("*" in one for one in statement.actions)
    raise Fail(
        "The internet can do more to {bucket} than read it: {by}.",
        looked_at="the policy, the access control lists and the public access block of {bucket}",
        needed="From outside s3:GetObject at most.",
        try_="Name the one action s3:GetObject instead of a wildcard."
        if wide
        else "Take the action {action} from the statement, or name the principals that you mean instead of *.",
        counterexample="{request}.",
        bucket=bucket,
        by=witness.decision.sentence,
        action=witness.request.action,
        request=witness.sentence,
    )
