"""Alarms that live: evaluated from metric data as time goes by, with a history, and with actions."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from labs.sandboxes import keys
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.tool import Refused

MINUTE = 1_760_000_040.0  # a whole one, after NOON


def forward(box: Any, seconds: float, *, access_key: str | None = "") -> Any:
    """Move the sandbox's time forward, as the platform does; returns the answer."""
    box.learner.seq += 1
    request = CellRequest(
        method="POST",
        service="skylab-time",
        region="us-east-1",
        path="/",
        query="",
        headers=[],
        body=json.dumps({"seconds": seconds}).encode(),
        access_key=keys.mint_access_key(box.spec.number, keys.START_SERIAL) if access_key == "" else access_key,
        at=box.learner.at + box.learner.seq,
        seq=box.learner.seq,
    )
    box.learner.sent.append(request)
    return box.send(request)


def alarm(box: Any, name: str = "a", **more: Any) -> None:
    given = {
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }
    box("cloudwatch", "PutMetricAlarm", AlarmName=name, **{k: v for k, v in given.items() if v is not None})


def put(box: Any, value: float, **more: Any) -> None:
    box("cloudwatch", "PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": value, **more}])


def state(box: Any, name: str = "a", kind: str = "MetricAlarm") -> str:
    (found,) = box("cloudwatch", "DescribeAlarms", AlarmNames=[name], AlarmTypes=[kind])[f"{kind}s"]
    return str(found["StateValue"])


def run(box: Any, values: list[Any], name: str = "a") -> list[str]:
    """Publish a value a minute ("-": none), and return the state after each."""
    seen = []
    forward(box, 60 - (box.learner.at + box.learner.seq + 1 - MINUTE) % 60)
    for value in values:
        if value != "-":
            put(box, value)
        forward(box, 60)
        seen.append(state(box, name))
    return seen


@pytest.fixture
def topic(box: Any) -> str:
    """A topic that writes to you@example.com, who has said yes."""
    arn = str(box("sns", "CreateTopic", Name="t")["TopicArn"])
    box("sns", "Subscribe", TopicArn=arn, Protocol="email", Endpoint="you@example.com")
    box("sns", "ConfirmSubscription", TopicArn=arn, Token=box.inbox()[-1]["body"]["Token"])
    return arn


def letters(box: Any) -> list[tuple[str, str]]:
    told = [json.loads(each["body"]) for each in box.inbox() if each.get("kind") == "notification"]
    return [(each["OldStateValue"], each["NewStateValue"]) for each in told]


def test_an_alarm_has_no_data_at_first_and_follows_its_metric(box: Any, topic: str) -> None:
    alarm(box, AlarmActions=[topic], OKActions=[topic])
    assert state(box) == "INSUFFICIENT_DATA"
    assert run(box, [3, 11, 12, 10]) == ["OK", "ALARM", "ALARM", "OK"]
    assert letters(box) == [("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM"), ("ALARM", "OK")]
    (found,) = box("cloudwatch", "DescribeAlarms")["MetricAlarms"]
    assert found["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoint [10.0 (")
    assert "was not greater than the threshold (10.0) (minimum 1 datapoint for ALARM -> OK" in found["StateReason"]


def test_nothing_is_seen_before_the_minute_is_over(box: Any) -> None:
    alarm(box)
    put(box, 50)
    assert state(box) == "INSUFFICIENT_DATA"
    forward(box, 60)
    assert state(box) == "ALARM"


