"""How long pages take at 50 requests a second: a lesson, home and the catalog, of people who are signed in.

Real uvicorn, two processes, a database of its own. Requests come when they come, not when the last was answered: what
waits in line counts. The generator shares the processors with the site; `spent` says what the site's processes took.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress

from bench.browser import Browser, Unanswered
from bench.figures import Figure, spread
from bench.hall import Hall, open_hall
from skylab.stack import ROOT

SLOW = True
RATE = 50  # requests a second
SECONDS = 12.0
READERS = 40
BAR = "≤ 100 ms"
PAGES = {
    "a lesson": "/courses/aws-foundations/s3-access/",
    "home": "/",
    "the catalog": "/catalog/",
    "skills": "/skills/",
}


def measure() -> list[Figure]:
    """Open a site, and read in it."""
    catalogs = (("COURSE_CATALOG", str(ROOT / "courses" / "catalog")), ("LAB_CATALOG", str(ROOT / "labs" / "catalog")))
    figures: list[Figure] = []
    with open_hall(postgres=False, webs=2, settings=catalogs) as hall:
        sessions = _readers(hall)
        for name, path in PAGES.items():
            asyncio.run(_read(hall, sessions, path, rate=10, seconds=2.0))  # the first of each process reads the files
            before = hall.spent()
            taken, failed = asyncio.run(_read(hall, sessions, path, rate=RATE, seconds=SECONDS))
            spent = hall.spent()
            cpu = sum(spent.values()) - sum(before.values())
            figures += spread(f"{name}, {RATE} a second", taken, bar=BAR)
            figures.append(Figure(f"{name}: the site's own time", cpu / len(taken) * 1000, "ms", "", "processor"))
            if failed:
                figures.append(Figure(f"{name}: not answered with 200", failed, "", "0"))
    return figures


async def _read(hall: Hall, sessions: list[str], path: str, *, rate: float, seconds: float) -> tuple[list[float], int]:
    """Ask for a page so many times a second, each at its own moment; return how long each took, and how many failed."""
    dice = random.Random(7)
    readers = [Browser(hall.port, session) for session in sessions]
    free: asyncio.Queue[Browser] = asyncio.Queue()
    for reader in readers:
        free.put_nowait(reader)
    taken: list[float] = []
    failed = 0

    async def one(moment: float) -> None:
        nonlocal failed
        await asyncio.sleep(moment)
        begun = time.perf_counter()
        reader = await free.get()
        with suppress(Unanswered):
            status, _, _ = await reader.ask("GET", path)
            taken.append(time.perf_counter() - begun)
            failed += status != 200
        free.put_nowait(reader)

    moments, at = [], 0.0
    while at < seconds:
        moments.append(at)
        at += dice.expovariate(rate)
    await asyncio.gather(*(one(moment) for moment in moments))
    for reader in readers:
        reader.close()
    failed += len(moments) - len(taken)
    return taken, failed


def _readers(hall: Hall) -> list[str]:
    """Make people who have read and answered a little; return their sessions."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.pages", str(READERS)],
        cwd=ROOT,
        env={**os.environ, **hall.environment, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def _main(count: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from courses import selectors, services
    from skylab.accounts.models import User

    course = selectors.get_course("aws-foundations")
    now = timezone.now()
    keys = []
    for number in range(count):
        user = User.objects.create(username=f"reader-{number}", email=f"reader-{number}@example.com")
        services.enrol(user=user, course_slug=course.slug, now=now)
        services.mark_read(user=user, course_slug=course.slug, lesson_slug=course.lessons[0].slug, now=now)
        for item in [one for one in course.drill.values() if one.type == "choice"][: number % 8]:
            right = next(option.id for option in item.options if option.correct)
            services.answer_item(user=user, course_slug=course.slug, item_id=item.id, raw={"answer": [right]}, now=now)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    print(json.dumps(keys))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
