"""What statistics read: the answers of all first attempts at an exam as a sheet, and the figures that were kept.

Read in three queries, whatever the number of attempts: their forms, their newest scores, their answers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast
from django.http import Http404

from courses.content import Exam
from courses.exams import marking
from courses.exams.marking import Outcome
from courses.exams.statistics import Analysis, Column, ItemFigures, Option, Sheet, picks
from courses.models import Attempt, ExamAnalysis, ExamVersion, ItemVersion, Regrade, Response, Score
from courses.selectors.exams import exams
from graders import items

CLOSED = (Attempt.State.SUBMITTED, Attempt.State.EXPIRED)


# --- What was answered --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """The answers of an exam, and how many scores there were before they were read."""

    sheet: Sheet
    scores: int


@dataclass(slots=True)
class _Row:
    candidate: int
    revision: str
    earned: float
    maximum: float
    scored: bool
    blank: bool
    answer: picks.Answer
    seconds: int


def read(slug: str) -> Reading:
    """Return the answers of each candidate's first attempt, closed and scored, at any version of the exam.

    Scores are the newest version of each attempt's: after a regrade, what the regrade gave, and the key that it gave. An
    item that a regrade dropped is worth no points, and no answer of this exam.
    """
    scores = score_counts(slug).get(slug, 0)
    newest = _newest_scores(slug)
    forms = _forms(slug)
    people = sorted((pk for pk in newest if pk in forms), key=str)
    answers = _answers(slug)
    rows = list(_rows(people, forms, newest, answers))
    versions = _versions(slug, {row.revision for row in rows})
    return Reading(
        sheet=_sheet(
            [row for row in rows if row.revision in versions],
            versions,
            scaled=[newest[pk].scaled for pk in people],
            passed=[newest[pk].passed for pk in people],
        ),
        scores=scores,
    )


def score_counts(slug: str = "") -> dict[str, int]:
    """Return how many scores first attempts have, all versions, by exam. Scores are never changed: a new count, new figures."""
    closed = Score.objects.filter(attempt__number=1, attempt__state__in=CLOSED)
    mine = closed.filter(attempt__exam_slug=slug) if slug else closed
    return dict(mine.values_list("attempt__exam_slug").annotate(count=Count("pk")).order_by())


def _forms(slug: str) -> dict[UUID, Any]:
    first = Attempt.objects.filter(exam_slug=slug, number=1, state__in=CLOSED)
    return dict(first.values_list("pk", "form").iterator(chunk_size=500))


def _newest_scores(slug: str) -> dict[UUID, Score]:
    last = Score.objects.filter(attempt=OuterRef("attempt")).order_by("-version").values("pk")[:1]
    mine = Q(attempt__exam_slug=slug, attempt__number=1, attempt__state__in=CLOSED)
    found = Score.objects.filter(mine, pk=Subquery(last)).only("attempt_id", "scaled", "passed", "places")
    return {one.attempt_id: one for one in found.iterator(chunk_size=500)}


def _answers(slug: str) -> dict[tuple[UUID, int], tuple[picks.Answer, int]]:
    """Return answers and seconds by attempt and place. Most answers are given by many: each is decoded once."""
    told: dict[str | None, picks.Answer] = {}
    rows = (
        Response.objects.filter(attempt__exam_slug=slug, attempt__number=1, attempt__state__in=CLOSED)
        .annotate(text=Cast("answer", TextField()))
        .values_list("attempt_id", "place", "text", "seconds")
    )
    found = {}
    for attempt, place, text, seconds in rows.iterator(chunk_size=5000):
        if text not in told:
            told[text] = picks.read(text)
        found[attempt, place] = (told[text], seconds)
    return found


def _rows(
    people: list[UUID],
    forms: Mapping[UUID, Any],
    newest: Mapping[UUID, Score],
    answers: Mapping[tuple[UUID, int], tuple[picks.Answer, int]],
) -> Iterator[_Row]:
    for candidate, pk in enumerate(people):
        revisions = [place["item"] for section in forms[pk]["sections"] for place in section["places"]]
        for mark in newest[pk].places:
            at, maximum = mark["place"], float(mark["maximum"])
            if maximum <= 0 or at >= len(revisions):
                continue
            answer, seconds = answers.get((pk, at), (None, 0))
            blank = mark["outcome"] == Outcome.BLANK
            yield _Row(
                candidate,
                revisions[at],
                float(mark["earned"]),
                maximum,
                mark["scored"],
                blank,
                answer,
                seconds,
            )


@dataclass(frozen=True)
class Version:
    """A version of an item as it was served; its spec with the key that is in force. `also`: options accepted later."""

    revision: str
    item_id: str
    type: str
    domain: str
    stem: str
    spec: Any
    kept_at: datetime
    also: frozenset[str] = frozenset()


def _versions(slug: str, revisions: Iterable[str]) -> dict[str, Version]:
    """Return versions by revision: by item, those of one item in the order in which they came."""
    changes: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    ruled = Regrade.objects.filter(exam_slug=slug).order_by("pk").values_list("item_revision", "option", "change")
    for revision, option, change in ruled:
        changes[revision].append((option, change))
    rows = ItemVersion.objects.filter(pk__in=list(revisions)).order_by("item_id", "kept_at", "revision")
    return {one.revision: _version(one, changes[one.revision]) for one in rows}


def _version(row: ItemVersion, changes: list[tuple[str, Any]]) -> Version:
    ruling = marking.rule(row.type, items.load(row.type, row.content["spec"]), changes)
    return Version(
        revision=row.revision,
        item_id=row.item_id,
        type=row.type,
        domain=row.content["domain"],
        stem=row.content["stem"],
        spec=ruling.spec,
        kept_at=row.kept_at,
        also=frozenset(one for raw in ruling.accepted for one in raw.get("answer", ())),
    )


def _sheet(rows: list[_Row], versions: Mapping[str, Version], *, scaled: list[int], passed: list[bool]) -> Sheet:
    position = {revision: at for at, revision in enumerate(versions)}
    columns, pick_row, pick_option = [], [], []
    of_column: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        of_column[row.revision].append(at)
    for revision, version in versions.items():
        mine = of_column[revision]
        options, chosen = _picks(version, [rows[at] for at in mine])
        columns.append(
            Column(version.item_id, revision, version.type, version.domain, options, picks.chance_of(version.spec))
        )
        for at, indices in zip(mine, chosen, strict=True):
            pick_row += [at] * len(indices)
            pick_option += indices
    return Sheet(
        columns=tuple(columns),
        candidate=np.array([row.candidate for row in rows], dtype=np.int64),
        column=np.array([position[row.revision] for row in rows], dtype=np.int64),
        earned=np.array([row.earned for row in rows], dtype=np.float64),
        maximum=np.array([row.maximum for row in rows], dtype=np.float64),
        scored=np.array([row.scored for row in rows], dtype=np.bool_),
        omitted=np.array([row.blank for row in rows], dtype=np.bool_),
        seconds=np.array([row.seconds for row in rows], dtype=np.float64),
        pick_row=np.array(pick_row, dtype=np.int64),
        pick_option=np.array(pick_option, dtype=np.int64),
        scaled=np.array(scaled, dtype=np.float64),
        passed=np.array(passed, dtype=np.bool_),
    )


def _picks(version: Version, rows: list[_Row]) -> tuple[tuple[Option, ...], list[list[int]]]:
    """Return a column's options, and for each of its rows the indices of those picked, each once."""
    options = picks.options_of(version.spec, also=version.also)
    if options:
        index = {option.id: at for at, option in enumerate(options)}
        found = ((index[one] for one in picks.picked(version.spec, row.answer) if one in index) for row in rows)
        return options, [sorted(set(one)) for one in found]
    given = [picks.whole(version.type, version.spec, row.answer) for row in rows]
    options = picks.tally((text, row.earned >= row.maximum) for text, row in zip(given, rows, strict=True))
    index = {option.id: at for at, option in enumerate(options)}
    other = index.get(picks.OTHER)
    places = [index.get(text, other) if text else None for text in given]
    return options, [[] if place is None else [place] for place in places]


