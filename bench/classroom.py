"""The live view of a class of two hundred at work: from a call in the journal to its row at the instructor.

A real stack. A process of its own writes the calls of 200 learners as the gateway would (the row, then the event), now
and then with a judgement, forty a second in all; an instructor's stream is read, and each call is looked for in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from bench.client import Learner
from bench.figures import Figure, percentile
from skylab.stack import Stack, running_stack

SLOW = True
LEARNERS = 200
CALLS = 800
A_SECOND = 40
LAB = "private-bucket-one-reader"
NAME = "Bench class"


def measure() -> list[Figure]:
    """Let 200 learners make 800 calls within twenty seconds."""
    with running_stack(seconds=900, until="Skylab is up") as stack:  # no sandbox is needed
        cohort = _play("make", stack).communicate()[0].split()[-1]
        learner = Learner(stack.url, "instructor")
        begun = time.perf_counter()
        learner.get(f"/classes/{cohort}/live/?lab={LAB}")
        page = time.perf_counter() - begun
        return _watch(stack, learner, f"/classes/{cohort}/live/events/?lab={LAB}", page)


def _play(what: str, stack: Stack) -> subprocess.Popen[str]:
    code = f"import django; django.setup(); from bench import classroom; classroom.{what}()"
    environment = {**os.environ, **stack.environment}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


def _watch(stack: Stack, learner: Learner, path: str, page: float) -> list[Figure]:
    heard = _Heard(learner, path)
    heard.start()
    assert heard.first.wait(60), "the stream begins with all rows"
    out = _play("work", stack).communicate()[0]
    heard.settle()
    made = json.loads(out.splitlines()[-1])
    # A learner who called again before the tick shows the later call: what was shown stands for all before it.
    late = _late(made, heard.seen)
    note = f"n = {len(late)} of {len(made)} calls in {heard.messages} messages; load average {os.getloadavg()[0]:.1f}"
    return [
        Figure(
            "a call in the journal to its row at the instructor, p50", statistics.median(late) * 1000, "ms", "", note
        ),
        Figure("the same, p95", percentile(late, 95) * 1000, "ms", "≤ 300 ms"),
        Figure("the same, longest", max(late) * 1000, "ms"),
        Figure("calls that were never shown", len(made) - len(late), "", "0"),
        Figure("weight of a message", heard.weight / max(heard.messages, 1) / 1024, "KiB"),
        Figure(f"the page with its {LEARNERS} rows", page * 1000, "ms"),
    ]


class _Heard(threading.Thread):
    """Reads the stream, and notes when each call was first seen in a row."""

    def __init__(self, learner: Learner, path: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self.messages = self.weight = 0
        self.first = threading.Event()
        self._answer = learner.http.get(learner.url + path, stream=True, timeout=60)
        self._answer.raise_for_status()
        self._last = time.monotonic()

    def run(self) -> None:
        with contextlib.suppress(requests.RequestException):  # the stack goes before the stream does
            rest = b""
            for chunk in self._answer.iter_content(chunk_size=None):
                *lines, rest = (rest + chunk).split(b"\n")
                now = time.time()
                for line in lines:
                    if line.startswith(b"data: "):
                        self._take(json.loads(line[6:]), len(line), now)

    def _take(self, told: dict[str, Any], weight: int, now: float) -> None:
        if not self.first.is_set():
            assert len(told["rows"]) == LEARNERS
            self.first.set()
            return
        self.messages, self.weight, self._last = self.messages + 1, self.weight + weight, time.monotonic()
        for html in told["rows"].values():
            if "s3:Bench" in html:
                self.seen.setdefault(html.split("s3:Bench")[1].split("<")[0], now)

    def settle(self) -> None:
        """Wait until nothing has come for two seconds."""
        while time.monotonic() - self._last < 2:
            time.sleep(0.1)


def _late(made: list[list[Any]], seen: dict[str, float]) -> list[float]:
    """Return how long each call took to be shown, by itself or by a later one of the same learner."""
    late: list[float] = []
    shown: dict[int, float] = {}
    for learner, name, at in reversed(made):
        if name in seen:
            shown[learner] = seen[name]
        if learner in shown:
            late.append(shown[learner] - at)
    return late


# --- In a process with the stack's settings --------------------------------------------------------------------------


def make() -> None:
    """Write a class of 200 who are at work, a third of them stuck; print its id."""
    from django.db import transaction

    with transaction.atomic():
        print(_make())


def _make() -> Any:
    from django.utils import timezone

    from courses.classes import assigned, services
    from courses.models import Membership
    from skylab.accounts.models import User
    from tests.e2e.scenes import grade, lab_of_catalog, make_session

    now, lab = timezone.now(), lab_of_catalog(LAB)
    teacher = User.objects.get(username="instructor")
    cohort = services.create_cohort(actor=teacher, name=NAME, stuck_minutes=5, now=now)
    assigned.assign(cohort=cohort, kind="lab", slug=LAB, actor=teacher, now=now)
    people = User.objects.bulk_create(User(username=f"bench-{at:03d}", role="learner") for at in range(LEARNERS))
    Membership.objects.bulk_create(Membership(cohort=cohort, user=one, joined_at=now) for one in people)
    for at, one in enumerate(people):
        session = make_session(one, lab=lab)
        session.ready_at = now - timedelta(minutes=30)
        session.save()
        passed = at % len(lab.tasks)
        outcomes = ["passed"] * passed + ["failed"] + ["skipped"] * (len(lab.tasks) - passed - 1)
        for ago in (12, 8, 2) if at % 3 == 0 else (2,):
            grade(session, lab, outcomes, minutes_ago=ago)
    return cohort.pk


def work() -> None:
    """Make the calls; print [learner, name, when] of each."""
    from labs import bell, events
    from labs.models import ApiCall, LabSession
    from tests.e2e.scenes import grade, lab_of_catalog

    lab = lab_of_catalog(LAB)
    sessions = list(LabSession.objects.filter(user__username__startswith="bench-").select_related("sandbox"))
    random.seed(1)
    made = []
    begun = time.monotonic()
    for turn in range(CALLS):
        session = random.choice(sessions)
        name = f"{turn:05d}"
        now = datetime.now(UTC)
        last = ApiCall.objects.filter(sandbox=session.sandbox).count()
        ApiCall.objects.create(
            sandbox=session.sandbox, epoch=1, seq=last + 1, at=now, service="s3", action=f"Bench{name}",
            status=200, mutating=True, milliseconds=9,
        )  # fmt: skip
        made.append([session.user_id, name, time.time()])
        events.publish(session.pk, {"type": "call", "seq": last + 1})
        if turn % 4 == 0:
            grade(session, lab, ["passed", "failed"], minutes_ago=0)
            events.publish(session.pk, {"type": "grading"})
        time.sleep(max(0.0, begun + (turn + 1) / A_SECOND - time.monotonic()))
    bell.flush(5)
    print(json.dumps(made))
