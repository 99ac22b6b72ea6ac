"""The terminal in the browser: the first prompt, the first `aws` with and without a warm cache, and those after it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Figure, percentile
from skylab.stack import Stack, running_stack

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SLOW: Final = True
AFTER: Final = 30
COMMAND: Final = "aws sts get-caller-identity --query Account --output text"
# As a page does it: the engine loads, the worker begins at once, and the learner types as soon as there is a prompt.
MEASURE: Final = """async ([address, env, command]) => {
  const begun = performance.now();
  const { createEngine } = await import(address);
  const engine = createEngine({ env });
  await engine.ready;
  engine.warm();
  await engine.exec("echo prompt");
  const prompt = performance.now() - begun;
  const first = await engine.exec(command);
  if (!/^\\d{12}\\n$/.test(first.stdout)) throw new Error(first.stderr);
  window.engine = engine;
  return [prompt, performance.now() - begun];
}"""


def measure() -> list[Figure]:
    """Start a stack and a Chromium with an empty profile; open a lab twice."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import chromium

    with running_stack() as site, sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        try:
            return _measured(context, site)
        finally:
            context.close()


def _measured(context: BrowserContext, site: Stack) -> list[Figure]:
    from tests.e2e.test_terminal_conformance import engine_address, open_lab

    def opened() -> tuple[Page, list[float]]:
        page = context.new_page()
        env = open_lab(page, site)
        taken: list[Any] = page.evaluate(MEASURE, [engine_address(), env, COMMAND])
        return page, taken

    page, (prompt, cold) = opened()
    page.close()
    page, (again, warm) = opened()
    page.close()
    page, (_, third) = opened()
    later = page.evaluate(
        """async ([command, count]) => {
          const taken = [];
          for (let number = 0; number < count; number++) {
            const begun = performance.now();
            await engine.exec(command);
            taken.push(performance.now() - begun);
          }
          return taken;
        }""",
        [COMMAND, AFTER],
    )
    return [
        Figure("first prompt, nothing in the cache", prompt, "ms", "≤ 1000 ms"),
        Figure("first prompt, warm cache", again, "ms", "≤ 1000 ms"),
        Figure("first aws, nothing in the cache", cold, "ms", "≤ 8000 ms", "downloads, starts, signs, answers"),
        Figure("first aws, warm cache", min(warm, third), "ms", "≤ 2000 ms", "the better of two pages"),
        Figure(f"aws after that, median of {AFTER}", percentile(later, 50), "ms", "≤ 200 ms"),
        Figure(f"aws after that, 95 % of {AFTER}", percentile(later, 95), "ms"),
    ]
