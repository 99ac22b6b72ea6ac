"""A small exam of two sections, a candidate who sits it, and a clock that tests may set."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bench.papers import SLUG, write_course
from courses.api.throttling import buckets
from courses.models import Attempt, Response, Save
from courses.selectors import attempts as selectors
from courses.services import attempts, clock

__all__ = ["SLUG"]


@pytest.fixture(scope="session")
def _catalogs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Catalogs, each written and parsed once a session."""
    made: dict[str, Path] = {}

    def make(**how: Any) -> Path:
        key = repr(sorted(how.items()))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("catalog")
            write_course(made[key], **how)
        return made[key]

    return make


@pytest.fixture
def hold_exam(settings: Any, _catalogs: Callable[..., Path]) -> Callable[..., None]:
    """Have the site's catalog hold the exam that is described: see bench.papers.write_course."""

    def hold(**how: Any) -> None:
        settings.COURSE_CATALOG = _catalogs(**how)

    return hold


@pytest.fixture(autouse=True)
def exam(hold_exam: Callable[..., None]) -> Iterator[None]:
    hold_exam()
    selectors._used.cache_clear()
    buckets._kept.clear()
    yield


@dataclass
class Time:
    """The database's clock, moved by hand: it is what the endpoints read."""

    ahead: timedelta = timedelta(0)
    still: datetime | None = None

    def __call__(self) -> datetime:
        return self.real() if self.still is None else self.still

    def real(self) -> datetime:
        return _now() + self.ahead

    def stop(self) -> datetime:
        """Stand still from now on, so that a test may say what it expects to the microsecond."""
        self.still = self()
        return self.still

    def go(self, seconds: float = 0, **more: float) -> datetime:
        by = timedelta(seconds=seconds, **more)
        if self.still is None:
            self.ahead += by
        else:
            self.still += by
        return self()


_now = clock.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, db: None) -> Time:
    moved = Time()
    monkeypatch.setattr(clock, "now", moved)
    moved.stop()
    return moved


_keys = itertools.count(1)


def one_save(place: int, sequence: int, answer: Any = None, **more: Any) -> dict[str, Any]:
    """Return a save as a browser sends it."""
    given = {"answer": answer} if isinstance(answer, list) else answer
    fresh = {"place": place, "sequence": sequence, "key": f"k{next(_keys)}", "answer": given, "flagged": False}
    return {**fresh, "seconds": 1, **more}


@dataclass
class Sitting:
    """A candidate's browser: a tab that may have the pen."""

    client: Client
    attempt: Attempt
    tab: str = "tab-1"
    epoch: int = 0
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, name: str, **body: Any) -> HttpResponse:
        url = reverse(f"attempt_{name}", args=[self.attempt.pk])
        fresh = {"tab": self.tab, "epoch": self.epoch}
        return self.client.post(url, json.dumps({**fresh, **body}), content_type="application/json")

    def take_pen(self) -> HttpResponse:
        answer = self.post("pen")
        if answer.status_code == 200:
            self.epoch = answer.json()["epoch"]
        return answer

    def save(self, *saves: dict[str, Any]) -> HttpResponse:
        return self.post("save", saves=list(saves))

    def answer(self, place: int, *values: str) -> HttpResponse:
        return self.save(one_save(place, next(self.counter), list(values)))

    def kept(self) -> dict[int, Any]:
        return dict(Response.objects.filter(attempt=self.attempt).values_list("place", "answer"))

    def versions(self) -> int:
        return Save.objects.filter(attempt=self.attempt).count()

    def reload(self) -> Attempt:
        self.attempt.refresh_from_db()
        return self.attempt


@pytest.fixture
def sit(client: Client, time: Time) -> Callable[..., Sitting]:
    """Have a person sit the exam, in a tab that has the pen."""

    def begin(user: Any, *, tab: str = "tab-1", slug: str = SLUG) -> Sitting:
        browser = Client()
        browser.force_login(user)
        sitting = Sitting(browser, attempts.start(user=user, slug=slug, now=clock.now()), tab)
        sitting.take_pen()
        return sitting

    return begin


@pytest.fixture
def sitting(sit: Callable[..., Sitting], bob: Any) -> Sitting:
    """Bob, in the middle of the exam."""
    return sit(bob)
