import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, deny_http, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.only_role_reads"
CALL = {"bucket": BUCKET, "role": "reporting"}
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reporting/nightly"
READS = {"Action": "s3:GetObject", "Resource": f"{ARN}/*"}
ALLOW_ROLE = statement(principal={"AWS": ROLE})


def deny_all_but(operator, key, *values):
    return statement("Deny", "*", condition={operator: {key: list(values)}})


WRONG = {
    "nobody granted": ([], [], "cannot read"),
    "granted on the bucket, not its objects": (
        [statement(principal={"AWS": ROLE}, resource=ARN)],
        [],
        "acts on objects",
    ),
    "granted over http only": (
        [statement(principal={"AWS": ROLE}, condition={"Bool": {"aws:SecureTransport": "false"}})],
        [],
        "over TLS",
    ),
    "the session's ARN in aws:PrincipalArn": (
        [ALLOW_ROLE, deny_all_but("ArnNotEquals", "aws:PrincipalArn", SESSION)],
        [],
        "explicit deny beats",
    ),
    "NotPrincipal without the session": (
        [ALLOW_ROLE, statement("Deny", NotPrincipal={"AWS": [ROOT, ROLE]})],
        [],
        "cannot read",
    ),
    "NotPrincipal without the root": (
        [ALLOW_ROLE, statement("Deny", NotPrincipal={"AWS": [ROLE, SESSION]})],
        [],
        "cannot read",
    ),
    "everybody": ([statement()], [], "anyone on the internet can s3:GetObject"),
    "the whole account by condition": (
        [statement(condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})],
        [],
        "any other user of the account",
    ),
    "from the office, without credentials": (
        [ALLOW_ROLE, statement(condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})],
        [],
        "anyone on the internet",
    ),
    "another administrator": ([ALLOW_ROLE], [("bob", {"Action": "s3:*", "Resource": "*"})], "user bob can"),
    "a deny that misses the administrator's objects": (
        [ALLOW_ROLE, statement("Deny", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, resource=ARN)],
        [("bob", {"Action": "s3:*", "Resource": "*"})],
        "user bob can",
    ),
    "another account": (
        [
            ALLOW_ROLE,
            statement(principal={"AWS": "*"}, condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        ],
        [],
        "anyone",
    ),
}


