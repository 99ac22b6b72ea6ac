"""When to see a thing again: FSRS (the free spaced repetition scheduler, through its library), as plain functions.

The state of a card is JSON; what follows from a review depends on state, rating and time alone: nothing is fuzzed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from fsrs import Card, Rating, Scheduler

State = Mapping[str, Any]

# One short step, for what was just explained; afterwards days. Retention as the library has it: 9 of 10 are recalled.
_SCHEDULER = Scheduler(
    desired_retention=0.9,
    learning_steps=(timedelta(minutes=10),),
    relearning_steps=(timedelta(minutes=10),),
    maximum_interval=365,
    enable_fuzzing=False,
)


class Grade(Enum):
    """How a review went. Partly right is AGAIN: FSRS counts HARD as recalled. A task solved with hints is HARD."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"


_RATINGS = {Grade.AGAIN: Rating.Again, Grade.HARD: Rating.Hard, Grade.GOOD: Rating.Good}


def counts(state: State | None, grade: Grade, at: datetime) -> bool:
    """Return whether a review says something.

    What is right before the card is due was read a moment ago, or was known anyway: it changes nothing. A miss always
    counts, and so does the first review.
    """
    return state is None or grade is Grade.AGAIN or due(state) <= at


def review(state: State | None, grade: Grade, at: datetime) -> dict[str, Any]:
    """Return the state after a review. `state` None: the first one."""
    at = at.astimezone(UTC)
    card = _card(state) if state else Card(card_id=1, due=at)
    after, _ = _SCHEDULER.review_card(card, _RATINGS[grade], review_datetime=at)
    kept = dict(after.to_dict())
    del kept["card_id"]
    return kept


def due(state: State) -> datetime:
    """Return when the card is to be seen again."""
    return datetime.fromisoformat(state["due"])


def retrievability(state: State, now: datetime) -> float:
    """Return how probable it is that it would be recalled now, 0 to 1, by FSRS's forgetting curve."""
    return float(_SCHEDULER.get_card_retrievability(_card(state), current_datetime=now.astimezone(UTC)))


def _card(state: State) -> Card:
    return Card.from_dict({**state, "card_id": 1})
