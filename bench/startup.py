"""How long `make run` takes the second time: to the first page, and to warm sandboxes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from skylab.stack import ROOT, settings_for


def measure() -> list[Figure]:
    """Start it twice in one folder; the first makes the database and the static files, the second is measured."""
    import os

    with tempfile.TemporaryDirectory(prefix="skylab-startup-", ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, **settings_for(Path(folder))}
        environment.pop("REDIS_URL", None)
        first = start_and_stop(environment)
        second = start_and_stop(environment)
    return [
        Figure("first start with an empty folder: the site answers", first[0], "s"),
        Figure("second start: the site answers", second[0], "s", "≤ 5 s"),
        Figure("second start: sandboxes are warm", second[1], "s", "≤ 12 s"),
    ]


def start_and_stop(environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds to the site, and to warm sandboxes, from the start of the process."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "skylab.up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    site = warm = 0.0
    for line in process.stdout:
        if "Skylab is up" in line:
            site = time.monotonic() - begun
        if re.search(r"Sandboxes are ready", line):
            warm = time.monotonic() - begun
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert site and warm, "make run did not come up"
    return site, warm
