"""The whole product for the end-to-end tests: every process of `make run`, on free ports, and a headless Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Site:
    """A running Skylab."""

    url: str
    endpoint: str
    data: Path
    pid: int


def start_site(data: Path) -> tuple[subprocess.Popen[bytes], Site, Path]:
    """Start `make run`'s own program; return the process, where it will answer, and the file that it writes to."""
    web, sandbox = free_port(), free_port()
    environment = {
        **os.environ,
        "SKYLAB_LOCAL": "1",
        "SKYLAB_DATA": str(data),
        "PORT": str(web),
        "BASE_URL": f"http://127.0.0.1:{web}",
        "SANDBOX_BIND": f"127.0.0.1:{sandbox}",
        "SANDBOX_ENDPOINT": f"http://127.0.0.1:{sandbox}",
        "DJANGO_SETTINGS_MODULE": "skylab.settings",
    }
    environment.pop("REDIS_URL", None)
    data.mkdir(parents=True, exist_ok=True)
    output = data / "up.txt"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "skylab.up"], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    return process, Site(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{sandbox}", data, process.pid), output


def wait_until_ready(process: subprocess.Popen[bytes], output: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while "Sandboxes are ready" not in output.read_text(errors="replace"):
        assert process.poll() is None, f"make run ended:\n{output.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"make run was not ready:\n{output.read_text(errors='replace')}"
        time.sleep(0.1)  # the other process's own start is what we wait for


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A running Skylab of this test run's own, stopped by Ctrl-C at its end."""
    data = Path(tempfile.mkdtemp(prefix="skylab-e2e-"))
    process, running, output = start_site(data)
    try:
        wait_until_ready(process, output)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(data, ignore_errors=True)


def chromium() -> str | None:
    """Return the path of a Chromium or Chrome on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; where there is none the test is skipped, or fails where SKYLAB_REQUIRE_BROWSER is set."""
    path = chromium()
    if not path:
        message = "no Chromium found: browser tests did not run (apt install chromium, or set CHROMIUM)"
        if os.environ.get("SKYLAB_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update"),
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, signed out, that fails the test on a script error or a Content-Security-Policy violation."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield opened
    context.close()
    assert not complaints, complaints
