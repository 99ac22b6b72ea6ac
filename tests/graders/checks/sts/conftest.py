import pytest

from tests.graders.checks.iam.conftest import Iam


@pytest.fixture
def iam(account):
    return Iam(account.client("iam"))
