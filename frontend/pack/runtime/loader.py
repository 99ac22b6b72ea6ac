"""botocore's models, read from packs that are fetched when a service is used for the first time."""

from __future__ import annotations

import json
import marshal
import zlib
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from skylab_shell import host

# boto3's own models, of its resources: files, once boto3 was imported.
RESOURCES = "resources-1"
BOTO3_DATA = Path("/cli/boto3/boto3/data")


def unpacked(data: bytes) -> Any:
    return marshal.loads(zlib.decompress(data))  # noqa: S302 - ours: made by frontend/pack, from our own origin


class PackLoader(Loader):  # type: ignore[misc]
    """Stands for the folder botocore/data. `described` decides whether models have their descriptions (for help)."""

    def __init__(self) -> None:
        super().__init__(include_default_search_paths=False)
        self._top = unpacked((Path("/cli/data.bin")).read_bytes())
        self._services: dict[str, Any] = self._top.pop("service-names")
        self._models: dict[str, dict[str, Any]] = {}
        self._described: set[str] = set()

    def list_available_services(self, type_name: str) -> list[str]:
        if type_name == RESOURCES:
            return sorted(path.name for path in BOTO3_DATA.iterdir()) if BOTO3_DATA.exists() else []
        return [name for name, (_, types) in self._services.items() if type_name in types]

    def list_api_versions(self, service_name: str, type_name: str) -> list[str]:
        if type_name == RESOURCES and (BOTO3_DATA / service_name).exists():
            return sorted(path.name for path in (BOTO3_DATA / service_name).iterdir())
        version, types = self._services.get(service_name, ("", ()))
        if type_name not in types:
            raise DataNotFoundError(data_path=service_name)
        return [version]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        parts = name.split("/")
        if len(parts) == 1 and name in self._top:
            return self._top[name], name
        if parts[-1] == RESOURCES and (BOTO3_DATA / f"{name}.json").exists():
            return json.loads((BOTO3_DATA / f"{name}.json").read_text()), name
        if len(parts) == 3 and parts[0] in self._services:
            version, types = self._services[parts[0]]
            if parts[1] == version and parts[2] in types:
                return self._service(parts[0])[parts[2]], name
        raise DataNotFoundError(data_path=name)

    def _service(self, service: str) -> dict[str, Any]:
        if service not in self._models:
            data = host.pack(f"services/{service}.bin")
            if data is None:
                raise DataNotFoundError(data_path=service)
            self._models[service] = unpacked(data)
        return self._models[service]

    def describe(self, service: str) -> None:
        """Take the models with their descriptions from now on."""
        if service in self._described or service not in self._services:
            return
        data = host.pack(f"help/{service}.bin")
        if data is not None:
            self._models[service] = {**self._service(service), **unpacked(data)}
            self._described.add(service)
            for key in [key for key in self._cache if service in key]:
                del self._cache[key]
