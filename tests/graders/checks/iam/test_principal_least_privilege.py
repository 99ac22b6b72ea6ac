import pytest

from tests.graders.checks.iam.conftest import ALL, BUCKET, OBJECTS, READ
from tests.graders.conftest import ACCOUNT

CHECK = "iam.principal_least_privilege"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Employees"
NEEDS = [f"s3:GetObject {OBJECTS}", f"s3:PutObject {OBJECTS}", f"dynamodb:GetItem {TABLE}", f"dynamodb:PutItem {TABLE}"]
CALL = {"principal": "role/app", "needs": NEEDS}
PHOTOS = {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": OBJECTS}
ROWS = {"Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": TABLE}


@pytest.fixture(autouse=True)
def _bucket(bucket):
    pass


class TestRight:
    def test_exactly(self, iam, passes):
        iam.role("app", PHOTOS, ROWS)
        passes(CHECK, **CALL)

    def test_with_helpers_and_in_several_policies(self, iam, passes):
        helper = {"Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": f"arn:aws:s3:::{BUCKET}"}
        iam.role("app", PHOTOS, helper, {"Action": "logs:PutLogEvents", "Resource": "*"})
        iam.client.attach_role_policy(RoleName="app", PolicyArn=iam.policy("rows", ROWS))
        passes(CHECK, **CALL)

    def test_a_wildcard_that_covers_what_is_needed_and_more_that_may_be(self, iam, passes):
        iam.role("app", PHOTOS, {"Action": "dynamodb:*", "Resource": TABLE})
        passes(CHECK, **CALL, may=[f"dynamodb:* {TABLE}"])

    def test_too_wide_but_cut_down_by_a_boundary(self, iam, passes):
        iam.role("app", ALL, PermissionsBoundary=iam.policy("limit", READ))
        passes(CHECK, principal="role/app", needs=[f"s3:GetObject {OBJECTS}"], may=["s3:GetObject *"])


class TestWrong:
    @pytest.mark.parametrize(
        ("own", "words"),
        [
            ([{"Action": "s3:*", "Resource": "*"}, ROWS], "nobody asked for that"),
            ([PHOTOS | {"Resource": "*"}, ROWS], "is enough"),
            ([{"NotAction": "iam:*", "Resource": "*"}], "nobody asked for that"),
            ([PHOTOS, ROWS, {"Action": "iam:PassRole", "Resource": "*"}], "can iam:PassRole on *"),
            ([PHOTOS, ROWS, {"Action": ["secretsmanager:GetSecretValue", "kms:Decrypt"], "Resource": "*"}], "nobody"),
            ([PHOTOS, ROWS, {"Action": "glue:GetTables", "Resource": "*"}], "can glue:GetTables"),
        ],
        ids=["s3:*", "Resource *", "NotAction", "PassRole", "reads that leak", "a service that we do not know"],
    )
    def test_too_much(self, iam, fails, own, words):
        iam.role("app", *own)
        fails(CHECK, words, **CALL)

    def test_too_little(self, iam, fails):
        iam.role("app", PHOTOS)
        fails(CHECK, "cannot dynamodb:GetItem", **CALL)

    def test_deletes_the_bucket(self, iam, fails):
        iam.role("app", PHOTOS, ROWS, {"Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{BUCKET}"})
        fails(CHECK, "can s3:DeleteBucket", "(write)", **CALL)


class TestNearMiss:
    def test_the_right_actions_on_all_tables(self, iam, fails):
        iam.role("app", PHOTOS, ROWS | {"Resource": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/*"})
        fails(CHECK, "table/*", f"where {TABLE} is enough", **CALL)