# The table of alarms-and-missing-data.html: data points of five periods ("x" breaches) when three are evaluated.
@pytest.mark.parametrize(
    ("points", "needs", "states"),
    [
        ("0-x-x", 3, ("OK", "OK", "OK", "OK")),
        ("0----", 3, ("OK", "OK", "OK", "OK")),
        ("-----", 3, ("INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM", "OK")),
        ("0xx-x", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--x--", 3, ("ALARM", "INSUFFICIENT_DATA", "ALARM", "OK")),
        ("0-x-x", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00x0x", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-x--", 2, ("OK", "OK", "ALARM", "OK")),
        ("----0", 2, ("OK", "OK", "ALARM", "OK")),
        ("---x-", 2, ("ALARM", "INSUFFICIENT_DATA", "ALARM", "OK")),
    ],
)
def test_missing_data_is_treated_as_the_page_says(box: Any, points: str, needs: int, states: tuple[str, ...]) -> None:
    for back, each in enumerate(reversed(points)):
        if each != "-":
            put(box, 20.0 if each == "x" else 1.0, Timestamp=MINUTE + 120 - 30 - 60 * back)
    forward(box, MINUTE + 119 - 60 - box.learner.at - box.learner.seq)
    for treated in ("missing", "ignore", "breaching", "notBreaching"):
        alarm(box, treated, EvaluationPeriods=3, DatapointsToAlarm=needs, TreatMissingData=treated)
    forward(box, 60)
    assert tuple(state(box, each) for each in ("missing", "ignore", "breaching", "notBreaching")) == states


def test_m_of_n_and_longer_periods(box: Any) -> None:
    alarm(box, EvaluationPeriods=3, DatapointsToAlarm=2)
    assert run(box, [1, 1, 1, 20, 1, 20, 1, 1]) == [*["OK"] * 5, "ALARM", "OK", "OK"]
    alarm(box, "long", Period=300, Threshold=50.0)
    assert run(box, [30, 1, 1, 1, 20], "long")[-1] == "ALARM"


def test_dimensions_and_unit_must_be_the_metric_s_own(box: Any) -> None:
    alarm(box, "all", Dimensions=[{"Name": "App", "Value": "x"}, {"Name": "Stage", "Value": "p"}])
    alarm(box, "part", Dimensions=[{"Name": "App", "Value": "x"}])
    alarm(box, "percent", Unit="Percent", Dimensions=[{"Name": "App", "Value": "x"}, {"Name": "Stage", "Value": "p"}])
    put(box, 50, Unit="Count", Dimensions=[{"Name": "Stage", "Value": "p"}, {"Name": "App", "Value": "x"}])
    forward(box, 60)
    assert [state(box, each) for each in ("all", "part", "percent")] == [
        "ALARM",
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_DATA",
    ]


def test_percentiles_and_sets_of_statistics(box: Any) -> None:
    alarm(box, "p90", Statistic=None, ExtendedStatistic="p90")
    alarm(box, "maximum", Statistic="Maximum")
    alarm(box, "average", Statistic="Average")
    data = {"MetricName": "Errors", "Values": [1.0, 100.0], "Counts": [95.0, 5.0]}
    box("cloudwatch", "PutMetricData", Namespace="Shop", MetricData=[data])
    forward(box, 60)
    assert [state(box, each) for each in ("p90", "maximum", "average")] == ["OK", "ALARM", "OK"]


def test_metric_math(box: Any) -> None:
    def stat(name: str, metric: str) -> dict[str, Any]:
        told = {"Metric": {"Namespace": "Shop", "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": name, "MetricStat": told, "ReturnData": False}

    for name, text in (
        ("rate", "100 * errors / requests"),
        ("chosen", "IF(requests > 50, errors * 10, 0)"),
        ("filled", "FILL(nothing, 99)"),
        ("sum", "SUM([errors, requests])"),
    ):
        queries = [stat("errors", "Errors"), stat("requests", "Requests"), stat("nothing", "Nothing")]
        queries.append({"Id": "e", "Expression": text, "ReturnData": True})
        empty = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
        alarm(box, name, Metrics=queries, Threshold=4.0, **empty)
    put(box, 5)
    box("cloudwatch", "PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Requests", "Value": 100}])
    forward(box, 60)
    assert [state(box, each) for each in ("rate", "chosen", "filled", "sum")] == ["ALARM"] * 4


