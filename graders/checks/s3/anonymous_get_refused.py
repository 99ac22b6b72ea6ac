"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from graders import Account, Fail, anonymous, check
from graders.probe import acting


@check(permissions=[*anonymous.PERMISSIONS, "s3:PutObject"], acts=True)
def anonymous_get_refused(account: Account, *, bucket: str, key: str = "") -> None:
    """Nobody without credentials can fetch an object of {bucket}: it was tried.

    In a copy of the account: `key`, or without one the bucket's first objects, and one that is put there for this.
    """
    probe = acting(account)
    keys = [key] if key else anonymous.objects_of(probe, bucket)
    if not key:
        probe.client("s3").put_object(Bucket=bucket, Key="probe/anonymous.txt", Body=b"probe")
        keys.append("probe/anonymous.txt")
    for one in keys:
        if anonymous.get(probe, bucket, one) is not None:
            raise Fail(
                "Anybody can fetch {key} from {bucket} without credentials.",
                looked_at="an unsigned GET of {key} of {bucket}",
                needed="AccessDenied for everybody without credentials.",
                try_="Turn on the public access block of {bucket}, or name in its policy the principals that you mean.",
                counterexample="GET {bucket}/{key} without credentials is answered with the object.",
                bucket=bucket,
                key=one,
            )
