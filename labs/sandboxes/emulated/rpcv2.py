"""Smithy's RPC v2 protocol with CBOR bodies, which botocore 1.44 speaks to CloudWatch and some forty others, and moto does not.

A request is put into the service's JSON protocol for moto, and moto's JSON answer back into CBOR.
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from typing import Any

from botocore.parsers import JSONParser, RpcV2CBORParser
from botocore.serialize import JSONSerializer, RpcV2CBORSerializer

from labs.sandboxes.emulated.errors import AwsError, code_and_message, render
from labs.sandboxes.emulated.services import Operation

__all__ = ["from_json", "to_json"]


def to_json(operation: Operation, body: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers and body of the same call in the service's JSON protocol. Raises AwsError where it is no CBOR."""
    model = operation.model
    parameters: dict[str, Any] = {}
    if body and model.input_shape is not None:
        parser: Any = RpcV2CBORParser()
        try:
            parameters = parser._parse_shape(model.input_shape, parser._initial_body_parse(body))
        except Exception as error:
            raise AwsError(
                "SerializationException", "The body of the request is not the CBOR of this operation."
            ) from error
    made = JSONSerializer().serialize_to_request(parameters, model)
    text = made["body"]
    return dict(made["headers"]), text if isinstance(text, bytes) else text.encode()


def from_json(
    operation: Operation, status: int, headers: dict[str, str], body: bytes, request_id: str
) -> tuple[int, dict[str, str], bytes]:
    """Return moto's JSON answer in CBOR."""
    if status >= 400:
        code, message = code_and_message(headers, body)
        error = AwsError(code or "InternalFailure", message, status)
        return render(error, protocol="smithy-rpc-v2-cbor", service=operation.service.name, request_id=request_id)
    shape = operation.model.output_shape
    packed = b"\xbf\xff"
    if shape is not None:
        parser: Any = JSONParser()
        value = parser._parse_shape(shape, parser._parse_body_as_json(body) if body else {}) or {}
        serializer: Any = RpcV2CBORSerializer()
        packed = serializer._serialize_body_params(value, shape)
    made = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-requestid": request_id}
    return status, made, packed
