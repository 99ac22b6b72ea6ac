import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from graders import CheckCall, Outcome, Result, registry, run
from graders.check import check
from tests.graders.conftest import new_account


class Refusing:
    """An account whose every read fails in one way."""

    account_id, region = "123456789012", "us-east-1"

    def __init__(self, error):
        self.error = error

    def client(self, service, region=None):
        raise self.error

    def read(self, service, operation, *, region=None, **parameters):
        raise self.error

    def once(self, key, make):
        return make()


def refusal(code, message="", operation="DescribeDBInstances"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


CALL = CheckCall("rds.instance_not_public", {"instance": "acme-db"})


@pytest.mark.parametrize(
    ("code", "message", "found"),
    [
        ("DBInstanceNotFound", "DBInstance acme-db not found.", "The db instance of acme-db does not exist."),
        ("NoSuchBucket", "The specified bucket does not exist", "acme-db does not exist."),
        ("404", "Not Found", "acme-db does not exist."),
        ("ResourceNotFoundException", "", "The resource of acme-db does not exist."),
        ("AWS.SimpleQueueService.NonExistentQueue", "", "The queue of acme-db does not exist."),
    ],
)
def test_what_is_not_there_is_the_learners_to_make(code, message, found):
    result = run(CALL, Refusing(refusal(code, message)))
    assert result.outcome is Outcome.FAILED
    assert result.found == found
    assert result.looked_at == "describe db instances"


@pytest.mark.parametrize(
    "error",
    [
        refusal("AccessDenied"),
        refusal("Throttling"),
        refusal("InternalError"),
        refusal("UnrecognizedClientException"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ZeroDivisionError(),
    ],
)
def test_everything_else_is_ours_and_logged(error, caplog):
    with caplog.at_level(logging.ERROR):
        result = run(CALL, Refusing(error))
    assert result.outcome is Outcome.ERROR
    assert "costs you nothing" in result.found
    assert "rds.instance_not_public" in caplog.text


def test_an_unknown_check_is_ours(caplog):
    assert run(CheckCall("s3.nothing"), new_account()).outcome is Outcome.ERROR


def test_the_title_is_the_calls_or_the_docstrings():
    assert run(CALL, Refusing(refusal("404"))).title == "acme-db has no public address."
    titled = CheckCall(CALL.name, CALL.parameters, title="Closed")
    assert run(titled, Refusing(refusal("404"))).title == "Closed"


def test_a_result_survives_json():
    result = Result("a.b", "T", Outcome.FAILED, "l", "f", "n", "t", "c", 12)
    data = result.to_dict()
    assert data["try"] == "t"
    assert data["outcome"] == "failed"
    assert Result.from_dict({**data, "later": 1}) == result


def test_a_check_without_docstring_or_with_loose_parameters_is_refused():
    with pytest.raises(TypeError, match="docstring"):

        @check(permissions=["s3:GetObject"])
        def silent(account):
            pass

    with pytest.raises(TypeError, match="account: Account"):

        @check(permissions=["s3:GetObject"])
        def untyped(account, *, bucket: str) -> None:
            """Says something."""


def test_an_account_asks_once_and_reads_all_pages():
    account = new_account(own_clients=True)
    sns = account.client("sns")
    for number in range(130):
        sns.create_topic(Name=f"t{number:03}")
    asked = []
    sns.meta.events.register("before-call.sns.ListTopics", lambda **_: asked.append(1))
    assert len(account.read("sns", "list_topics")["Topics"]) == 130
    pages = len(asked)
    account.read("sns", "list_topics")
    assert pages > 1
    assert len(asked) == pages


def test_discovery_needs_no_list():
    assert {"expect", "s3.only_role_reads", "ec2.port_only_from_group"} <= set(registry.all())
