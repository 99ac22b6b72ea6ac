"""A learner at work: signed in, a lab open in their browser, their own tools, and a second window that looks at it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from skylab.stack import Stack
from tests.e2e.looking import Looker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

LAB = "private-bucket-one-reader"
CONNECTED = "#snippet-bash"


def sign_in(page: Page, site: Stack, name: str = "learner") -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "skylab-demo")
    page.click("main button[type=submit]")
    page.wait_for_url(f"{site.url}/")


def exports(page: Page) -> dict[str, str]:
    """Return the environment that the Connect tab gives for bash, as a shell would read it."""
    lines = (page.locator(f"{CONNECTED} code").text_content() or "").splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))


def tool(environment: dict[str, str], service: str) -> Any:
    """Return a boto3 client of the learner's own, which asks once."""
    return boto3.client(
        service,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@contextmanager
def working(
    site: Stack, browser: Browser, *, script: str = "", timeout: float = 30_000, permissions: tuple[str, ...] = ()
) -> Iterator[BrowserContext]:
    """Open the lab in a browser of the learner's, whose first page is its workspace; end the lab afterwards.

    :param script: runs at the beginning of each of its pages.
    :param timeout: milliseconds, of each wait in it.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(timeout)
    if permissions:
        context.grant_permissions(list(permissions), origin=site.url)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    sign_in(page, site)
    page.goto(f"{site.url}/labs/{LAB}/")
    page.click("main form[action$='/start/'] button")
    page.wait_for_selector(CONNECTED, state="attached", timeout=max(timeout, 60_000))
    yield context
    page.goto(page.url)
    page.click("[popovertarget=lab-menu]")
    page.click("[data-dialog=end-dialog]")
    page.click("#end-dialog button.danger")
    page.wait_for_load_state()
    context.close()


@contextmanager
def looked_at(site: Stack, context: BrowserContext, width: int, theme: str) -> Iterator[Looker]:
    """Look at the learner's lab from another window, its workbench in front; nothing may have been wrong at the end."""
    browser, page = context.browser, context.pages[0]
    assert browser
    window = browser.new_context(
        storage_state=context.storage_state(),
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    if theme == "contrast":
        window.add_init_script("localStorage.setItem('skylab-theme', 'contrast')")
    looker = Looker(window, site.url)
    looker.open(page.url.removeprefix(site.url).partition("#")[0])
    if width < 1100:
        looker.page.click("button[data-pane=bench]")
    yield looker
    window.close()
    assert not looker.wrong, "\n".join(looker.wrong)
