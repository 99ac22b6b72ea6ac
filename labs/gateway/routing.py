"""Where a request is meant to go: the sandbox, the service, and the path as S3's path style has it.

Everything a request says is normalised here, once, before anybody acts on it. A request names its sandbox by its key;
one without a key by `/_sandbox/<account id>/…` or by the host `<account id>.…`, and a fork, which shares its
original's account id, by `/_sandbox/<its number>/…`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from labs.gateway.errors import Refusal, not_simulated
from labs.gateway.sigv4 import Claim, Head

__all__ = ["DROPPED_HEADERS", "HEALTH_PATH", "SERVICES", "Place", "action_hint", "place_of", "tool_of"]

HEALTH_PATH: Final = "/_skylab/health"
MAX_PATH: Final = 4096  # S3's keys have 1,024 bytes, three times as many when escaped
MAX_QUERY: Final = 16_384

# Signing names. What is not here is not played; what is here and moto lacks, the cell refuses in the same words.
SERVICES: Final = frozenset(
    {
        *("s3", "ec2", "iam", "sts", "rds", "sns", "sqs", "monitoring", "dynamodb", "lambda", "kms", "logs"),
        *("events", "autoscaling", "application-autoscaling", "elasticloadbalancing", "cloudformation"),
        *("secretsmanager", "ssm", "route53", "cloudfront", "cloudtrail", "config", "elasticache"),
        *("elasticfilesystem", "ecs", "ecr", "eks", "apigateway", "execute-api", "states", "kinesis", "firehose"),
        *("cognito-idp", "cognito-identity", "acm", "backup", "organizations", "tagging", "resource-groups"),
        *("budgets", "wafv2", "guardduty", "inspector2", "athena", "glue", "redshift", "elasticbeanstalk"),
        *("codebuild", "codecommit", "codedeploy", "codepipeline", "xray", "email", "ses", "scheduler", "pipes"),
        *("servicediscovery", "mq", "dms", "datasync", "fsx", "glacier", "opensearch", "es", "workspaces"),
        *("support", "account", "savingsplans", "sdb", "route53resolver", "network-firewall", "shield", "ram"),
        *("ds", "synthetics", "appsync", "transfer", "elasticmapreduce", "kinesisvideo"),
    }
)
# Never S3 buckets, whoever asks, and however it is spelled: moto's back door.
_FORBIDDEN: Final = frozenset({"moto-api", "moto_api"})
_ACCOUNT: Final = re.compile(r"[1-9]\d{11}")
_NAME: Final = re.compile(r"[1-9]\d{10,11}")  # an account id, or a fork's number (labs/sandboxes/keys.py)
# What a customer's own API is called by: a path below the sandbox's, or a host.
_API: Final = re.compile(
    r"/restapis/[A-Za-z0-9]+/[^/]+/_user_request_(?:/|$)|/(?:apis|execute-api)/[A-Za-z0-9]{8,10}(?:/|$)"
)
_API_HOST: Final = re.compile(r"(?P<api>[a-z0-9]{8,10})\.execute-api(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?(?:\.\d{12})?")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_S3_HOST: Final = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?")
_HOST: Final = re.compile(r"[a-z0-9_.-]{1,253}(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?")
_DOT_SEGMENTS: Final = frozenset({".", ".."})
# How the body came and who sent it: facts by now, of no use to the cell or to a replay.
DROPPED_HEADERS: Final = frozenset(
    {
        *("authorization", "x-amz-security-token", "connection", "keep-alive", "proxy-connection", "te"),
        *("upgrade", "transfer-encoding", "content-length", "expect", "host", "accept-encoding"),
        *("x-amz-decoded-content-length", "x-amz-trailer", "amz-sdk-invocation-id", "amz-sdk-request", "origin"),
        *("referer", "cookie", "forwarded"),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. `path` is raw and path-style for S3; `account` is set where the request names one."""

    service: str
    region: str
    path: str
    account: str | None


def place_of(head: Head, claim: Claim | None, *, hosts: Collection[str], prefix: str = "") -> Place:
    """Return where `head` goes. Raises AwsError for what no AWS tool sends, and for services that nobody plays here.

    `hosts` are the names that we are reached by (without port), `prefix` a path under which all of this is mounted.
    """
    host = _checked_host(head)
    path = head.path or "/"
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        path = path[len(prefix) :] or "/"
    account: str | None = None
    if path.startswith("/_sandbox/"):
        account, _, rest = path.removeprefix("/_sandbox/").partition("/")
        path = f"/{rest}"
        if not _NAME.fullmatch(account):
            raise Refusal("NoSuchSandbox", "Write the account id of a sandbox after /_sandbox/: 12 digits.", 404)
    sub = _under(host, hosts)
    if sub and not claim and _ACCOUNT.fullmatch(label := sub.rpartition(".")[2]):
        account, sub = label, sub.rpartition(".")[0]
    api = _API_HOST.fullmatch(sub)
    if api:
        path = f"/execute-api/{api['api']}{path}"
    own = not claim and (api or (account and _API.match(path)))
    service = claim.service if claim else "execute-api" if own else _service_of_anonymous(head)
    if sub and service == "s3" and (bucket := _bucket_of(sub)):
        path = f"/{bucket}{path}" if path != "/" else f"/{bucket}"
    _check_path(path, service)
    if service not in SERVICES:
        raise not_simulated(service, action_hint(head, b""))
    return Place(service, claim.region if claim else "", path, account)


