"""Item statistics of 100,000 responses: the figures alone, beside the naive twin of the tests, and from the database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure

SLOW = True  # the naive twin, and a database of 100,000 answers to fill
CANDIDATES, FORM, POOL = 1540, 65, 260  # 100,100 responses
ROUNDS = 3
NAIVE = 154  # a tenth of them: the twin walks all pairs


def measure() -> list[Figure]:
    """Time the analysis in memory against the naive twin on the same sheets, then rows → figures → row on SQLite."""
    from courses.exams.statistics import analyse
    from tests.courses.exams import naive_statistics as naive
    from tests.courses.exams.sheets import simulated

    whole, tenth = simulated(CANDIDATES, pool=POOL, form=FORM), simulated(NAIVE, pool=POOL, form=FORM)
    ours = min(_seconds(lambda: analyse(whole)) for _ in range(5))
    ours_tenth = min(_seconds(lambda: analyse(tenth)) for _ in range(5))
    twin = _seconds(lambda: naive.analyse(tenth))
    whole_twin = _seconds(lambda: naive.analyse(whole))
    figures = [
        Figure("figures of 100,100 responses, 260 item versions", ours, "s", "≤ 10 s", "best of 5"),
        Figure("the same by the naive twin", whole_twin, "s", "", "once"),
        Figure("naive twin / ours, 100,100 responses", whole_twin / ours, "times"),
        Figure("naive twin / ours, 10,010 responses", twin / ours_tenth, "times"),
    ]
    return figures + _from_the_database()


def _from_the_database() -> list[Figure]:
    """Rows of a database of its own: another process, so that no other database is touched."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.statistics"],
            cwd=Path(__file__).resolve().parents[1],
            env={
                **os.environ,
                "SKYLAB_LOCAL": "1",
                "SKYLAB_DATA": folder,
                "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
                "DJANGO_SETTINGS_MODULE": "skylab.settings_test",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    responses, reading, everything, cpu = map(float, done.stdout.split()[-4:])
    note = f"SQLite, {responses:,.0f} responses, best of {ROUNDS}"
    return [
        Figure("reading the rows into a sheet", reading, "s", "", note),
        Figure("rows → figures → kept", everything, "s", "≤ 10 s", note),
        Figure("the same, of a processor's time", cpu, "s", "", "what it takes on a machine that does nothing else"),
    ]


def _seconds(call: object) -> float:
    begun = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - begun


def main() -> None:
    """Fill a fresh database and time it: prints responses, seconds of reading, seconds of all, and of the processor."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from courses.selectors.statistics import read
    from courses.services.statistics import compute
    from tests.courses.exams.sittings import SLUG, sit

    call_command("migrate", verbosity=0, skip_checks=True)
    sit(candidates=5000, form=20)
    reading = min(_seconds(lambda: read(SLUG)) for _ in range(ROUNDS))
    begun = time.process_time()
    everything = min(_seconds(lambda: compute(slug=SLUG, now=timezone.now())) for _ in range(ROUNDS))
    cpu = (time.process_time() - begun) / ROUNDS
    print(len(read(SLUG).sheet.earned), reading, everything, cpu)


if __name__ == "__main__":
    main()
