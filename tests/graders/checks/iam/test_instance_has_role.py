import pytest

CHECK = "iam.instance_has_role"
CALL = {"instance": "app", "role": "app-role"}


@pytest.fixture
def profile(iam):
    """Makes a profile, with the role if one is named."""

    def make(name, role=""):
        iam.client.create_instance_profile(InstanceProfileName=name)
        if role:
            iam.client.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return {"Name": name}

    return make


@pytest.fixture
def launch(account):
    ec2 = account.client("ec2")

    def make(name="app", **more):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=tags, **more)
        return made["Instances"][0]["InstanceId"]

    return make


class TestRight:
    def test_launched_with_it(self, iam, profile, launch, passes):
        iam.role("app-role")
        launch(IamInstanceProfile=profile("app-role", "app-role"))
        passes(CHECK, **CALL)

    def test_a_profile_of_another_name_associated_later(self, iam, profile, launch, account, passes):
        iam.role("app-role")
        made = launch()
        account.client("ec2").associate_iam_instance_profile(
            InstanceId=made, IamInstanceProfile=profile("web-profile", "app-role")
        )
        passes(CHECK, instance=made, role="app-role")

    def test_replaced(self, iam, profile, launch, account, passes):
        iam.role("app-role")
        iam.role("old")
        launch(IamInstanceProfile=profile("old", "old"))
        ec2 = account.client("ec2")
        held = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"][0]["AssociationId"]
        ec2.replace_iam_instance_profile_association(AssociationId=held, IamInstanceProfile=profile("new", "app-role"))
        passes(CHECK, **CALL)


class TestWrong:
    def test_a_profile_without_a_role(self, iam, profile, launch, fails):
        iam.role("app-role")
        launch(IamInstanceProfile=profile("app-role"))
        fails(CHECK, "profile app-role of app holds no role", **CALL)

    def test_another_role(self, iam, profile, launch, fails):
        iam.role("app-role")
        iam.role("old")
        launch(IamInstanceProfile=profile("p", "old"))
        fails(CHECK, "holds the role old, not app-role", **CALL)

    def test_the_role_trusts_somebody_else(self, iam, profile, launch, fails):
        iam.role("app-role", trust={"Service": "lambda.amazonaws.com"})
        launch(IamInstanceProfile=profile("p", "app-role"))
        fails(CHECK, "does not trust ec2.amazonaws.com: it gets no credentials", **CALL)

    def test_a_role_without_a_profile(self, iam, launch, fails):
        iam.role("app-role")
        launch()
        fails(CHECK, "has no instance profile", **CALL)

    def test_a_terminated_instance(self, iam, profile, launch, account, fails):
        iam.role("app-role")
        made = launch(IamInstanceProfile=profile("p", "app-role"))
        account.client("ec2").terminate_instances(InstanceIds=[made])
        fails(CHECK, "instance app does not exist", **CALL)


class TestNearMiss:
    def test_a_profile_that_nobody_wears(self, iam, profile, launch, fails):
        iam.role("app-role")
        profile("web", "app-role")
        launch()
        fails(CHECK, "The profile web holds the role, and is not associated", **CALL)

    def test_almost_that_name(self, iam, launch, fails):
        iam.role("app-role")
        launch("App")
        fails(CHECK, "There is App", **CALL)