def _checked_host(head: Head) -> str:
    values = head.values.get("host", [])
    host = values[0].lower() if len(values) == 1 else ""
    if not _HOST.fullmatch(host):
        raise Refusal("InvalidRequest", "A request must have one valid Host header.", 400)
    host = host.rpartition(":")[0] if re.search(r":\d+$", host) and not host.endswith("]") else host
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    if address is not None and address.is_link_local:
        # The address of EC2's instance metadata: moto would hand out credentials there.
        raise Refusal("InvalidRequest", "There is no instance metadata here.", 404)
    if head.get("upgrade") or head.method in ("CONNECT", "TRACE"):
        raise Refusal("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if len(head.path) > MAX_PATH or len(head.query) > MAX_QUERY:
        raise Refusal("RequestURITooLong", "The request's address is longer than any of AWS's.", 414)
    return host


def _under(host: str, hosts: Collection[str]) -> str:
    """Return what stands before one of our own names in `host`."""
    for own in hosts:
        if host.endswith(f".{own}"):
            return host[: -len(own) - 1]
    return ""


def _bucket_of(sub: str) -> str:
    found = _S3_HOST.fullmatch(sub)
    return (found["bucket"] or "") if found else sub


def _service_of_anonymous(head: Head) -> str:
    target = head.get("x-amz-target")
    if target.startswith("AWSCognitoIdentityProviderService."):
        return "cognito-idp"
    if target.startswith("AWSCognitoIdentityService."):
        return "cognito-identity"
    if target or head.get("content-type").startswith("application/x-www-form-urlencoded") or "Action=" in head.query:
        raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    return "s3"


def _check_path(path: str, service: str) -> None:
    if _BAD_ESCAPE.search(path) or not path.startswith("/"):
        raise _bad_uri()
    decoded = unquote_to_bytes(path.encode("latin-1"))
    try:
        text = decoded.decode()
    except UnicodeDecodeError as error:
        raise _bad_uri() from error
    if "\0" in text or text.startswith("//"):
        raise _bad_uri()
    segments = text[1:].split("/")
    if _first(text).strip().lower() in _FORBIDDEN or segments[0].startswith("_"):
        raise Refusal("NotFound", "There is nothing at this address.", 404)
    # A key of S3 may hold anything; a bucket's name and other services' paths may not.
    checked = segments[:1] if service == "s3" else segments
    if not _DOT_SEGMENTS.isdisjoint(checked) or (service != "s3" and "" in segments[:-1]):
        raise _bad_uri()


def _first(text: str) -> str:
    """Return the first segment as the laxest reader would find it."""
    kept: list[str] = []
    for part in text.replace("\\", "/").split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return kept[0] if kept else ""


def _bad_uri() -> Refusal:
    return Refusal("InvalidURI", "Couldn't parse the specified URI.", 400)


def action_hint(head: Head, body: bytes) -> str:
    """Return what the call is probably named, where no cell has said it; "" where one cannot tell."""
    target = head.get("x-amz-target")
    if target:
        return target.rpartition(".")[2][:80]
    called = re.fullmatch(r"/service/[\w.]+/operation/(\w+)", head.path)
    if called:
        return called[1][:80]
    found = re.search(r"(?:^|&)Action=(\w{1,80})", head.query) or re.search(rb"(?:^|&)Action=(\w{1,80})", body[:4096])
    if found:
        name = found[1]
        return name.decode() if isinstance(name, bytes) else name
    return ""


_TOOLS: Final = (
    ("terraform", "Terraform"),
    ("opentofu", "OpenTofu"),
    ("aws-cli", "aws-cli"),
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("aws-sdk-go", "Go SDK"),
    ("aws-sdk-java", "Java SDK"),
    ("aws-sdk-js", "JavaScript SDK"),
    ("aws-sdk-nodejs", "JavaScript SDK"),
    ("aws-cdk", "CDK"),
    ("curl/", "curl"),
    ("mozilla/", "browser"),
)


def tool_of(user_agent: str) -> str:
    """Return what made the call, in the word that people use for it."""
    lowered = user_agent.lower()
    for mark, name in _TOOLS:
        if mark in lowered:
            return f"{name} in the browser" if "emscripten" in lowered else name
    return re.sub(r"[^\w.+-].*", "", user_agent)[:60]
