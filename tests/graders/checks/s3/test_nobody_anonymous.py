import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.nobody_anonymous"
ACTIONS = ["s3:GetObject", "s3:ListBucket"]
SOMEBODY = {"AWS": ROLE}


def ip(*cidrs, operator="IpAddress"):
    return {operator: {"aws:SourceIp": list(cidrs)}}


OPEN = {
    "star": [statement()],
    "star as AWS": [statement(principal={"AWS": "*"})],
    "among others": [statement(principal={"AWS": [ROLE, "*"]})],
    "NotPrincipal with Allow": [statement(NotPrincipal={"AWS": ROLE})],
    "halves of the internet": [statement(condition=ip("0.0.0.0/1", "128.0.0.0/1"))],
    "the whole internet": [statement(condition=ip("0.0.0.0/0"))],
    "one half": [statement(condition=ip("128.0.0.0/1"))],
    "IPv6": [statement(condition=ip("::/0"))],
    "not from one range": [statement(condition=ip("203.0.113.0/24", operator="NotIpAddress"))],
    "IfExists on a key that is absent": [
        statement(condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
    ],
    "IfExists on the organization": [statement(condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3"}})],
    "ForAllValues on a key that is absent": [
        statement(condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a1b2c3/r-x/"}})
    ],
    "negated key in an Allow": [statement(condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})],
    "Null": [statement(condition={"Null": {"aws:PrincipalOrgID": "true"}})],
    "s3:Get*": [statement(action="s3:Get*")],
    "capital letters": [statement(action="S3:GETOBJECT")],
    "question marks": [statement(action="s3:Ge?Object")],
    "NotAction": [statement(action=None, NotAction="s3:PutObject")],
    "NotResource": [statement(resource=None, NotResource=f"{ARN}/private/*")],
    "over TLS only": [statement(condition={"Bool": {"aws:SecureTransport": "true"}})],
    "by referer": [statement(condition={"StringLike": {"aws:Referer": "https://acme.example/*"}})],
    "by user agent": [statement(condition={"StringEquals": {"aws:UserAgent": "acme-app"}})],
    "a prefix": [statement(resource=f"{ARN}/public/*")],
    "listing": [statement(action="s3:ListBucket", resource=ARN)],
    "listing one prefix": [
        statement(action="s3:List*", resource=ARN, condition={"StringLike": {"s3:prefix": "public/*"}})
    ],
    "any account's role of a name": [
        statement(condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reporting"}})
    ],
    "anyone with an account": [statement(condition={"Null": {"aws:PrincipalArn": "false"}})],
    "a deny that misses": [statement(), statement("Deny", resource=f"{ARN}/private/*")],
    "a deny of one address": [statement(), statement("Deny", condition=ip("198.51.100.1/32"))],
    "a deny for a role": [statement(), statement("Deny", principal=SOMEBODY)],
    "single object": [statement(resource=f"{ARN}/q1.csv")],
}
CLOSED = {
    "one role": [statement(principal=SOMEBODY)],
    "the account": [statement(principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
    "a deny that covers the star": [statement(), statement("Deny")],
    "a deny of everything": [statement(), statement("Deny", action="*", resource="*")],
    "deny all but a role": [
        statement(),
        statement("Deny", condition={"ArnNotEquals": {"aws:PrincipalArn": ROLE}}),
    ],
    "NotPrincipal with Deny": [
        statement(),
        statement(
            "Deny",
            NotPrincipal={
                "AWS": [f"arn:aws:iam::{ACCOUNT}:root", ROLE, f"arn:aws:sts::{ACCOUNT}:assumed-role/reporting/app"]
            },
        ),
    ],
    "by VPC endpoint": [statement(condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})],
    "by organization": [statement(condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}})],
    "by account": [statement(condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})],
    "by principal": [statement(condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})],
    "from an office": [statement(condition=ip("203.0.113.0/24"))],
    "from private addresses": [statement(condition=ip("10.0.0.0/8"))],
    "IfExists on the account": [statement(condition={"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}})],
    "another action": [statement(action="s3:PutObject")],
    "the bucket's ARN for an object's action": [statement(resource=ARN)],
    "a service": [statement(principal={"Service": "cloudtrail.amazonaws.com"})],
    "a variable that the anonymous lack": [statement(resource=f"{ARN}/${{aws:username}}/*", principal="*")],
}
del OPEN["NotAction"][0]["Action"], OPEN["NotResource"][0]["Resource"]
# A variable that strangers have: their own user name would do.
CLOSED.pop("a variable that the anonymous lack")


class TestRight:
    @pytest.mark.parametrize("name", CLOSED)
    def test_closed_to_the_internet(self, bucket, passes, name):
        bucket.policy(*CLOSED[name])
        passes(CHECK, bucket=BUCKET, actions=ACTIONS)

    def test_no_policy_is_closed(self, bucket, passes):
        passes(CHECK, bucket=BUCKET, actions=ACTIONS)

    def test_restrict_public_buckets_closes_a_public_policy(self, bucket, passes):
        bucket.policy(*OPEN["star"])
        bucket.block("RestrictPublicBuckets")
        passes(CHECK, bucket=BUCKET, actions=ACTIONS)

    def test_ignored_acls_are_moot(self, bucket, passes):
        bucket.client.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
        bucket.block("IgnorePublicAcls")
        passes(CHECK, bucket=BUCKET, actions=ACTIONS)

    def test_acls_are_moot_where_the_owner_is_enforced(self, bucket, passes):
        bucket.client.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
        bucket.client.put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        passes(CHECK, bucket=BUCKET, actions=ACTIONS)

    def test_a_partner_that_the_policy_names_is_not_the_internet(self, bucket, passes):
        bucket.policy(statement(principal={"AWS": "arn:aws:iam::999988887777:root"}))
        passes(CHECK, bucket=BUCKET, actions=["s3:GetObject"])


class TestWrong:
    @pytest.mark.parametrize("name", OPEN)
    def test_open_to_the_internet(self, bucket, fails, name):
        bucket.policy(*OPEN[name])
        result = fails(CHECK, bucket=BUCKET, actions=ACTIONS)
        assert result.counterexample.startswith("anyone "), result
        assert "by statement" in result.found

    def test_a_public_acl_opens_and_says_so(self, bucket, fails):
        bucket.client.put_object_acl(Bucket=BUCKET, Key="q1.csv", ACL="public-read")
        result = fails(CHECK, "ACL of q1.csv", bucket=BUCKET, actions=ACTIONS)
        assert "anyone on the internet can s3:GetObject acme-blue-1f2e/q1.csv" in result.counterexample

    def test_an_acl_for_authenticated_users_is_anyone_with_an_account(self, bucket, fails):
        bucket.client.put_bucket_acl(Bucket=BUCKET, ACL="authenticated-read")
        fails(CHECK, "anyone with an AWS account can s3:ListBucket", bucket=BUCKET, actions=ACTIONS)

    def test_a_policy_that_aws_would_refuse_is_explained(self, bucket, fails):
        bucket.policy(statement(action="GetObject"))
        fails(CHECK, "S3 would refuse the policy", "service:Action", bucket=BUCKET, actions=ACTIONS)

    def test_a_role_name_without_its_account_is_anybodys(self, bucket, fails):
        bucket.policy(statement(condition={"StringLike": {"aws:PrincipalArn": "*:role/reporting"}}))
        fails(CHECK, "anyone with an AWS account can", bucket=BUCKET, actions=["s3:GetObject"])


class TestNearMiss:
    def test_block_public_policy_does_not_touch_the_policy_that_is_there(self, bucket, fails):
        bucket.policy(*OPEN["star"])
        bucket.block("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
        fails(CHECK, "RestrictPublicBuckets", bucket=BUCKET, actions=ACTIONS)

    def test_a_policy_for_another_bucket_is_explained(self, bucket, fails):
        bucket.policy(statement(resource="arn:aws:s3:::another/*"))
        fails(CHECK, "is not in bucket", bucket=BUCKET, actions=ACTIONS)
