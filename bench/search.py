"""How long a search takes among two thousand documents: a word, two words, what is being typed, a slip of the finger.

SQLite in a folder of its own; PostgreSQL as well, where there is a server.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time

from bench.figures import Figure, spread
from bench.postgres import NoPostgres, cluster
from skylab.stack import ROOT

SLOW = True
DOCUMENTS = 2000
WORDS = 600  # of a document, about as long as a lesson
ROUNDS = 40
QUERIES = (
    "bucket",
    "bucket policy",
    "secur",
    "buckte polcy",
    "least privilege role",
    "s",
    "GetObject",
    "nothing-like-it",
)
# What texts are made of: real words among many that are made up, as texts have more rare words than frequent ones.
REAL = (  # noqa: SIM905 - words are read more easily so
    "bucket policy security group role user key encrypt subnet route table instance queue topic alarm metric lambda "
    "function event rule principal action resource condition allow deny public private internet gateway endpoint zone "
    "region account snapshot volume replica backup cluster stream shard item index privilege least access object GetObject "
    "PutBucketPolicy certificate token session boundary organisation network address port protocol"
).split()


def measure() -> list[Figure]:
    """Fill an index, and ask it."""
    figures = _in_process("SQLite", {})
    try:
        with cluster() as server:
            figures += _in_process("PostgreSQL", {"DATABASE_URL": server.make("skylab")})
    except NoPostgres as reason:
        print(f"  PostgreSQL is not measured: {reason}")
    return figures


def _in_process(name: str, more: dict[str, str]) -> list[Figure]:
    """Measure in a process of its own: a process has one database."""
    with tempfile.TemporaryDirectory(prefix="skylab-search-") as folder:
        environment = {**os.environ, "SKYLAB_LOCAL": "1", "SKYLAB_DATA": folder, **more, "LOG_LEVEL": "WARNING"}
        environment["DJANGO_SETTINGS_MODULE"] = "skylab.settings"
        done = subprocess.run(
            [sys.executable, "-m", "bench.search"], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
    filled, first, again, *asked = (float(line) for line in done.stdout.split())
    return [
        Figure(f"{name}: {DOCUMENTS} documents indexed", filled, "s"),
        Figure(f"{name}: looked whether anything has changed", again * 1000, "ms"),
        Figure(f"{name}: the first search of a process", first * 1000, "ms"),
        *spread(f"{name}: a search with excerpts", asked, bar="≤ 50 ms"),
    ]


def _main() -> None:
    import django

    django.setup()
    from django.contrib.auth.models import AnonymousUser
    from django.core.management import call_command
    from django.utils import timezone

    from skylab.search.selectors import search
    from skylab.search.services import refresh
    from skylab.search.sources import Content, Source

    call_command("migrate", interactive=False, verbosity=0)
    dice = random.Random(20)
    made_up = ["".join(dice.choices("abcdefghijklmnoprstuvw", k=dice.randint(4, 10))) for _ in range(12_000)]
    vocabulary = REAL * 8 + made_up  # each real word is in a third of the documents

    def source(number: int) -> Source:
        words = dice.choices(vocabulary, k=WORDS)
        content = Content(" ".join(words[:5]), " ".join(words[5:25]), " ".join(words))
        return Source(f"lesson/{number}", "lesson", f"{number:064}", f"/courses/a/{number}/", lambda: content)

    documents = [source(number) for number in range(DOCUMENTS)]
    nobody = AnonymousUser()

    def timed(act: object) -> float:
        begun = time.perf_counter()
        act()  # type: ignore[operator]
        return time.perf_counter() - begun

    print(timed(lambda: refresh(now=timezone.now(), find=lambda: documents)))
    print(timed(lambda: search("bucket", nobody)))
    print(timed(lambda: refresh(now=timezone.now(), find=lambda: documents)))
    for _ in range(ROUNDS):
        for query in QUERIES:
            print(timed(lambda query=query: search(query, nobody)))  # type: ignore[misc]


if __name__ == "__main__":
    _main()
