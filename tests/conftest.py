"""The cast of every test: Ada teaches, Bob learns, Eve must see nothing of Bob's, Olga operates."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Nothing here may reach a real account, whatever the machine is signed in to.
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)
os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_DEFAULT_REGION="us-east-1")
os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)

if TYPE_CHECKING:
    from courses.models import Cohort
    from skylab.accounts.models import User

JOINED = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def _person(name: str, role: str) -> User:
    from skylab.accounts.models import User

    return User.objects.create_user(username=name, email=f"{name}@example.com", password="correct horse", role=role)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let tests empty the audit log, which refuses that: tests of its triggers put them back (labs.audit.guard)."""
    from django.db import connection

    from labs import audit

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for statement in audit.unguard(connection.vendor):
            cursor.execute(statement)


@pytest.fixture
def bob(db: None) -> User:
    """A learner."""
    return _person("bob", "learner")


@pytest.fixture
def eve(db: None) -> User:
    """Another learner, who must see nothing of Bob's."""
    return _person("eve", "learner")


@pytest.fixture
def ada(db: None) -> User:
    """An instructor."""
    return _person("ada", "instructor")


@pytest.fixture
def olga(db: None) -> User:
    """An operator."""
    return _person("olga", "operator")


@pytest.fixture
def bobs_class(ada: User, bob: User) -> Cohort:
    """A class that Ada teaches, and Bob learns in."""
    from courses.models import Cohort, Membership

    cohort = Cohort.objects.create(name="Cloud 1", created_by=ada, created_at=JOINED)
    cohort.instructors.add(ada)
    Membership.objects.create(cohort=cohort, user=bob, joined_at=JOINED)
    return cohort


# Each of these folders starts processes of its own once: all its tests go to the same one of the parallel runners.
# Those of a browser are long, and share a sandbox by file: each file goes to one runner, so that both have something to do.
STARTERS = ("stack", "labs/gateway", "labs/judge", "labs/proof", "labs/runner", "labs/sandboxes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(root).as_posix()
        for starter in STARTERS:
            if folder.startswith(f"{starter}/"):
                item.add_marker(pytest.mark.xdist_group(starter))
        if folder.startswith("e2e/"):
            item.add_marker(pytest.mark.xdist_group(folder))
        # A browser and a dozen processes on two busy cores: what fails once is tried once more, and named in the summary.
        if item.get_closest_marker("browser") or item.get_closest_marker("stack"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    # Playwright leaves an event loop running in its process: nothing that starts one of its own may come after.
    items.sort(key=lambda item: item.path.is_relative_to(root / "e2e"))


@pytest.fixture(autouse=True)
def files_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test that changes the catalog see it without waiting for the next look."""
    monkeypatch.setattr("courses.content.catalog.LOOK_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            try:
                local = ipaddress.ip_address(host).is_loopback
            except ValueError:
                local = host == "localhost"
            if not local:
                raise AssertionError(f"a test tried to reach {host}: tests use no network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    yield
