"""Where a trail may deliver, and what a server logged: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""

from botocore.exceptions import ClientError

from graders import Account, Fail, check, instances, trails
from graders.iam import ask


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
def bucket_takes_trail(account: Account, *, bucket: str, trail: str) -> None:
    """CloudTrail may deliver the files of {trail} to {bucket}."""
    ask.bucket_exists(account, bucket)
    arn = f"arn:aws:cloudtrail:{account.region}:{account.account_id}:trail/{trail}"
    why = trails.bucket_refuses(account, {"Name": trail, "TrailARN": arn, "S3BucketName": bucket})
    if why:
        raise Fail(
            "CloudTrail cannot deliver to {bucket}: {why}.",
            looked_at="the policy of {bucket}",
            needed="cloudtrail.amazonaws.com may s3:GetBucketAcl, and s3:PutObject below AWSLogs/.",
            try_="aws s3api put-bucket-policy --bucket {bucket} --policy file://…",
            bucket=bucket,
            why=why,
        )


@check(permissions=["ec2:DescribeInstances", "logs:DescribeLogGroups", "logs:FilterLogEvents"])
def server_logged(account: Account, *, group: str, server: str, word: str) -> None:
    """An event with {word} is found in {group}, in the stream of {server}."""
    found = instances.the_instance(account, server)
    stream = found["InstanceId"]
    try:
        events = account.read(
            "logs", "filter_log_events", logGroupName=group, logStreamNames=[stream], filterPattern=word
        )["events"]
    except ClientError as error:
        if "ResourceNotFound" not in str(error):
            raise
        raise Fail(
            "There is no stream {stream} in a log group {group}.",
            looked_at="the log groups and their streams",
            needed="The log group {group}, and in it a stream named after the instance.",
            try_="aws logs create-log-group, aws logs create-log-stream",
            stream=stream,
            group=group,
        ) from error
    if not events:
        raise Fail(
            "Nothing with {word} is found in the stream {stream} of {group}.",
            looked_at="the events of the stream",
            needed="One event at least.",
            try_="aws logs put-log-events --log-group-name {group} --log-stream-name {stream} …",
            word=word,
            stream=stream,
            group=group,
        )
