"""S3's old presigned urls, which `aws s3 presign` (CLI 1) and boto3 make by default in us-east-1. No more of version 2.

Version 2 signs only the parameters that it knows, so a request with any other that could matter is refused.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from labs.gateway.sigv4 import UNSIGNED, Claim, Fault, Head, Key, SigningFault, Verified

__all__ = ["SCHEME", "read_claim", "verify"]

SCHEME: Final = "aws2"  # in the place of the terminator

_OURS: Final = frozenset({"AWSAccessKeyId", "Signature", "Expires"})
_SIGNED: Final = frozenset(
    {
        *(
            "accelerate",
            "acl",
            "cors",
            "defaultObjectAcl",
            "location",
            "logging",
            "partNumber",
            "policy",
            "requestPayment",
        ),
        *("torrent", "versioning", "versionId", "versions", "website", "uploads", "uploadId", "response-content-type"),
        *("response-content-language", "response-expires", "response-cache-control", "response-content-disposition"),
        *("response-content-encoding", "delete", "lifecycle", "tagging", "restore", "storageClass", "notification"),
        *("replication", "analytics", "metrics", "inventory", "select", "select-type", "object-lock"),
    }
)
# Not signed, and harmless: which part of a list one sees.
_LOOSE: Final = frozenset(
    {
        *(
            "prefix",
            "delimiter",
            "marker",
            "max-keys",
            "encoding-type",
            "list-type",
            "start-after",
            "continuation-token",
        ),
        *("fetch-owner", "x-id"),
    }
)


def read_claim(head: Head) -> Claim | None:
    """Return the claim of a version 2 presigned url, or None where `head` is none. Raises SigningFault."""
    if "AWSAccessKeyId=" not in head.query or "authorization" in head.values or "X-Amz-" in head.query:
        return None
    pairs = _pairs(head.query)
    found = dict(pairs)
    if len(found) != len(pairs) or not all(found.get(name) for name in _OURS):
        raise SigningFault(Fault.PRESIGN_INCOMPLETE, missing="AWSAccessKeyId, Signature, Expires")
    expires = unquote(found["Expires"])
    if not expires.isascii() or not expires.isdigit() or len(expires) > 11:
        raise SigningFault(Fault.PRESIGN_INCOMPLETE, missing="Expires")
    token = unquote(found.get("x-amz-security-token", "")) or None
    return Claim(
        access_key=unquote(found["AWSAccessKeyId"]),
        date="",
        region="",
        service="s3",
        terminator=SCHEME,
        signed_headers=(),
        signature=unquote(found["Signature"]),
        timestamp=expires,
        token=token,
        presigned=True,
        expires=int(expires),
        payload=UNSIGNED,
    )


def verify(head: Head, claim: Claim, *, path: str, lookup: Callable[[str], Key | None], now: float) -> Verified:
    """Return what holds of `claim`; `path` is raw, with the bucket; `now` in unix seconds. Raises SigningFault."""
    key = lookup(claim.access_key)
    if key is None:
        raise SigningFault(Fault.UNKNOWN_KEY)
    if now > claim.expires:
        until = datetime.fromtimestamp(claim.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        server = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise SigningFault(Fault.PRESIGN_EXPIRED, expires=claim.timestamp, until=until, server_time=server)
    made = hmac.digest(key.secret.encode(), _string_to_sign(head, claim, path), "sha1")
    if not hmac.compare_digest(base64.b64encode(made), claim.signature.encode("latin-1", "replace")):
        raise SigningFault(Fault.MISMATCH)
    if not hmac.compare_digest((claim.token or "").encode(), (key.token or "").encode()):
        raise SigningFault(Fault.BAD_TOKEN if claim.token else Fault.UNKNOWN_KEY)
    return Verified(claim, b"")


def _string_to_sign(head: Head, claim: Claim, path: str) -> bytes:
    custom = {name: ",".join(values) for name, values in head.values.items() if name.startswith("x-amz-")}
    standard = {"content-md5": head.get("content-md5"), "content-type": head.get("content-type")}
    resource: list[tuple[str, str]] = []
    for name, value in _pairs(head.query):
        plain = unquote_to_bytes(value).decode("latin-1")
        if name in _SIGNED:
            resource.append((name, f"{name}={plain}" if f"{name}=" in head.query else name))
        elif name in standard:
            standard[name] = plain
        elif name.startswith("x-amz-"):
            custom[name] = plain
        elif name not in _OURS and name not in _LOOSE:
            raise SigningFault(Fault.MISMATCH)
    lines = [head.method, standard["content-md5"], standard["content-type"], claim.timestamp]
    lines += [f"{name}:{value.strip()}" for name, value in sorted(custom.items())]
    named = "&".join(text for _, text in sorted(resource, key=lambda each: each[0]))
    return ("\n".join([*lines, path]) + (f"?{named}" if named else "")).encode("latin-1", "replace")


def _pairs(raw: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (piece.partition("=") for piece in raw.split("&") if piece)]
