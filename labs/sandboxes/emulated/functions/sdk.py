"""boto3 in a function: warm from the zygote, and its requests go to the cell instead of a network.

A request says who signs it, and with which secret, rather than carry a signature: both ends are the same memory's, the
cell compares the secret and asks its own policies (invocations.py).
"""

from __future__ import annotations

import concurrent.futures
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.auth
import botocore.httpsession
import botocore.session
import s3transfer.futures
import s3transfer.manager
import urllib3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from moto.core import utils

from labs.sandboxes.emulated.functions.preload import preload

__all__ = ["SIGNER", "connect", "warm"]

SIGNER: Final = "Skylab "
# What functions use most: their models, endpoints and classes are made once, in the zygote.
_WARMED: Final = (
    "s3", "dynamodb", "sqs", "sns", "lambda", "sts", "ssm", "secretsmanager", "logs", "events", "kms", "ec2", "cloudwatch",
    "iam",
)  # fmt: skip
_HOST: Final = "amazonaws.com"
Send = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def warm() -> None:
    """Load what clients are made of, in the zygote; all sessions of this process share it from here on."""
    preload()
    loader = utils.create_loader()
    data = str(Path(boto3.__file__).parent / "data")
    if data not in loader.search_paths:
        loader.search_paths.append(data)

    def share(self: Any) -> None:
        self._components.register_component("data_loader", loader)

    botocore.session.Session._register_data_loader = share  # type: ignore[attr-defined]
    session = boto3.session.Session(
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - no secret
    )
    for name in _WARMED:
        session.client(name)
    session.resource("dynamodb").Table("warm")
    session.resource("s3").Bucket("warm")
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        archive.writestr("warm", b"")


def connect(send: Send) -> None:
    """Let every request of botocore in this process be sent by `send`. There is no way back."""

    def sent(self: Any, request: Any) -> AWSResponse:
        host = request.url.split("/", 3)[2]
        signed = _text(request.headers.get("Authorization", "")).startswith(SIGNER)
        if not signed and not host.partition(":")[0].endswith(_HOST):
            raise EndpointConnectionError(endpoint_url=request.url, error="there is no internet here")
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        data = body.encode() if isinstance(body, str) else bytes(body or b"")
        headers = [[_text(name), _text(value)] for name, value in request.headers.items()]
        answer, content = send({"method": request.method, "url": request.url, "headers": headers}, data)
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(content), headers=answer["headers"], status=answer["status"], preload_content=False
        )
        response = AWSResponse(request.url, answer["status"], dict(answer["headers"]), raw)  # type: ignore[arg-type]
        if not request.stream_output:
            response.content  # noqa: B018 - read now, as botocore's own session does
        return response

    botocore.httpsession.URLLib3Session.send = sent  # type: ignore[method-assign]
    sign = botocore.auth.SigV4Auth.add_auth

    def name_signer(self: Any, request: Any) -> None:
        if isinstance(self, botocore.auth.SigV4QueryAuth):
            return sign(self, request)
        if self.credentials is None:
            raise NoCredentialsError
        who = (self._service_name, self._region_name, self.credentials.access_key, self.credentials.secret_key)
        request.headers["Authorization"] = SIGNER + " ".join(map(str, who))
        return None

    botocore.auth.SigV4Auth.add_auth = name_signer  # type: ignore[method-assign]
    concurrent.futures.ThreadPoolExecutor = concurrent.futures.thread.ThreadPoolExecutor = _AtOnce  # type: ignore
    executor: Any = s3transfer.futures.NonThreadedExecutor
    s3transfer.futures.BoundedExecutor.EXECUTOR_CLS = executor


class _AtOnce:
    """concurrent.futures' thread pool where there are no threads: what is handed over is done then and there."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **more: Any) -> Any:
        """Call it."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*arguments, **more))
        except BaseException as error:
            future.set_exception(error)
        return future

    def map(self, function: Callable[..., Any], *iterables: Any, timeout: Any = None, chunksize: int = 1) -> Any:
        """Call it with each."""
        return map(function, *iterables)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more."""
        self._closed = True

    def __enter__(self) -> _AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
