import pytest

from tests.graders.checks.s3.conftest import BUCKET

CHECK = "s3.bucket_answers_origin"
APP = "https://app.example.com"
CALL = {"bucket": BUCKET, "origins": [APP], "methods": ["GET", "PUT"]}


@pytest.fixture
def cors(bucket):
    """`cors((origins, methods), …)` sets one rule for each; a third item are the headers."""

    def cors(*rules):
        made = [
            {"AllowedOrigins": origins, "AllowedMethods": methods, **({"AllowedHeaders": more[0]} if more else {})}
            for origins, methods, *more in rules
        ]
        bucket.client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": made})

    return cors


class TestRight:
    def test_one_rule(self, cors, passes):
        cors(([APP], ["GET", "PUT"]))
        passes(CHECK, **CALL)

    def test_two_rules(self, cors, passes):
        cors(([APP], ["GET"]), ([APP], ["PUT"]))
        passes(CHECK, **CALL)

    def test_in_another_order_with_headers(self, cors, passes):
        cors(([APP], ["PUT", "GET"], ["*"]))
        passes(CHECK, **CALL, headers=["Content-Type", "x-amz-meta-user"])

    def test_several_origins(self, cors, passes):
        cors((["https://admin.example.com", APP], ["GET", "PUT"]))
        passes(CHECK, **CALL | {"origins": [APP, "https://admin.example.com"]})


class TestWrong:
    def test_no_rules(self, bucket, fails):
        fails(CHECK, "has no CORS rules", **CALL)

    def test_every_origin(self, cors, fails):
        cors((["*"], ["GET", "PUT"]))
        fails(CHECK, "Scripts of every site may GET, PUT", "https://evil.example can", **CALL)

    @pytest.mark.parametrize(
        ("origin", "stranger"),
        [
            ("https://*.example.com", "https://zz.app.example.com"),
            ("https://app.example.com*", "https://app.example.com.evil.example"),
            ("*://app.example.com", "http://app.example.com"),
            ("https://*", "every site"),
        ],
    )
    def test_a_wildcard_that_lets_others_in(self, cors, fails, origin, stranger):
        cors(([origin], ["GET", "PUT"]))
        fails(CHECK, f"Scripts of {stranger} may", **CALL)

    def test_a_rule_for_every_origin_beside_the_right_one(self, cors, fails):
        cors(([APP], ["GET", "PUT"]), (["*"], ["GET"]))
        fails(CHECK, "every site may GET", **CALL)

    def test_a_method_too_many(self, cors, fails):
        cors(([APP], ["GET", "PUT", "DELETE"]))
        fails(CHECK, f"Scripts of {APP} may DELETE too", **CALL)

    def test_a_method_is_missing(self, cors, fails):
        cors(([APP], ["GET"]))
        fails(CHECK, f"No rule lets scripts of {APP} PUT", **CALL)

    def test_the_headers_are_missing(self, cors, fails):
        cors(([APP], ["GET", "PUT"]))
        fails(CHECK, "not send the headers Content-Type", **CALL, headers=["Content-Type"])


class TestNearMiss:
    @pytest.mark.parametrize("near", ["https://app.example.com/", "http://app.example.com", "https://App.example.com"])
    def test_almost_the_origin(self, cors, fails, near):
        cors(([near], ["GET", "PUT"]))
        fails(CHECK, f"There is {near}: an origin is scheme and host", **CALL)
