import pytest

CHECK = "sqs.queue_encrypted"


@pytest.fixture
def jobs(account):
    def jobs(**attributes):
        account.client("sqs").create_queue(QueueName="jobs", Attributes=attributes)

    return jobs


@pytest.fixture
def key(account):
    return account.client("kms").create_key()["KeyMetadata"]["KeyId"]


class TestRight:
    def test_by_sqs(self, jobs, passes):
        jobs(SqsManagedSseEnabled="true")
        passes(CHECK, queue="jobs")

    def test_by_the_key_of_aws(self, jobs, passes):
        jobs(KmsMasterKeyId="alias/aws/sqs")
        passes(CHECK, queue="jobs")

    def test_by_a_key_of_ones_own(self, jobs, key, passes):
        jobs(KmsMasterKeyId=key)
        passes(CHECK, queue="jobs", own_key=True)


class TestWrong:
    def test_not_at_all(self, jobs, fails):
        jobs(SqsManagedSseEnabled="false")
        fails(CHECK, "jobs is not encrypted", queue="jobs")

    def test_not_by_a_key_of_ones_own(self, jobs, fails):
        jobs(SqsManagedSseEnabled="true")
        fails(CHECK, "not by a key of yours", queue="jobs", own_key=True)

    def test_the_key_of_aws_is_not_ones_own(self, jobs, fails):
        jobs(KmsMasterKeyId="alias/aws/sqs")
        fails(CHECK, "which is a key of AWS", queue="jobs", own_key=True)

    def test_a_key_that_is_off(self, jobs, key, account, fails):
        account.client("kms").disable_key(KeyId=key)
        jobs(KmsMasterKeyId=key)
        fails(CHECK, "is Disabled", queue="jobs")

    def test_a_writer_is_kept_out(self, jobs, key, fails):
        jobs(KmsMasterKeyId=key)
        fails(CHECK, "does not let sns.amazonaws.com", queue="jobs", writers=["sns.amazonaws.com"])


class TestNearMiss:
    def test_another_name(self, jobs, fails):
        jobs()
        fails(CHECK, "There is jobs", queue="jobz")