FOREIGN = "999988887777"
PARTNER = f"arn:aws:iam::{FOREIGN}"
DENY_ANALYSTS = statement("Deny", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/analysts"})
NAMED = {
    "an account": (statement(principal={"AWS": FOREIGN}), f"the root user of account {FOREIGN} can"),
    "an account's root": (statement(principal={"AWS": f"{PARTNER}:root"}), f"of account {FOREIGN} can s3:GetObject"),
    "a user": (statement(principal={"AWS": f"{PARTNER}:user/team/eve"}), f"user eve of account {FOREIGN} can"),
    "a role": (statement(principal={"AWS": f"{PARTNER}:role/etl"}), f"role etl of account {FOREIGN} can"),
    "a session": (
        statement(principal={"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/etl/nightly"}),
        f"role etl of account {FOREIGN} can",
    ),
    "aws:PrincipalAccount": (
        statement(condition={"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, FOREIGN]}}),
        "any other user of the account|" + FOREIGN,
    ),
    "aws:PrincipalAccount, in part": (
        statement(condition={"StringLike": {"aws:PrincipalAccount": "9999*"}}),
        "anyone with an AWS account",
    ),
    "aws:PrincipalArn": (
        statement(condition={"ArnLike": {"aws:PrincipalArn": f"{PARTNER}:role/et?"}}),
        f"role etx of account {FOREIGN} can",
    ),
    "aws:PrincipalArn of any account": (
        statement(condition={"StringLike": {"aws:PrincipalArn": "*:role/reporting"}}),
        "anyone with an AWS account can",
    ),
    "aws:PrincipalOrgID": (
        statement(condition={"StringEquals": {"aws:PrincipalOrgID": "o-acme12345"}}),
        "any account of organization o-acme12345 can",
    ),
    "aws:SourceAccount": (
        statement(condition={"StringEquals": {"aws:SourceAccount": FOREIGN}}),
        f"any AWS service can s3:GetObject {BUCKET}/q1.csv over TLS with aws:sourceaccount = {FOREIGN}",
    ),
    "a service": (
        statement(principal={"Service": "cloudfront.amazonaws.com"}),
        "the service cloudfront.amazonaws.com can",
    ),
    "a canonical user": (
        statement(principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
        "the account with the canonical id 79a59df9… can",
    ),
    "an identity provider": (
        statement(principal={"Federated": "cognito-identity.amazonaws.com"}),
        "whoever signs in with cognito-identity.amazonaws.com can",
    ),
}


TRUSTED_OUTSIDE = {
    "everybody": ({"AWS": "*"}, None, "anyone with an AWS account"),
    "an account": ({"AWS": FOREIGN}, None, f"account {FOREIGN}"),
    "a role": ({"AWS": f"{PARTNER}:role/etl"}, None, f"role etl of account {FOREIGN}"),
    "an account with an external id": (
        {"AWS": f"{PARTNER}:root"},
        {"StringEquals": {"sts:ExternalId": "42"}},
        "with sts:externalid = 42",
    ),
    "an account by condition": (
        {"AWS": "*"},
        {"StringEquals": {"aws:PrincipalAccount": FOREIGN}},
        f"account {FOREIGN}",
    ),
}


ASSUME = {"Action": "sts:AssumeRole", "Resource": ROLE}
INSIDE = {
    "a role by name": ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/analysts"}, None, []),
    "its session by name": ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/analysts/ann"}, None, []),
    "the account, and the role may": ({"AWS": ROOT}, None, [ASSUME]),
    "the account, and the role may do all": ({"AWS": ACCOUNT}, None, [{"Action": "*", "Resource": "*"}]),
    "the account by condition": ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, []),
}


class TestRight:
    def test_the_bucket_policy_alone_grants(self, bucket, iam, passes):
        iam.role("reporting")
        bucket.policy(ALLOW_ROLE, deny_http())
        passes(CHECK, **CALL)

    def test_the_roles_own_policy_alone_grants(self, bucket, iam, passes):
        iam.role("reporting", READS)
        bucket.policy(deny_http())
        passes(CHECK, **CALL)

    @pytest.mark.parametrize(
        "deny",
        [
            deny_all_but("ArnNotEquals", "aws:PrincipalArn", ROLE),
            deny_all_but("ArnNotLike", "aws:PrincipalArn", ROLE, f"arn:aws:iam::{ACCOUNT}:user/learner"),
            deny_all_but("StringNotEquals", "aws:PrincipalArn", ROLE),
            deny_all_but("StringNotLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/reporting*"),
            deny_all_but("ArnNotEqualsIfExists", "aws:PrincipalArn", ROLE),
            statement("Deny", NotPrincipal={"AWS": [ROOT, ROLE, SESSION]}),
        ],
        ids=["ArnNotEquals", "ArnNotLike", "StringNotEquals", "StringNotLike", "IfExists", "NotPrincipal"],
    )
    def test_an_administrator_is_kept_out_by_a_deny(self, bucket, iam, passes, deny):
        iam.role("reporting", READS)
        iam.user("bob", {"Action": "*", "Resource": "*"})
        bucket.policy(ALLOW_ROLE, deny, deny_http())
        passes(CHECK, **CALL)

    def test_a_deny_by_the_roles_id_works(self, bucket, iam, account, passes):
        iam.role("reporting", READS)
        iam.user("bob", {"Action": "*", "Resource": "*"})
        unique = account.client("iam").get_role(RoleName="reporting")["Role"]["RoleId"]
        bucket.policy(statement("Deny", "*", condition={"StringNotLike": {"aws:userid": f"{unique}:*"}}))
        passes(CHECK, **CALL)

    def test_wildcards_and_several_statements_are_as_good(self, bucket, iam, passes):
        iam.role("reporting")
        bucket.policy(
            statement(principal={"AWS": ROLE}, action="s3:Get*", resource=f"{ARN}*"),
            statement(principal={"AWS": ROLE}, action="s3:ListBucket", resource=ARN),
            deny_http(action="*", resource=["*"]),
        )
        passes(CHECK, **CALL)

    def test_the_star_limited_to_the_role_is_as_good(self, bucket, iam, passes):
        iam.role("reporting")
        bucket.policy(statement(principal="*", condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}))
        bucket.block()
        passes(CHECK, **CALL)

    def test_the_labs_own_administrator_is_excepted(self, bucket, iam, passes):
        iam.role("reporting", READS)
        iam.user("learner", {"Action": "*", "Resource": "*"})
        passes(CHECK, **CALL)

    def test_an_outsider_who_is_named_and_denied_is_no_reader(self, bucket, iam, passes):
        iam.role("reporting", READS)
        bucket.policy(
            statement(principal={"AWS": [f"{PARTNER}:root", f"{PARTNER}:role/etl"]}, action="s3:*"),
            statement(principal={"Service": "cloudtrail.amazonaws.com"}, action="s3:PutObject"),
            deny_all_but("ArnNotEquals", "aws:PrincipalArn", ROLE),
        )
        passes(CHECK, **CALL)

    def test_the_accounts_own_canonical_id_is_no_outsider(self, bucket, iam, passes):
        iam.role("reporting", READS)
        bucket.policy(statement(principal={"CanonicalUser": bucket.client.list_buckets()["Owner"]["ID"]}))
        passes(CHECK, **CALL)

    def test_a_trust_in_the_account_that_nobody_can_use_is_fine(self, bucket, iam, passes):
        iam.role("analysts", {"Action": "sts:AssumeRole", "Resource": f"{ROLE}-test"})
        iam.role("reporting", READS, trust={"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:user/learner"]})
        iam.user("learner", {"Action": "*", "Resource": "*"})
        passes(CHECK, **CALL)

    def test_a_trust_in_a_service_is_fine(self, bucket, iam, passes):
        iam.role("analysts", {"Action": "sts:*", "Resource": "*"}, trust={"Service": "lambda.amazonaws.com"})
        iam.role("reporting", READS, trust={"Service": "lambda.amazonaws.com"})
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_wrong_work_is_explained(self, bucket, iam, fails, name):
        statements, users, words = WRONG[name]
        iam.role("reporting")
        for user, policy in users:
            iam.user(user, policy)
        if statements:
            bucket.policy(*statements)
        result = fails(CHECK, words, **CALL)
        assert result.counterexample.endswith(".")

    def test_another_role_that_reads_is_named(self, bucket, iam, fails):
        iam.role("reporting", READS)
        iam.role("batch", {"Action": "s3:Get*", "Resource": "*"})
        fails(CHECK, "role batch can s3:GetObject acme-blue-1f2e/q1.csv", **CALL)

    def test_a_group_that_reads_is_found(self, bucket, iam, account, fails):
        iam.role("reporting", READS)
        iam.user("eve")
        client = account.client("iam")
        arn = client.create_policy(
            PolicyName="reads",
            PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
        )["Policy"]["Arn"]
        client.create_group(GroupName="analysts")
        client.attach_group_policy(GroupName="analysts", PolicyArn=arn)
        client.add_user_to_group(GroupName="analysts", UserName="eve")
        fails(CHECK, "user eve can", "policy reads of user eve", **CALL)

    @pytest.mark.parametrize("name", NAMED)
    def test_an_outsider_that_the_bucket_policy_names_is_found(self, bucket, iam, fails, name):
        allow, words = NAMED[name]
        iam.role("reporting", READS)
        iam.role("analysts", {"Action": "s3:GetObject", "Resource": "*"})
        bucket.policy(allow, DENY_ANALYSTS)
        result = fails(CHECK, "not the only reader", **CALL)
        assert any(one in result.counterexample for one in words.split("|")), result.counterexample

    def test_an_outsider_whom_notprincipal_spares_is_found(self, bucket, iam, fails):
        iam.role("reporting", READS)
        spared = [ROOT, ROLE, SESSION, f"{PARTNER}:root", f"{PARTNER}:user/eve"]
        bucket.policy(statement(), statement("Deny", NotPrincipal={"AWS": spared}))
        fails(CHECK, f"of account {FOREIGN} can s3:GetObject", **CALL)

    def test_an_outsider_whom_an_access_control_list_names_is_found(self, bucket, iam, fails):
        iam.role("reporting", READS)
        bucket.client.put_object_acl(Bucket=BUCKET, Key="q1.csv", GrantRead=f'id="{"79a5" * 16}"')
        fails(CHECK, "the account with the canonical id 79a579a5… can s3:GetObject", "ACL of q1.csv", **CALL)

    @pytest.mark.parametrize("name", TRUSTED_OUTSIDE)
    def test_a_role_that_outsiders_may_assume_is_no_guard(self, bucket, iam, fails, name):
        trust, condition, words = TRUSTED_OUTSIDE[name]
        iam.role("reporting", READS, trust=trust, condition=condition)
        fails(CHECK, "assumed from outside", words, "and then, as role reporting, s3:GetObject", **CALL)

    def test_a_role_that_an_identity_provider_hands_out_is_no_guard(self, bucket, iam, fails):
        trust = {"Federated": "accounts.google.com"}
        iam.role("reporting", READS, trust=trust, action="sts:AssumeRoleWithWebIdentity")
        fails(CHECK, "assumed from outside", "whoever signs in with accounts.google.com", **CALL)

    @pytest.mark.parametrize("name", INSIDE)
    def test_whoever_may_become_the_reader_reads(self, bucket, iam, fails, name):
        trust, condition, rights = INSIDE[name]
        iam.role("analysts", *rights)
        iam.role("reporting", READS, trust=trust, condition=condition)
        bucket.policy(deny_all_but("ArnNotEquals", "aws:PrincipalArn", ROLE))
        chain = f"can sts:AssumeRole {ROLE} over TLS, and then, as role reporting, s3:GetObject {BUCKET}/q1.csv."
        fails(CHECK, f"role analysts {chain}", "may become it", **CALL)

    def test_a_user_who_may_become_the_reader_is_named(self, bucket, iam, fails):
        iam.role("reporting", READS, trust={"AWS": ROOT})
        iam.user("eve", ASSUME)
        fails(CHECK, "user eve can sts:AssumeRole", "policy inline of user eve", **CALL)

    def test_a_bucket_with_many_objects_must_be_readable_throughout(self, bucket, iam, fails):
        iam.role("reporting", {"Action": "s3:GetObject", "Resource": f"{ARN}/q1.csv"})
        bucket.client.put_object(Bucket=BUCKET, Key="q2.csv", Body=b"2")
        fails(CHECK, "role reporting cannot s3:GetObject acme-blue-1f2e/q2.csv", **CALL)

    def test_a_distribution_that_reads_for_everybody_is_found(self, bucket, iam, fails):
        iam.role("reporting", READS)
        identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABC"
        bucket.policy(statement(principal={"AWS": identity}))
        fails(CHECK, "CloudFront, with the origin access identity E1ABC", **CALL)


class TestNearMiss:
    def test_a_reader_without_leave_is_told_what_it_lacks(self, bucket, iam, fails):
        iam.role("reporting")
        result = fails(CHECK, "role reporting lacks s3:GetObject on acme-blue-1f2e/q1.csv", **CALL)
        assert "nothing allows it" not in result.found
