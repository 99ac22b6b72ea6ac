"""A session at work whose sandbox is an account in memory, for the tabs that look into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.utils import timezone
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from labs import providers
from labs.models import ApiCall, LabSession
from labs.views import diagram
from tests.e2e.scenes import make_session
from tests.labs.doubles import MemoryProvider

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryProvider]:
    """Whoever gives out the sandboxes."""
    double = MemoryProvider()
    monkeypatch.setitem(providers.MAKERS, "emulated", lambda: double)
    providers.get_provider.cache_clear()
    monkeypatch.setattr(diagram, "_KEPT", {})
    with mock_aws():
        yield double
    providers.get_provider.cache_clear()


@pytest.fixture
def session(bob: Any) -> LabSession:
    """Bob at work."""
    return make_session(bob)


@pytest.fixture
def aws() -> Callable[[str], Any]:
    """`aws("s3")` is a client of the sandbox."""
    return lambda service: boto3.client(service, region_name="us-east-1")


@pytest.fixture
def call(session: LabSession) -> Callable[..., ApiCall]:
    """`call("s3:CreateBucket", {"Bucket": "b"}, error="BucketAlreadyExists: …", status=409)` is a row of the journal."""

    def call(name: str, parameters: Any = None, *, error: str = "", **more: Any) -> ApiCall:
        service, _, action = name.partition(":")
        code, _, message = error.partition(": ")
        seq = ApiCall.objects.filter(sandbox=session.sandbox).count() + 1
        values: dict[str, Any] = {
            "at": timezone.now() + timedelta(seconds=seq),
            "principal": f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/learner",
            "tool": "aws-cli",
            "region": "us-east-1",
            "status": 400 if error else 200,
            "mutating": not action.startswith(("Get", "List", "Describe", "Head")),
            "milliseconds": 5.0,
        } | more
        return ApiCall.objects.create(
            sandbox=session.sandbox,
            epoch=session.sandbox.epoch,
            seq=seq,
            service=service,
            action=action,
            parameters=parameters or {},
            error_code=code,
            error_message=message,
            **values,
        )

    return call
