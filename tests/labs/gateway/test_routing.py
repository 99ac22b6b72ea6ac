"""Where a request goes, however it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labs.gateway.errors import Refusal
from labs.gateway.routing import SERVICES, action_hint, place_of, tool_of
from labs.gateway.sigv4 import Claim, Head
from labs.sandboxes.emulated.errors import AwsError

HOSTS = ("localhost", "labs.example.org")
ACCOUNT = "339197120484"
CLAIM = Claim("AKIA", "20261121", "us-east-1", "s3", "aws4_request", ("host",), "0" * 64, "", None, False, 0, "")


def head(path: str = "/", host: str = "127.0.0.1:4566", query: str = "", **headers: str) -> Head:
    named = [("host", host)] if host else []
    return Head("GET", path, query, named + [(name.replace("_", "-"), value) for name, value in headers.items()])


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1:4566", "/bucket/key", "/bucket/key"),
        ("localhost:4566", "/bucket/a%20b//../c", "/bucket/a%20b//../c"),
        ("[::1]:4566", "/", "/"),
        ("bucket.localhost:4566", "/key", "/bucket/key"),
        ("bucket.s3.localhost:4566", "/key", "/bucket/key"),
        ("bucket.s3.us-east-1.localhost", "/", "/bucket"),
        ("bucket.s3-eu-west-1.localhost", "/", "/bucket"),
        ("a.dotted.bucket.s3.labs.example.org", "/k", "/a.dotted.bucket/k"),
        ("s3.localhost:4566", "/bucket/key", "/bucket/key"),
        ("s3.us-east-1.localhost:4566", "/bucket", "/bucket"),
        ("some.other.host", "/bucket/key", "/bucket/key"),
        ("LOCALHOST", "/b", "/b"),
    ],
)
def test_every_style_of_address_becomes_path_style(host: str, path: str, expected: str) -> None:
    place = place_of(head(path, host), CLAIM, hosts=HOSTS)
    assert (place.service, place.path, place.account) == ("s3", expected, None)


def test_other_services_keep_their_path_whatever_the_host() -> None:
    claim = replace(CLAIM, service="lambda")
    for host in ("lambda.us-east-1.localhost", "127.0.0.1"):
        assert place_of(head("/2015-03-31/functions/f", host), claim, hosts=HOSTS).path == "/2015-03-31/functions/f"


def test_the_prefix_of_a_mount_is_taken_off() -> None:
    for path, expected in (("/aws/7/bucket/key", "/bucket/key"), ("/aws/7", "/"), ("/aws/77/x", "/aws/77/x")):
        assert place_of(head(path), CLAIM, hosts=HOSTS, prefix="/aws/7").path == expected


def test_an_anonymous_request_names_its_account() -> None:
    for sent in (head(f"/_sandbox/{ACCOUNT}/b/k"), head("/b/k", f"{ACCOUNT}.localhost:4566")):
        place = place_of(sent, None, hosts=HOSTS)
        assert (place.service, place.path, place.account) == ("s3", "/b/k", ACCOUNT)
    place = place_of(head("/k", f"bucket.s3.{ACCOUNT}.localhost"), None, hosts=HOSTS)
    assert (place.path, place.account) == ("/bucket/k", ACCOUNT)
    assert place_of(head("/b/k"), None, hosts=HOSTS).account is None


@pytest.mark.parametrize(
    "path",
    [
        "/moto-api",
        "/moto-api/reset",
        "//moto-api/reset",
        "/%6doto-api/reset",
        "/%6Doto%2dapi",
        "/MOTO-API/",
        "/moto-api%2freset",
        "/./moto-api",
        "/x/../moto-api/data.json",
        "/%2e%2e/moto-api",
        "/\\moto-api",
        "/_sandbox/abc/b",
        "/_sandbox/../moto-api",
        f"/_sandbox/{ACCOUNT}/moto-api/reset",
        f"/_sandbox/{ACCOUNT}//moto-api/reset",
        "/_skylab/other",
        "/../etc/passwd",
        "/%00",
        "/%ff%fe",
        "/%zz",
        "/%",
        "bucket",
    ],
)
@pytest.mark.parametrize("claim", [CLAIM, replace(CLAIM, service="sqs"), None], ids=["s3", "sqs", "anonymous"])
def test_no_spelling_reaches_a_back_door(path: str, claim: Claim | None) -> None:
    """M5 of the threats: moto's /moto-api answers on any host."""
    with pytest.raises(Refusal) as caught:
        place_of(head(path), claim, hosts=HOSTS)
    assert caught.value.status in (400, 404)


