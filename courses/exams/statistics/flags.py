"""What an author should look at: rules of thumb with their source, each a name that pages and CSV files use.

Below 30 answers only `too-few` is said: at n = 29 the 95 % interval of a correlation of 0.30 goes from -0.07 to 0.60,
and a verdict on an item would be one on its first class. 30 is the guard of the acceptance scenario, and a convention.
"""

from __future__ import annotations

from dataclasses import dataclass

from courses.exams.statistics import moments
from courses.exams.statistics.sheet import ItemFigures, OptionFigures

TOO_FEW = 30
EASY = 0.90
HARD = 0.20
LOW = 0.20
DEAD = 0.05
_CHOICES = ("choice", "response")  # the types whose wrong options are distractors


@dataclass(frozen=True)
class Flag:
    """A rule: its name, what it is called, what it means and what to do about it. `grave`: probably a fault."""

    name: str
    title: str
    meaning: str
    grave: bool = False


FLAGS = {
    flag.name: flag
    for flag in (
        Flag("too-few", "Too few answers", f"Fewer than {TOO_FEW} candidates have had it: no verdict yet."),
        Flag(
            "negative",
            "Negative discrimination",
            "The weak do better on it than the strong. Look at the key first, then at what misleads in the stem.",
            grave=True,
        ),
        Flag(
            "misleading",
            "Misleading distractor",
            "A wrong option draws the strong. It may be right too, or the stem may lack what rules it out.",
            grave=True,
        ),
        Flag("low", "Low discrimination", f"Below {LOW:.2f}: it tells strong from weak hardly at all."),
        Flag("too-easy", "Too easy", f"{EASY:.0%} or more earn it: it says little about anybody."),
        Flag("too-hard", "Too hard", f"{HARD:.0%} or fewer earn it, or no more than guessing would give."),
        Flag(
            "dead",
            "Dead distractor",
            f"A wrong option that fewer than {DEAD:.0%} pick: nobody falls for it. Write a plausible one, or go without.",
        ),
    )
}


def flags_of(item: ItemFigures) -> tuple[str, ...]:
    """Return the names of the flags of an item version, the gravest first.

    - too-few: n < 30; no other flag is given then.
    - negative: item-rest discrimination < 0; low: from 0 to below 0.20 ("poor items, to be rejected or improved by
      revision": Essentials of Educational Measurement, 5th ed., 1991, p. 232; "very weak" in Moodle's documentation of
      its quiz statistics report). n/a (nobody varies) is neither.
    - too-easy: facility ≥ 0.90; too-hard: facility ≤ 0.20 ("very easy" and "difficult" in the same documentation of
      Moodle's), or not above what guessing gives.
    - dead: a distractor of a choice or response item that fewer than 5 % of those who had the item pick ("An assessment
      of functioning and non-functioning distractors in multiple-choice questions", BMC Medical Education 9:40, 2009).
    - misleading: a distractor with a positive point-biserial, the same article's second sign of one that does not
      function. Ours is stricter: the 95 % interval must lie above 0, or one in two would be flagged by mere chance.
    """
    if item.n < TOO_FEW:
        return ("too-few",)
    found = []
    if item.discrimination is not None and item.discrimination < 0:
        found.append("negative")
    if any(misleads(one, item) for one in item.options):
        found.append("misleading")
    if item.discrimination is not None and 0 <= item.discrimination < LOW:
        found.append("low")
    if item.facility is not None and item.facility >= EASY:
        found.append("too-easy")
    if item.facility is not None and item.facility <= max(HARD, item.chance or 0):
        found.append("too-hard")
    if any(is_dead(one, item) for one in item.options):
        found.append("dead")
    return tuple(found)


def is_dead(option: OptionFigures, item: ItemFigures) -> bool:
    """Return whether an option is a distractor that nobody falls for; too few answers say nothing."""
    return item.n >= TOO_FEW and item.type in _CHOICES and option.key is False and option.share < DEAD


def misleads(option: OptionFigures, item: ItemFigures) -> bool:
    """Return whether an option is a distractor that draws the strong."""
    if item.n < TOO_FEW or item.type not in _CHOICES or option.key is not False or option.point_biserial is None:
        return False
    low, _ = moments.correlation_interval(option.point_biserial, sum(item.quintile_n))
    return low is not None and low > 0
