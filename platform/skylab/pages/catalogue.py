"""The catalog: courses, labs and exams, and how to find one's own among them without a script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from courses import selectors as courses
from courses.selectors.reading import CourseProgress
from labs.content import Lab
from skylab.pages.templatetags.skylab import services as as_badges
from skylab.pages.tiles import lab_tiles

KINDS: Final = {"course": "Courses", "lab": "Labs", "exam": "Exams"}
TIMES: Final = {"15": "15 min at most", "30": "30 min at most", "60": "1 h at most"}
DONE: Final = {"no": "Not done yet", "begun": "Begun", "yes": "Done"}
LEVELS: Final = ("beginner", "foundational", "intermediate", "associate", "advanced", "professional", "expert")


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the catalog: empty is all."""

    kind: str = ""
    track: str = ""
    level: str = ""
    service: str = ""
    time: str = ""
    done: str = ""

    @property
    def minutes(self) -> int | None:
        return int(self.time) if self.time else None

    @property
    def chosen(self) -> dict[str, str]:
        """Return what is set, by name."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Choice:
    """A filter's value, with its name for people."""

    value: str
    label: str


@require_safe
def catalog(request: HttpRequest) -> HttpResponse:
    """List courses, labs and exams, with the person's own state of each."""
    tiles = lab_tiles(request.user)
    taken = courses.progress(request.user)
    exams = [one for one in courses.exam_states(today=timezone.localdate()) if one.sittable]
    choices = _choices(tiles, taken, request.user.is_authenticated)
    wanted = _wanted(request.GET, choices)
    tracks = {one.course.slug: set(one.course.labs) for one in taken}
    found_courses = [one for one in taken if _course_fits(one, wanted, tiles)]
    found_labs = [one for one in tiles if _lab_fits(one, wanted, tracks)]
    found_exams = [one for one in exams if _exam_fits(one, wanted)]
    context = {
        "courses": found_courses,
        "labs": found_labs,
        "exams": found_exams,
        "count": len(found_courses) + len(found_labs) + len(found_exams),
        "anything": bool(tiles or taken or exams),
        "has": {"course": bool(taken), "lab": bool(tiles), "exam": bool(exams)},
        "wanted": wanted,
        "filters": [
            {"name": name, "label": label, "choices": found, "value": getattr(wanted, name)}
            for name, label, found in choices
            if len(found) > 1 or getattr(wanted, name)
        ],
        "without": [
            {"label": _label(choices, name, value), "url": "?" + urlencode(replace(wanted, **{name: ""}).chosen)}
            for name, value in wanted.chosen.items()
        ],
    }
    return render(request, "pages/catalog.html", context)


def _choices(
    tiles: Sequence[dict[str, Any]], taken: Sequence[CourseProgress], signed_in: bool
) -> list[tuple[str, str, list[Choice]]]:
    levels = {one["lab"].level for one in tiles} | {one.course.level for one in taken}
    used = {name for one in tiles for name in as_badges(one["lab"].services)}
    ordered = sorted(levels, key=lambda one: (LEVELS.index(one) if one in LEVELS else len(LEVELS), one))
    found = [
        ("kind", "Kind", [Choice(*pair) for pair in KINDS.items()]),
        ("track", "Track", [Choice(one.course.slug, one.course.title) for one in taken]),
        ("level", "Level", [Choice(one, one.title()) for one in ordered]),
        ("service", "Service", [Choice(one, one) for one in sorted(used)]),
        ("time", "Time", [Choice(*pair) for pair in TIMES.items()]),
    ]
    return [*found, ("done", "Done", [Choice(*pair) for pair in DONE.items()])] if signed_in else found


def _wanted(asked: QueryDict, choices: Iterable[tuple[str, str, list[Choice]]]) -> Wanted:
    """Return what is asked for; a value that is none of the choices is nothing."""
    known = {name: {one.value for one in found} for name, _, found in choices}
    return Wanted(**{name: value for name in known if (value := asked.get(name, "")) in known[name]})


def _label(choices: Iterable[tuple[str, str, list[Choice]]], name: str, value: str) -> str:
    return next(one.label for key, _, found in choices if key == name for one in found if one.value == value)


def _done(percent: float, begun: bool, wanted: str) -> bool:
    return {"": True, "no": percent < 100, "begun": begun and percent < 100, "yes": percent >= 100}[wanted]


def _course_fits(one: CourseProgress, wanted: Wanted, tiles: Sequence[dict[str, Any]]) -> bool:
    course = one.course
    used = {name for tile in tiles if tile["lab"].slug in course.labs for name in as_badges(tile["lab"].services)}
    return (
        wanted.kind in ("", "course")
        and wanted.track in ("", course.slug)
        and wanted.level in ("", course.level)
        and (not wanted.service or wanted.service in used)
        and (wanted.minutes is None or course.minutes <= wanted.minutes)
        and _done(one.percent, bool(one.done or one.enrolled), wanted.done)
    )


def _lab_fits(tile: dict[str, Any], wanted: Wanted, tracks: dict[str, set[str]]) -> bool:
    lab: Lab = tile["lab"]
    state = tile["state"]
    return (
        wanted.kind in ("", "lab")
        and (not wanted.track or lab.slug in tracks[wanted.track])
        and wanted.level in ("", lab.level)
        and (not wanted.service or wanted.service in as_badges(lab.services))
        and (wanted.minutes is None or lab.minutes <= wanted.minutes)
        and _done(100 if state and state.completed else 0, bool(state and state.sessions), wanted.done)
    )


def _exam_fits(one: Any, wanted: Wanted) -> bool:
    # An exam has neither level nor services of its own, and is never done: it is listed where nothing asks for them.
    return (
        wanted.kind in ("", "exam")
        and wanted.track in ("", one.exam.course)
        and not (wanted.level or wanted.service or wanted.done)
        and (wanted.minutes is None or one.exam.minutes <= wanted.minutes)
    )
