"""The tests of search once more, on a PostgreSQL of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from bench.postgres import NoPostgres, cluster

HERE = Path(__file__).parent


@pytest.mark.postgres
@pytest.mark.skipif("postgresql" in settings.DATABASES["default"]["ENGINE"], reason="it is what runs")
def test_search_holds_on_postgresql(tmp_path: Path) -> None:
    try:
        with cluster() as server:
            fresh = {"DATABASE_URL": server.make("skylab"), "SKYLAB_DATA": str(tmp_path), "SKYLAB_LOCAL": "1"}
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
            command = (
                sys.executable,
                "-m",
                "pytest",
                str(HERE / "test_search.py"),
                "-q",
                "--tb=short",
                "-p",
                "no:cacheprovider",
            )
            done = subprocess.run([*command, "-p", "no:xdist"], env=environment | fresh, capture_output=True, text=True)
    except NoPostgres as reason:
        if os.environ.get("SKYLAB_REQUIRE_POSTGRES"):
            raise
        pytest.skip(str(reason))
    assert done.returncode == 0, done.stdout[-6000:]
