"""Which operations this AWS has something for, service by service: what docs/fidelity.md is made of.

    python -m labs.sandboxes.emulated.coverage s3 ec2     # {"s3": {"AbortMultipartUpload": true, …}, …}
    python -m labs.sandboxes.emulated.coverage --all      # of every service that somebody plays

True: a method of moto's, or a plug-in of ours. It says nothing of how well; that is for seen.json (what was called in tests
and proofs) and fidelity.yaml (what is known to be partly so).
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from botocore import xform_name

__all__ = ["main"]

# A method of moto's that does no more than say so.
_STUB: Final = re.compile(r"raise \w*NotImplementedError")
_STUB_LINES: Final = 8


def main(names: Sequence[str]) -> int:
    """Print it as JSON for the services named (botocore's names)."""
    from labs.sandboxes.emulated import determinism, hazards, hooks, principals, services, zygote

    determinism.install()
    zygote._set_environment()
    services.services()
    hazards.close_all()
    principals.install()
    hooks.discover()
    if list(names) == ["--all"]:
        names = [each.name for each in services.supported()]
    print(json.dumps({name: _operations(name) for name in names}))
    return 0


def _operations(name: str) -> dict[str, bool]:
    from moto.core.utils import camelcase_to_underscores, get_service_model

    from labs.sandboxes.emulated.hooks import _before

    holders = list(_holders(name))

    def is_there(operation: str) -> bool:
        words = {camelcase_to_underscores(operation), xform_name(operation)}
        methods = [getattr(holder, word, None) for holder in holders for word in words]
        return any(map(_does_something, methods)) or any(_answers(each) for each in _before.get((name, operation), ()))

    return {operation: is_there(operation) for operation in sorted(get_service_model(name).operation_names)}


def _answers(plugin: Any) -> bool:
    """Return whether a plug-in may answer by itself (its annotation says so), and not only refuse."""
    return "Answer" in str(inspect.signature(plugin).return_annotation)


def _holders(name: str) -> Iterator[type]:
    """Yield moto's classes whose methods are named like the operations of a service."""
    from moto.core.base_backend import BaseBackend
    from moto.core.responses import BaseResponse

    from labs.sandboxes.emulated.services import _moto_tables, services

    # The likeliest service of a name comes first; its host says which of moto's modules it is.
    found = next((each for each in services().get(name, ()) if each.name == name), None)
    if found is None or not found.handlers:
        return
    base = "https://" + found.host.format(region="us-east-1")
    for module, (bases, _) in _moto_tables():
        if any(re.match(each, base) for each in bases):
            for part in ("responses", "models"):
                path = f"moto.{module}.{part}"
                if importlib.util.find_spec(path) is None:
                    continue  # one that only stands in for another
                held = vars(importlib.import_module(path)).values()
                yield from (
                    one for one in held if isinstance(one, type) and issubclass(one, (BaseResponse, BaseBackend))
                )


def _does_something(method: Any) -> bool:
    if not callable(method):
        return False
    try:
        lines, _ = inspect.getsourcelines(method)
    except (OSError, TypeError):
        return True
    return not (len(lines) <= _STUB_LINES and _STUB.search("".join(lines)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
