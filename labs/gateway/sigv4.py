"""AWS Signature Version 4, from the side that verifies: header, presigned query, and the seed of a chunked upload.

Pure: no clock, no look-up, no I/O of its own. Who a request claims to be is read with read_claim(); whether that is
true is said by verify(), which never sees the body: the caller gives its hash (or compares it, as S3 has it declared).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum, auto
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

__all__ = [
    "CHUNKED",
    "EMPTY_SHA256",
    "UNSIGNED",
    "Claim",
    "Fault",
    "Head",
    "Key",
    "SigningFault",
    "Verified",
    "read_claim",
    "signing_key",
    "verify",
]

ALGORITHM: Final = "AWS4-HMAC-SHA256"
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
CHUNKED: Final = frozenset(
    {
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
)
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
SKEW_SECONDS: Final = 900
MAX_EXPIRES: Final = 604_800

_TERMINATOR: Final = "aws4_request"
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_STAMP: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PART: Final = re.compile(r"\s*(Credential|SignedHeaders|Signature)\s*=\s*([^,\s]+)\s*(?:,|$)")
_ONCE: Final = ("host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")


class Fault(StrEnum):
    """What is wrong with a signature; errors.py has AWS's words for each, by protocol."""

    UNSUPPORTED = auto()
    INCOMPLETE = auto()
    BAD_CREDENTIAL = auto()
    TWO_MECHANISMS = auto()
    NO_DATE = auto()
    BAD_DATE = auto()
    BAD_REGION = auto()
    BAD_SERVICE = auto()
    BAD_TERMINATOR = auto()
    UNKNOWN_KEY = auto()
    BAD_TOKEN = auto()
    NOT_SIGNED = auto()
    EXPIRED = auto()
    NOT_YET = auto()
    PRESIGN_INCOMPLETE = auto()
    PRESIGN_TOO_LONG = auto()
    PRESIGN_EXPIRED = auto()
    PRESIGN_NOT_YET = auto()
    NO_PAYLOAD_HASH = auto()
    BAD_PAYLOAD_HASH = auto()
    MISMATCH = auto()


class SigningFault(Exception):
    """A request that is not signed as AWS asks. `detail` holds what AWS's sentence quotes."""

    def __init__(self, fault: Fault, **detail: str) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.detail = detail


