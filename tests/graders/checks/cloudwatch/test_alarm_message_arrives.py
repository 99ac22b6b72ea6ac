import pytest

CHECK = "cloudwatch.alarm_message_arrives"
CALL = {"alarm": "cpu-high", "queue": "pager"}
pytestmark = pytest.mark.stack


@pytest.fixture
def topic(cell):
    return cell.topic("alarms")


@pytest.fixture
def heard(cell, topic):
    """A queue that hears of the topic."""
    cell.subscribe(topic, cell.queue("pager", lets_in=[topic]))


def alarm(cell, name="cpu-high", **more):
    cell.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        **more,
    )


class TestRight:
    def test_alarm_topic_queue(self, cell, topic, heard):
        alarm(cell, AlarmActions=[topic])
        cell.passes(CHECK, **CALL)
        state = cell.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["StateValue"]
        assert state != "ALARM"  # the learner's own alarm did not move

    def test_an_alarm_that_is_in_alarm_already(self, cell, topic, heard):
        alarm(cell, AlarmActions=[topic], OKActions=[topic])
        cell.client("cloudwatch").set_alarm_state(AlarmName="cpu-high", StateValue="ALARM", StateReason="it burns")
        cell.passes(CHECK, **CALL)

    def test_raw_delivery(self, cell, topic):
        cell.subscribe(topic, cell.queue("pager", lets_in=[topic]), RawMessageDelivery="true")
        alarm(cell, AlarmActions=[topic])
        cell.passes(CHECK, **CALL)

    def test_by_one_of_two_topics(self, cell, topic, heard):
        alarm(cell, AlarmActions=[cell.topic("mails"), topic])
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_no_action(self, cell, heard):
        alarm(cell)
        cell.fails(CHECK, "no message came to pager", "no action for ALARM", **CALL)

    def test_actions_turned_off(self, cell, topic, heard):
        alarm(cell, AlarmActions=[topic], ActionsEnabled=False)
        cell.fails(CHECK, "actions are turned off", **CALL)

    def test_nobody_is_subscribed(self, cell, topic):
        cell.queue("pager", lets_in=[topic])
        alarm(cell, AlarmActions=[topic])
        cell.fails(CHECK, "alarms has no subscription of pager", **CALL)

    def test_a_queue_that_refuses(self, cell, topic):
        cell.subscribe(topic, cell.queue("pager"))
        alarm(cell, AlarmActions=[topic])
        cell.fails(CHECK, "queue pager has no policy", **CALL)


class TestNearMiss:
    def test_only_its_recovery_is_told(self, cell, topic, heard):
        alarm(cell, OKActions=[topic])
        cell.fails(CHECK, "only OKActions", **CALL)

    def test_a_topic_that_is_not_there(self, cell, heard):
        alarm(cell, AlarmActions=[f"arn:aws:sns:us-east-1:{cell.account_id}:alarm"])
        cell.fails(CHECK, "alarm, and there is no such topic here", **CALL)

    def test_an_alarm_of_almost_that_name(self, cell, topic, heard):
        alarm(cell, "CPU-high", AlarmActions=[topic])
        cell.fails(CHECK, "cpu-high does not exist", "CPU-high", **CALL)
