"""What the gateway itself refuses, in AWS's words and in the shape of the protocol that was spoken.

The tool that asked prints code and message as if AWS had said them. Shapes are the cell's (emulated/errors.py), but for
S3's, which carries more. Wording: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, the services' "common errors".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from labs.gateway.sigv4 import Claim, Fault, Head, SigningFault
from labs.sandboxes.emulated.errors import AwsError, not_simulated, render

__all__ = [
    "Refusal",
    "frozen",
    "not_simulated",
    "protocol_of",
    "refusal_of",
    "rendered",
    "stopped",
    "throttled",
    "too_large",
    "unavailable",
    "unknown_key",
]


class Refusal(AwsError):
    """An AWS-shaped refusal; `extra` are further elements of S3's error document."""

    def __init__(self, code: str, message: str, status: int = 400, extra: Mapping[str, str] | None = None) -> None:
        super().__init__(code, message, status)
        self.extra = dict(extra or {})


_QUERY: Final = frozenset(
    {
        *("iam", "sts", "sns", "rds", "sqs", "monitoring", "autoscaling", "elasticloadbalancing", "cloudformation"),
        *("elasticache", "elasticbeanstalk", "redshift", "email"),
    }
)
_REST_XML: Final = frozenset({"route53", "cloudfront"})
_REST_JSON: Final = frozenset(
    {
        *(
            "lambda",
            "apigateway",
            "elasticfilesystem",
            "eks",
            "backup",
            "glacier",
            "appsync",
            "guardduty",
            "ses",
            "xray",
        ),
        *("resource-groups", "scheduler", "pipes"),
    }
)


def protocol_of(service: str, head: Head) -> str:
    """Return the protocol (botocore's name; "s3" for S3's dialect) in which an error to this request must be told."""
    if head.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    content_type = head.get("content-type")
    if head.get("x-amz-target") or content_type.startswith("application/x-amz-json"):
        return "json"
    if service == "s3":
        return "s3"
    if service == "ec2":
        return "ec2"
    if service in _QUERY or content_type.startswith("application/x-www-form-urlencoded"):
        return "query"
    if service in _REST_XML:
        return "rest-xml"
    if service in _REST_JSON or (head.path not in ("", "/") and service):
        return "rest-json"
    return "json" if service else "s3"


