import pytest

from tests.graders.checks.events.conftest import role

__all__ = ["role"]  # the fixture
CHECK = "codedeploy.group_targets"
CALL = {"application": "web", "group": "staging"}
TAGS = [{"Key": "Env", "Value": "staging", "Type": "KEY_AND_VALUE"}]


@pytest.fixture
def group(account, role):
    """The instance of Env=staging; `group(…)` makes the deployment group staging of web."""
    account.client("ec2").run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Env", "Value": "staging"}]}],
    )

    def group(name="staging", service="codedeploy.amazonaws.com", **changes):
        deploy = account.client("codedeploy")
        deploy.create_application(applicationName="web", computePlatform="Server")
        given = {"ec2TagFilters": TAGS, "deploymentConfigName": "CodeDeployDefault.OneAtATime"} | changes
        deploy.create_deployment_group(
            applicationName="web", deploymentGroupName=name, serviceRoleArn=role(service), **given
        )

    return group


BLUE_GREEN = {
    "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    "loadBalancerInfo": {"targetGroupInfoList": [{"name": "web-tg"}]},
    "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
}
ASKED = {"style": "BLUE_GREEN", "target_group": "web-tg", "rolls_back": True}


class TestRight:
    def test_by_a_tag(self, group, passes):
        group()
        passes(CHECK, **CALL, style="IN_PLACE", configs=["CodeDeployDefault.OneAtATime"])

    def test_by_a_key_or_a_set_of_tags(self, group, passes):
        group(ec2TagFilters=[], ec2TagSet={"ec2TagSetList": [TAGS, [{"Key": "Env", "Type": "KEY_ONLY"}]]})
        passes(CHECK, **CALL)

    def test_blue_green(self, group, passes):
        group(**BLUE_GREEN)
        passes(CHECK, **CALL, **ASKED)


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "asked", "words"),
        [
            ({"ec2TagFilters": []}, {}, "it names none"),
            ({}, {"instances": 2}, "selects 1 instances"),
            ({}, ASKED, "deploys IN_PLACE"),
            (
                {"deploymentConfigName": "CodeDeployDefault.AllAtOnce"},
                {"configs": ["x"]},
                "CodeDeployDefault.AllAtOnce",
            ),
            (BLUE_GREEN | {"autoRollbackConfiguration": {"enabled": False}}, ASKED, "does not roll back"),
            (BLUE_GREEN | {"deploymentStyle": {"deploymentType": "BLUE_GREEN"}}, ASKED, "has no traffic control"),
            ({"service": "ec2.amazonaws.com"}, {}, "does not let codedeploy.amazonaws.com become it"),
        ],
    )
    def test_otherwise(self, group, fails, changes, asked, words):
        group(**changes)
        fails(CHECK, words, **CALL, **asked)


class TestNearMiss:
    def test_a_tag_of_another_value(self, group, fails):
        group(ec2TagFilters=[{"Key": "Env", "Value": "Staging", "Type": "KEY_AND_VALUE"}])
        fails(CHECK, "selects 0 instances: Env=Staging", **CALL)

    def test_another_target_group(self, group, fails):
        group(**BLUE_GREEN | {"loadBalancerInfo": {"targetGroupInfoList": [{"name": "old-tg"}]}})
        fails(CHECK, "it has old-tg", **CALL, **ASKED)

    def test_another_name(self, group, fails):
        group("stagin")
        fails(CHECK, "There is stagin", **CALL)