# --- What was computed --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """The figures of an exam as they are kept; `stale`: scores have come, or were changed, since."""

    slug: str
    computed_at: datetime
    n: int
    analysis: Analysis
    stale: bool


@dataclass(frozen=True)
class About:
    """The exam that figures are of: from the catalog or, where it left it, as it was last sat."""

    slug: str
    title: str
    code: str
    pass_mark: int
    domains: Mapping[str, str]  # id → title


def exam_for_staff(user: Any, slug: str) -> About:
    """Return the exam for a person who teaches. Raises Http404: to others, and where there is none."""
    if not getattr(user, "teaches", False):
        raise Http404("There is no such page.")
    found = next((one for one in exams() if one.slug == slug), None)
    if found is None:
        row = ExamVersion.objects.filter(slug=slug).order_by("-kept_at").first()
        if row is None:
            raise Http404(f"There is no exam {slug}.")
        found = Exam.from_json(row.definition)
    titles = {name: domain.title for name, domain in found.domains.items()}
    return About(slug, found.title, found.code, found.pass_mark, titles)


def kept(slug: str) -> Kept | None:
    """Return the figures of an exam; None where none were computed, or by other rules than today's."""
    row = ExamAnalysis.objects.filter(pk=slug).first()
    if row is None:
        return None
    try:
        analysis = Analysis.from_json(row.data)
    except ValueError:
        return None
    return Kept(slug, row.computed_at, row.n, analysis, score_counts(slug).get(slug, 0) != row.scores)


def figures_for(user: Any, slug: str) -> tuple[ItemFigures, ...]:
    """Return the figures of an exam's items for who teaches; none where none were computed. Raises Http404."""
    exam_for_staff(user, slug)
    found = kept(slug)
    return found.analysis.items if found else ()


def versions_of(slug: str, analysis: Analysis, item_id: str = "") -> dict[str, Version]:
    """Return the versions that an analysis is of, by revision: of one item, or of all."""
    return _versions(slug, (one.revision for one in analysis.items if item_id in ("", one.item_id)))


def stems(analysis: Analysis) -> dict[str, str]:
    """Return the first line of each version's stem, by revision, without Markdown's marks: to know it by in a table."""
    rows = ItemVersion.objects.filter(pk__in=[one.revision for one in analysis.items])
    told = rows.values_list("revision", "content__stem")
    return {revision: re.sub(r"[`*_#]", "", (stem or "").strip().partition("\n")[0]) for revision, stem in told}


@dataclass(frozen=True)
class Sat:
    """How many first attempts there are: in the figures' way stand those that are open, and those not scored yet."""

    open: int
    closed: int
    scored: int


def sat(slug: str) -> Sat:
    """Return how far an exam's first attempts are."""
    first = Attempt.objects.filter(exam_slug=slug, number=1)
    closed = first.filter(state__in=CLOSED)
    scored = Score.objects.filter(attempt__in=closed).values("attempt").distinct().count()
    return Sat(open=first.exclude(state__in=CLOSED).count(), closed=closed.count(), scored=scored)
