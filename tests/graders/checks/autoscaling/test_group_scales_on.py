import pytest

CHECK = "autoscaling.group_scales_on"
CALL = {"group": "web-asg", "at_least": 50, "at_most": 90}


def tracking(target=60.0, metric="ASGAverageCPUUtilization"):
    return {
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, "TargetValue": target,
        }
    }  # fmt: skip


STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 4},
    ],
}


@pytest.fixture
def asg(fleet):
    fleet.fleet()

    def alarm(arn, group="web-asg", metric="CPUUtilization", threshold=85, operator="GreaterThanThreshold", **options):
        fleet.watch.put_metric_alarm(
            AlarmName="cpu-high", Namespace="AWS/EC2", MetricName=metric, Statistic="Average", Period=60,
            EvaluationPeriods=2, Threshold=threshold, ComparisonOperator=operator, AlarmActions=[arn],
            Dimensions=[{"Name": "AutoScalingGroupName", "Value": group}], **options,
        )  # fmt: skip

    fleet.alarm = alarm
    return fleet


class TestRight:
    def test_target_tracking(self, asg, passes):
        asg.policy(**tracking())
        passes(CHECK, **CALL)

    def test_steps_and_an_alarm(self, asg, passes):
        asg.alarm(asg.policy("StepScaling", **STEPS))
        passes(CHECK, **CALL, kind="StepScaling")

    def test_a_simple_policy(self, asg, passes):
        asg.alarm(asg.policy("SimpleScaling", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1))
        passes(CHECK, **CALL)

    def test_a_bad_policy_beside_a_good_one(self, asg, passes):
        asg.policy("StepScaling", "steps", **STEPS)
        asg.policy(**tracking(70.0))
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_room_to_grow(self, fleet, fails):
        fleet.fleet(low=2, high=2)
        fleet.policy(**tracking())
        fails(CHECK, "its maximum 2 is its minimum too", "no instance is added", **CALL)

    def test_another_metric(self, asg, fails):
        asg.policy(**tracking(metric="ASGAverageNetworkIn"))
        fails(CHECK, "cpu tracks NetworkIn", **CALL)

    def test_another_target(self, asg, fails):
        asg.policy(**tracking(99.0))
        fails(CHECK, "cpu aims at 99, not at 50 to 90", **CALL)

    def test_no_alarm_calls_it(self, asg, fails):
        asg.policy("StepScaling", **STEPS)
        fails(CHECK, "no alarm calls cpu", **CALL)

    def test_the_actions_of_the_alarm_are_off(self, asg, fails):
        asg.alarm(asg.policy("StepScaling", **STEPS), ActionsEnabled=False)
        fails(CHECK, "the actions of the alarm cpu-high are turned off", **CALL)

    def test_alarms_are_suspended(self, asg, fails):
        asg.policy(**tracking())
        asg.scaling.suspend_processes(AutoScalingGroupName="web-asg", ScalingProcesses=["AlarmNotification"])
        fails(CHECK, "AlarmNotification is suspended", **CALL)

    def test_it_only_shrinks(self, asg, fails):
        asg.alarm(asg.policy("SimpleScaling", AdjustmentType="ChangeInCapacity", ScalingAdjustment=-1))
        fails(CHECK, "cpu adds no instance", **CALL)

    def test_the_alarm_fires_when_load_is_low(self, asg, fails):
        asg.alarm(asg.policy("StepScaling", **STEPS), operator="LessThanThreshold")
        fails(CHECK, "fires when CPUUtilization is low", **CALL)


class TestNearMiss:
    def test_the_alarm_watches_another_group(self, asg, fails):
        asg.alarm(asg.policy("StepScaling", **STEPS), group="api-asg")
        fails(CHECK, "cpu-high of cpu watches AutoScalingGroupName api-asg", **CALL)

    def test_another_kind_of_policy(self, asg, fails):
        asg.policy(**tracking())
        fails(CHECK, "There is cpu, of another kind", **CALL, kind="StepScaling")
