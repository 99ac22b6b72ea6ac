import pytest

from tests.graders.checks.iam.conftest import OBJECTS, READ, document

CHECK = "iam.managed_policy_attached"
CALL = {"policy": "no-delete", "to": "group/docs"}
DELETE = {"Effect": "Deny", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"], "Resource": OBJECTS}
DENIES = {"denies": ["s3:DeleteObject"], "resource": OBJECTS}


@pytest.fixture
def group(iam):
    """The group docs; `group(arn)` attaches a policy to it."""
    iam.group("docs")
    return lambda made: iam.client.attach_group_policy(GroupName="docs", PolicyArn=made)


class TestRight:
    def test_attached(self, iam, group, passes):
        group(iam.policy("no-delete", DELETE))
        passes(CHECK, **CALL, **DENIES)

    def test_a_wildcard_on_the_whole_bucket(self, iam, group, passes):
        group(iam.policy("no-delete", DELETE | {"Action": "s3:Delete*", "Resource": "arn:aws:s3:::acme-reports*"}))
        passes(CHECK, **CALL, **DENIES)

    def test_a_second_version_is_the_default(self, iam, passes):
        made = iam.policy("no-delete", READ)
        iam.client.create_policy_version(PolicyArn=made, PolicyDocument=document(DELETE), SetAsDefault=True)
        iam.role("deploy")
        iam.client.attach_role_policy(RoleName="deploy", PolicyArn=made)
        passes(CHECK, policy=made, to="role/deploy", improved=True, **DENIES)


class TestWrong:
    def test_the_deny_written_as_allow(self, iam, group, fails):
        group(iam.policy("no-delete", DELETE | {"Effect": "Allow"}))
        fails(CHECK, "does not deny s3:DeleteObject", "It allows it", **CALL, **DENIES)

    def test_on_the_bucket_not_its_objects(self, iam, group, fails):
        group(iam.policy("no-delete", DELETE | {"Resource": "arn:aws:s3:::acme-reports"}))
        fails(CHECK, "does not deny s3:DeleteObject", **CALL, **DENIES)

    def test_the_new_version_is_not_the_default(self, iam, group, fails):
        made = iam.policy("no-delete", READ)
        iam.client.create_policy_version(PolicyArn=made, PolicyDocument=document(DELETE), SetAsDefault=False)
        group(made)
        fails(CHECK, "v2 is there: make it the default", **CALL, improved=True)

    def test_no_second_version(self, iam, group, fails):
        group(iam.policy("no-delete", DELETE))
        fails(CHECK, "There is no other", **CALL, improved=True)


class TestNearMiss:
    def test_attached_to_another_group(self, iam, group, fails):
        iam.group("ops")
        made = iam.policy("no-delete", DELETE)
        iam.client.attach_group_policy(GroupName="ops", PolicyArn=made)
        fails(CHECK, "It is attached to group ops", **CALL)

    def test_made_and_attached_to_nobody(self, iam, group, fails):
        iam.policy("no-delete", DELETE)
        fails(CHECK, "It is there, attached to nobody", **CALL)

    def test_inline_instead(self, iam, group, fails):
        iam.client.put_group_policy(GroupName="docs", PolicyName="no-delete", PolicyDocument=document(DELETE))
        fails(CHECK, "inline policy of that name", **CALL)