def test_an_alarm_set_by_hand_is_evaluated_again(box: Any, topic: str) -> None:
    alarm(box, AlarmActions=[topic], TreatMissingData="notBreaching")
    forward(box, 60)
    box("cloudwatch", "SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="try")
    assert state(box) == "ALARM"
    forward(box, 60)
    assert state(box) == "OK"
    assert letters(box) == [("OK", "ALARM")]


def test_disabled_actions_do_nothing_and_an_update_keeps_the_state(box: Any, topic: str) -> None:
    alarm(box, AlarmActions=[topic], ActionsEnabled=False)
    assert run(box, [50]) == ["ALARM"]
    assert letters(box) == []
    alarm(box, AlarmActions=[topic], Threshold=40.0)
    assert state(box) == "ALARM"


def test_the_history_tells_what_happened(box: Any, topic: str) -> None:
    alarm(box, AlarmActions=[topic, topic.replace(":t", ":none")])
    run(box, [50])
    box("cloudwatch", "DeleteAlarms", AlarmNames=["a"])
    items = box("cloudwatch", "DescribeAlarmHistory", AlarmName="a", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [(each["HistoryItemType"], each["HistorySummary"]) for each in items] == [
        ("ConfigurationUpdate", 'Alarm "a" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("Action", f"Successfully executed action {topic}"),
        (
            "Action",
            f"Failed to execute action {topic.replace(':t', ':none')}. Received error: Resource: arn does not exist",
        ),
        ("ConfigurationUpdate", 'Alarm "a" deleted'),
    ]
    assert json.loads(items[1]["HistoryData"])["newState"]["stateValue"] == "ALARM"
    newest = box("cloudwatch", "DescribeAlarmHistory", HistoryItemType="Action", MaxRecords=1)
    assert len(newest["AlarmHistoryItems"]) == 1
    assert newest["NextToken"]


def test_a_composite_alarm_follows_its_rule(box: Any, topic: str) -> None:
    alarm(box, "one")
    alarm(box, "two", MetricName="Other")
    rule = 'ALARM("one") AND NOT (ALARM(two) OR FALSE)'
    box("cloudwatch", "PutCompositeAlarm", AlarmName="both", AlarmRule=rule, AlarmActions=[topic])
    assert state(box, "both", "CompositeAlarm") == "OK"
    assert len(box("cloudwatch", "DescribeAlarms")["MetricAlarms"]) == 2
    put(box, 50)
    forward(box, 60)
    assert state(box, "both", "CompositeAlarm") == "ALARM"
    box("cloudwatch", "SetAlarmState", AlarmName="two", StateValue="ALARM", StateReason="try")
    assert state(box, "both", "CompositeAlarm") == "OK"
    assert letters(box) == [("OK", "ALARM")]
    (found,) = box("cloudwatch", "DescribeAlarms", AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert found["AlarmRule"] == rule


@pytest.mark.parametrize(
    ("rule", "said"),
    [("ALARM(none)", "alarms \\[none\\] in the alarm rule do not exist"), ("ALARM(a", "AlarmRule"), ("", "AlarmRule")],
)
def test_a_composite_alarm_needs_a_rule_of_alarms(box: Any, rule: str, said: str) -> None:
    with pytest.raises(Refused, match=f"ValidationError.*{said}"):
        box("cloudwatch", "PutCompositeAlarm", AlarmName="c", AlarmRule=rule or " ")


def test_an_alarm_stops_its_instance(box: Any) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    made = box("ec2", "RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance = made["Instances"][0]["InstanceId"]
    alarm(
        box,
        Dimensions=[{"Name": "InstanceId", "Value": instance}],
        AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"],
    )
    put(box, 50, Dimensions=[{"Name": "InstanceId", "Value": instance}])
    forward(box, 120)
    (found,) = box("ec2", "DescribeInstances")["Reservations"][0]["Instances"]
    assert found["State"]["Name"] == "stopped"


def test_a_long_sleep_is_lived_through_in_order(box: Any, topic: str) -> None:
    alarm(box, AlarmActions=[topic], InsufficientDataActions=[topic])
    put(box, 50)
    forward(box, 30 * 86_400)
    assert letters(box) == [("INSUFFICIENT_DATA", "ALARM"), ("ALARM", "INSUFFICIENT_DATA")]
    times = [each["at"] for each in box.inbox() if each.get("kind") == "notification"]
    assert times == [MINUTE, MINUTE + 180]


def test_only_the_platform_moves_time(box: Any) -> None:
    for key in (box.learner.access_key, None):
        answer = forward(box, 60, access_key=key)
        assert (answer.status, answer.error_code) == (403, "AccessDenied")
        box.learner.sent.pop()
    assert forward(box, -1).error_code == "ValidationError"
    answer = forward(box, 60)
    assert (answer.status, answer.mutating, answer.action, answer.parameters) == (
        200,
        True,
        "FastForward",
        {"seconds": 60},
    )


def test_a_replay_without_the_reads_comes_to_the_same(box: Any, topic: str, yard: Any) -> None:
    queue = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{box.spec.account_id}:q"
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]})
    box("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": policy})
    box("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
    alarm(box, AlarmActions=[topic], OKActions=[topic])
    run(box, [3, 11, "-", 10])
    other = yard.open(box.spec.number)
    for request in box.learner.sent:
        if b"Describe" not in request.body and b"Describe" not in str(request.headers).encode():
            other.send(request)
    other.learner.seq = box.learner.seq
    for each in (box, other):
        each.messages = each("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert other.messages == box.messages
    assert len(box.messages) == 3
    assert other.inbox() == box.inbox()
    other.close()


def test_an_alarm_invokes_a_function_that_lets_it(box: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = box("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    box("iam", "AttachRolePolicy", RoleName="r", PolicyArn=logs)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        source = "def handler(event, context): print(event['alarmData']['state']['value'])"
        archive.writestr(zipfile.ZipInfo("main.py"), source)
    given = {"Runtime": "python3.12", "Handler": "main.handler", "Code": {"ZipFile": code.getvalue()}}
    function = box("lambda", "CreateFunction", FunctionName="f", Role=role, **given)["FunctionArn"]
    alarm(box, AlarmActions=[function])

    def said() -> list[str]:
        told = box("cloudwatch", "DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"]
        return [each["HistorySummary"] for each in told]

    run(box, [50])
    assert "is not authorized to perform: lambda:InvokeFunction" in said()[0]
    service = "lambda.alarms.cloudwatch.amazonaws.com"
    box(
        "lambda",
        "AddPermission",
        FunctionName="f",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal=service,
    )
    run(box, [1, 50])
    assert said()[0] == f"Successfully executed action {function}"
    forward(box, 5)
    events = box("logs", "FilterLogEvents", logGroupName="/aws/lambda/f")["events"]
    assert any(each["message"].startswith("ALARM") for each in events)


def test_what_an_alarm_knows_outlives_its_cell(box: Any, topic: str, yard: Any) -> None:
    alarm(box, AlarmActions=[topic], OKActions=[topic])
    run(box, [3, 50])
    other = yard.open(box.spec.number)
    yard.run(other.cell.load(yard.run(box.cell.dump())))
    other.learner.seq = box.learner.seq
    for each in (box, other):
        forward(each, 600)
        each.told = each("cloudwatch", "DescribeAlarmHistory")["AlarmHistoryItems"]
    assert other.told == box.told
    assert other.inbox() == box.inbox()
    assert len(box.told) == 6
    other.close()
