"""Which service and operation a request means, and which of moto's handlers answers it.

Built in the zygote: the head of every service model of botocore (a few hundred, 4 kB each) and moto's url tables. The full
model of a service (megabytes) is loaded when it is first called, for the common ones in the warm-up.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import botocore
from moto import backend_index
from moto.core.request import Request
from moto.core.routing import RestRouter, S3RestRouter
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from labs.sandboxes.emulated import lighter
from labs.sandboxes.emulated.errors import AwsError

__all__ = ["Operation", "Service", "find_operation", "services", "supported"]

Handler = Callable[[Any, str, Any], Any]

# moto's own back door (it wipes, seeds and shows everything), and the metadata service of EC2: no request reaches them.
REMOVED: Final = frozenset({"moto_api", "moto_api._internal", "instance_metadata"})


@dataclass(frozen=True)
class Service:
    """One service as botocore knows it, and moto's handlers for it (none: we do not play it)."""

    name: str
    signing_name: str
    endpoint_prefix: str
    target_prefix: str
    api_version: str
    protocols: tuple[str, ...]
    host: str  # with {region}
    handlers: tuple[tuple[re.Pattern[str], Handler], ...] = field(repr=False, compare=False)

    @cached_property
    def model(self) -> Any:
        """moto's ServiceModel of it."""
        return get_service_model(self.name)

    @cached_property
    def operations(self) -> frozenset[str]:
        """The names of its operations."""
        return frozenset(self.model.operation_names)

    @cached_property
    def router(self) -> Any:
        """What finds the operation of a REST request."""
        return (S3RestRouter if self.name == "s3" else RestRouter)(self.model)

    def handler(self, url: str) -> Handler | None:
        """Return what answers `url` (canonical, without query), or None."""
        for pattern, handler in self.handlers:
            if pattern.match(url):
                return handler
        return None


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request means."""

    service: Service
    name: str
    protocol: str
    uri: dict[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Any:
        """moto's OperationModel of it."""
        return self.service.model.operation_model(self.name)


def find_operation(service_name: str, request: Request) -> Operation:
    """Return the operation that `request`, signed for `service_name`, asks for.

    Raises AwsError where no service or operation fits; its `protocol` attribute says in which shape to answer.
    """
    candidates = services().get(service_name, ())
    if request.headers.get("x-amz-account-id") and request.raw_path.startswith("/v20180820/"):
        candidates = services()["s3control"]
    if not candidates:
        raise _refusal("json", AwsError("UnknownService", f"There is no service '{service_name}' here.", 501))
    target = request.headers.get("x-amz-target", "")
    if target:
        prefix, _, name = target.rpartition(".")
        return _by_target(candidates, prefix, name)
    called = _RPC_V2.fullmatch(request.raw_path)
    if called and request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _by_target(candidates, called[1], called[2], protocol="smithy-rpc-v2-cbor")
    asked = _asked_action(request) if any({"query", "ec2"} & {*each.protocols} for each in candidates) else ""
    if asked:
        return _by_action(candidates, asked, request.values.get("Version", ""))
    for service in candidates:
        if {"rest-json", "rest-xml"} & {*service.protocols}:
            try:
                model, uri = service.router.match(request)
            except HTTPException:
                continue
            return Operation(service, model.name, service.protocols[0], uri)
    protocol = candidates[0].protocols[0]
    code = "InvalidAction" if protocol in ("query", "ec2") else "UnknownOperationException"
    raise _refusal(protocol, AwsError(code, f"{candidates[0].name} has no such operation.", 400))


_RPC_V2: Final = re.compile(r"/service/([\w.]+)/operation/(\w+)")


def _refusal(protocol: str, error: AwsError) -> AwsError:
    error.protocol = protocol  # type: ignore[attr-defined]
    return error


def _asked_action(request: Request) -> str:
    return str(request.values.get("Action", ""))


