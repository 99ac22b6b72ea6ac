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


def test_the_bucket_policy_alone_grants(bucket, iam, passes):
    iam.role("reporting")
    bucket.policy(ALLOW_ROLE, deny_http())
    passes(CHECK, **CALL)


def test_the_roles_own_policy_alone_grants(bucket, iam, passes):
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
def test_an_administrator_is_kept_out_by_a_deny(bucket, iam, passes, deny):
    iam.role("reporting", READS)
    iam.user("bob", {"Action": "*", "Resource": "*"})
    bucket.policy(ALLOW_ROLE, deny, deny_http())
    passes(CHECK, **CALL)


def test_a_deny_by_the_roles_id_works(bucket, iam, account, passes):
    iam.role("reporting", READS)
    iam.user("bob", {"Action": "*", "Resource": "*"})
    unique = account.client("iam").get_role(RoleName="reporting")["Role"]["RoleId"]
    bucket.policy(statement("Deny", "*", condition={"StringNotLike": {"aws:userid": f"{unique}:*"}}))
    passes(CHECK, **CALL)


def test_wildcards_and_several_statements_are_as_good(bucket, iam, passes):
    iam.role("reporting")
    bucket.policy(
        statement(principal={"AWS": ROLE}, action="s3:Get*", resource=f"{ARN}*"),
        statement(principal={"AWS": ROLE}, action="s3:ListBucket", resource=ARN),
        deny_http(action="*", resource=["*"]),
    )
    passes(CHECK, **CALL)


def test_the_star_limited_to_the_role_is_as_good(bucket, iam, passes):
    iam.role("reporting")
    bucket.policy(statement(principal="*", condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}))
    bucket.block()
    passes(CHECK, **CALL)


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


@pytest.mark.parametrize("name", WRONG)
def test_wrong_work_is_explained(bucket, iam, fails, name):
    statements, users, words = WRONG[name]
    iam.role("reporting")
    for user, policy in users:
        iam.user(user, policy)
    if statements:
        bucket.policy(*statements)
    result = fails(CHECK, words, **CALL)
    assert result.counterexample.endswith(".")


def test_the_labs_own_administrator_is_excepted(bucket, iam, passes):
    iam.role("reporting", READS)
    iam.user("learner", {"Action": "*", "Resource": "*"})
    passes(CHECK, **CALL)


def test_another_role_that_reads_is_named(bucket, iam, fails):
    iam.role("reporting", READS)
    iam.role("batch", {"Action": "s3:Get*", "Resource": "*"})
    fails(CHECK, "role batch can s3:GetObject acme-blue-1f2e/q1.csv", **CALL)


def test_a_group_that_reads_is_found(bucket, iam, account, fails):
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


def test_a_role_that_strangers_may_assume_is_no_guard(bucket, iam, fails):
    iam.role("reporting", READS, trust={"AWS": "*"})
    fails(CHECK, "assumed from outside", **CALL)


def test_a_trust_in_the_account_is_fine(bucket, iam, passes):
    iam.role("reporting", READS, trust={"AWS": ROOT})
    passes(CHECK, **CALL)


def test_a_bucket_with_many_objects_must_be_readable_throughout(bucket, iam, fails):
    iam.role("reporting", {"Action": "s3:GetObject", "Resource": f"{ARN}/q1.csv"})
    bucket.client.put_object(Bucket=BUCKET, Key="q2.csv", Body=b"2")
    fails(CHECK, "role reporting cannot s3:GetObject acme-blue-1f2e/q2.csv", **CALL)
