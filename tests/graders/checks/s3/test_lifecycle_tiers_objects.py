import importlib

import pytest

from tests.graders.checks.s3.conftest import BUCKET

CHECK = "s3.lifecycle_tiers_objects"
ASKED = {"bucket": BUCKET, "prefix": "logs/", "moves": ["STANDARD_IA@30", "ARCHIVE@90"], "expire_days": 365}
LOGS = {"Filter": {"Prefix": "logs/"}}
MOVES = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]
ENDS = {"Days": 365}


@pytest.fixture
def rules(bucket):
    def rules(*rules):
        named = [{"ID": f"r{place}", "Status": "Enabled", **rule} for place, rule in enumerate(rules, 1)]
        bucket.client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": named})

    return rules


RIGHT = {
    "one rule": [{**LOGS, "Transitions": MOVES, "Expiration": ENDS}],
    "two rules": [{**LOGS, "Transitions": MOVES}, {**LOGS, "Expiration": ENDS}],
    "the older form": [{"Prefix": "logs/", "Transitions": MOVES, "Expiration": ENDS}],
    "instant retrieval": [
        {**LOGS, "Transitions": [MOVES[0], {"Days": 90, "StorageClass": "GLACIER_IR"}], "Expiration": ENDS}
    ],
    "moves for the whole bucket": [{"Filter": {}, "Transitions": MOVES}, {**LOGS, "Expiration": ENDS}],
    "And with a prefix alone": [{"Filter": {"And": {"Prefix": "logs/"}}, "Transitions": MOVES, "Expiration": ENDS}],
    "the prefix without its slash": [{"Filter": {"Prefix": "logs"}, "Transitions": MOVES, "Expiration": ENDS}],
}
WRONG = {
    "off": ([{**LOGS, "Status": "Disabled", "Transitions": MOVES, "Expiration": ENDS}], "r1 would, but it is off"),
    "a tag": (
        [
            {
                "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "old", "Value": "yes"}]}},
                "Transitions": MOVES,
                "Expiration": ENDS,
            }
        ],
        "holds for objects with the tag old=yes only",
    ),
    "old versions only": (
        [
            {
                **LOGS,
                "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "STANDARD_IA"}],
                "Expiration": ENDS,
            }
        ],
        "Only old versions move to STANDARD_IA",
    ),
    "by date": (
        [{**LOGS, "Transitions": [{"Date": "2030-01-01T00:00:00Z", "StorageClass": "STANDARD_IA"}]}],
        "on one date, not with age",
    ),
    "too late": ([{**LOGS, "Transitions": [{**MOVES[0], "Days": 60}, MOVES[1]]}], "after 60 days"),
    "no archive": ([{**LOGS, "Transitions": MOVES[:1], "Expiration": ENDS}], "No rule moves objects to GLACIER"),
    "never expires": ([{**LOGS, "Transitions": MOVES}], "Current objects never expire"),
    "expires before it moves": ([{**LOGS, "Transitions": MOVES, "Expiration": {"Days": 60}}], "before they would move"),
    "expires the whole bucket": (
        [{**LOGS, "Transitions": MOVES}, {"Filter": {}, "Expiration": ENDS}],
        "deletes more than logs/: it holds for the whole bucket",
    ),
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_it_does_what_was_asked(self, rules, passes, name):
        rules(*RIGHT[name])
        passes(CHECK, **ASKED)

    def test_sooner_where_at_most_was_asked(self, rules, passes):
        rules({**LOGS, "Transitions": MOVES, "Expiration": {"Days": 300}})
        asked = ASKED | {"moves": ["IA@60", "GLACIER|GLACIER_IR@120"]}
        passes(CHECK, **asked, at_most=True)

    def test_old_versions_go(self, rules, passes):
        rules({"Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}})
        passes(CHECK, bucket=BUCKET, prefix="logs/", noncurrent_days=30)


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_it_does_something_else(self, rules, fails, name):
        given, words = WRONG[name]
        rules(*given)
        fails(CHECK, words, **ASKED)

    def test_a_size(self, bucket, fails, monkeypatch):
        large = {"Filter": {"And": {"Prefix": "logs/", "ObjectSizeGreaterThan": 131072}}, "ID": "large"}
        answer = {"Rules": [{**large, "Status": "Enabled", "Transitions": MOVES, "Expiration": ENDS}]}
        module = importlib.import_module("graders.checks.s3.lifecycle_tiers_objects")
        monkeypatch.setattr(module, "read_or_none", lambda *_, **__: answer)  # moto drops sizes
        fails(CHECK, "The rule large would, but it holds for objects with a size above 131072 bytes", **ASKED)

    def test_no_rules(self, bucket, fails):
        fails(CHECK, "has no lifecycle rules", **ASKED)

    def test_sooner_than_s3_takes_it(self, rules, fails):
        rules({**LOGS, "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}]})
        fails(CHECK, "S3 would refuse this", bucket=BUCKET, prefix="logs/", moves=["STANDARD_IA@30"], at_most=True)

    @pytest.mark.parametrize(("days", "words"), [(400, "stay for 400 days"), (None, "are kept for ever")])
    def test_old_versions_stay(self, rules, fails, days, words):
        gone = {"NoncurrentVersionExpiration": {"NoncurrentDays": days}} if days else {"Expiration": ENDS}
        rules({"Filter": {}, **gone})
        fails(CHECK, words, bucket=BUCKET, noncurrent_days=90)


class TestNearMiss:
    def test_a_narrower_prefix(self, rules, fails):
        rules({"Filter": {"Prefix": "logs/app/"}, "Transitions": MOVES, "Expiration": ENDS})
        fails(CHECK, "The rule r1 would, but it holds for logs/app/ only", **ASKED)

    def test_a_slash_before_the_prefix(self, rules, fails):
        rules({"Filter": {"Prefix": "/logs/"}, "Transitions": MOVES, "Expiration": ENDS})
        fails(CHECK, "holds for /logs/ only", **ASKED)
