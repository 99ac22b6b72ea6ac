"""The IAM action behind an operation of AWS's API: mostly its name, and not always.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

__all__ = ["action_of"]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3 = {
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
}


def action_of(signing_name: str, operation: str, http_method: str = "GET") -> str:
    """The action that a caller of the operation needs: ("s3", "HeadObject") → "s3:GetObject".

    `signing_name` as in the service's model ("monitoring" for CloudWatch). API Gateway goes by the method of HTTP.
    """
    if signing_name == "apigateway":
        return f"apigateway:{http_method}"
    if (
        signing_name == "budgets"
    ):  # https://docs.aws.amazon.com/cost-management/latest/userguide/billing-permissions-ref.html
        return "budgets:ViewBudget" if operation.startswith(("Describe", "List")) else "budgets:ModifyBudget"
    service = {"monitoring": "cloudwatch"}.get(signing_name, signing_name)
    return f"{service}:{_S3.get(operation, operation) if service == 's3' else operation}"
