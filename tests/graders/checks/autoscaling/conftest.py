import pytest

from tests.graders.checks.elbv2.conftest import Site


class Fleet(Site):
    """Site with a launch template web-lt; `fleet.group_of(…)` makes the Auto Scaling group web-asg."""

    def __init__(self, account):
        super().__init__(account)
        self.scaling, self.watch = account.client("autoscaling"), account.client("cloudwatch")
        self.ec2.create_launch_template(
            LaunchTemplateName="web-lt", LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
        )

    def fleet(self, subnets=("private-a", "private-b"), low=2, high=6, desired=None, health="ELB", **options):
        if "MixedInstancesPolicy" not in options:
            options["LaunchTemplate"] = {"LaunchTemplateName": "web-lt", "Version": "$Default"}
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName="web-asg",
            MinSize=low,
            MaxSize=high,
            DesiredCapacity=low if desired is None else desired,
            VPCZoneIdentifier=",".join(self.ids[one] for one in subnets),
            HealthCheckType=health,
            HealthCheckGracePeriod=120,
            **options,
        )

    def served(self, **options):
        self.balancer()
        self.targets()
        self.listen()
        self.fleet(TargetGroupARNs=[self.ids["web-tg"]], **options)

    def policy(self, kind="TargetTrackingScaling", name="cpu", **options):
        self.scaling.put_scaling_policy(AutoScalingGroupName="web-asg", PolicyName=name, PolicyType=kind, **options)
        found = self.scaling.describe_policies(AutoScalingGroupName="web-asg", PolicyNames=[name])
        return found["ScalingPolicies"][0]["PolicyARN"]


@pytest.fixture
def fleet(account):
    return Fleet(account)
