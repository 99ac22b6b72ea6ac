import pytest

CHECK = "cognito_idp.user_in_pool_group"
CALL = {"pool": "shop-users", "group": "admins", "user": "ana@example.com"}


@pytest.fixture
def people(pool, account):
    """The pool with the group admins; `people(name)` makes a user."""
    number = pool()
    client = account.client("cognito-idp")
    client.create_group(UserPoolId=number, GroupName="admins")

    def make(name="ana@example.com", *, group="admins", permanent=True, **more):
        client.admin_create_user(UserPoolId=number, Username=name, **more)
        if permanent:
            password = {"Password": "Sup3r-Secret!-long-one", "Permanent": True}
            client.admin_set_user_password(UserPoolId=number, Username=name, **password)
        if group:
            client.admin_add_user_to_group(UserPoolId=number, Username=name, GroupName=group)
        return client, number

    return make


class TestRight:
    def test_a_member(self, people, passes):
        people()
        passes(CHECK, **CALL)

    def test_by_the_address(self, people, passes):
        people("ana", UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
        passes(CHECK, **CALL)

    def test_not_confirmed_where_that_is_not_asked(self, people, passes):
        people(permanent=False)
        passes(CHECK, **CALL, confirmed=False)


class TestWrong:
    def test_a_temporary_password(self, people, fails):
        people(permanent=False)
        fails(CHECK, "is FORCE_CHANGE_PASSWORD", "--permanent", **CALL)

    def test_disabled(self, people, fails):
        client, number = people()
        client.admin_disable_user(UserPoolId=number, Username="ana@example.com")
        fails(CHECK, "is disabled", **CALL)

    def test_somebody_else_is_in_it(self, people, fails):
        people("omar@example.com")
        fails(CHECK, "ana@example.com does not exist in shop-users", **CALL)


class TestNearMiss:
    def test_in_the_pool_and_not_in_the_group(self, people, fails):
        people(group="")
        fails(CHECK, "is in the pool, but not in the group admins", "admin-add-user-to-group", **CALL)

    def test_a_group_of_almost_that_name(self, people, fails):
        people()
        fails(CHECK, "There is admins", **CALL | {"group": "Admins"})