def _by_target(candidates: tuple[Service, ...], prefix: str, name: str, protocol: str = "json") -> Operation:
    for service in candidates:
        if service.target_prefix == prefix and name in service.operations:
            return Operation(service, name, protocol)
    raise _refusal(
        protocol, AwsError("UnknownOperationException", f"{candidates[0].name} has no {prefix}.{name}.", 400)
    )


def _by_action(candidates: tuple[Service, ...], name: str, version: str) -> Operation:
    # elasticloadbalancing is two services, told apart by the version alone.
    fitting = [each for each in candidates if each.api_version == version] or list(candidates)
    for service in fitting:
        if name in service.operations:
            protocol = "ec2" if "ec2" in service.protocols else "query"
            return Operation(service, name, protocol)
    protocol = "ec2" if "ec2" in fitting[0].protocols else "query"
    message = f"The action {name} is not valid for this web service."
    raise _refusal(protocol, AwsError("InvalidAction", message, 400))


def supported() -> list[Service]:
    """Return the services that somebody plays here, each once."""
    return sorted(
        {id(each): each for group in services().values() for each in group if each.handlers}.values(), key=_name
    )


def _name(service: Service) -> str:
    return service.name


@cache
def services() -> dict[str, tuple[Service, ...]]:
    """Return all services by signing name, botocore's name and endpoint prefix; the likeliest first in each group."""
    lighter.install()
    tables = dict(_moto_tables())
    found: dict[str, list[Service]] = {}
    for name, metadata in _metadata():
        service = _service(name, metadata, tables)
        for key in {service.signing_name, service.name, service.endpoint_prefix}:
            found.setdefault(key, []).append(service)
    return {
        key: tuple(sorted(group, key=lambda each: (not each.handlers, each.name != key, len(each.name))))
        for key, group in found.items()
    }


def _service(name: str, metadata: dict[str, Any], tables: dict[str, Any]) -> Service:
    prefix = str(metadata["endpointPrefix"])
    protocols = tuple(metadata.get("protocols") or (metadata["protocol"],))
    host, handlers = "", ()
    for host in (
        f"{prefix}.{{region}}.amazonaws.com",
        f"{prefix}.amazonaws.com",
        f"000000000000.{prefix}.{{region}}.amazonaws.com",
    ):
        base = "https://" + host.format(region="us-east-1")
        handlers = tuple(
            pair for bases, pairs in tables.values() if any(re.match(each, base) for each in bases) for pair in pairs
        )
        if handlers:
            break
    return Service(
        name=name,
        signing_name=str(metadata.get("signingName", prefix)),
        endpoint_prefix=prefix,
        target_prefix=str(metadata.get("targetPrefix", "")),
        api_version=str(metadata.get("apiVersion", "")),
        protocols=protocols,
        host=host,
        handlers=handlers,
    )


def _moto_tables() -> Iterator[tuple[str, tuple[list[str], list[tuple[re.Pattern[str], Handler]]]]]:
    """Yield moto's services in the order of its own look-up: name, url bases, and (url, handler) pairs."""
    seen = set()
    for name, _ in backend_index.backend_url_patterns:
        if name in seen or name in REMOVED:
            continue
        seen.add(name)
        urls = importlib.import_module(f"moto.{name}.urls")
        pairs = [
            (re.compile(path.format(base)), handler)
            for base in urls.url_bases
            for path, handler in urls.url_paths.items()
        ]
        yield name, (list(urls.url_bases), pairs)


def _metadata() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and metadata of botocore's services, newest version, reading no more than the head of each file."""
    decoder = json.JSONDecoder()
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        versions = sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
        if not versions:
            continue
        packed, plain = versions[-1] / "service-2.json.gz", versions[-1] / "service-2.json"
        with gzip.open(packed, "rt") if packed.exists() else plain.open() as file:
            text = file.read(8192)
        start = text.index('"metadata"')
        yield folder.name, decoder.raw_decode(text, text.index("{", start))[0]
