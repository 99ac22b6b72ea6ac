"""What passes between a tool and its cell, and what does not; and in which protocol an error is told."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from labs.gateway import errors
from labs.gateway.app import _Exchange, _headers, _passed
from labs.gateway.errors import Refusal
from labs.gateway.journal import Life, pack_request, shown, unpack_request
from labs.gateway.room import Room
from labs.gateway.sigv4 import Head
from labs.sandboxes.emulated.fleet import CellRequest, CellResponse

ACCOUNT = "339197120484"


def room() -> Room:
    return Room(None, Life(1, 1, ACCOUNT, "us-east-1", True, 0.0))  # type: ignore[arg-type]


def passed(*headers: tuple[str, str], s3: bool = True) -> list[tuple[str, str]]:
    return _passed(Head("PUT", "/b/k", "", headers), room(), s3=s3)


async def nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def test_m6_no_header_of_the_emulators_own_reaches_a_cell() -> None:
    bad = [("X-Moto-Account-Id", "222222222222"), ("x-moto-anything", "1"), ("X-Forwarded-For", "1.2.3.4")]
    secret = [("Authorization", "AWS4 …"), ("X-Amz-Security-Token", "token"), ("Cookie", "a=b"), ("Host", "h")]
    kept = [("content-type", "text/plain"), ("x-amz-acl", "private"), ("range", "bytes=0-1"), ("user-agent", "u")]
    assert passed(*bad, *secret, *kept) == kept


def test_only_ones_own_account_may_be_named() -> None:
    assert passed(("x-amz-account-id", ACCOUNT)) == [("x-amz-account-id", ACCOUNT)]
    with pytest.raises(Refusal, match="Access Denied"):
        passed(("x-amz-account-id", "222222222222"))


def test_how_a_body_was_sent_is_not_passed_on() -> None:
    sent = [("content-encoding", "aws-chunked"), ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")]
    assert passed(*sent, ("x-amz-decoded-content-length", "5"), ("x-amz-trailer", "x-amz-checksum-crc32")) == []
    assert passed(("content-encoding", "aws-chunked, gzip")) == [("content-encoding", "gzip")]
    assert passed(("content-encoding", "gzip")) == [("content-encoding", "gzip")]  # a property of the object
    assert passed(("content-encoding", "gzip"), s3=False) == []  # inflated by then


def test_m11_no_answer_lets_an_origin_in() -> None:
    answer = CellResponse(
        200,
        [
            ("Access-Control-Allow-Origin", "https://evil.example"),
            ("ETag", '"x"'),
            ("Server", "s"),
            ("x-amzn-requestid", "a"),
        ],
        b"body",
        request_id="rid",
    )
    exchange = _Exchange(Head("GET", "/", "", []), nothing)
    assert _headers(answer, exchange) == [
        ("etag", '"x"'),
        ("x-amz-request-id", "rid"),
        ("x-amz-id-2", errors.host_id("rid")),
    ]
    exchange.protocol = "json"
    assert _headers(answer, exchange)[-1] == ("x-amzn-requestid", "rid")


SHAPES: list[tuple[str, str, dict[str, str], str]] = [
    ("s3", "s3", {}, "SlowDown"),
    ("ec2", "ec2", {"content-type": "application/x-www-form-urlencoded"}, "RequestLimitExceeded"),
    ("iam", "iam", {"content-type": "application/x-www-form-urlencoded"}, "Throttling"),
    (
        "sqs",
        "sqs",
        {"x-amz-target": "AmazonSQS.ListQueues", "content-type": "application/x-amz-json-1.0"},
        "Throttling",
    ),
    ("cloudwatch", "monitoring", {"smithy-protocol": "rpc-v2-cbor"}, "Throttling"),
    ("dynamodb", "dynamodb", {"x-amz-target": "DynamoDB_20120810.ListTables"}, "ThrottlingException"),
    ("lambda", "lambda", {}, "TooManyRequestsException"),
    ("efs", "elasticfilesystem", {}, "ThrottlingException"),
    ("route53", "route53", {}, "Throttling"),
]


@pytest.mark.parametrize(("name", "signing", "headers", "code"), SHAPES)
def test_an_error_is_told_in_the_protocol_that_was_spoken(
    name: str, signing: str, headers: dict[str, str], code: str
) -> None:
    head = Head("POST", "/2015-03-31/functions" if name == "lambda" else "/", "", headers.items())
    protocol = errors.protocol_of(signing, head)
    status, told, body = errors.rendered(
        errors.throttled(protocol, signing), protocol=protocol, service=signing, head=head, request_id="rid"
    )
    model = botocore.session.get_session().get_service_model(name)
    spoken = {"smithy-rpc-v2-cbor": "smithy-rpc-v2-cbor"}.get(protocol, model.metadata["protocol"])
    parser = create_parser(spoken)
    operation = model.operation_model(next(iter(model.operation_names)))
    said = parser.parse({"status_code": status, "headers": told, "body": body}, operation.output_shape)
    found = said["Error"].get("QueryErrorCode") or said["Error"]["Code"]
    query_error = told.get("x-amzn-query-error", "").partition(";")[0]
    assert code in (found, query_error) and said["Error"]["Message"]


def test_the_error_of_a_head_request_has_no_body() -> None:
    head = Head("HEAD", "/b/k", "", [])
    assert errors.rendered(errors.throttled("s3"), protocol="s3", service="s3", head=head, request_id="r")[2] == b""


def test_a_request_comes_back_from_the_journal_as_it_went_in() -> None:
    request = CellRequest(
        *(
            "PUT",
            "s3",
            "us-east-1",
            "/b/%C3%BC",
            "a=%2B",
            [("x-amz-meta-a", "ü"), ("x-amz-meta-a", "2")],
            b"\x00\xff" * 100,
        ),
        *("AKIA", 1_763_722_800.123456, 7, "127.0.0.1:4566"),
    )
    assert unpack_request(pack_request(request), seq=7, at=1_763_722_800.123456) == request


def test_what_no_database_keeps_is_shown_otherwise() -> None:
    assert shown({"a\0": ["\ud800", {"b": "ok", "n": 1, "x": None}]}) == {"a�": ["?", {"b": "ok", "n": 1, "x": None}]}
