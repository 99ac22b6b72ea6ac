"""Ours → another format → ours: equal, but for what the loss report names; and what it may not name stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from courses.content.model import Item
from courses.interchange import Loss, all_formats, read, write
from courses.interchange.comparison import differences, flat
from courses.interchange.examples import EXAMPLES

from .strategies import items

BOTH_WAYS = sorted(name for name, one in all_formats().items() if one.read and one.write)
SETTINGS = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def there_and_back(item: Item, format: str) -> tuple[Item | None, list[Loss]]:
    exported = write([item], format)
    imported = read(exported.content, f"there{all_formats()[format].suffixes[0]}", format)
    assert len(imported.items) <= 1
    return (imported.items[0] if imported.items else None), [*exported.losses, *imported.losses]


def test_moodle_gift_and_csv_go_both_ways() -> None:
    assert {"moodle", "gift", "csv"} <= set(BOTH_WAYS)


@pytest.mark.parametrize("format", BOTH_WAYS)
def test_any_item_comes_back_but_for_what_the_report_names(format: str) -> None:
    @SETTINGS
    @given(items())
    def check(item: Item) -> None:
        back, losses = there_and_back(item, format)
        assert differences(item, back, losses) == []
        if back:  # the ids are those that our own Markdown would give
            untold = {loss.field for loss in losses if loss.kind != "limited"}
            assert untold or back.revision == replace(item, path=back.path, line=back.line).revision

    check()


# What may be lost of an ordinary item, by type: a report that names more than this is a report that hides a bug.
MAY_BE_LOST = {
    "moodle": {
        "ordering": {"spec.distractors"},
        "matching": {"spec.prompts[0].rationale", "spec.answers.rationale"},
        "lab": {"item"},
    },
    "gift": {
        "ordering": {"spec.distractors", "spec.steps[1].rationale"},
        "matching": {"spec.prompts[0].rationale", "spec.answers.rationale"},
        "lab": {"item"},
    },
    "csv": {"lab": {"item"}},
}


@pytest.mark.parametrize("format", BOTH_WAYS)
@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_an_ordinary_item_loses_no_more_than_the_format_must(format: str, kind: str) -> None:
    back, losses = there_and_back(EXAMPLES[kind], format)
    untold = {loss.field for loss in losses if loss.kind != "limited"}
    assert untold == MAY_BE_LOST[format].get(kind, set())
    if kind == "lab":
        assert back is None
    else:
        assert back is not None
        assert differences(EXAMPLES[kind], back, losses) == []


@pytest.mark.parametrize("format", BOTH_WAYS)
def test_many_items_come_back_in_their_order(format: str) -> None:
    ours = [one for kind, one in sorted(EXAMPLES.items()) if kind != "lab"]
    exported = write(ours, format)
    imported = read(exported.content, f"there{all_formats()[format].suffixes[0]}")
    assert imported.format == format  # found out by what the file holds
    assert [one.id for one in imported.items] == [one.id for one in ours]


@pytest.mark.parametrize("path", ["stem", "spec.options[0].text", "points"])
def test_a_difference_that_the_report_does_not_name_is_found(path: str) -> None:
    before = EXAMPLES["choice"]
    changed = {
        "stem": replace(before, stem="Else?"),
        "points": replace(before, points=before.points + 1),
        "spec.options[0].text": replace(
            before,
            spec=replace(before.spec, options=(replace(before.options[0], text="Else"), *before.options[1:])),
        ),
    }[path]
    assert differences(before, changed) == [path]
    assert differences(before, changed, [Loss(before.id, path, "changed", "so")]) == []
    assert differences(before, changed, [Loss(before.id, path, "limited", "so")]) == [path]
    assert differences(before, changed, [Loss("other", path, "changed", "so")]) == [path]
    assert path in flat(before)