def rendered(
    error: AwsError, *, protocol: str, service: str, head: Head, request_id: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of `error`."""
    if protocol != "s3":
        status, headers, body = render(error, protocol=protocol, service=service, request_id=request_id)
        if protocol in ("json", "smithy-rpc-v2-cbor") and service in _QUERY:
            # What used to speak the query protocol keeps its old codes for SDKs that know both.
            headers["x-amzn-query-error"] = f"{_OLD_CODES.get(error.code, error.code)};Sender"
        return status, headers, b"" if head.method == "HEAD" else body
    extra = {
        **(error.extra if isinstance(error, Refusal) else {}),
        "RequestId": request_id,
        "HostId": host_id(request_id),
    }
    elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in extra.items())
    text = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{elements}</Error>"
    body = (
        b"" if head.method == "HEAD" else ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode("utf-8", "replace")
    )
    return error.status, {"content-type": "application/xml"}, body


_OLD_CODES: Final = {
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ThrottlingException": "Throttling",
}


def host_id(request_id: str) -> str:
    """Return S3's second request id."""
    return base64.b64encode(hashlib.sha512(request_id.encode()).digest()).decode()


def _family(protocol: str) -> str:
    return {"s3": "s3", "ec2": "ec2", "query": "query", "rest-xml": "query"}.get(protocol, "json")


_INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105
_NO_EC2_ACCESS: Final = "AWS was not able to validate the provided access credentials"
_NO_MATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


def unknown_key(protocol: str, access_key: str = "") -> Refusal:
    """Return the answer to a key that is not (or no longer) anybody's: of an unknown or ended sandbox too."""
    family = _family(protocol)
    if family == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return Refusal("InvalidAccessKeyId", message, 403, {"AWSAccessKeyId": access_key})
    if family == "ec2":
        return Refusal("AuthFailure", _NO_EC2_ACCESS, 401)
    if family == "query":
        return Refusal("InvalidClientTokenId", _INVALID_TOKEN, 403)
    return Refusal("UnrecognizedClientException", _INVALID_TOKEN, 403 if protocol == "rest-json" else 400)


# Services with a code of their own for it (signing names): https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
_OWN_THROTTLING: Final = {
    "lambda": ("TooManyRequestsException", "Rate Exceeded.", 429),
    "apigateway": ("TooManyRequestsException", "Too Many Requests", 429),
}


def throttled(protocol: str, service: str = "") -> Refusal:
    """Return the answer to too many calls at once; SDKs wait and try again."""
    family = _family(protocol)
    if service in _OWN_THROTTLING:
        return Refusal(*_OWN_THROTTLING[service])
    if family == "s3":
        return Refusal("SlowDown", "Please reduce your request rate.", 503)
    if family == "ec2":
        return Refusal("RequestLimitExceeded", "Request limit exceeded.", 503)
    if family == "query":
        return Refusal("Throttling", "Rate exceeded", 400)
    return Refusal("ThrottlingException", "Rate exceeded", 429 if protocol == "rest-json" else 400)


def too_large(protocol: str, *, size: int, most: int) -> Refusal:
    """Return the answer to a body above our cap."""
    if protocol == "s3":
        message = "Your proposed upload exceeds the maximum allowed size"
        return Refusal("EntityTooLarge", message, 413, {"ProposedSize": str(size), "MaxSizeAllowed": str(most)})
    message = f"The request is too large: {size} bytes, and this sandbox takes {most}."
    return Refusal(
        "RequestEntityTooLargeException" if _family(protocol) == "json" else "RequestEntityTooLarge", message, 413
    )


def frozen(protocol: str) -> Refusal:
    """Return the answer to a learner whose sandbox is frozen: it stays as it is, and graders look at it."""
    code = "AccessDeniedException" if _family(protocol) == "json" else "AccessDenied"
    message = (
        "This sandbox is frozen: all that is in it is kept as it is, and no call is taken. "
        "If you paused the lab, resume it on its page; otherwise wait until it is thawed."
    )
    return Refusal(code, message, 403)


def unavailable(why: str = "Please try again in a moment.") -> Refusal:
    """Return the answer where the fault is ours and the call was not made: SDKs try again by themselves."""
    return Refusal("ServiceUnavailable", f"Service is unable to handle request. {why}", 503)


def stopped() -> Refusal:
    """Return the answer to a call that took the sandbox down or ran too long. All that was done before it is kept."""
    return Refusal(
        "InternalFailure",
        "The call was stopped because the sandbox could not finish it. "
        "Nothing that you did before is lost, and this call was not made.",
        500,
    )


def refusal_of(fault: SigningFault, *, protocol: str, claim: Claim | None, head: Head) -> Refusal:
    """Return AWS's answer to a request that is not signed as it must be."""
    family = _family(protocol)
    if fault.fault is Fault.UNKNOWN_KEY:
        return unknown_key(protocol, claim.access_key if claim else "")
    if family == "s3":
        return _refusal_of_s3(fault, claim, head)
    code, message = _said(fault)
    if code == "IncompleteSignature":
        return Refusal("IncompleteSignatureException" if family == "json" else code, message, 400)
    if fault.fault is Fault.BAD_TOKEN:
        return unknown_key(protocol)
    if family == "ec2":
        if fault.fault in (Fault.EXPIRED, Fault.NOT_YET, Fault.PRESIGN_EXPIRED, Fault.PRESIGN_NOT_YET):
            return Refusal("RequestExpired", "Request has expired.", 400)
        return Refusal("AuthFailure", _NO_EC2_ACCESS if fault.fault is Fault.MISMATCH else message, 401)
    if family == "query":
        return Refusal("SignatureDoesNotMatch", message, 403)
    return Refusal("InvalidSignatureException", message, 403 if protocol == "rest-json" else 400)


def _said(fault: SigningFault) -> tuple[str, str]:
    """Return the code and AWS's sentence outside S3."""
    detail, mismatch, incomplete = fault.detail, "SignatureDoesNotMatch", "IncompleteSignature"
    match fault.fault:
        case Fault.UNSUPPORTED:
            return incomplete, f"Unsupported AWS 'algorithm': '{detail.get('authorization', '')}'."
        case Fault.INCOMPLETE:
            names = detail["missing"].split(",")
            return incomplete, " ".join(f"Authorization header requires '{name}' parameter." for name in names)
        case Fault.BAD_CREDENTIAL:
            form = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
            return incomplete, f"{form}, got '{detail['credential']}'"
        case Fault.TWO_MECHANISMS:
            return incomplete, "Authentication is given more than once. Only one mechanism is allowed."
        case Fault.NO_DATE:
            return incomplete, "Date must be in ISO-8601 'basic format', in an 'X-Amz-Date' or a 'Date' header."
        case Fault.PRESIGN_INCOMPLETE:
            return incomplete, f"AWS query-string parameters must include '{detail['missing']}', once."
        case Fault.PRESIGN_TOO_LONG:
            return incomplete, "X-Amz-Expires must be less than a week (in seconds)."
        case Fault.BAD_DATE:
            said, stamp = detail["date"], detail["timestamp"]
            message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
            return mismatch, f"{message}: '{said}' != '{stamp[:8]}', from '{stamp}'."
        case Fault.BAD_REGION:
            return mismatch, f"Credential should be scoped to a valid region, not '{detail['region']}'. "
        case Fault.BAD_SERVICE:
            return mismatch, f"Credential should be scoped to correct service: '{detail['expected']}'. "
        case Fault.BAD_TERMINATOR:
            given = detail["terminator"]
            return mismatch, f"Credential should be scoped with a valid terminator: 'aws4_request', not '{given}'."
        case Fault.NOT_SIGNED:
            return mismatch, f"'{detail['headers']}' must be a 'SignedHeader' in the AWS Authorization."
        case Fault.EXPIRED | Fault.PRESIGN_EXPIRED:
            window = "15 min." if fault.fault is Fault.EXPIRED else f"{detail['expires']} s"
            message = f"Signature expired: {detail['timestamp']} is now earlier than {detail['limit']}"
            return mismatch, f"{message} ({detail['now']} - {window})"
        case Fault.NOT_YET | Fault.PRESIGN_NOT_YET:
            message = f"Signature not yet current: {detail['timestamp']} is still later than {detail['limit']}"
            return mismatch, f"{message} ({detail['now']} + 15 min.)"
    return mismatch, _NO_MATCH


def _refusal_of_s3(fault: SigningFault, claim: Claim | None, head: Head) -> Refusal:
    detail = fault.detail
    presigned = claim.presigned if claim else "X-Amz-" in head.query
    malformed = "AuthorizationQueryParametersError" if presigned else "AuthorizationHeaderMalformed"
    prefix = "Error parsing the X-Amz-Credential parameter" if presigned else "The authorization header is malformed"
    match fault.fault:
        case Fault.UNSUPPORTED:
            message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            return Refusal("InvalidRequest", message, 400)
        case Fault.INCOMPLETE:
            return Refusal(malformed, f"{prefix}; missing or unreadable: {detail['missing']}.", 400)
        case Fault.BAD_CREDENTIAL:
            expected = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            return Refusal(malformed, f"{prefix}; {expected}", 400)
        case Fault.TWO_MECHANISMS:
            message = (
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified"
            )
            return Refusal("InvalidArgument", message, 400)
        case Fault.NO_DATE:
            return Refusal("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
        case Fault.BAD_DATE:
            said, day = detail["date"], detail["timestamp"][:8]
            message = f'Invalid credential date "{said}". This date is not the same as X-Amz-Date: "{day}".'
            return Refusal(malformed, f"{prefix}; {message}", 400)
        case Fault.BAD_REGION:
            expected = detail["expected"]
            message = f"{prefix}; the region '{detail['region']}' is wrong; expecting '{expected}'"
            return Refusal(malformed, message, 400, {"Region": expected})
        case Fault.BAD_SERVICE:
            message = f'{prefix}; incorrect service "{detail["service"]}". This endpoint belongs to "s3".'
            return Refusal(malformed, message, 400)
        case Fault.BAD_TERMINATOR:
            message = f'{prefix}; incorrect terminal "{detail["terminator"]}". This endpoint uses "aws4_request".'
            return Refusal(malformed, message, 400)
        case Fault.BAD_TOKEN:
            return Refusal("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
        case Fault.NOT_SIGNED:
            message = "There were headers present in the request which were not signed"
            return Refusal("AccessDenied", message, 403, {"HeadersNotSigned": detail["headers"]})
        case Fault.EXPIRED | Fault.NOT_YET:
            message = "The difference between the request time and the current time is too large."
            extra = {"RequestTime": detail["timestamp"], "ServerTime": detail["server_time"]}
            extra["MaxAllowedSkewMilliseconds"] = "900000"
            return Refusal("RequestTimeTooSkewed", message, 403, extra)
        case Fault.PRESIGN_INCOMPLETE:
            message = (
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            )
            return Refusal(malformed, message, 400)
        case Fault.PRESIGN_TOO_LONG:
            message = (
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
                "less than 604800 seconds"
            )
            return Refusal(malformed, message, 400)
        case Fault.PRESIGN_EXPIRED:
            extra = {"X-Amz-Expires": detail["expires"], "Expires": detail["until"]}
            extra["ServerTime"] = detail["server_time"]
            return Refusal("AccessDenied", "Request has expired", 403, extra)
        case Fault.PRESIGN_NOT_YET:
            return Refusal("AccessDenied", "Request is not yet valid", 403)
        case Fault.NO_PAYLOAD_HASH:
            return Refusal("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400)
        case Fault.BAD_PAYLOAD_HASH:
            message = (
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                "or a valid sha256 value."
            )
            return Refusal("InvalidArgument", message, 400)
    given = {"AWSAccessKeyId": claim.access_key, "SignatureProvided": claim.signature} if claim else {}
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    return Refusal("SignatureDoesNotMatch", message, 403, given)
