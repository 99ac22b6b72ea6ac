"""The whole product for the end-to-end tests: every process of `make run`, on free ports, and a headless Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from skylab.stack import Stack, running_stack
from tests.e2e.exam_sitting import Backstage, Sitting
from tests.e2e.looking import ROOT, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def site() -> Iterator[Stack]:
    """A running Skylab of this test run's own, stopped by Ctrl-C at its end."""
    with running_stack() as stack:
        yield stack


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
    listen(opened, complaints)
    yield opened
    opened.goto("about:blank")  # a page with open streams and workers may be closed very slowly
    context.close()
    assert not complaints, complaints


@pytest.fixture(scope="session")
def backstage(site: Stack) -> Iterator[Backstage]:
    """A process with the stack's database: see exam_backstage."""
    process = Backstage(site)
    yield process
    process.close()


@pytest.fixture
def sit(browser: Browser, site: Stack, backstage: Backstage) -> Iterator[Callable[..., Sitting]]:
    """Seat a candidate of one's own at an attempt of one's own; keywords are those of exam_backstage.make()."""
    seated: list[Sitting] = []

    def seat(*, context: dict[str, Any] | None = None, **made: Any) -> Sitting:
        attempt = backstage("make", **{"name": "candidate"} | made)
        seated.append(Sitting(browser, site, backstage, attempt, **context or {}))
        return seated[-1]

    yield seat
    for one in seated:
        one.close()


@pytest.fixture(scope="session")
def scenes(site: Stack) -> dict[str, str]:
    """The sessions by what they show: rows only, without a sandbox behind them."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from tests.e2e.scenes import main; main()"],
        cwd=ROOT,
        env={**os.environ, **site.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def states(site: Stack, browser: Browser, scenes: dict[str, str]) -> dict[str, str]:
    """The cookies of each person, signed in once."""
    found = {"": "{}"}
    for name in ("nora", "instructor", "operator"):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site.url}/accounts/login/")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", "skylab-demo")
        page.click("main button[type=submit]")
        page.wait_for_url(f"{site.url}/")
        found[name] = json.dumps(context.storage_state())
        context.close()
    return found
