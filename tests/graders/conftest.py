"""An AWS account in memory, and the way a grading looks at it."""

import pytest
from moto import mock_aws
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal.models import moto_api_backend
from moto.s3.models import FakeBucket

from graders import BotoAccount, CheckCall, Outcome, registry, run
from graders.operations import action_of

ACCOUNT = "123456789012"  # moto's own


_clients = {}  # making a client costs more than all that a test asks of it


def new_account(*, own_clients=False):
    """An account that has read nothing yet. `own_clients`: for a test that listens to their events."""
    account = BotoAccount(
        account_id=ACCOUNT,
        region="us-east-1",
        endpoint_url=None,
        access_key_id="AKIAGRADER",
        secret_access_key="secret",
    )
    account._clients = {} if own_clients else _clients
    return account


def watched(account):
    """The IAM actions that `account.read` asks for from now on: a set that grows."""
    asked = set()
    reading = account._ask

    def ask(client, operation, parameters):
        name = client.meta.method_to_api_mapping[operation]
        asked.add(action_of(client.meta.service_model.signing_name, name))
        return reading(client, operation, parameters)

    account._ask = ask
    return asked


@pytest.fixture(autouse=True, scope="module")
def _patched():
    """Patching once a module; the fixture below then only empties the account."""
    with mock_aws():
        yield


@pytest.fixture(autouse=True)
def _in_memory(_patched, monkeypatch):
    # moto lets any Deny of a bucket policy bite, whoever asks and whatever its conditions: not what AWS does.
    monkeypatch.setattr(FakeBucket, "get_permission", lambda *arguments: PermissionResult.NEUTRAL)
    moto_api_backend.reset()


@pytest.fixture
def account():
    """Builds states: `account.client("s3").create_bucket(…)`."""
    return new_account()


@pytest.fixture
def grade():
    """Runs a check as a grading does, with an account that has read nothing yet."""

    def grade(name, **parameters):
        account = new_account()
        asked = watched(account)
        result = run(CheckCall(name, parameters), account)
        permitted = set(registry.permissions([CheckCall(name, parameters)]))
        assert asked <= permitted, f"{name} may not {asked - permitted}"
        return result

    return grade


@pytest.fixture
def passes(grade):
    def passes(name, **parameters):
        result = grade(name, **parameters)
        assert result.outcome is Outcome.PASSED, result

    return passes


@pytest.fixture
def fails(grade):
    """Asserts that the check fails and that its texts hold each of `saying`."""

    def fails(name, *saying, **parameters):
        result = grade(name, **parameters)
        assert result.outcome is Outcome.FAILED, result
        texts = " ".join([result.found, result.counterexample, result.needed, result.try_])
        for words in saying:
            assert words in texts, texts
        return result

    return fails
