import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, statement

CHECK = "s3.role_cannot"
ACTIONS = ["s3:PutObject", "s3:DeleteObject"]


class TestRight:
    @pytest.mark.parametrize(
        "own",
        [
            [],
            [{"Action": "s3:GetObject", "Resource": f"{ARN}/*"}],
            [{"Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
            [{"Action": "s3:*", "Resource": "arn:aws:s3:::another/*"}],
        ],
    )
    def test_a_reader_cannot_write(self, bucket, iam, passes, own):
        iam.role("reporting", *own)
        passes(CHECK, bucket=BUCKET, role="reporting", actions=ACTIONS)

    def test_a_deny_of_the_bucket_takes_it_away(self, bucket, iam, passes):
        iam.role("reporting", {"Action": "s3:*", "Resource": "*"})
        bucket.policy(statement("Deny", {"AWS": ROLE}, ["s3:PutObject*", "s3:Delete*"], f"{ARN}*"))
        passes(CHECK, bucket=BUCKET, role="reporting", actions=ACTIONS)


class TestWrong:
    @pytest.mark.parametrize(
        ("own", "policy"),
        [
            ([{"Action": "s3:*", "Resource": "*"}], []),
            ([{"Action": "s3:PutObject", "Resource": f"{ARN}/inbox/*"}], []),
            ([{"NotAction": "s3:GetObject", "Resource": "*"}], []),
            ([], [statement(principal={"AWS": ROLE}, action="s3:*Object")]),
            ([], [statement(principal="*", action="s3:DeleteObject")]),
            (
                [{"Action": "s3:*", "Resource": "*"}],
                [
                    statement(
                        "Deny", {"AWS": ROLE}, "s3:PutObject", condition={"Bool": {"aws:SecureTransport": "false"}}
                    )
                ],
            ),
        ],
    )
    def test_a_role_that_can_is_shown_how(self, bucket, iam, fails, own, policy):
        iam.role("reporting", *own)
        if policy:
            bucket.policy(*policy)
        result = fails(CHECK, "can do more than it should", bucket=BUCKET, role="reporting", actions=ACTIONS)
        assert result.counterexample.startswith("role reporting can s3:")

    def test_wildcards_in_the_actions_are_tried_one_by_one(self, bucket, iam, fails):
        iam.role("reporting", {"Action": "s3:DeleteBucket", "Resource": ARN})
        fails(CHECK, "s3:DeleteBucket", bucket=BUCKET, role="reporting", actions=["s3:Delete*"])


class TestNearMiss:
    def test_another_case_of_the_role_is_pointed_out(self, bucket, iam, fails):
        iam.role("Reporting")
        fails(CHECK, "There is Reporting", bucket=BUCKET, role="reporting", actions=ACTIONS)
