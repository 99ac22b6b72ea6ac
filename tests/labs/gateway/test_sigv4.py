"""What AWS's own signer makes is accepted; what anybody else makes of it is not."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from labs.gateway.sigv4 import EMPTY_SHA256, Claim, Fault, Head, Key, SigningFault, Verified, read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION_KEY, SESSION_SECRET, TOKEN = "ASIAIOSFODNN7EXAMPLE", "tmp" + SECRET, "IQoJb3JpZ2luX2VjEEXAMPLE//TOKEN=="
OTHER_KEY = "AKIAI44QH8DHBEXAMPLE"
KEYS = {KEY: Key(SECRET), SESSION_KEY: Key(SESSION_SECRET, TOKEN), OTHER_KEY: Key("another secret")}
ENDPOINT = "http://127.0.0.1:4566"
REGIONS = ("us-east-1", "eu-west-1")


@dataclass(frozen=True)
class Sent:
    """A request as it reached us."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    at: float = 0.0

    def having(self, *named: tuple[str, str]) -> Sent:
        """Return it with these headers in the place of those of the same name."""
        names = {name.lower() for name, _ in named}
        return replace(self, headers=(*(each for each in self.headers if each[0].lower() not in names), *named))

    def header(self, name: str) -> str:
        return next(value for known, value in self.headers if known.lower() == name.lower())

    def authorized(self, old: str, new: str) -> Sent:
        """Return it with a part of its Authorization changed."""
        authorization = self.header("Authorization")
        assert old in authorization
        return self.having(("Authorization", authorization.replace(old, new)))

    def queried(self, old: str, new: str) -> Sent:
        assert old in self.query
        return replace(self, query=self.query.replace(old, new))


def check(sent: Sent, **options: Any) -> Verified | None:
    head = Head(sent.method, sent.path, sent.query, sent.headers)
    claim = read_claim(head)
    if claim is None:
        return None
    given = {
        "lookup": KEYS.get,
        "regions": REGIONS,
        "now": sent.at,
        "body_sha256": hashlib.sha256(sent.body).hexdigest(),
    }
    return verify(head, claim, **given | options)


