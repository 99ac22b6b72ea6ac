"""Chunked uploads: AWS's own example is accepted, and each way of bending it is not."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from labs.gateway.chunks import check_digests, decode
from labs.gateway.errors import Refusal
from labs.gateway.sigv4 import Claim, Fault, Head, Key, SigningFault, Verified, read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2013, 5, 24, tzinfo=UTC).timestamp()
SIGNED_HEADERS = (
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
    "x-amz-decoded-content-length;x-amz-storage-class"
)


def seed() -> Verified:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html#example-signature-calculations-streaming"""
    signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    head = Head(
        "PUT",
        "/examplebucket/chunkObject.txt",
        "",
        [
            ("Host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "Authorization",
                f"AWS4-HMAC-SHA256 Credential={KEY}/20130524/us-east-1/s3/aws4_request,"
                f"SignedHeaders={SIGNED_HEADERS},Signature={signature}",
            ),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("Content-Encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("Content-Length", "66824"),
        ],
    )
    claim = read_claim(head)
    assert claim is not None
    return verify(head, claim, lookup=lambda key: Key(SECRET), regions=["us-east-1"], now=NOW)


SIGNATURES = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
PIECES = (b"a" * 65536, b"a" * 1024, b"")


def chunk(piece: bytes, signature: str) -> bytes:
    return b"%x;chunk-signature=%s\r\n%s\r\n" % (len(piece), signature.encode(), piece)


BODY = b"".join(chunk(piece, signature) for piece, signature in zip(PIECES, SIGNATURES, strict=True))


def test_awss_example_is_accepted() -> None:
    assert len(BODY) == 66824
    assert decode(BODY, seed(), length="66560", announced=[]) == (b"a" * 66560, {})


BENT: dict[str, Callable[[], bytes]] = {
    "content changed": lambda: BODY.replace(b"a" * 1024 + b"\r\n0;", b"a" * 1023 + b"b\r\n0;"),
    "chunks swapped": lambda: (
        chunk(PIECES[1], SIGNATURES[1]) + chunk(PIECES[0], SIGNATURES[0]) + chunk(b"", SIGNATURES[2])
    ),
    "signature swapped": lambda: BODY.replace(SIGNATURES[1].encode(), SIGNATURES[2].encode()),
    "signature left out": lambda: BODY.replace(b";chunk-signature=" + SIGNATURES[1].encode(), b""),
    "last signature forged": lambda: BODY.replace(SIGNATURES[2].encode(), b"0" * 64),
}


@pytest.mark.parametrize("how", BENT)
def test_a_bent_chunk_is_refused(how: str) -> None:
    with pytest.raises(SigningFault) as caught:
        decode(BENT[how](), seed(), length="66560", announced=[])
    assert caught.value.fault is Fault.MISMATCH


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (BODY[:-90], "66560", "IncompleteBody"),
        (BODY[:60000], "66560", "IncompleteBody"),
        (chunk(PIECES[0], SIGNATURES[0]), "66560", "IncompleteBody"),
        (BODY, "66561", "IncompleteBody"),
        (BODY, "", "MissingContentLength"),
        (BODY, "-1", "MissingContentLength"),
        (b"", "66560", "IncompleteBody"),
        (b"fffffffff\r\n", "66560", "IncompleteBody"),
    ],
)
def test_what_is_not_all_there_is_refused(body: bytes, length: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        decode(body, seed(), length=length, announced=[])
    assert caught.value.code == code


def claimed(payload: str) -> Verified:
    claim = Claim(KEY, "20130524", "us-east-1", "s3", "aws4_request", (), "0" * 64, "", None, False, 0, payload)
    return Verified(claim, b"key")


CRC = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def test_an_unsigned_trailer_is_read_and_its_checksum_compared() -> None:
    body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + CRC.encode() + b"\r\n\r\n"
    content, trailers = decode(body, claimed(UNSIGNED), length="5", announced=["x-amz-checksum-crc32"])
    assert (content, trailers) == (b"hello", {"x-amz-checksum-crc32": CRC})
    check_digests(trailers, content)
    with pytest.raises(Refusal, match="The CRC32 you specified did not match the calculated checksum") as caught:
        check_digests(trailers, b"hellO")
    assert caught.value.code == "BadDigest"


@pytest.mark.parametrize(
    "trailer",
    [
        b"",
        b"x-amz-checksum-sha1:x\r\n",
        b"no colon\r\n",
        b"x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:b\r\n",
        b"x" * 3000,
    ],
)
def test_a_trailer_that_was_not_announced_so_is_refused(trailer: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        decode(b"5\r\nhello\r\n0\r\n" + trailer, claimed(UNSIGNED), length="5", announced=["x-amz-checksum-crc32"])
    assert caught.value.code == "MalformedTrailerError"


def test_a_signed_trailer_needs_its_signature() -> None:
    import hmac

    verified = claimed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    last = "0" * 64

    def sign(kind: str, text: str) -> str:
        nonlocal last
        string = f"AWS4-HMAC-SHA256-{kind}\n\n20130524/us-east-1/s3/aws4_request\n{last}\n{text}"
        last = hmac.digest(b"key", string.encode(), "sha256").hex()
        return last

    empty = hashlib.sha256(b"").hexdigest()
    body = b""
    for piece in (b"hello", b""):
        body += b"%x;chunk-signature=%s\r\n" % (
            len(piece),
            sign("PAYLOAD", f"{empty}\n{hashlib.sha256(piece).hexdigest()}").encode(),
        )
        body += piece + b"\r\n" if piece else b""
    line = f"x-amz-checksum-crc32:{CRC}\n"
    signature = sign("TRAILER", hashlib.sha256(line.encode()).hexdigest())
    whole = body + f"x-amz-checksum-crc32:{CRC}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
    announced = ["x-amz-checksum-crc32"]
    assert decode(whole, verified, length="5", announced=announced) == (b"hello", {announced[0]: CRC})
    other = base64.b64encode(b"\0\0\0\0").decode()
    for forged in (
        whole.replace(CRC.encode(), other.encode()),
        whole.replace(signature.encode(), b"0" * 64),
        body + line.encode(),
    ):
        with pytest.raises(SigningFault):
            decode(forged, verified, length="5", announced=announced)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"content-md5": base64.b64encode(hashlib.md5(b"x").digest()).decode()}, "BadDigest"),
        ({"content-md5": "nonsense"}, "InvalidDigest"),
        ({"x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()}, "BadDigest"),
        ({"x-amz-checksum-sha1": base64.b64encode(bytes(20)).decode()}, "BadDigest"),
        ({"x-amz-checksum-crc32": "AAAA"}, "InvalidRequest"),
    ],
)
def test_a_wrong_checksum_is_refused(values: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_digests(values, b"hello")
    assert caught.value.code == code
    right = {"content-md5": base64.b64encode(hashlib.md5(b"hello").digest()).decode(), "x-amz-checksum-crc32": CRC}
    check_digests(right, b"hello")
