"""An exam with a lab, and sandboxes without processes: tests/stack has real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import courses.tasks  # noqa: F401 - registers what the worker does
from bench.papers import write_course
from labs import providers
from labs.content import load_catalog
from labs.services import provisioning
from tests.labs.doubles import MemoryProvider, PaperRunner

LABS = Path(__file__).parents[3] / "labs" / "catalog"


@pytest.fixture(autouse=True)
def provider(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryProvider]:
    settings.LAB_CATALOG = LABS
    assert "two-buckets" in load_catalog(LABS)
    write_course(tmp_path, sections=((4, 0),), labs=("two-buckets",))
    settings.COURSE_CATALOG = tmp_path
    settings.SANDBOX_PROVIDER = "memory"
    double = MemoryProvider()
    monkeypatch.setitem(providers.MAKERS, "memory", lambda: double)
    monkeypatch.setattr(provisioning, "get_runner", lambda: PaperRunner())
    providers.get_provider.cache_clear()
    yield double
    providers.get_provider.cache_clear()
