import pytest


@pytest.fixture
def pool(account):
    """Makes the user pool shop-users; gives its id."""

    def make(name="shop-users", region=None, **more):
        client = account.client("cognito-idp", region)
        return client.create_user_pool(PoolName=name, **more)["UserPool"]["Id"]

    return make
