import pytest

CHECK = "ec2.instance_wears_role"
CALL = {"instance": "app", "role": "AppRole"}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.instance("app", "private-a")
    return net


class TestRight:
    def test_a_profile_of_the_same_name(self, site, make_role, wear, passes):
        make_role("AppRole")
        wear(site, "app", "AppRole")
        passes(CHECK, **CALL)

    def test_a_profile_of_another_name(self, site, make_role, wear, passes):
        make_role("AppRole", profile="web-profile")
        wear(site, "app", "web-profile")
        passes(CHECK, **CALL)

    def test_replaced_later(self, site, make_role, wear, passes):
        make_role("Old")
        make_role("AppRole")
        wear(site, "app", "Old")
        link = site.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"][0]
        site.ec2.replace_iam_instance_profile_association(
            AssociationId=link["AssociationId"], IamInstanceProfile={"Name": "AppRole"}
        )
        passes(CHECK, **CALL)


class TestWrong:
    def test_another_role(self, site, make_role, wear, fails):
        make_role("AppRole")
        make_role("Admin")
        wear(site, "app", "Admin")
        fails(CHECK, "wears the role Admin, not AppRole", **CALL)

    def test_trusted_by_another_service(self, site, make_role, wear, fails):
        make_role("AppRole", service="lambda.amazonaws.com")
        wear(site, "app", "AppRole")
        fails(CHECK, "does not let EC2 become it", **CALL)

    def test_an_empty_profile(self, site, wear, fails):
        site.account.client("iam").create_instance_profile(InstanceProfileName="AppRole")
        wear(site, "app", "AppRole")
        fails(CHECK, "The profile AppRole holds no role", **CALL)


class TestNearMiss:
    def test_a_profile_that_is_not_worn(self, site, make_role, fails):
        make_role("AppRole")
        fails(CHECK, "The profile AppRole holds the role, and is not associated", **CALL)

    def test_a_role_without_a_profile(self, site, make_role, fails):
        make_role("AppRole", profile="")
        fails(CHECK, "an instance wears a profile that holds it", **CALL)
