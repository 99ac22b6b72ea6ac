import json

import pytest

from graders import BotoAccount

BUCKET = "site-1f2e"
ARN = f"arn:aws:s3:::{BUCKET}"


def behavior(origin="s3", policy="redirect-to-https", **more):
    return {"TargetOriginId": origin, "ViewerProtocolPolicy": policy, **more}


@pytest.fixture
def bucket(account):
    """site-1f2e with its index page; `bucket.policy(…)`."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"hi", ContentType="text/html")

    class Made:
        client = s3

        def policy(self, *statements):
            s3.put_bucket_policy(
                Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            )

    return Made()


@pytest.fixture
def distribution(account):
    """Makes distributions: `distribution("www.example.com", behaviors={"/api/*": …})` gives the ARN."""
    client = account.client("cloudfront")

    def distribution(
        name="www.example.com", *, host=f"{BUCKET}.s3.us-east-1.amazonaws.com", default=None, paths=None, **more
    ):
        others = [{"PathPattern": path, **one} for path, one in (paths or {}).items()]
        made = client.create_distribution(
            DistributionConfig={
                "CallerReference": name,
                "Comment": "",
                "Enabled": True,
                "Aliases": {"Quantity": 1, "Items": [name]},
                "Origins": {"Quantity": 1, "Items": [{"Id": "s3", "DomainName": host}]},
                "DefaultCacheBehavior": default or behavior(),
                "CacheBehaviors": {"Quantity": len(others), "Items": others},
                **more,
            }
        )
        return made["Distribution"]["ARN"]

    return distribution


@pytest.fixture
def control(account):
    """Makes an origin access control that signs `always` or otherwise; gives its id."""

    def control(behavior="always"):
        config = {"Name": behavior, "SigningProtocol": "sigv4", "SigningBehavior": behavior}
        config["OriginAccessControlOriginType"] = "s3"
        answer = account.client("cloudfront").create_origin_access_control(OriginAccessControlConfig=config)
        return answer["OriginAccessControl"]["Id"]

    return control


@pytest.fixture
def origin(monkeypatch):
    """`origin(OriginAccessControlId=…)`: the origins are listed with this too, which moto drops."""

    def origin(**more):
        ask = BotoAccount._ask

        def answer(client, operation, parameters):
            given = ask(client, operation, parameters)
            if operation == "list_distributions":
                for one in given["DistributionList"]["Items"]:
                    for each in one["Origins"]["Items"]:
                        each.update(more)
            return given

        monkeypatch.setattr(BotoAccount, "_ask", staticmethod(answer))

    return origin
