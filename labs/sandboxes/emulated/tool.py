"""A tool without a network: makes a CellRequest of an operation and its parameters, and reads the answer.

botocore's own serializers and parsers, so that the bytes are those of boto3. For the warm-up, the bench and tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import botocore.loaders
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from labs.sandboxes.emulated.frames import CellRequest, CellResponse

__all__ = ["Refused", "Tool", "botocore_model", "read_answer", "request_for"]


class Refused(Exception):
    """The answer was an error."""

    def __init__(self, response: CellResponse) -> None:
        super().__init__(f"{response.status} {response.error_code}: {response.error_message}")
        self.response = response


_loader: Final = botocore.loaders.create_loader()


@cache
def botocore_model(service: str) -> ServiceModel:
    """Return botocore's model of `service`."""
    return ServiceModel(_loader.load_service_model(service, "service-2"), service)


def request_for(
    model: ServiceModel,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    access_key: str | None,
    region: str = "us-east-1",
    at: float | None = None,
    seq: int = 0,
) -> CellRequest:
    """Return the call as the gateway would hand it over."""
    made = create_serializer(model.resolved_protocol).serialize_to_request(
        dict(parameters), model.operation_model(operation)
    )
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True)
    elif hasattr(body, "read"):
        body = body.read()
    query = made["query_string"]
    path, _, fixed = str(made["url_path"]).partition("?")
    pairs = [fixed] if fixed else []
    if query:
        pairs.append(urlencode(query, doseq=True, quote_via=quote) if isinstance(query, dict) else str(query))
    return CellRequest(
        method=made["method"],
        service=model.signing_name,
        region=region,
        path=path,
        query="&".join(pairs),
        headers=[(name, str(value)) for name, value in made["headers"].items()],
        body=body.encode() if isinstance(body, str) else bytes(body),
        access_key=access_key,
        at=time.time() if at is None else at,
        seq=seq,
    )


def read_answer(model: ServiceModel, operation: str, response: CellResponse) -> dict[str, Any]:
    """Return what the answer says, as boto3 would. Raises Refused on status 400 and above."""
    if response.status >= 400:
        raise Refused(response)
    shape = model.operation_model(operation).output_shape
    raw = {"status_code": response.status, "headers": dict(response.headers), "body": response.body, "context": {}}
    if shape is not None and shape.serialization.get("payload") in (shape.members or {}):
        payload = shape.serialization["payload"]
        if shape.members[payload].type_name == "blob":
            return {payload: response.body}
    return dict(create_parser(model.resolved_protocol).parse(raw, shape))  # type: ignore[arg-type]


class Tool:
    """Calls one sandbox in order: `tool("s3", "CreateBucket", Bucket="b")`. Counts the journal's numbers itself."""

    def __init__(
        self,
        send: Callable[[CellRequest], CellResponse],
        access_key: str | None,
        *,
        region: str = "us-east-1",
        at: float | None = None,
        models: Callable[[str], ServiceModel] = botocore_model,
    ) -> None:
        self._send = send
        self._models = models
        self.access_key = access_key
        self.region = region
        self.at = at
        self.seq = 0
        self.sent: list[CellRequest] = []
        self.last: CellResponse | None = None

    def __call__(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Return the answer, with names as boto3 has them. Raises Refused."""
        self.seq += 1
        at = None if self.at is None else self.at + self.seq
        model = self._models(service)
        request = request_for(
            model, operation, parameters, access_key=self.access_key, region=self.region, at=at, seq=self.seq
        )
        self.sent.append(request)
        self.last = self._send(request)
        return read_answer(model, operation, self.last)