@pytest.mark.parametrize("path", ["/a/../b", "/a//b", "/./a", "/a/%2e%2e/b"])
def test_dots_and_empty_segments_are_for_keys_of_s3_only(path: str) -> None:
    with pytest.raises(Refusal):
        place_of(head(path), replace(CLAIM, service="lambda"), hosts=HOSTS)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "169.254.169.254:80", "[fe80::1]", "", "a b", "evil\r\n", "a/b", "x" * 300, "h:123456"]
)
def test_no_host_is_the_metadata_service(host: str) -> None:
    """M10 of the threats: moto hands out instance credentials at that address."""
    with pytest.raises(Refusal):
        place_of(head("/latest/meta-data/", host), CLAIM, hosts=HOSTS)


def test_an_upgrade_or_a_tunnel_is_refused() -> None:
    for sent in (head(upgrade="websocket", connection="upgrade"), Head("CONNECT", "/", "", [("host", "h")])):
        with pytest.raises(Refusal) as caught:
            place_of(sent, CLAIM, hosts=HOSTS)
        assert caught.value.status == 405


def test_an_address_longer_than_any_of_awss_is_refused() -> None:
    for sent in (head("/" + "a" * 5000), head("/", query="a" * 20_000)):
        with pytest.raises(Refusal) as caught:
            place_of(sent, CLAIM, hosts=HOSTS)
        assert caught.value.status == 414


def test_a_service_that_nobody_plays_says_so() -> None:
    with pytest.raises(AwsError, match="not simulated here") as caught:
        place_of(head(), replace(CLAIM, service="gamelift"), hosts=HOSTS)
    assert caught.value.status == 501
    assert not {"moto_api", "batch"} & SERVICES


def test_only_s3_and_cognito_may_be_asked_without_a_name() -> None:
    sent = head(x_amz_target="AWSCognitoIdentityProviderService.InitiateAuth")
    assert place_of(sent, None, hosts=HOSTS).service == "cognito-idp"
    for sent in (head(x_amz_target="DynamoDB_20120810.ListTables"), head(query="Action=ListUsers&Version=2010-05-08")):
        with pytest.raises(Refusal, match="missing Authentication Token"):
            place_of(sent, None, hosts=HOSTS)


def test_the_likely_action_is_found() -> None:
    assert action_hint(head(x_amz_target="AmazonSQS.ReceiveMessage"), b"") == "ReceiveMessage"
    assert action_hint(head(query="Action=ListUsers"), b"") == "ListUsers"
    assert action_hint(head(), b"Version=1&Action=RunInstances&X=1") == "RunInstances"
    assert action_hint(head("/service/GraniteServiceVersion20100801/operation/PutMetricAlarm"), b"") == "PutMetricAlarm"
    assert action_hint(head("/b/k"), b"{}") == ""


def test_tools_are_called_what_people_call_them() -> None:
    assert tool_of("aws-cli/1.46.2 md/Botocore#1.44.5 ua/2.1 os/linux") == "aws-cli"
    assert tool_of("aws-cli/1.46.2 md/Botocore#1.44.5 ua/2.1 os/emscripten#4") == "aws-cli in the browser"
    assert tool_of("Boto3/1.44.5 md/Botocore#1.44.5") == "boto3"
    assert tool_of("APN/1.0 HashiCorp/1.0 Terraform/1.11.4 aws-sdk-go-v2/1.36") == "Terraform"
    assert tool_of("curl/8.1") == "curl"
    assert tool_of("") == ""
    assert tool_of("something<script>") == "something"


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1", f"/_sandbox/{ACCOUNT}/restapis/a1b2c3d4e5/prod/_user_request_/items/1", ""),
        ("127.0.0.1", f"/_sandbox/{ACCOUNT}/apis/a1b2c3d4/prod/items", ""),
        (f"a1b2c3d4e5.execute-api.{ACCOUNT}.localhost", "/prod/items", "/execute-api/a1b2c3d4e5/prod/items"),
        (f"a1b2c3d4e5.execute-api.us-east-1.{ACCOUNT}.localhost", "/", "/execute-api/a1b2c3d4e5/"),
    ],
)
def test_an_api_of_the_learners_is_called_by_path_or_host(host: str, path: str, expected: str) -> None:
    place = place_of(head(path, host, content_type="application/x-www-form-urlencoded"), None, hosts=HOSTS)
    expected = expected or path.removeprefix(f"/_sandbox/{ACCOUNT}")
    assert (place.service, place.path, place.account) == ("execute-api", expected, ACCOUNT)


def test_a_bucket_may_be_called_apis() -> None:
    for path in (f"/_sandbox/{ACCOUNT}/apis/a.txt", f"/_sandbox/{ACCOUNT}/restapis/x/y"):
        assert place_of(head(path), None, hosts=HOSTS).service == "s3"
