"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"""

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.snapshot import PERMISSIONS, snapshot


@check(permissions=[*ask.PERMISSIONS, *PERMISSIONS])
def requires_tls(account: Account, *, bucket: str) -> None:
    """Every request to {bucket} over plain http is refused.

    Whoever asks (the account's administrator included), whatever they ask of the bucket or of any object.
    """
    found = ask.the_bucket(account, bucket)
    people = snapshot(account)
    own = [ask.learner(account), people.root, *ask.colleagues(people, found.policies)]
    actors = [*own, *ask.outsiders(account, found.policies, named=True, bucket=bucket)]
    plain = {"aws:securetransport": "false"}
    on_bucket = ask.allowed(account, found, actors, ask.BUCKET_ACTIONS, fixed=plain)
    on_objects = ask.allowed(account, found, actors, ask.OBJECT_ACTIONS, fixed=plain)
    witness = on_objects or on_bucket
    if witness is None:
        return
    if not found.has_policy:
        said = "{bucket} has no bucket policy, so plain http is as good as TLS."
    elif on_bucket is None:
        said = "Plain http is refused for the bucket itself, but not for its objects ({bucket}/*)."
    elif on_objects is None:
        said = "Plain http is refused for the objects, but not for the bucket itself ({bucket})."
    else:
        said = "Plain http still gets through."
    raise Fail(
        said,
        looked_at="the bucket policy of {bucket}",
        needed="A Deny for everybody, for {bucket} and {bucket}/*, when aws:SecureTransport is false.",
        try_="One Deny statement, Principal *, Action s3:*, both ARNs, and the one condition on aws:SecureTransport.",
        counterexample="{request}.",
        bucket=bucket,
        request=witness.sentence,
    )
