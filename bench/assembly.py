"""Ten thousand forms: the quotas of domains and types, how evenly choices and pilots lie, speed, and other Pythons."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench import _forms
from bench.figures import Figure
from courses.exams.assembly import PoolItem, assemble
from courses.exams.chance import largest_remainder

SLOW = True
FORMS = 10_000


def measure() -> list[Figure]:
    """Assemble the forms of an exam of 65 items from a pool of 260, and count."""
    exam, section = _forms.ASSOCIATE, _forms.ASSOCIATE.sections[0]
    pool = _forms.pool_of(exam)
    by_id = {one.item_id: one for one in pool}
    quotas = (largest_remainder(section.count, exam.weights), largest_remainder(section.count, section.types))
    choices, pilots, wrong = Counter[tuple[int, int]](), Counter[int](), 0
    exposure = Counter[str]()
    began = time.perf_counter()
    forms = [assemble(exam, pool, seed=f"bench {number}") for number in range(FORMS)]
    seconds = time.perf_counter() - began
    for form in forms:
        scored = [place for place in form.places if place.scored]
        found = (Counter(place.domain for place in scored), Counter(place.type for place in scored))
        wrong += found != quotas
        exposure.update(place.item_id for place in form.places)
        for at, place in enumerate(form.places):
            if not place.scored:
                pilots[at] += 1
            if place.type == "choice" and not by_id[place.item_id].choices[0].fixed:
                for position, option in enumerate(place.order):
                    choices[int(option[1:]), position] += 1
    return [
        Figure("forms", FORMS, "", "", f"{section.count} scored and {section.unscored} pilots from {len(pool)} items"),
        Figure("forms whose domains and types miss their quotas", wrong, "", "0"),
        *_even("choice positions", _square(choices), freedom=9),
        *_even(
            "places of pilots", [pilots[n] for n in range(65)], freedom=64, factor=(65 - 1) / (65 - section.unscored)
        ),
        Figure("an item is in at most", 100 * max(exposure.values()) / FORMS, "%", "", "of forms without a history"),
        Figure("with one, a scored item is in at most", _with_history(pool), "%", "", "of 500 forms"),
        Figure("assembly", FORMS / seconds, "forms/s"),
        *_pythons(),
    ]


def _with_history(pool: Sequence[PoolItem]) -> float:
    """Return the percents of forms that the most used scored item is in, where each form knows what was used before."""
    used = Counter[str]()
    for number in range(500):
        form = assemble(_forms.ASSOCIATE, pool, seed=f"history {number}", used=used)
        used.update(place.item_id for place in form.places)
    return 100 * max(used[one.item_id] for one in pool if not one.pilot) / 500


def _square(counts: Counter[tuple[int, int]]) -> list[int]:
    return [counts[option, position] for option in range(4) for position in range(4)]


def _even(name: str, counts: Sequence[int], *, freedom: int, factor: float | None = None) -> list[Figure]:
    """Return χ² against all being equal. factor: what makes it χ² where each form adds one to several cells at once."""
    expected = sum(counts) / len(counts)
    # A form's four options are a permutation: the table's cells hang together, by (k - 1) / k.
    scaled = (3 / 4 if factor is None else factor) * sum((one - expected) ** 2 for one in counts) / expected
    note = f"n = {sum(counts):,}, {freedom} degrees of freedom"
    return [Figure(f"χ² of {name}", scaled, "", f"≤ {critical(freedom):.1f}", note)]


def critical(freedom: int, normal: float = 4.753) -> float:
    """Return the χ² that chance exceeds once in a million (Wilson, Hilferty 1931; normal: the quantile of that)."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + normal * part**0.5) ** 3)


def _pythons() -> list[Figure]:
    """Let each interpreter that is there make the same forms, with nothing but its own library."""
    ours = _forms.golden()
    figures = []
    for python in interpreters():
        made = subprocess.run([python, "-I", _forms.__file__], capture_output=True, text=True, check=False)
        same = made.stdout.strip() == ours
        name = python.parent.parent.name
        figures.append(Figure(f"Python {name} makes the same forms", float(same), "", "1", made.stderr.strip()[-80:]))
    return figures or [Figure("other Pythons found", 0, "")]


def interpreters() -> list[Path]:
    """Return the interpreters of Python 3.11 and later that pyenv has installed, and the one that runs this."""
    found = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"))
    fit = [one for one in found if int(one.parent.parent.name.split(".")[1]) >= 11]
    return fit or [Path(sys.executable)]
