CHECK = "autoscaling.group_survives_zone"
CALL = {"group": "web-asg"}


class TestRight:
    def test_two_zones_behind_a_balancer(self, fleet, passes):
        fleet.served()
        passes(CHECK, **CALL, target_group="web-tg")

    def test_mixed_instances_attached_later(self, fleet, passes):
        fleet.balancer()
        fleet.targets()
        fleet.listen()
        template = {"LaunchTemplateSpecification": {"LaunchTemplateName": "web-lt", "Version": "$Latest"}}
        fleet.fleet(MixedInstancesPolicy={"LaunchTemplate": template})
        fleet.scaling.attach_load_balancer_target_groups(
            AutoScalingGroupName="web-asg", TargetGroupARNs=[fleet.ids["web-tg"]]
        )
        passes(CHECK, **CALL, target_group="web-tg")

    def test_three_zones_and_more_instances(self, fleet, passes):
        fleet.subnet("private-c")
        fleet.served(subnets=("private-a", "private-b", "private-c"), low=3)
        passes(CHECK, **CALL)


class TestWrong:
    def test_two_subnets_in_one_zone(self, fleet, fails):
        fleet.subnet("private-2", zone="a")
        fleet.served(subnets=("private-a", "private-2"))
        fails(CHECK, "launches into us-east-1a only", "Its 2 subnets lie in the same zone", **CALL)

    def test_one_instance(self, fleet, fails):
        fleet.served(low=1)
        fails(CHECK, "may run with 1 instance: min 1, desired 1", **CALL)

    def test_not_behind_a_balancer(self, fleet, fails):
        fleet.fleet()
        fails(CHECK, "behind no target group", **CALL)

    def test_health_of_ec2_only(self, fleet, fails):
        fleet.served(health="EC2")
        fails(CHECK, "asks EC2 alone for health", **CALL)

    def test_a_process_is_suspended(self, fleet, fails):
        fleet.served()
        fleet.scaling.suspend_processes(AutoScalingGroupName="web-asg", ScalingProcesses=["ReplaceUnhealthy"])
        fails(CHECK, "are suspended: ReplaceUnhealthy", **CALL)

    def test_the_launch_template_is_gone(self, fleet, fails):
        fleet.served()
        fleet.ec2.delete_launch_template(LaunchTemplateName="web-lt")
        fails(CHECK, "(web-lt, version $Default) is not there", **CALL)

    def test_a_target_group_that_nobody_uses(self, fleet, fails):
        fleet.targets()
        fleet.fleet(TargetGroupARNs=[fleet.ids["web-tg"]])
        fails(CHECK, "No listener of a load balancer forwards to the target group web-tg", **CALL)


class TestNearMiss:
    def test_another_target_group(self, fleet, fails):
        fleet.served()
        fleet.targets("api-tg")
        fails(CHECK, "registered with web-tg, not with api-tg", **CALL, target_group="api-tg")

    def test_a_name_that_is_almost_right(self, fleet, fails):
        fleet.fleet()
        fails(CHECK, "There is web-asg", group="web-ags")
