"""A bucket that leaked: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from botocore.exceptions import ClientError

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.witnesses import Target, first

TLS = {"aws:securetransport": "true"}


@check(
    permissions=[
        "iam:GetAccountAuthorizationDetails",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
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
def leak_stopped(account: Account, *, bucket: str, role: str) -> None:
    """Strangers can do nothing with {bucket}, and the role {role} still reads it."""
    found = ask.the_bucket(account, bucket)
    actions = ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"]
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), actions, outside=True)
    if witness is not None:
        raise Fail(
            "Strangers still get in: {by}.",
            looked_at="the policy and the access control lists of {bucket}",
            needed="Nothing for callers without credentials or from another account.",
            try_="aws s3api get-bucket-policy --bucket {bucket}",
            counterexample="{request}.",
            bucket=bucket,
            by=witness.decision.sentence,
            request=witness.sentence,
        )
    reader = ask.the_role(account, role)
    guards = Target(account.account_id, found.policies, found.restrict_public)
    if first(guards, [reader], ["s3:GetObject"], [f"{found.arn}/customers/a.csv"], fixed=TLS) is None:
        raise Fail(
            "The leak is stopped, and so is the app: the role {role} cannot read any more.",
            looked_at="the policy of {bucket} and those of the role {role}",
            needed="s3:GetObject for the role {role}.",
            try_="Take out of the policy only what lets strangers in.",
            bucket=bucket,
            role=role,
        )


@check(permissions=["s3:GetBucketOwnershipControls", "s3:GetObjectAcl", "s3:ListAllMyBuckets", "s3:ListBucket"])
def object_not_shared(account: Account, *, bucket: str, key: str) -> None:
    """The object {key} is there, and no access control list shares it."""
    ask.bucket_exists(account, bucket)
    names = [one["Key"] for one in account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]
    if key not in names:
        raise Fail(
            "{key} is gone from {bucket}.",
            looked_at="the objects of {bucket}",
            needed="The data is still there.",
            try_="Close the access, keep the object.",
            key=key,
            bucket=bucket,
        )
    try:
        rules = account.read("s3", "get_bucket_ownership_controls", Bucket=bucket)["OwnershipControls"]["Rules"]
    except ClientError:
        rules = []
    if any(one["ObjectOwnership"] == "BucketOwnerEnforced" for one in rules):
        return
    grants = account.read("s3", "get_object_acl", Bucket=bucket, Key=key)["Grants"]
    public = [one["Grantee"].get("URI", "") for one in grants if "groups/global/" in one["Grantee"].get("URI", "")]
    if public:
        raise Fail(
            "The access control list of {key} still shares it with {who}.",
            looked_at="the access control list of {key}",
            needed="A private list, or lists switched off for the whole bucket.",
            try_="aws s3api put-object-acl --bucket {bucket} --key {key} --acl private",
            key=key,
            bucket=bucket,
            who=public[0].rpartition("/")[2],
        )
