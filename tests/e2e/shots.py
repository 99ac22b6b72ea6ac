"""Take pictures of pages: `python -m tests.e2e.shots BASE_URL OUT_DIR USER PASSWORD NAME=PATH…` (USER "-" for nobody).

`python -m tests.e2e.shots BASE_URL docs USER PASSWORD` takes those of docs/images, of a running site where that person
has done a little (tests/e2e/scenes.py), and has a lab open.

A helper for people who look at what they made. It prints what the browser complained of, CSP violations above all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
SIZES = {"wide": (1440, 900), "tablet": (768, 1024), "phone": (320, 640)}


def sign_in(page: Page, base: str, user: str, password: str) -> None:
    """Sign in through the form."""
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=login]", user)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{base}/")


def shoot(browser: Browser, base: str, out: Path, user: str, password: str, pages: dict[str, str]) -> list[str]:
    """Write NAME-THEME-SIZE.png for each page; return the complaints of the console."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text}")

    context = browser.new_context()
    if user != "-":
        sign_in(context.new_page(), base, user, password)
    state = context.storage_state()
    context.close()
    for theme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                storage_state=state, color_scheme=theme, viewport={"width": width, "height": height},
                reduced_motion="reduce",
            )  # fmt: skip
            page = context.new_page()
            page.on("console", listen)
            page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
            for name, path in pages.items():
                path, _, click = path.partition(" ")
                page.goto(base + path, wait_until="load")
                page.wait_for_timeout(350)
                for selector in filter(None, click.split(" ")):
                    if page.is_visible(selector):  # some buttons are for narrow windows only
                        page.click(selector)
                    page.wait_for_timeout(350)
                overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if overflow > 0:
                    complaints.append(f"{name} at {width}px is {overflow}px too wide")
                page.screenshot(path=out / f"{name}-{theme}-{size}.png", full_page=True)
            context.close()
    return complaints


# The pictures of docs/images: where they are taken, and what is pressed or typed before ("selector" or "selector=text").
DOCS = {
    "home": ("/", ()),
    "lesson": ("/courses/aws-foundations/s3-access/", ()),
    "catalog": ("/catalog/", ()),
    "skills": ("/skills/", ()),
    "practice": ("/practice/", ()),
    "search": ("/catalog/", (".search-open", "#search-input=bucket policy", "#search-options a")),
    "settings": ("/settings/", ()),
    "report": ("/exams/attempts/{report}/report/", ()),
}


def shoot_docs(browser: Browser, base: str, user: str, password: str, known: dict[str, str]) -> None:
    """Write docs/images/NAME-THEME.png of DOCS: a window of 1280 × 800, light and dark."""
    out = Path(__file__).resolve().parents[2] / "docs" / "images"
    for theme in ("light", "dark"):
        context = browser.new_context(
            color_scheme=theme, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
        )
        page = context.new_page()
        sign_in(page, base, user, password)
        for name, (path, steps) in DOCS.items():
            if "{" in path and not known:
                continue
            page.goto(base + path.format(**known), wait_until="load")
            for step in steps:
                selector, typed, text = step.partition("=")
                if typed:
                    page.fill(selector, text)
                elif selector.endswith(" a"):
                    page.wait_for_selector(selector)
                else:
                    page.click(selector)
            page.screenshot(path=out / f"{name}-{theme}.png")
        context.close()


def main() -> None:
    base, out, user, password, *pairs = sys.argv[1:]
    if out == "docs":
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            shoot_docs(browser, base, user, password, dict(pair.split("=", 1) for pair in pairs))
            browser.close()
        return
    Path(out).mkdir(parents=True, exist_ok=True)
    pages = dict(pair.split("=", 1) for pair in pairs)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for line in dict.fromkeys(shoot(browser, base, Path(out), user, password, pages)):
            print(line)
        browser.close()


if __name__ == "__main__":
    main()
