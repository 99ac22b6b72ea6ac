"""What the partner's account may do with the bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html"""

from graders import Account, Fail, check
from graders.iam import Principal, ask
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first

TLS = {"aws:securetransport": "true"}


@check(
    permissions=[
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketAcl",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetObjectAcl",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
    ]
)
def account_only_uploads(account: Account, *, bucket: str, partner: str, prefix: str) -> None:
    """The account {partner} can upload to {bucket} below {prefix}, and do nothing else there."""
    found = ask.the_bucket(account, bucket)
    caller = Principal(
        "role", partner, f"arn:aws:iam::{partner}:role/uploader", "session", said=f"a role of account {partner}"
    )
    actors = [Actor(caller, (ask.EVERYTHING,))]
    target = Target(account.account_id, found.policies, found.restrict_public)
    inside, outside = f"{found.arn}/{prefix}photo.jpg", f"{found.arn}/payroll.csv"
    if first(target, actors, ["s3:PutObject"], [inside], fixed=TLS) is None:
        raise Fail(
            "The account {partner} cannot upload to {prefix} of {bucket}.",
            looked_at="the policy of {bucket}",
            needed="s3:PutObject on the objects below {prefix}, for the account {partner}.",
            try_="aws s3api put-bucket-policy --bucket {bucket} --policy file://…",
            partner=partner,
            prefix=prefix,
            bucket=bucket,
        )
    below = [
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObjectAcl",
        "s3:BypassGovernanceRetention",
    ]
    whole = ["s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutBucketAcl"]
    for actions, resources in (
        (below, [inside, outside]),
        (["s3:PutObject"], [outside]),
        (whole, [found.arn]),
    ):
        witness = first(target, actors, actions, resources, fixed=TLS)
        if witness is not None:
            raise Fail(
                "The account {partner} may do more than upload to {prefix}.",
                looked_at="the policy of {bucket}",
                needed="s3:PutObject below {prefix}, and nothing else.",
                try_="Name one action, and as its Resource the objects below {prefix}.",
                counterexample="{request}",
                partner=partner,
                prefix=prefix,
                bucket=bucket,
                request=witness.sentence,
            )
    witness = ask.allowed(
        account,
        found,
        ask.outsiders(account, found.policies),
        ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"],
        outside=True,
    )
    if witness is not None:
        raise Fail(
            "{bucket} is open to strangers, too.",
            looked_at="the policy of {bucket}",
            needed="The account {partner} as the Principal, not *.",
            counterexample="{request}",
            partner=partner,
            bucket=bucket,
            request=witness.sentence,
        )
