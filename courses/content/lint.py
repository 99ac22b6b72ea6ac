"""What in items is no error, and yet tells the answer or misleads: warnings, courses.W0xx."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from courses.content.model import Item
from graders.items import CaseSpec, ChoiceSpec, Option, ResponseSpec
from labs.content import Problem

_AT_LEAST: Final = 8  # items of a file, before its habits are looked at
_TOO_OFTEN: Final = 0.6  # of them; by chance it is one in four
_TOO_LONG: Final = 2.0  # times the longest other option
_WORTH_SAYING: Final = 60  # characters
_POINTS_AT_OTHERS: Final = re.compile(
    r"(?:all|none|neither|both|any|either) of (?:the )?(?:above|below|these|those|them|others?|options|answers)[.!]?"
    r"|.*\bof the above\b.*|.*\boptions? [A-F1-6]\b.*",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP: Final = re.compile(r"[`*_]")


def lint(items: Iterable[Item]) -> list[Problem]:
    """Return what is worth a second look in published items, by file and line."""
    found: list[Problem] = []
    by_file: dict[str, list[tuple[Item, tuple[Option, ...]]]] = defaultdict(list)
    for item in items:
        for name, options in _lists(item):
            by_file[item.path].append((item, options))
            found += _of_options(item, name, options)
    for path, lists in by_file.items():
        longest = [item for item, options in lists if _longest_is_right(options)]
        if len(lists) >= _AT_LEAST and len(longest) > _TOO_OFTEN * len(lists):
            told = f"in {len(longest)} of {len(lists)} items the longest options are the right ones: who guesses learns that"
            hint = "shorten right options, or say more in wrong ones"
            found.append(Problem(path, longest[0].line, "courses.W040", told, hint))
    return sorted(found)


def _lists(item: Item) -> Iterator[tuple[str, tuple[Option, ...]]]:
    """Yield the option lists of an item, with the id of what they belong to."""
    if not item.shown:
        return
    if isinstance(item.spec, ChoiceSpec | ResponseSpec):
        yield item.id, item.spec.options
    if isinstance(item.spec, CaseSpec):
        for part in item.spec.parts:
            if isinstance(part.spec, ChoiceSpec | ResponseSpec):
                yield part.id, part.spec.options


def _of_options(item: Item, name: str, options: Sequence[Option]) -> Iterator[Problem]:
    right, wrong = _lengths(options)
    if right and wrong and min(right) > _WORTH_SAYING and min(right) > _TOO_LONG * max(wrong):
        told = f"{name}: what is right is more than twice as long as anything else"
        yield Problem(item.path, item.line, "courses.W041", told, "shorten it, or say more in the others")
    seen: dict[str, str] = {}
    for one in options:
        if not one.fixed and _POINTS_AT_OTHERS.fullmatch(one.text):
            told = f"{name}: “{one.text}” speaks of other options, and options are shuffled"
            yield Problem(
                item.path, item.line, "courses.W042", told, "write <!-- last --> behind it, or name what it means"
            )
        words = " ".join(_MARKUP.sub("", one.text).casefold().split()).rstrip(".;,!")
        earlier = seen.setdefault(words, one.text)
        if words and earlier is not one.text:
            told = f"{name}: “{one.text}” says the same as “{earlier}”"
            yield Problem(item.path, item.line, "courses.W043", told, "take one of them away")


def _longest_is_right(options: Sequence[Option]) -> bool:
    right, wrong = _lengths(options)
    return bool(right and wrong) and min(right) > max(wrong)


def _lengths(options: Sequence[Option]) -> tuple[list[int], list[int]]:
    return [len(one.text) for one in options if one.correct], [len(one.text) for one in options if not one.correct]
