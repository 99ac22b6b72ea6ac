"""What of an answer counts as picking which option, for each type of item.

choice, response: the options. matching: each pair made. case: the options of its parts, as "part/option". number, text,
ordering: the answer as a whole, the most frequent ones and "other". A lab has no options: its points say it all.
A case and a lab are one item of many points here: their parts hang together, and would inflate α as items of their own.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from courses.exams.statistics.sheet import Option
from graders import items
from graders.items import CaseSpec, ChoiceSpec, MatchingSpec, NumberSpec, OrderingSpec, ResponseSpec, TextSpec

FREQUENT = 8  # answers that are listed of those given as a whole
LONGEST = 120  # characters of one
OTHER = "other answers"

Answer = Mapping[str, Sequence[str]] | None


def read(text: str | None) -> Answer:
    """Return a stored answer (JSON) as fields with values; None for what is none: whatever it is, it must stop no figure."""
    stored = json.loads(text or "null")
    if not isinstance(stored, dict):
        return None
    return {str(name): [str(one) for one in found] for name, found in stored.items() if isinstance(found, list)}


def is_blank(answer: Answer) -> bool:
    """Return whether nothing was answered: no row, null, or fields that are all empty."""
    return not answer or not any(value.strip() for values in answer.values() for value in values)


def chance_of(spec: Any) -> float | None:
    """Return the share that guessing earns on average; None where it cannot be known."""
    if isinstance(spec, ChoiceSpec) and spec.options:
        return 1 / len(spec.options)
    if isinstance(spec, ResponseSpec) and spec.options:
        return 1 / math.comb(len(spec.options), spec.select)
    return None


def options_of(spec: Any, *, also: Collection[str] = (), field: str = "") -> tuple[Option, ...]:
    """Return the options that are known before anybody answers.

    also: of a choice item, options that were accepted after all. field: the part of a case.
    """
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        return tuple(Option(field + one.id, one.correct or one.id in also) for one in spec.options)
    if isinstance(spec, MatchingSpec):
        pairs = [(prompt.id, answer.id) for prompt in spec.prompts for answer in spec.answers]
        return tuple(Option(f"{field}{prompt}={answer}", (prompt, answer) in spec.pairs) for prompt, answer in pairs)
    if isinstance(spec, CaseSpec):
        return tuple(option for part in spec.parts for option in options_of(part.spec, field=f"{part.id}/"))
    return ()


def picked(spec: Any, answer: Answer) -> tuple[str, ...]:
    """Return the ids of the options of `options_of` that an answer picks; what is none of them is left out later."""
    if not answer:
        return ()
    if isinstance(spec, CaseSpec):
        return tuple(
            f"{part.id}/{value.strip()}" for part in spec.parts for value in answer.get(f"answer-{part.id}", ())
        )
    return tuple(value.strip() for value in answer.get("answer", ()))


def whole(kind: str, spec: Any, answer: Answer) -> str:
    """Return an answer that is tallied as a whole, as one line; "" where it is not, or is blank or cannot be read."""
    if is_blank(answer) or answer is None or not isinstance(spec, NumberSpec | TextSpec | OrderingSpec):
        return ""
    if isinstance(spec, TextSpec):
        text = " ".join(" ".join(answer.get("answer", ())).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    try:
        found = items.all()[kind].parse(answer, spec)
    except items.Malformed:
        return ""
    return ",".join(found) if isinstance(spec, OrderingSpec) else str(found)


def tally(given: Iterable[tuple[str, bool]]) -> tuple[Option, ...]:
    """Return the options of answers given as a whole (text, whether it earned all): the most frequent, then the rest."""
    counts: Counter[str] = Counter()
    right: dict[str, bool] = {}
    for text, full in given:
        if text:
            counts[text] += 1
            right[text] = full
    # Of equally frequent ones the alphabet decides: the order of candidates says nothing.
    ranked = sorted(counts, key=lambda text: (-counts[text], text))
    found = tuple(Option(text, right[text]) for text in ranked[:FREQUENT])
    return (*found, Option(OTHER)) if len(ranked) > FREQUENT else found


def label_of(spec: Any, option: str) -> str:
    """Return an option as a person reads it, in Markdown; the id itself where the item does not know it."""
    if isinstance(spec, CaseSpec):
        part_id, _, name = option.partition("/")
        for number, part in enumerate(spec.parts, start=1):
            if part.id == part_id:
                return f"Question {number}: {label_of(part.spec, name)}"
        return option
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        return next((one.text for one in spec.options if one.id == option), option)
    if isinstance(spec, MatchingSpec):
        prompt, _, answer = option.partition("=")
        texts = {one.id: one.text for one in (*spec.prompts, *spec.answers)}
        return f"{texts.get(prompt, prompt)} → {texts.get(answer, answer)}"
    if isinstance(spec, OrderingSpec) and option != OTHER:
        texts = {one.id: one.text for one in spec.entries}
        return " → ".join(texts.get(one, one or "–") for one in option.split(","))
    return option
