"""The providers that there are, held to the conformance suite."""

from __future__ import annotations

import importlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from labs.sandboxes import Ref
from labs.sandboxes.emulated.provider import EmulatedProvider

sys.path.insert(0, str(Path(__file__).parent))
conformance: Any = importlib.import_module("conformance")
sys.path.pop(0)


@contextmanager
def _emulated(folder: Path) -> Iterator[Any]:
    """Give the emulated provider and the real sandbox host, in a process of its own."""
    from labs.proof_host import proof_host

    with proof_host() as host:

        def renew(ref: Ref) -> Ref:
            # What reset_session() does in the host's database.
            database = sqlite3.connect(host.folder / "proof.sqlite3", timeout=30)
            with database:
                database.execute("UPDATE labs_sandbox SET epoch = epoch + 1 WHERE number = ?", (ref.number,))
            database.close()
            return replace(ref, epoch=ref.epoch + 1)

        yield conformance.House(
            provider=host.provider,
            make_ref=lambda: host.make_ref("us-east-1"),
            renew=renew,
            lost=EmulatedProvider(
                control=folder / "control.sock", master=settings.SANDBOX_KEY, endpoint="http://127.0.0.1:9"
            ),
        )


HOUSES: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {"emulated": _emulated}


@pytest.fixture(scope="module", params=sorted(HOUSES))
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One provider after the other."""
    with HOUSES[request.param](tmp_path_factory.mktemp("nowhere")) as made:
        yield made


@pytest.mark.stack
class TestProviders(conformance.ProviderConformance):  # type: ignore[misc]
    """Every provider there is."""
