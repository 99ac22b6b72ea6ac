"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from graders import Account, Fail, check
from graders.iam import ask


@check(permissions=ask.PERMISSIONS)
def nobody_anonymous(account: Account, *, bucket: str, actions: list[str]) -> None:
    """Nobody on the internet can use {bucket}: {actions}.

    Tried as a caller without credentials and as one with an unrelated AWS account, from all over the internet. A range
    of addresses of /8 or narrower (v6: /32) counts as closed to the internet, as it does for S3.
    """
    found = ask.the_bucket(account, bucket)
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), actions, outside=True)
    if witness is None:
        return
    switch = found.public_policy and not found.flags["RestrictPublicBuckets"]
    raise Fail(
        "{bucket} is open to the internet: {by}.",
        looked_at="the policy, the access control lists and the public access block of {bucket}",
        needed="Every request for {actions} from outside is refused.",
        try_="Name the principals that you mean instead of *"
        + (", and turn on RestrictPublicBuckets (BlockPublicPolicy only stops the next policy)." if switch else "."),
        counterexample="{request}.",
        bucket=bucket,
        by=witness.decision.sentence,
        actions=actions,
        request=witness.sentence,
    )
