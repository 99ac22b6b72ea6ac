import pytest

CHECK = "autoscaling.instance_is_replaced"
CALL = {"group": "web"}
pytestmark = pytest.mark.stack


@pytest.fixture
def group(cell):
    """`group(…)` makes the group `web` in two subnets, of a launch template."""
    ec2 = cell.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"}
    )
    subnets = [
        one["SubnetId"]
        for one in ec2.describe_subnets()["Subnets"]
        if one["AvailabilityZone"] in ("us-east-1a", "us-east-1b")
    ]

    def group(name="web", size=2, **more):
        cell.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
            MinSize=size,
            MaxSize=4,
            DesiredCapacity=size,
            VPCZoneIdentifier=",".join(subnets),
            **more,
        )

    return group


def instances(cell, name="web"):
    found = cell.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    return [one["InstanceId"] for one in found["AutoScalingGroups"][0]["Instances"]]


class TestRight:
    @pytest.mark.parametrize("size", [1, 3])
    def test_a_group_of_any_size(self, cell, group, size):
        group(size=size)
        before = instances(cell)
        cell.passes(CHECK, **CALL)
        assert instances(cell) == before  # the learner's own instances live

    def test_a_group_that_was_suspended_and_goes_on(self, cell, group):
        group()
        scaling = cell.client("autoscaling")
        scaling.suspend_processes(AutoScalingGroupName="web")
        scaling.resume_processes(AutoScalingGroupName="web")
        cell.passes(CHECK, **CALL)

    def test_other_processes_suspended(self, cell, group):
        group()
        cell.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance"])
        cell.passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize("process", ["Launch", "ReplaceUnhealthy", "HealthCheck"])
    def test_a_process_suspended(self, cell, group, process):
        group()
        cell.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
        cell.fails(CHECK, "no instance came in its place", f"{process} are suspended", **CALL)

    def test_a_group_without_instances(self, cell, group):
        group(size=0)
        cell.fails(CHECK, "has no instance in service", **CALL)

    def test_an_instance_outside_any_group(self, cell, group):
        ec2 = cell.client("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2)
        cell.fails(CHECK, "web does not exist", **CALL)


class TestNearMiss:
    def test_a_group_of_almost_that_name(self, cell, group):
        group("webs")
        cell.fails(CHECK, "web does not exist", "webs", **CALL)
