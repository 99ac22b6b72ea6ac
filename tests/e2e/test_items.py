"""Ordering and matching in a browser: by keyboard alone, by dragging, and as a plain form without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]
STEPS = ["Create a change set with", "Review what", "Execute the", "Detect drift"]


@pytest.fixture
def order(site: Stack, page: Page) -> Locator:
    """The first ordering item of the page of specimens."""
    page.goto(f"{site.url}/styleguide/items/")
    found = page.locator("item-order").first
    found.locator("[data-step]").first.wait_for()
    return found


def rows(order: Locator) -> list[tuple[str, str]]:
    """Return the steps from top to bottom, each with the place that would be sent."""
    found = order.locator("li").evaluate_all(
        "all => all.map((row) => [row.querySelector('.order-text').textContent.trim(),"
        " row.querySelector('select').selectedOptions[0].textContent])"
    )
    return [(text, place) for text, place in found]


def button(order: Locator, text: str, way: str) -> Locator:
    return order.locator("li", has_text=text).locator(f"[aria-label^='{way}: ']")


def placed(order: Locator) -> list[str]:
    return [text for text, place in rows(order) if place != "–"]


def test_steps_are_put_in_order_by_keyboard_alone(order: Locator, page: Page) -> None:
    assert placed(order) == []
    for text in STEPS:
        button(order, text, "Up").focus()
        page.keyboard.press("Enter")
    told = placed(order)
    assert [text.startswith(step) for text, step in zip(told, STEPS, strict=True)] == [True] * 4
    assert [place for _, place in rows(order)] == ["1", "2", "3", "4", "–", "–"]
    # The button that was pressed keeps the focus, so that one can go on pressing it, and the new place is said.
    button(order, "Detect drift", "Up").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert placed(order)[1].startswith("Detect drift")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Up: Detect drift")
    assert page.locator("#announcer").inner_text() == "Place 2 of 4"
    button(order, "Delete the stack", "Up").press("Enter")
    assert "All places are taken" in page.locator("#announcer").inner_text()
    for _ in range(3):
        button(order, "Detect drift", "Down").press("Enter")
    assert len(placed(order)) == 3


def test_a_place_chosen_twice_goes_to_the_later_and_the_other_gets_its_old_one(order: Locator) -> None:
    one, other = (order.locator("li", has_text=text).locator("select") for text in STEPS[:2])
    one.select_option("1")
    other.select_option("2")
    other.select_option("1")
    assert dict(rows(order))["Review what it would replace"] == "1"
    assert [place for text, place in rows(order) if text.startswith("Create")] == ["2"]


def test_a_step_can_be_dragged_too(order: Locator) -> None:
    for text in STEPS[:3]:
        button(order, text, "Up").press("Enter")
    order.locator("li", has_text=STEPS[2]).locator(".order-text").drag_to(order.locator("li", has_text=STEPS[0]))
    assert [text.split()[0] for text in placed(order)] == ["Execute", "Create", "Review"]
    order.locator("li", has_text="Delete the stack").locator(".order-text").drag_to(
        order.locator("li", has_text=STEPS[1])
    )
    assert [text.split()[0] for text in placed(order)] == ["Execute", "Create", "Delete", "Review"]


def test_a_drag_after_a_select_keeps_what_both_say(order: Locator) -> None:
    order.locator("li", has_text=STEPS[0]).locator("select").select_option("1")
    last = order.locator("li", has_text=STEPS[1]).locator("select")
    last.focus()
    last.select_option("2")
    order.locator("li", has_text=STEPS[1]).locator(".order-text").drag_to(order.locator("li", has_text=STEPS[0]))
    assert [text.split()[0] for text in placed(order)] == ["Review", "Create"]
    assert [place for _, place in rows(order)][:2] == ["1", "2"]


def test_without_javascript_there_are_selects_and_nothing_is_missing(site: Stack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/styleguide/items/")
    assert page.locator("item-order").first.locator("select").count() == 6
    assert page.locator("[data-step]").count() == 0
    page.get_by_label("A disk for one instance").select_option(label="Amazon EBS")
    page.get_by_label("Place of: Execute the change set").select_option("3")
    context.close()
