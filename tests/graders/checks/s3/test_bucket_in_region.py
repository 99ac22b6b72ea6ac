import pytest

CHECK = "s3.bucket_in_region"


@pytest.fixture
def make(account):
    def make(name, region):
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        account.client("s3", region).create_bucket(Bucket=name, **where)

    return make


class TestRight:
    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
    def test_it_lies_there(self, make, passes, region):
        make("records-1f2e", region)
        passes(CHECK, bucket="records-1f2e", region=region)

    def test_the_old_name_of_the_first_region_in_europe(self, make, passes, monkeypatch):
        make("records-1f2e", "eu-west-1")
        monkeypatch.setattr("moto.s3.models.FakeBucket.location", "EU", raising=False)
        passes(CHECK, bucket="records-1f2e", region="eu-west-1")


class TestWrong:
    @pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "eu-west-2"])
    def test_it_lies_elsewhere(self, make, fails, region):
        make("records-1f2e", region)
        fails(CHECK, f"lies in {region}, not in eu-west-1", bucket="records-1f2e", region="eu-west-1")

    def test_us_east_1_wants_no_constraint(self, make, fails):
        make("records-1f2e", "eu-west-1")
        fails(CHECK, "without a LocationConstraint", bucket="records-1f2e", region="us-east-1")


class TestNearMiss:
    def test_almost_the_same_name(self, make, fails):
        make("records-1f2f", "eu-west-1")
        fails(CHECK, "There is records-1f2f, which is another name", bucket="records-1f2e", region="eu-west-1")
