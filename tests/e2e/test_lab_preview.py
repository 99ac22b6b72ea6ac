"""The preview of a lab in a browser: it looks as the rest does, and draws itself anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labs.authoring import skeleton
from labs.authoring.server import PreviewServer
from tests.e2e.looking import Looker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return skeleton.write("keep-the-invoices", into=tmp_path)


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with PreviewServer(folder, watch=True) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address.rstrip("/")
        server.shutdown()


def spoil(folder: Path) -> None:
    text = (folder / "lab.md").read_text()
    (folder / "lab.md").write_text(text.replace("~~~expect", "~~~expct"))


def test_every_view_holds_at_320_pixels_in_every_theme(browser: Browser, address: str, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700}, reduced_motion="reduce")
    look = Looker(context, address)
    for state in ("sound", "broken"):
        for view in ("learner", "author", "source"):
            look.open(f"/{view}")
            look.hold_axe()
            look.hold_axe("dark")
            look.hold_axe("contrast")
            look.hold_width()
            look.keep(f"preview-{view}-{state}")
            assert look.wrong == [], f"{view}, {state}"
        spoil(folder)
    context.close()


def test_the_page_draws_itself_anew_and_keeps_open_what_was(page: Page, address: str, folder: Path) -> None:
    page.goto(f"{address}/author")
    page.click("#author-versions-checks > summary")
    page.wait_for_function("sessionStorage.getItem('preview /author')?.includes('author-versions-checks')")
    spoil(folder)
    page.wait_for_selector("#findings-title")
    assert page.is_visible("text=expct is not a kind of block")
    assert page.evaluate("document.getElementById('author-versions-checks').open") is True
    page.click(".preview-finding a[href*='source#L'] >> nth=0")
    page.wait_for_selector("code.wrong:target")
