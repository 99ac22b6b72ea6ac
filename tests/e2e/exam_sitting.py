"""A candidate at an exam's page, as the tests hold one: the browser's side, and what the server kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skylab.stack import Stack
from tests.e2e.looking import listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-7f31"
SAVED, UNSAVED = '#save-state[data-state="saved"]', '#save-state[data-state="unsaved"]'
# The place of each type in an attempt that exam_backstage.make() makes.
CHOICE, RESPONSE, NUMBER, TEXT, ORDERING, MATCHING, CASE = range(7)


class Backstage:
    """The process that has the stack's database: backstage("make", name=…)."""

    def __init__(self, site: Stack) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.exam_backstage"],
            cwd=ROOT,
            env={**os.environ, **site.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, word: str, **arguments: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([word, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the backstage ended"
        well, told = json.loads(line)
        assert well, told
        return told

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class Sitting:
    """A window on an attempt. `wrong`: what the browser complained of; `leaks`: payloads with what only the key knows."""

    def __init__(
        self, browser: Browser, site: Stack, backstage: Backstage, made: dict[str, Any], **context: Any
    ) -> None:
        self.site, self.backstage, self.made = site, backstage, made
        script = context.pop("script", "")
        self.context: BrowserContext = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | context
        )
        self.context.add_cookies([made["cookie"]])
        if script:
            self.context.add_init_script(script)
        self.wrong: list[str] = []
        self.leaks: list[str] = []
        self.page = self.window()

    def window(self, path: str = "", *, ready: str = "exam-player[data-ready]") -> Page:
        """Open another window of the same browser on the attempt."""
        page = self.context.new_page()
        listen(page, self.wrong)
        page.on("response", self._read)
        page.goto(self.site.url + self.made["path"] + path)
        if ready:
            page.wait_for_selector(ready)
        return page

    def _read(self, response: Any) -> None:
        if "/exams/" in response.url and response.status == 200:
            try:
                if CANARY in response.text():
                    self.leaks.append(response.url)
            except Exception:
                pass

    def answer(self, place: int, text: str = "") -> None:
        """Answer at a place: a text where one is typed, else the first option."""
        self.page.click(f'.numbers a[data-place="{place}"]')
        if text:
            self.page.fill(f"#place-{place} [name=answer]", text)
        else:
            self.page.check(f"#place-{place} [name=answer] >> nth=0")

    def kept(self) -> dict[str, Any]:
        told: dict[str, Any] = self.backstage("kept", attempt=self.made["id"])
        return told

    def databases(self) -> list[str]:
        """Return the names of the copies that this browser keeps."""
        names: list[str] = self.page.evaluate(
            "async () => (await indexedDB.databases()).map((one) => one.name).filter((name) => name.startsWith('skylab'))"
        )
        return names

    def wait_receipt(self, page: Page | None = None) -> None:
        page = page or self.page
        page.wait_for_url("**/receipt/")
        page.wait_for_selector("exam-receipt[data-done]", state="attached")

    def close(self) -> None:
        self.context.close()
        assert not self.wrong, self.wrong
        assert not self.leaks, self.leaks
