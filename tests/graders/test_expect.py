import pytest

from graders import CheckCall, Outcome, registry, run
from tests.graders.conftest import new_account


@pytest.fixture
def bucket(account):
    s3 = account.client("s3")
    s3.create_bucket(Bucket="acme")
    s3.put_bucket_versioning(Bucket="acme", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="acme", Key="a.txt", Body=b"12345")
    return s3


def expect(call, that, because="", **rest):
    parameters = {"call": call, "that": that, "because": because, **rest}
    assert registry.validate(CheckCall("expect", parameters)) == []
    return run(CheckCall("expect", parameters, title="T"), new_account())


VERSIONING = {"call": "s3.get_bucket_versioning", "that": "Status", "with": {"Bucket": "acme"}}
HEAD = {"call": "s3.head_object", "that": "ContentLength", "with": {"Bucket": "acme", "Key": "a.txt"}}
LIST = {"call": "s3.list_objects_v2", "that": "Contents[].Key", "with": {"Bucket": "acme"}}


@pytest.mark.parametrize(
    ("block", "comparison", "right", "wrong"),
    [
        (VERSIONING, "is", "Enabled", "Suspended"),
        (VERSIONING, "matches", "En.*", "Sus.*"),
        (VERSIONING, "exists", True, False),
        (HEAD, "at_least", 5, 6),
        (HEAD, "at_most", 5, 4),
        (HEAD, "is", "5", "6"),
        (LIST, "contains", "a.txt", "b.txt"),
    ],
)
def test_each_comparison(bucket, block, comparison, right, wrong):
    assert expect(**block, **{comparison: right}).outcome is Outcome.PASSED
    result = expect(**block, **{comparison: wrong})
    assert result.outcome is Outcome.FAILED
    assert block["that"] in result.found
    assert block["that"] in result.needed


def test_a_failure_says_what_was_asked_found_and_why_it_matters(bucket):
    result = expect(**VERSIONING, **{"is": "Suspended"}, because="an overwritten invoice could not be brought back")
    assert result.looked_at == "s3 get-bucket-versioning of acme"
    assert result.found == 'Status is "Enabled".'
    assert result.try_ == "an overwritten invoice could not be brought back"


def test_what_is_not_there_fails_and_exists_false_passes(bucket):
    block = {"call": "s3.get_bucket_policy", "that": "Policy", "with": {"Bucket": "acme"}}
    result = expect(**block, exists=True)
    assert result.outcome is Outcome.FAILED
    assert result.found == "The bucket policy of acme does not exist."
    assert expect(**block, exists=False).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"call": "s4.get_x", "that": "a", "is": 1}, "AWS service s4 is not known"),
        ({"call": "s3.get_bucket_versionin", "that": "a", "is": 1}, "did you mean get_bucket_versioning?"),
        ({"call": "s3.delete_bucket", "that": "a", "is": 1}, "expect only reads"),
        ({**VERSIONING, "that": "Statsu", "is": 1}, "did you mean Status?"),
        ({**VERSIONING, "that": "Status[", "is": 1}, "is not a JMESPath"),
        ({**VERSIONING, "with": {"Bukcet": "a"}, "is": 1}, "did you mean Bucket?"),
        ({**VERSIONING, "with": {}, "is": 1}, "needs the parameter Bucket"),
        ({**VERSIONING, "with": "acme", "is": 1}, "with must be a mapping"),
        (VERSIONING, "needs exactly one of"),
        ({**VERSIONING, "is": 1, "matches": "a"}, "needs exactly one of"),
        ({**VERSIONING, "iss": 1}, "did you mean is?"),
        ({**VERSIONING, "at_least": "many"}, "at_least must be a number"),
        ({**VERSIONING, "exists": "yes"}, "exists must be true or false"),
        ({**VERSIONING, "matches": "("}, "is not a regular expression"),
        ({"that": "a", "is": 1}, "needs the key call"),
    ],
)
def test_an_authors_mistake_is_a_sentence(parameters, sentence):
    assert any(sentence in one for one in registry.validate(CheckCall("expect", parameters)))


def test_only_reads_are_made_even_without_validation(bucket):
    result = run(CheckCall("expect", {"call": "s3.delete_bucket", "that": "a", "is": 1}), new_account())
    assert result.outcome is Outcome.ERROR


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
@pytest.mark.parametrize(
    ("call", "action"),
    [
        ("s3.head_object", "s3:GetObject"),
        ("s3.list_objects_v2", "s3:ListBucket"),
        ("s3.get_bucket_encryption", "s3:GetEncryptionConfiguration"),
        ("cloudwatch.describe_alarms", "cloudwatch:DescribeAlarms"),
        ("apigateway.get_rest_apis", "apigateway:GET"),
        ("budgets.describe_budgets", "budgets:ViewBudget"),
        ("stepfunctions.list_state_machines", "states:ListStateMachines"),
        ("s3.no_such_thing", None),
    ],
)
def test_its_permission_is_iams_name_for_the_operation(call, action):
    assert registry.permissions([CheckCall("expect", {"call": call})]) == ([action] if action else [])
