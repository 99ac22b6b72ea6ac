"""Errors as AWS words and shapes them: one exception, and its body in each protocol.

https://smithy.io/2.0/aws/protocols/ (query, ec2, rest-xml, json, rest-json, rpc-v2-cbor)
"""

from __future__ import annotations

import json
import re
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["AwsError", "code_and_message", "not_simulated", "render"]


class AwsError(Exception):
    """A call that AWS would refuse, with AWS's code, words and status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_simulated(service: str, action: str) -> AwsError:
    """Return the answer to a call that this AWS cannot play: clear, and nothing has happened."""
    return AwsError(
        "NotImplemented",
        f"{service}:{action or 'this call'} is not simulated here. Nothing was changed. "
        "The labs of this platform do not need it; on AWS it may well work.",
        501,
    )


def render(error: AwsError, *, protocol: str, service: str, request_id: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of `error` in `protocol` (botocore's names)."""
    headers = {"x-amzn-requestid": request_id}
    code, message = escape(error.code), escape(error.message)
    side = "Sender" if error.status < 500 else "Receiver"
    if protocol == "smithy-rpc-v2-cbor":
        headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        headers["x-amzn-query-error"] = f"{error.code};{side}"
        body = _cbor_map({"__type": error.code, "message": error.message})
        return error.status, headers, body
    if protocol in ("json", "rest-json"):
        headers |= {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code}
        if protocol == "rest-json":
            headers["content-type"] = "application/json"
        return error.status, headers, json.dumps({"__type": error.code, "message": error.message}).encode()
    headers["content-type"] = "text/xml"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if protocol == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    elif service == "s3":
        headers |= {"content-type": "application/xml", "x-amz-request-id": request_id}
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return error.status, headers, (declaration + text).encode()


_CODE: Final = re.compile(rb"<Code>([^<]{1,200})</Code>")
_MESSAGE: Final = re.compile(rb"<Message>(.{0,2000}?)</Message>", re.S)


def code_and_message(headers: dict[str, str], body: bytes) -> tuple[str, str]:
    """Return the error code and message that an answer of status 400 and above carries, empty where it has none."""
    head = body[:8192].lstrip()
    if head.startswith(b"{"):
        try:
            said = json.loads(body)
        except ValueError:
            said = {}
        code = said.get("__type") or said.get("code") or headers.get("x-amzn-errortype", "")
        message = said.get("message") or said.get("Message") or said.get("errorMessage") or ""
        return str(code).split("#")[-1].split(":")[0], str(message)[:2000]
    code_found, message_found = _CODE.search(head), _MESSAGE.search(head)
    code = code_found[1].decode("utf-8", "replace") if code_found else headers.get("x-amzn-errortype", "")
    return code, message_found[1].decode("utf-8", "replace") if message_found else ""


def _cbor_map(entries: dict[str, str]) -> bytes:
    """Return a map of a few texts in CBOR (RFC 8949)."""

    def text(value: str) -> bytes:
        data = value.encode()
        return b"\x7a" + len(data).to_bytes(4, "big") + data

    return bytes([0xA0 | len(entries)]) + b"".join(text(key) + text(value) for key, value in entries.items())