def sent_of(request: AWSRequest | AWSPreparedRequest) -> Sent:
    prepared = request.prepare() if isinstance(request, AWSRequest) else request
    rest = prepared.url.split("://", 1)[1]
    host, slash, target = rest.partition("/")
    path, _, query = (slash + target).partition("?")
    headers = [
        (name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()
    ]
    if "host" not in {name.lower() for name, _ in headers}:
        headers.append(("Host", host))
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    return Sent(
        prepared.method, path, query, tuple(headers), body.encode() if isinstance(body, str) else body, time.time()
    )


def signed(
    service: str = "sts",
    *,
    method: str = "POST",
    path: str = "/",
    query: str = "",
    body: bytes = b"Action=GetCallerIdentity&Version=2011-06-15",
    headers: dict[str, str] | None = None,
    key: str = KEY,
    token: str | None = None,
    presigned: int = 0,
    region: str = "us-east-1",
) -> Sent:
    request = AWSRequest(method, f"{ENDPOINT}{path}{'?' + query if query else ''}", headers=headers or {}, data=body)
    credentials = Credentials(key, KEYS[key].secret, token)
    kinds: Any = {
        (True, True): S3SigV4QueryAuth,
        (True, False): S3SigV4Auth,
        (False, True): SigV4QueryAuth,
        (False, False): SigV4Auth,
    }
    options = {"expires": presigned} if presigned else {}
    kinds[service == "s3", bool(presigned)](credentials, service, region, **options).add_auth(request)
    return sent_of(request)


class Captured(Exception):
    """Carries a request that a client was about to send."""


def captured(service: str, operation: str, parameters: dict[str, Any]) -> Sent:
    """Return what a real boto3 client would put on the wire."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )

    def take(request: AWSPreparedRequest, **_: Any) -> None:
        raise Captured(request)

    client.meta.events.register("before-send", take)
    try:
        getattr(client, operation)(**parameters)
    except Captured as caught:
        return sent_of(caught.args[0])
    raise AssertionError("nothing was sent")


ODD = "a b+c%/ü&=?#~'()*!@$,;:[]{}|\\^`\"<>日本.txt"
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("s3", "list_buckets", {}),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x" * 5000, "Metadata": {"a": " two  spaces "}}),
    ("s3", "put_object", {"Bucket": "b", "Key": ODD, "Body": b"x"}),
    ("s3", "get_object", {"Bucket": "b", "Key": ODD, "Range": "bytes=0-9", "VersionId": "a+b/c="}),
    ("s3", "get_object", {"Bucket": "b", "Key": "../dots/./and//slashes/"}),
    ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": ODD, "Delimiter": "/", "StartAfter": "é"}),
    ("s3", "delete_object", {"Bucket": "b", "Key": "/leading"}),
    ("s3", "put_bucket_policy", {"Bucket": "b", "Policy": '{"Version": "2012-10-17"}'}),
    ("s3", "head_object", {"Bucket": "b", "Key": "k"}),
    ("ec2", "describe_instances", {"Filters": [{"Name": "tag:Name", "Values": [ODD]}]}),
    ("rds", "describe_db_instances", {}),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": ODD}),
    ("sqs", "send_message", {"QueueUrl": f"{ENDPOINT}/123456789012/q", "MessageBody": ODD}),
    ("cloudwatch", "put_metric_data", {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.0}] * 500}),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}),
    ("sts", "get_caller_identity", {}),
    ("dynamodb", "put_item", {"TableName": "t", "Item": {"id": {"S": ODD}}}),
    ("lambda", "invoke", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "Payload": b"{}"}),
    ("lambda", "list_tags", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
    ("kms", "encrypt", {"KeyId": "alias/k", "Plaintext": b"\x00\xff"}),
    ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/f", "filterPattern": ODD}),
    ("route53", "get_hosted_zone", {"Id": "/hostedzone/Z1"}),
    ("apigateway", "get_resource", {"restApiId": "a", "resourceId": "r"}),
]


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
def test_what_boto3_signs_is_accepted(service: str, operation: str, parameters: dict[str, Any]) -> None:
    sent = captured(service, operation, parameters)
    found = check(sent)
    assert found is not None and found.claim.access_key == KEY
    forged = replace(sent, path=sent.path + "x")
    with pytest.raises(SigningFault):
        check(forged)


@pytest.mark.parametrize("key", ["plain.txt", ODD, "a//b/../c", "päth/with+plus"])
def test_a_presigned_url_of_boto3_is_accepted(key: str) -> None:
    client = boto3.client(
        "s3",
        "us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    parameters = {"Bucket": "b", "Key": key, "ResponseContentDisposition": 'attachment; filename="a b.txt"'}
    url = client.generate_presigned_url("get_object", parameters, ExpiresIn=60)
    path, _, query = url.removeprefix(ENDPOINT).partition("?")
    sent = Sent("GET", path, query, (("Host", "127.0.0.1:4566"),), at=time.time())
    found = check(sent)
    assert found is not None and found.claim.presigned


def test_a_presigned_call_of_another_service_is_accepted() -> None:
    sent = signed(method="GET", query="Action=GetCallerIdentity&Version=2011-06-15", body=b"", presigned=60)
    assert check(sent) is not None


def test_a_session_key_with_its_token_is_accepted() -> None:
    assert check(signed(key=SESSION_KEY, token=TOKEN)) is not None
    assert (
        check(signed("s3", method="GET", path="/b/k", body=b"", key=SESSION_KEY, token=TOKEN, presigned=60)) is not None
    )


def test_the_books_own_examples_are_accepted() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, …/sigv4-query-string-auth.html"""
    at = datetime(2013, 5, 24, tzinfo=UTC).timestamp()
    scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    by_header = Sent(
        *("GET", "/test.txt", ""),
        (
            ("Host", "examplebucket.s3.amazonaws.com"),
            (
                "Authorization",
                f"AWS4-HMAC-SHA256 Credential={scope},"
                f"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature={signature}",
            ),
            ("Range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY_SHA256),
            ("x-amz-date", "20130524T000000Z"),
        ),
        at=at,
    )
    assert check(by_header) is not None
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope.replace('/', '%2F')}&X-Amz-Date=20130524T000000Z"
        "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    by_query = Sent("GET", "/test.txt", query, (("Host", "examplebucket.s3.amazonaws.com"),), at=at)
    assert check(replace(by_query, at=at + 86_000)) is not None
    with pytest.raises(SigningFault) as caught:
        check(replace(by_query, at=at + 86_401))
    assert caught.value.fault is Fault.PRESIGN_EXPIRED


def test_nothing_is_claimed_by_an_anonymous_request() -> None:
    assert check(Sent("GET", "/b/k", "", (("Host", "127.0.0.1"),))) is None


STS = signed
DATE = time.strftime("%Y%m%d", time.gmtime())


def s3(**options: Any) -> Sent:
    return signed("s3", **{"method": "PUT", "path": "/b/k", "body": b"hello", **options})


def url(**options: Any) -> Sent:
    return signed("s3", **{"method": "GET", "path": "/b/k", "body": b"", "presigned": 600, **options})


def doubled(sent: Sent, name: str, value: str | None = None) -> Sent:
    return replace(sent, headers=(*sent.headers, (name, sent.header(name) if value is None else value)))


def unsigned(sent: Sent, name: str) -> Sent:
    """Take a header out of SignedHeaders, leaving the signature."""
    followed = f"{name};" in sent.header("Authorization")
    return sent.authorized(f"{name};" if followed else f";{name}", "")


FORGED: list[tuple[str, Callable[[], Sent], Fault]] = [
    ("body changed", lambda: replace(STS(), body=b"Action=Other"), Fault.MISMATCH),
    ("signature zeroed", lambda: STS().authorized(STS().header("Authorization")[-64:], "0" * 64), Fault.MISMATCH),
    ("method changed", lambda: replace(s3(), method="DELETE"), Fault.MISMATCH),
    ("path changed", lambda: replace(s3(), path="/b/other"), Fault.MISMATCH),
    ("path case changed", lambda: replace(s3(), path="/b/K"), Fault.MISMATCH),
    ("query added", lambda: replace(s3(), query="acl"), Fault.MISMATCH),
    (
        "query value changed",
        lambda: replace(s3(query="partNumber=1&uploadId=u"), query="partNumber=2&uploadId=u"),
        Fault.MISMATCH,
    ),
    ("query doubled", lambda: replace(s3(query="a=1"), query="a=1&a=1"), Fault.MISMATCH),
    ("host changed", lambda: STS().having(("Host", "other:4566")), Fault.MISMATCH),
    (
        "signed header changed",
        lambda: s3(headers={"x-amz-acl": "private"}).having(("x-amz-acl", "public-read")),
        Fault.MISMATCH,
    ),
    ("signed header removed", lambda: s3(headers={"x-amz-acl": "private"}).having(("x-amz-acl", "")), Fault.MISMATCH),
    ("x-amz header added", lambda: s3().having(("x-amz-acl", "public-read")), Fault.NOT_SIGNED),
    ("date header moved", lambda: STS().having(("X-Amz-Date", f"{DATE}T000000Z")), Fault.EXPIRED),
    ("content hash changed", lambda: s3().having(("X-Amz-Content-SHA256", "0" * 64)), Fault.MISMATCH),
    ("content hash made unsigned", lambda: s3().having(("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")), Fault.MISMATCH),
    ("no content hash", lambda: s3().having(("X-Amz-Content-SHA256", "")), Fault.NO_PAYLOAD_HASH),
    ("nonsense content hash", lambda: s3().having(("X-Amz-Content-SHA256", "abc")), Fault.BAD_PAYLOAD_HASH),
    ("unsigned payload outside s3", lambda: STS(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}), Fault.MISMATCH),
    ("another's key id", lambda: STS().authorized(KEY, OTHER_KEY), Fault.MISMATCH),
    ("unknown key", lambda: STS().authorized(KEY, "AKIAUNKNOWNUNKNOWN00"), Fault.UNKNOWN_KEY),
    ("12-digit key", lambda: STS().authorized(KEY, "123456789012"), Fault.UNKNOWN_KEY),
    ("15 minutes and a second old", lambda: replace(STS(), at=time.time() + 902), Fault.EXPIRED),
    ("15 minutes and a second ahead", lambda: replace(STS(), at=time.time() - 902), Fault.NOT_YET),
    ("scope of another day", lambda: STS().authorized(DATE, "20200101"), Fault.BAD_DATE),
    ("scope of another region", lambda: STS(region="mars-north-1"), Fault.BAD_REGION),
    ("region swapped", lambda: STS().authorized("us-east-1", "eu-west-1"), Fault.MISMATCH),
    ("service swapped", lambda: STS().authorized("/sts/", "/iam/"), Fault.MISMATCH),
    ("terminator changed", lambda: STS().authorized("aws4_request", "aws5_request"), Fault.BAD_TERMINATOR),
    ("scope too short", lambda: STS().authorized("/sts/aws4_request", "/aws4_request"), Fault.BAD_CREDENTIAL),
    ("scope too long", lambda: STS().authorized("/sts/", "/sts/x/"), Fault.BAD_CREDENTIAL),
    ("scope with a hole", lambda: STS().authorized("/us-east-1/", "//"), Fault.BAD_CREDENTIAL),
    ("host not signed", lambda: unsigned(STS(), "host"), Fault.NOT_SIGNED),
    ("date not signed", lambda: unsigned(STS(), "x-amz-date"), Fault.NOT_SIGNED),
    ("content hash not signed", lambda: unsigned(s3(), "x-amz-content-sha256"), Fault.NOT_SIGNED),
    ("signed headers reordered", lambda: STS().authorized("host;x-amz-date", "x-amz-date;host"), Fault.MISMATCH),
    ("signed header twice", lambda: STS().authorized("host;", "host;host;"), Fault.MISMATCH),
    ("two Authorization headers", lambda: doubled(STS(), "Authorization"), Fault.TWO_MECHANISMS),
    ("header and query", lambda: replace(s3(), query=url().query), Fault.TWO_MECHANISMS),
    ("two dates", lambda: doubled(STS(), "X-Amz-Date"), Fault.MISMATCH),
    ("two hosts", lambda: doubled(STS(), "Host", "evil"), Fault.MISMATCH),
    ("two content hashes", lambda: doubled(s3(), "X-Amz-Content-SHA256"), Fault.MISMATCH),
    ("two tokens", lambda: doubled(STS(key=SESSION_KEY, token=TOKEN), "X-Amz-Security-Token"), Fault.MISMATCH),
    ("no date", lambda: STS().having(("X-Amz-Date", "")), Fault.NO_DATE),
    ("nonsense date", lambda: STS().having(("X-Amz-Date", "tomorrow")), Fault.NO_DATE),
    (
        "a date that is none",
        lambda: STS().authorized(DATE, "20261399").having(("X-Amz-Date", "20261399T000000Z")),
        Fault.NO_DATE,
    ),
    ("digits of another script", lambda: STS().having(("X-Amz-Date", "٢٠٢٦1121T000000Z")), Fault.NO_DATE),
    ("signature version 2", lambda: STS().having(("Authorization", f"AWS {KEY}:c2lnbmF0dXJl")), Fault.UNSUPPORTED),
    (
        "version 2 in the query",
        lambda: Sent("GET", "/b/k", f"AWSAccessKeyId={KEY}&Expires=1&Signature=x", ()),
        Fault.UNSUPPORTED,
    ),
    ("asymmetric", lambda: STS().authorized("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Fault.UNSUPPORTED),
    ("bearer", lambda: STS().having(("Authorization", "Bearer token")), Fault.UNSUPPORTED),
    ("empty authorization", lambda: STS().having(("Authorization", "")), Fault.UNSUPPORTED),
    ("no signature", lambda: STS().authorized(", Signature=", ", Signed="), Fault.INCOMPLETE),
    ("signature upper case", lambda: STS().authorized(STS().header("Authorization")[-64:], "A" * 64), Fault.INCOMPLETE),
    ("credential twice", lambda: STS().authorized("SignedHeaders=", "Credential=x, SignedHeaders="), Fault.INCOMPLETE),
    ("token of a key without", lambda: STS(token=TOKEN), Fault.BAD_TOKEN),
    ("another's token", lambda: STS(key=SESSION_KEY, token=TOKEN + "x"), Fault.BAD_TOKEN),
    ("no token", lambda: STS(key=SESSION_KEY), Fault.UNKNOWN_KEY),
    (
        "token changed after signing",
        lambda: STS(key=SESSION_KEY, token="x").having(("X-Amz-Security-Token", TOKEN)),
        Fault.MISMATCH,
    ),
    ("url expired", lambda: replace(url(), at=time.time() + 601), Fault.PRESIGN_EXPIRED),
    ("url from the future", lambda: replace(url(), at=time.time() - 902), Fault.PRESIGN_NOT_YET),
    ("url for eight days", lambda: url(presigned=8 * 86_400), Fault.PRESIGN_TOO_LONG),
    ("url with a longer expiry", lambda: url().queried("X-Amz-Expires=600", "X-Amz-Expires=6000"), Fault.MISMATCH),
    ("url without expiry", lambda: url().queried("X-Amz-Expires=600&", ""), Fault.PRESIGN_INCOMPLETE),
    (
        "url with negative expiry",
        lambda: url().queried("X-Amz-Expires=600", "X-Amz-Expires=-600"),
        Fault.PRESIGN_INCOMPLETE,
    ),
    (
        "url with two expiries",
        lambda: url().queried("X-Amz-Expires=600", "X-Amz-Expires=600&X-Amz-Expires=1"),
        Fault.PRESIGN_INCOMPLETE,
    ),
    ("url without signature", lambda: url().queried("X-Amz-Signature", "X-Amz-Sig"), Fault.PRESIGN_INCOMPLETE),
    ("url of another path", lambda: replace(url(), path="/b/other"), Fault.MISMATCH),
    ("url for another method", lambda: replace(url(), method="PUT"), Fault.MISMATCH),
    ("url with a parameter more", lambda: replace(url(), query=url().query + "&versionId=1"), Fault.MISMATCH),
    ("url with a header more", lambda: url().having(("x-amz-acl", "public-read")), Fault.NOT_SIGNED),
    ("url of another region", lambda: url(region="mars-north-1"), Fault.BAD_REGION),
    ("url with a token more", lambda: replace(url(), query=url().query + "&X-Amz-Security-Token=x"), Fault.MISMATCH),
]


@pytest.mark.parametrize(("make", "fault"), [each[1:] for each in FORGED], ids=[each[0] for each in FORGED])
def test_what_is_forged_is_refused(make: Callable[[], Sent], fault: Fault) -> None:
    sent = make()
    with pytest.raises(SigningFault) as caught:
        check(sent if sent.at else replace(sent, at=time.time()))
    assert caught.value.fault is fault


def test_an_endpoint_of_one_service_takes_no_other() -> None:
    with pytest.raises(SigningFault) as caught:
        check(STS(), service="iam")
    assert caught.value.fault is Fault.BAD_SERVICE


def test_a_claim_about_the_body_needs_its_hash() -> None:
    with pytest.raises(ValueError, match="give its hash"):
        check(STS(), body_sha256="")


def test_verification_is_cheap(capsys: pytest.CaptureFixture[str]) -> None:
    head = Head("POST", "/", "", STS().headers)
    claim = read_claim(head)
    assert isinstance(claim, Claim)
    digest = hashlib.sha256(STS().body).hexdigest()

    def once() -> float:
        begun = time.perf_counter()
        for _ in range(200):
            read = read_claim(head)
            assert read is not None
            verify(head, read, lookup=KEYS.get, regions=REGIONS, now=time.time(), body_sha256=digest)
        return (time.perf_counter() - begun) / 200

    best = min(once() for _ in range(20))  # the machine may be busy with other things
    with capsys.disabled():
        print(f"\n  SigV4: {best * 1e6:.0f} µs a verification")
    assert best < 0.0005
