CHECK = "autoscaling.group_is_sized"
CALL = {"group": "web-asg", "minimum": 2, "maximum": 6, "desired": 2}


class TestRight:
    def test_as_asked(self, fleet, passes):
        fleet.fleet()
        passes(CHECK, **CALL, subnets=["private-b", "private-a"], template="web-lt", running=2)

    def test_a_mix_of_instance_types(self, fleet, passes):
        template = {"LaunchTemplateSpecification": {"LaunchTemplateName": "web-lt", "Version": "$Latest"}}
        fleet.fleet(MixedInstancesPolicy={"LaunchTemplate": template})
        passes(CHECK, **CALL, template="web-lt")

    def test_what_is_not_asked_does_not_matter(self, fleet, passes):
        fleet.fleet(low=3, high=9)
        passes(CHECK, group="web-asg", running=2, maximum=9)


class TestWrong:
    def test_one_subnet_only(self, fleet, fails):
        fleet.fleet(subnets=("private-a",))
        fails(CHECK, "The list of subnets of web-asg is private-a", group="web-asg", subnets=["private-a", "private-b"])

    def test_another_template(self, fleet, fails):
        fleet.fleet()
        fails(CHECK, "launch template of web-asg is web-lt, not app-lt", group="web-asg", template="app-lt")

    def test_nothing_runs(self, fleet, fails):
        fleet.fleet(low=0, desired=0)
        fails(CHECK, "instances in service of web-asg is 0, not 2", group="web-asg", running=2)

    def test_a_lower_maximum(self, fleet, fails):
        fleet.fleet(high=4)
        fails(CHECK, "The maximum size of web-asg is 4, not 6", **CALL)


class TestNearMiss:
    def test_the_numbers_are_in_the_wrong_places(self, fleet, fails):
        fleet.fleet(low=1, desired=2)
        fails(CHECK, "The minimum size of web-asg is 1, not 2", "2 is its desired capacity", **CALL)
