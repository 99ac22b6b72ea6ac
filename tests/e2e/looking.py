"""What a look at a page finds: what axe objects to, what the policy blocks, what leaves its window, what scripts weigh."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request, Response

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "tests/e2e/vendor/axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Text that leaves the window without anything to scroll it by.
CUT_OFF = """
() => [...document.querySelectorAll("main *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1 || one.closest(".visually-hidden, svg, [aria-hidden]")) return false;
  for (let up = one; up; up = up.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
  }
  return true;
}).map((one) => `${one.tagName}.${one.className}`).slice(0, 5)
"""
# What has the focus and is not to be seen: something lies over it (WCAG 2.4.11), or nothing scrolls to it. As far as
# twenty of a page's controls, spread over it.
COVERED = """
() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.disabled
      && !one.closest(".visually-hidden, .skip, [inert]") && one.type !== "hidden");
  const step = Math.max(1, Math.floor(all.length / 20));
  const found = [];
  for (let at = 0; at < all.length; at += step) {
    const one = all[at];
    one.focus();
    if (document.activeElement !== one) continue;
    one.scrollIntoView({ block: "nearest", inline: "nearest" });
    const area = (each) => each.width * each.height;
    const box = [...one.getClientRects()].sort((a, b) => area(b) - area(a))[0] ?? one.getBoundingClientRect();
    const [left, right] = [Math.max(box.left, 0) + 1, Math.min(box.right, innerWidth) - 1];
    const [top, bottom] = [Math.max(box.top, 0) + 1, Math.min(box.bottom, innerHeight) - 1];
    const spread = [0.1, 0.5, 0.9];
    const points = spread.flatMap((x) => spread.map((y) => [left + x * (right - left), top + y * (bottom - top)]));
    const seen = right > left && bottom > top && points.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (one.contains(there) || there.contains(one) || there.closest("label")?.contains(one)
        || there.closest("[popover]")); // what opens with the focus goes with Escape (2.4.11, note 2)
    });
    const name = one.getAttribute("aria-label") || one.textContent || one.name || "";
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const where = `${Math.round(box.left)},${Math.round(box.top)} to ${Math.round(box.right)},${Math.round(box.bottom)}`;
    if (!seen) found.push(`${one.tagName} ${name.trim().slice(0, 40)} at ${where} under ${over?.tagName}.${over?.className}`);
  }
  return found.slice(0, 3);
}
"""


def listen(page: Page, wrong: list[str], *, besides: str = "\0") -> None:
    """Gather a page's script errors and what its Content-Security-Policy blocks, but for messages with those words.

    A page that is left in the middle of its view transition says so; it is no fault.
    """

    def complain(what: str) -> None:
        if "Transition was skipped" not in what and besides not in what:
            wrong.append(what)

    page.on("pageerror", lambda error: complain(f"script error: {error}"))
    page.on("console", lambda said: complain(said.text) if "Content Security Policy" in said.text else None)


class Looker:
    """Opens pages and gathers what is wrong with them. `scripts` holds the bytes, compressed, of each that was fetched."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.page: Page = context.new_page()
        self.base = base
        self.wrong: list[str] = []
        self.scripts: dict[str, int] = {}
        listen(self.page, self.wrong)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:", "about:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.request.resource_type == "script" and response.ok:
            self.scripts[response.url] = 0  # weighed when asked for: no call may be made from within an event

    def open(self, path: str) -> None:
        self.scripts.clear()
        self.page.goto(self.base + path, wait_until="load")

    def weight(self) -> int:
        """Return the bytes of all scripts of the page, each compressed as a server would."""
        for url in self.scripts:
            self.scripts[url] = _compressed(url, self.page)
        return sum(self.scripts.values())

    def hold_width(self) -> None:
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if (over := self.page.evaluate(wide)) > 0:
            self.wrong.append(f"{over} px wider than the window")
        if cut := self.page.evaluate(CUT_OFF):
            self.wrong.append(f"cut off at the window's edge: {cut}")

    def hold_reach(self) -> None:
        """Hold that what has the focus is seen."""
        if covered := self.page.evaluate(COVERED):
            self.wrong.append(f"has the focus and is not to be seen: {covered}")

    def hold_axe(self, theme: str = "") -> None:
        """Ask axe; in a theme other than the page's own, about colours only: the rest is the same."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)  # not as a script of the page: the policy would rightly block it
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        rules = {"type": "tag", "values": RULES}
        if theme:
            self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            rules = {"type": "rule", "values": ["color-contrast"]}
        found = self.page.evaluate(
            "(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", rules
        )
        for violation in found["violations"]:
            nodes = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
            self.wrong.append(f"axe{f' in {theme}' if theme else ''} {violation['id']}: {violation['help']} ({nodes})")

    def keep(self, name: str) -> None:
        if folder := os.environ.get("SKYLAB_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


_weights: dict[str, int] = {}


def _compressed(url: str, page: Page) -> int:
    if url not in _weights:
        _weights[url] = len(gzip.compress(page.context.request.get(url).body(), mtime=0))
    return _weights[url]