class Head:
    """Method, raw path and query, and the headers of a request: (name, value), latin-1, names in lower case."""

    __slots__ = ("headers", "method", "path", "query", "values")

    def __init__(self, method: str, path: str, query: str, headers: Iterable[tuple[str, str]]) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = [(name.lower(), value) for name, value in headers]
        self.values: dict[str, list[str]] = {}
        for name, value in self.headers:
            self.values.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a header."""
        found = self.values.get(name)
        return found[0] if found else default


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself. `payload` is the declared hash or mode; "" where the body's own hash is meant."""

    access_key: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    presigned: bool
    expires: int
    payload: str

    @property
    def scope(self) -> str:
        """The credential scope, as the string to sign has it."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret access key, and the session token that must come with it (None: none may)."""

    secret: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds, with the key that the signatures of its chunks are made with."""

    claim: Claim
    signing_key: bytes


def read_claim(head: Head) -> Claim | None:
    """Return what `head` claims, or None for an anonymous request. Raises SigningFault where it cannot be read."""
    authorizations = head.values.get("authorization", [])
    presigned = any(f"X-Amz-{name}=" in head.query for name in ("Signature", "Algorithm", "Credential"))
    if not authorizations:
        if presigned:
            return _read_presigned(head)
        if "Signature=" in head.query and "AWSAccessKeyId=" in head.query:
            raise SigningFault(Fault.UNSUPPORTED)
        return None
    if presigned or len(authorizations) > 1:
        raise SigningFault(Fault.TWO_MECHANISMS)
    for name in _ONCE:
        if len(head.values.get(name, ())) > 1:
            raise SigningFault(Fault.MISMATCH)
    algorithm, _, rest = authorizations[0].partition(" ")
    if algorithm != ALGORITHM:
        raise SigningFault(Fault.UNSUPPORTED, authorization=algorithm)
    parts = _PART.findall(rest)
    found = dict(parts)
    if len(found) != 3 or len(parts) != 3 or not _HEX64.fullmatch(found["Signature"]):
        missing = [name for name in ("Credential", "Signature", "SignedHeaders") if name not in found]
        raise SigningFault(Fault.INCOMPLETE, missing=",".join(missing) or "Signature")
    access_key, date, region, service, terminator = _split_credential(found["Credential"])
    declared = head.get("x-amz-content-sha256")
    payload = ""
    if service == "s3":
        if not declared:
            raise SigningFault(Fault.NO_PAYLOAD_HASH)
        payload = _checked_payload(declared)
    return Claim(
        access_key=access_key,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=tuple(found["SignedHeaders"].split(";")),
        signature=found["Signature"],
        timestamp=_timestamp(head),
        token=head.get("x-amz-security-token") or None,
        presigned=False,
        expires=0,
        payload=payload,
    )


def _read_presigned(head: Head) -> Claim:
    found: dict[str, str] = {}
    for name, value in _pairs(head.query):
        if name.startswith("X-Amz-"):
            if name in found:
                raise SigningFault(Fault.PRESIGN_INCOMPLETE, missing=name)
            found[name] = unquote_to_bytes(value).decode("utf-8", "replace")
    for name in ("Algorithm", "Credential", "Date", "SignedHeaders", "Signature"):
        if not found.get(f"X-Amz-{name}"):
            raise SigningFault(Fault.PRESIGN_INCOMPLETE, missing=f"X-Amz-{name}")
    if found["X-Amz-Algorithm"] != ALGORITHM:
        raise SigningFault(Fault.UNSUPPORTED)
    access_key, date, region, service, terminator = _split_credential(found["X-Amz-Credential"])
    text = found.get("X-Amz-Expires", "")
    # Outside S3 some SDKs leave the expiry out (STS tokens for EKS): then only the usual 15 minutes count.
    if (service == "s3" and not text) or (text and not re.fullmatch(r"[0-9]{1,9}", text)):
        raise SigningFault(Fault.PRESIGN_INCOMPLETE, missing="X-Amz-Expires")
    expires = int(text or SKEW_SECONDS)
    if expires > MAX_EXPIRES:
        raise SigningFault(Fault.PRESIGN_TOO_LONG)
    if not _STAMP.fullmatch(found["X-Amz-Date"]):
        raise SigningFault(Fault.NO_DATE)
    if not _HEX64.fullmatch(found["X-Amz-Signature"]) or len(head.values.get("host", ())) > 1:
        raise SigningFault(Fault.MISMATCH)
    signed = tuple(found["X-Amz-SignedHeaders"].split(";"))
    payload = ""
    if service == "s3":
        declared = head.get("x-amz-content-sha256") if "x-amz-content-sha256" in signed else ""
        payload = _checked_payload(declared or found.get("X-Amz-Content-SHA256") or UNSIGNED)
    return Claim(
        access_key=access_key,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=signed,
        signature=found["X-Amz-Signature"],
        timestamp=found["X-Amz-Date"],
        token=found.get("X-Amz-Security-Token") or None,
        presigned=True,
        expires=expires,
        payload=payload,
    )


def _checked_payload(declared: str) -> str:
    if declared != UNSIGNED and declared not in CHUNKED and not _HEX64.fullmatch(declared):
        raise SigningFault(Fault.BAD_PAYLOAD_HASH)
    return declared


def _split_credential(text: str) -> list[str]:
    parts = text.split("/")
    if len(parts) != 5 or not all(parts):
        raise SigningFault(Fault.BAD_CREDENTIAL, credential=text)
    return parts


def _timestamp(head: Head) -> str:
    stamp = head.get("x-amz-date")
    if not stamp and (date := head.get("date")):
        stamp = date
        if not _STAMP.fullmatch(date):
            try:
                stamp = parsedate_to_datetime(date).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            except (ValueError, OverflowError, TypeError) as error:
                raise SigningFault(Fault.NO_DATE) from error
    if not _STAMP.fullmatch(stamp):
        raise SigningFault(Fault.NO_DATE)
    return stamp


def verify(
    head: Head,
    claim: Claim,
    *,
    lookup: Callable[[str], Key | None],
    regions: Collection[str],
    now: float,
    body_sha256: str = "",
    service: str = "",
) -> Verified:
    """Return what holds of `claim`. Raises SigningFault.

    `lookup` gives the key of an access key id; `regions` are those that the endpoint answers for, its own first; `now`
    is in unix seconds; `body_sha256` (hex) is needed where claim.payload is ""; `service`, if given, is the only one.
    """
    key = lookup(claim.access_key)
    if key is None:
        raise SigningFault(Fault.UNKNOWN_KEY)
    if claim.terminator != _TERMINATOR:
        raise SigningFault(Fault.BAD_TERMINATOR, terminator=claim.terminator)
    if service and claim.service != service:
        raise SigningFault(Fault.BAD_SERVICE, service=claim.service, expected=service)
    if claim.region not in regions:
        raise SigningFault(Fault.BAD_REGION, region=claim.region, expected=next(iter(regions), ""))
    if claim.date != claim.timestamp[:8]:
        raise SigningFault(Fault.BAD_DATE, date=claim.date, timestamp=claim.timestamp)
    _check_clock(claim, now)
    _check_signed_headers(head, claim)
    if not claim.payload and not body_sha256:
        raise ValueError("this claim is about the body: give its hash")
    signing = signing_key(key.secret, claim.date, claim.region, claim.service)
    for canonical in _canonical_requests(head, claim, claim.payload or body_sha256):
        digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
        text = f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{digest}"
        if hmac.compare_digest(_signature(signing, text), claim.signature):
            break
    else:
        raise SigningFault(Fault.MISMATCH)
    if (claim.token is None) != (key.token is None):
        raise SigningFault(Fault.UNKNOWN_KEY if claim.token is None else Fault.BAD_TOKEN)
    given, expected = (claim.token or "").encode("latin-1", "replace"), (key.token or "").encode()
    if not hmac.compare_digest(given, expected):
        raise SigningFault(Fault.BAD_TOKEN)
    return Verified(claim, signing)


@lru_cache(maxsize=8192)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Return the key of all signatures of a day, a region and a service; kept, as it costs four HMACs."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part.encode("latin-1", "replace"), "sha256")
    return key


def _signature(signing: bytes, text: str) -> str:
    return hmac.digest(signing, text.encode("latin-1", "replace"), "sha256").hex()


def _check_clock(claim: Claim, now: float) -> None:
    stamp = claim.timestamp
    try:
        signed = datetime(
            *(int(stamp[0:4]), int(stamp[4:6]), int(stamp[6:8])),
            *(int(stamp[9:11]), int(stamp[11:13]), int(stamp[13:15])),
            tzinfo=UTC,
        ).timestamp()
    except ValueError as error:
        raise SigningFault(Fault.NO_DATE) from error
    if claim.presigned:
        if now > signed + claim.expires:
            raise _clock_fault(Fault.PRESIGN_EXPIRED, claim, signed, now, now - claim.expires)
        if signed > now + SKEW_SECONDS:
            raise _clock_fault(Fault.PRESIGN_NOT_YET, claim, signed, now, now + SKEW_SECONDS)
    elif signed < now - SKEW_SECONDS:
        raise _clock_fault(Fault.EXPIRED, claim, signed, now, now - SKEW_SECONDS)
    elif signed > now + SKEW_SECONDS:
        raise _clock_fault(Fault.NOT_YET, claim, signed, now, now + SKEW_SECONDS)


def _clock_fault(fault: Fault, claim: Claim, signed: float, now: float, limit: float) -> SigningFault:
    return SigningFault(
        fault,
        timestamp=claim.timestamp,
        now=_stamp(now),
        limit=_stamp(limit),
        server_time=_iso(now),
        expires=str(claim.expires),
        until=_iso(signed + claim.expires),
    )


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_signed_headers(head: Head, claim: Claim) -> None:
    signed = set(claim.signed_headers)
    if "host" not in signed:
        raise SigningFault(Fault.NOT_SIGNED, headers="host")
    if list(claim.signed_headers) != sorted(signed):
        raise SigningFault(Fault.MISMATCH)  # in another order, or one twice
    loose = [name for name in head.values if name.startswith("x-amz-") and name not in signed]
    if loose:
        raise SigningFault(Fault.NOT_SIGNED, headers=", ".join(loose))


def _canonical_requests(head: Head, claim: Claim, payload: str) -> Iterator[str]:
    """Yield the canonical request: as signers differ in what they escape, first as it came, then as the book has it."""
    headers = "".join(
        f"{name}:{','.join(' '.join(value.split()) for value in head.values.get(name, ()))}\n"
        for name in claim.signed_headers
    )
    rest = f"{headers}\n{';'.join(claim.signed_headers)}\n{payload}"
    queries = _canonical_queries(head.query)
    for path in _canonical_paths(head.path or "/", claim.service):
        for query in queries:
            yield f"{head.method}\n{path}\n{query}\n{rest}"


def _canonical_paths(raw: str, service: str) -> list[str]:
    if service != "s3":
        # Signed double-encoded, after dot segments and empty ones are gone.
        kept: list[str] = []
        for part in raw.split("/"):
            if part == "..":
                del kept[-1:]
            elif part not in ("", "."):
                kept.append(part)
        raw = "/" + "/".join(kept) + ("/" if kept and raw.endswith("/") else "")
        return [quote(raw, safe="/~-._", encoding="latin-1")]
    return _distinct(raw, quote(unquote_to_bytes(raw.encode("latin-1")), safe="/~-._"))


def _canonical_queries(raw: str) -> list[str]:
    if not raw:
        return [""]
    pairs = [pair for pair in _pairs(raw) if pair[0] != "X-Amz-Signature"]
    by_the_book = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return _distinct(*("&".join(f"{name}={value}" for name, value in each) for each in (sorted(pairs), by_the_book)))


def _pairs(raw: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (piece.partition("=") for piece in raw.split("&") if piece)]


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="~-._")


def _distinct(first: str, second: str) -> list[str]:
    return [first] if first == second else [first, second]
