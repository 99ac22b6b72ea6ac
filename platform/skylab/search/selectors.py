"""`search`: the one way to look for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from courses import selectors as courses
from courses.content import Course, Lesson
from courses.selectors.practice import lesson_lock
from skylab.search import excerpts, vocabulary, words
from skylab.search.backends import backend
from skylab.search.excerpts import Piece
from skylab.search.models import Document, Index
from skylab.search.sources import KINDS

LONGEST_QUERY: Final = 200
MOST_WORDS: Final = 8
LOOKED_AT: Final = 60  # of which the order is made better than the database's


@dataclass(frozen=True)
class Hit:
    """Something that was found. `locked`: it opens with mastery; then nothing of its text is told."""

    kind: str
    label: str
    url: str
    title: str
    place: str
    heading: tuple[Piece, ...]  # the title in pieces
    excerpt: tuple[Piece, ...]
    locked: bool


@dataclass(frozen=True)
class Found:
    """The answer to a query. `meant` is what was looked for instead, where a word is not there as typed;
    `loose`: nothing has all of the words, these have some."""

    query: str
    hits: tuple[Hit, ...]
    meant: str = ""
    loose: bool = False


def search(query: str, user: Any, kinds: Sequence[str] = (), limit: int = 20, *, excerpt: bool = True) -> Found:
    """Return what can be found by a query, the best first. Nothing that only exams ask, no key, nothing unpublished."""
    typed = words.of_query(query[:LONGEST_QUERY])[:MOST_WORDS]
    digest = Index.objects.filter(pk=1).values_list("digest", flat=True).first()
    if not typed or not digest:
        return Found(query, ())
    meanings = vocabulary.of(digest).meanings(typed)
    groups = [one.words for one in meanings if one.words]
    if not groups:
        return Found(query, ())
    wanted_kinds = [one for one in kinds if one in KINDS]
    with connection.cursor() as cursor:
        ranked = backend().find(cursor, groups, wanted_kinds, LOOKED_AT) if len(groups) == len(meanings) else []
        loose = not ranked and len(meanings) > 1
        if loose:
            ranked = backend().find(cursor, groups, wanted_kinds, LOOKED_AT, any_of=True)
    guessed = any(one.guessed and one.words for one in meanings)
    meant = " ".join(one.words[0] if one.guessed and one.words else one.typed for one in meanings) if guessed else ""
    hits = _hits(_best(ranked, typed, limit), {word for group in groups for word in group}, user, excerpt=excerpt)
    return Found(query, hits, meant if hits else "", loose and bool(hits))


def _best(ranked: list[tuple[int, float]], typed: list[str], limit: int) -> list[int]:
    """Put what is called as it was typed in front: databases know how often a word occurs, not what a name is."""
    titles = dict(Document.objects.filter(pk__in=[pk for pk, _ in ranked]).values_list("pk", "title"))

    def key(pair: tuple[int, float]) -> tuple[bool, bool, float]:
        name = words.of_name(titles.get(pair[0], ""))
        return (name != typed, name[: len(typed)] != typed, -pair[1])

    return [pk for pk, _ in sorted(ranked, key=key) if pk in titles][:limit]


def _hits(best: list[int], wanted: set[str], user: Any, *, excerpt: bool) -> tuple[Hit, ...]:
    rows = Document.objects.in_bulk(best)
    closed = _locked({rows[pk].gate for pk in best if rows[pk].gate}, user)
    return tuple(
        Hit(
            kind=row.kind,
            label=KINDS.get(row.kind, row.kind),
            url=row.url,
            title=row.title,
            place=row.place,
            heading=tuple(excerpts.marked(row.title, wanted)),
            excerpt=tuple(excerpts.pieces(row.text, wanted)) if excerpt and row.gate not in closed else (),
            locked=row.gate in closed,
        )
        for row in (rows[pk] for pk in best)
        # The stem of an item is its title: of what is locked it would tell all.
        if not (row.gate in closed and row.kind == "item")
    )


def _locked(gates: set[str], user: Any) -> set[str]:
    """Return those gates that mastery keeps shut for a person."""
    by_slug = {course.slug: course for course in courses.catalog()} if gates else {}
    found = set()
    for gate in gates:
        slug, _, lesson_slug = gate.partition("/")
        course: Course | None = by_slug.get(slug)
        lesson: Lesson | None = (
            next((one for one in course.lessons if one.slug == lesson_slug), None) if course else None
        )
        if course is None or lesson is None or lesson_lock(user, course, lesson, now=timezone.now()):
            found.add(gate)
    return found
