"""Make candidates who are signed in, in the database of the environment: `python -m bench.candidates COUNT [start]`.

Prints a line for each: the key of the session, and with `start` the id of the attempt that was begun for them.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")


def main(words: list[str]) -> None:
    """Make them, all at once."""
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.models import Session

    from bench.papers import SLUG
    from courses.services import attempts, clock
    from skylab.accounts.models import User

    count, now = int(words[0]), clock.now()
    names = [f"candidate-{uuid4().hex[:12]}" for _ in range(count)]
    User.objects.bulk_create(User(username=name, email=f"{name}@example.com", password="!") for name in names)
    people = list(User.objects.filter(username__in=names))
    store = Session.get_session_store_class()()
    backend = "django.contrib.auth.backends.ModelBackend"
    rows = []
    for person in people:
        told = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: backend,
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        rows.append(
            Session(session_key=uuid4().hex, session_data=store.encode(told), expire_date=now + timedelta(days=1))
        )
    Session.objects.bulk_create(rows)
    for person, row in zip(people, rows, strict=True):
        attempt = attempts.start(user=person, slug=SLUG, now=clock.now()).pk if "start" in words else ""
        print(row.session_key, attempt)


if __name__ == "__main__":
    main(sys.argv[1:])
