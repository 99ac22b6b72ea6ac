"""Sheets of answers for tests and the bench: from a small table by hand, or from a model of candidates and items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from courses.exams.statistics import Column, Option, Sheet

LETTERS = "abcdefgh"


def table(
    rows: Sequence[Sequence[float | None]],
    *,
    maximum: Sequence[float] | None = None,
    scored: Sequence[bool] | None = None,
    picks: Sequence[Sequence[str]] | None = None,
    options: Sequence[Option] = (),
    seconds: Sequence[Sequence[float]] | None = None,
    omitted: Sequence[Sequence[bool]] | None = None,
    kind: str = "choice",
    chance: float | None = None,
    scaled: Sequence[float] | None = None,
) -> Sheet:
    """Return a sheet of candidates (rows) by items (columns); None: the item was not in the candidate's form."""
    k = len(rows[0]) if rows else 0
    worth = list(maximum or [1.0] * k)
    counts = list(scored or [True] * k)
    cells = [(c, i, value) for c, row in enumerate(rows) for i, value in enumerate(row) if value is not None]
    names = [option.id for option in options]
    picked = [
        (row, names.index(letter))
        for row, (c, i, _) in enumerate(cells)
        for letter in (picks[c][i] if picks else "")
        if letter in names
    ]
    marks = np.array(scaled if scaled is not None else [500.0] * len(rows), dtype=np.float64)
    return Sheet(
        columns=tuple(Column(f"item-{i}", f"revision-{i}", kind, "domain", tuple(options), chance) for i in range(k)),
        candidate=np.array([c for c, _, _ in cells], dtype=np.int64),
        column=np.array([i for _, i, _ in cells], dtype=np.int64),
        earned=np.array([value for _, _, value in cells], dtype=np.float64),
        maximum=np.array([worth[i] for _, i, _ in cells], dtype=np.float64),
        scored=np.array([counts[i] for _, i, _ in cells], dtype=np.bool_),
        omitted=np.array([bool(omitted and omitted[c][i]) for c, i, _ in cells], dtype=np.bool_),
        seconds=np.array([seconds[c][i] if seconds else 0 for c, i, _ in cells], dtype=np.float64),
        pick_row=np.array([row for row, _ in picked], dtype=np.int64),
        pick_option=np.array([option for _, option in picked], dtype=np.int64),
        scaled=marks,
        passed=marks >= 720,
    )


def simulated(candidates: int, *, pool: int = 130, form: int = 65, unscored: int = 15, seed: int = 20261121) -> Sheet:
    """Return answers by a two-parameter logistic model: each candidate sits a random draw of the pool, in four options."""
    random = np.random.default_rng(seed)
    ability = random.normal(0.4, 1.0, candidates)
    difficulty = random.normal(0.0, 1.0, pool)
    slope = random.lognormal(0.0, 0.35, pool)
    drawn = np.argsort(random.random((candidates, pool)), axis=1)[:, :form]
    who = np.repeat(np.arange(candidates), form)
    column = drawn.reshape(-1)
    chance = 1 / (1 + np.exp(-slope[column] * (ability[who] - difficulty[column])))
    right = random.random(len(who)) < chance
    blank = ~right & (random.random(len(who)) < 0.03)
    # Of four options the first is right; wrong ones draw unevenly.
    wrong = 1 + np.searchsorted([0.6, 0.92], random.random(len(who)))
    option = np.where(right, 0, wrong)[~blank]
    share = np.bincount(who, weights=right.astype(float), minlength=candidates) / form
    scaled = np.floor(100 + 900 * share)
    options = tuple(Option(letter, letter == "a") for letter in LETTERS[:4])
    return Sheet(
        columns=tuple(Column(f"item-{i}", f"{i:064x}", "choice", "d", options, 0.25) for i in range(pool)),
        candidate=who,
        column=column,
        earned=right.astype(np.float64),
        maximum=np.ones(len(who)),
        scored=np.tile(np.arange(form) < form - unscored, candidates),
        omitted=blank,
        seconds=np.round(random.lognormal(4.2, 0.6, len(who))),
        pick_row=np.flatnonzero(~blank),
        pick_option=option,
        scaled=scaled,
        passed=scaled >= 720,
    )
