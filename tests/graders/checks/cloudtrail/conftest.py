import json

import pytest

from tests.graders.conftest import ACCOUNT

BUCKET = "acme-trail"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
LOGS = f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*"
FULL = {"s3:x-amz-acl": "bucket-owner-full-control"}


def policy(*, put=LOGS, source=ARN):
    held = {"aws:SourceArn": source} if source else {}
    first = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{BUCKET}"}
    second = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:PutObject", "Resource": put,
              "Condition": {"StringEquals": {**FULL, **held}}}  # fmt: skip
    return [first, second]


@pytest.fixture
def trail(account):
    """Makes the trail main to acme-trail: started, in all regions, with digests, unless told otherwise."""
    s3, cloudtrail = account.client("s3"), account.client("cloudtrail")

    def make(*, statements=None, start=True, selectors=None, advanced=None, region=None, **more):
        s3.create_bucket(Bucket=BUCKET)
        text = json.dumps({"Version": "2012-10-17", "Statement": policy() if statements is None else statements})
        if statements != []:
            s3.put_bucket_policy(Bucket=BUCKET, Policy=text)
        there = account.client("cloudtrail", region) if region else cloudtrail
        settings = {"IsMultiRegionTrail": True, "EnableLogFileValidation": True, **more}
        there.create_trail(Name="main", S3BucketName=BUCKET, **settings)
        if start:
            there.start_logging(Name="main")
        if selectors:
            there.put_event_selectors(TrailName="main", EventSelectors=selectors)
        if advanced:
            chosen = [{"Name": "n", "FieldSelectors": [{"Field": name, **held} for name, held in one.items()]}
                      for one in advanced]  # fmt: skip
            there.put_event_selectors(TrailName="main", AdvancedEventSelectors=chosen)

    return make
