"""The Resources tab as a learner's hands use it: by mouse, or by the keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skylab.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FORM = "#ex-the-form"
MOST_STEPS = 260
MOST_LOOKS = 60
LIES = """(wanted) => {
  const at = document.activeElement;
  if (at === wanted) return "here";
  if (!wanted.isConnected) return "gone";
  return at === document.body || at.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_FOLLOWING ? "ahead" : "behind";
}"""


class Hand:
    """Works in the explorer of an open session."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def begin(self) -> None:
        self.press("#tab-resources")
        self.page.wait_for_selector("#resources .ex-service")

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def type(self, name: str, text: str) -> None:
        self.page.locator(f'{FORM} [name="f.{name}"]').fill(text)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f'{FORM} [name="f.{name}"]').select_option(value)

    def tick(self, name: str, on: bool = True) -> None:
        self.page.locator(f'{FORM} [name="f.{name}"]').set_checked(on)

    # --- What both do ---

    def service(self, id: str) -> None:
        self.press(f'#ex-services a[data-service="{id}"]')
        self.page.wait_for_selector(f"#resources #ex-service-{id}")

    def thing(self, kind: str, name: str) -> None:
        """Open the thing of that name, or of that name with its id beside it."""
        row = self.page.locator(
            f'#resources a.name[data-kind="{kind}"]', has_text=re.compile(rf"^{re.escape(name)}( \(.*\))?$")
        )
        row.wait_for()
        self.press(f"#{row.get_attribute('id')}")
        self.page.locator("#ex-t-head h3", has_text=name).wait_for()

    def pick_first(self, name: str) -> None:
        """Take the first that there is to pick, from a list or from what is offered beside a line."""
        field = self.page.locator(f'{FORM} [name="f.{name}"]')
        offered = self.page.locator(f"#{field.get_attribute('id')} option, #{field.get_attribute('id')}-options option")
        values = [value for one in offered.all() if (value := one.get_attribute("value"))]
        if field.evaluate("(one) => one.localName") == "select":
            self.choose(name, values[0])
        else:
            self.type(name, values[0])

    def act(self, id: str, *, row: str = "", part: str = "") -> Locator:
        """Open a form of the thing that is open."""
        button = f'[data-ex-action="{id}"]'
        if row:
            button = f'#ex-t-part-{part} tr:has-text("{row}") {button}'
        elif not part and self.page.locator(f"#ex-more {button}").count():
            self.press("#ex-more > summary")
        self.press(f"#ex-thing {button}")
        return self.form()

    def new(self, kind: str, id: str = "create") -> Locator:
        """Open a form above the list."""
        self.press(f"#new-{kind}-{id}")
        return self.form()

    def form(self) -> Locator:
        self.page.wait_for_selector(f"{FORM} [data-ex-heading]")
        return self.page.locator(FORM)

    def command(self, words: str) -> str:
        """Return the equivalent command once it says `words`."""
        shown = self.page.locator("#ex-command code", has_text=words)
        shown.wait_for(timeout=15_000)
        return shown.inner_text()

    def save(self) -> None:
        with self.page.expect_response(lambda answer: answer.url.endswith("/resources/save/")) as told:
            self.press(f"{FORM} button[type=submit]")
        if told.value.status == 422:
            self.page.locator("#ex-complaints .callout").wait_for()
            raise AssertionError(self.page.locator("#ex-complaints .callout, #ex-form .errorlist").all_inner_texts())
        self.page.wait_for_selector("#ex-form .ex-saved", timeout=20_000)

    def back(self) -> None:
        """Go from what was saved back to the thing, or to the list."""
        self.press("#ex-form [data-ex-cancel]")
        self.page.wait_for_selector("#ex-form", state="hidden")

    def close(self) -> None:
        self.press("#ex-close")
        self.page.wait_for_selector("#ex-drawer", state="hidden")


class Keys(Hand):
    """The same with no pointer: Tab to what is wanted, Enter or Space on it."""

    def press(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Enter")

    def type(self, name: str, text: str) -> None:
        self.reach(f'{FORM} [name="f.{name}"]')
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def choose(self, name: str, value: str) -> None:
        field = f'{FORM} [name="f.{name}"]'
        self.reach(field)
        options = self.page.locator(f"{field} option")
        values = [options.nth(place).get_attribute("value") for place in range(options.count())]
        self.page.keyboard.press("Home")
        for _ in range(values.index(value)):
            self.page.keyboard.press("ArrowDown")
        assert self.page.locator(field).input_value() == value

    def tick(self, name: str, on: bool = True) -> None:
        field = f'{FORM} [name="f.{name}"]'
        self.reach(field)
        if self.page.locator(field).is_checked() is not on:
            self.page.keyboard.press("Space")

    def reach(self, selector: str) -> None:
        """Go on with Tab (or among tabs with the arrows) until the focus is on what is wanted."""
        wanted = self.page.locator(selector).first
        wanted.wait_for()
        if wanted.get_attribute("role") == "tab":
            self._walk('[role="tab"][aria-selected="true"]', "Tab")
            self._walk(selector, "ArrowRight")
        else:
            self._walk(selector, "Tab")

    def _walk(self, selector: str, key: str) -> None:
        """Press a key until the focus is on what is wanted; Tab backwards where it lies behind."""
        wanted = self.page.locator(selector).first.element_handle()
        for _ in range(MOST_STEPS):
            lies = self.page.evaluate(LIES, wanted)
            if lies == "here":
                return
            if lies == "gone":  # its row was made anew meanwhile
                wanted = self.page.locator(selector).first.element_handle()
                continue
            self.page.keyboard.press("Shift+Tab" if key == "Tab" and lies == "behind" else key)
        raise AssertionError(f"the keyboard does not reach {selector}")


def open_lab(page: Page, site: Stack, lab: str) -> None:
    """Start a lab and wait for its workspace."""
    for _ in range(MOST_LOOKS):
        page.goto(f"{site.url}/labs/{lab}/")
        if page.locator("text=Start the lab").count():
            break
        page.wait_for_timeout(500)  # the one before is still on its way out
    page.click("text=Start the lab")
    page.wait_for_selector("#tab-resources", timeout=60_000)


def names(page: Page) -> list[str]:
    """Return the names that this learner's lab has, in the order of its story."""
    return [one.inner_text() for one in page.locator("#guide .prose.compact").first.locator("li code").all()]


def outcome(page: Page, task: str, wanted: str = "passed") -> None:
    """Wait until the page itself shows the task so."""
    page.wait_for_selector(f'#task-{task}[data-outcome="{wanted}"]:not(.stale)', timeout=40_000)
