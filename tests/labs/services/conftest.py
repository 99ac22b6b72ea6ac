from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from labs import providers, services
from labs.models import LabSession
from labs.services import provisioning
from tests.labs.doubles import Clock, MemoryProvider, PaperRunner, Worker

SLUG = "two-buckets"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(clock: Clock) -> Worker:
    return Worker(clock)


@pytest.fixture(autouse=True)
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryProvider]:
    settings.LAB_CATALOG = Path(__file__).parents[1] / "catalog"
    settings.SANDBOX_PROVIDER = "memory"
    double = MemoryProvider()
    monkeypatch.setitem(providers.MAKERS, "memory", lambda: double)
    providers.get_provider.cache_clear()
    yield double
    providers.get_provider.cache_clear()


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch) -> PaperRunner:
    double = PaperRunner()
    monkeypatch.setattr(provisioning, "get_runner", lambda: double)
    return double


@pytest.fixture
def ready(bob: Any, clock: Clock, worker: Worker) -> LabSession:
    """Bob's session, built."""
    session = services.start_session(user=bob, slug=SLUG, now=clock())
    worker.work()
    session.refresh_from_db()
    assert session.is_ready
    return session


@pytest.fixture
def close_bucket() -> Iterator[Callable[[LabSession, str], None]]:
    """Solve a task in an account in memory: `close_bucket(session, "first")`. `undo=True` takes it back."""
    with mock_aws():

        def close(session: LabSession, name: str, *, undo: bool = False) -> None:
            s3 = boto3.client("s3", region_name="us-east-1")
            bucket = session.parameters[name]
            switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.create_bucket(Bucket=bucket)
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(switches, not undo))

        yield close
