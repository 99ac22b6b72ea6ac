import pytest

CHECK = "cloudtrail.trail_records_objects"
CALL = {"trail": "main", "bucket": "acme-docs"}
DATA = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}}


def basic(*values, read_write="All", kind="AWS::S3::Object"):
    resources = [{"Type": kind, "Values": list(values)}]
    return [{"ReadWriteType": read_write, "IncludeManagementEvents": True, "DataResources": resources}]


# Values may be left out, and then no object is meant.
NO_VALUES = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [{"Type": "AWS::S3::Object"}]}]


class TestRight:
    @pytest.mark.parametrize(
        "how",
        [
            {"selectors": basic("arn:aws:s3:::acme-docs/")},
            {"selectors": basic("arn:aws:s3")},
            {"advanced": [DATA]},
            {"advanced": [DATA | {"resources.ARN": {"StartsWith": ["arn:aws:s3:::acme-docs/"]}}]},
        ],
        ids=["the bucket", "all", "advanced, all", "advanced, the bucket"],
    )
    def test_it_does(self, trail, passes, how):
        trail(**how)
        passes(CHECK, **CALL)

    def test_writes_only(self, trail, passes):
        trail(selectors=basic("arn:aws:s3:::", read_write="WriteOnly"))
        passes(CHECK, **CALL, writes_only=True)


class TestWrong:
    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ({}, "records nothing of the objects"),
            ({"selectors": basic("arn:aws:s3", read_write="WriteOnly")}, "leaves out reads of"),
            ({"selectors": basic("arn:aws:lambda", kind="AWS::Lambda::Function")}, "records nothing of"),
            ({"selectors": basic("arn:aws:s3:::acme-docs/2024/")}, "It records arn:aws:s3:::acme-docs/2024/"),
            ({"advanced": [DATA | {"readOnly": {"Equals": ["true"]}}]}, "leaves out writes to"),
            ({"selectors": basic("arn:aws:s3"), "start": False}, "is stopped"),
            ({"selectors": NO_VALUES}, "records nothing of the objects"),
        ],
    )
    def test_it_does_not(self, trail, fails, how, words):
        trail(**how)
        fails(CHECK, words, **CALL)


class TestNearMiss:
    def test_another_bucket(self, trail, fails):
        trail(selectors=basic("arn:aws:s3:::acme-doc/"))
        fails(CHECK, "It records arn:aws:s3:::acme-doc/", **CALL)

    def test_the_slash_is_missing(self, trail, fails):
        trail(selectors=basic("arn:aws:s3:::acme-docs"))
        fails(CHECK, "without the slash", **CALL)
