"""Functions, balancers, fleets, alarms and logs, done by clicking."""

from __future__ import annotations

import base64
from typing import Any

FUNCTION, ALARM, LOGS = "lambda:function", "cloudwatch:alarm", "logs:group"
CODE = "def handler(event, context):\n    print('seen', event)\n    return {'sum': event.get('a', 0) + 1}\n"


def _id(desk: Any, kind: str, name: str) -> str:
    return next(str(one.id) for one in desk.things(kind) if one.name.startswith(name))


def test_a_function_runs_and_is_released_by_aliases(desk: Any) -> None:
    logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    desk.do("iam:role", "create", RoleName="fn", service="lambda.amazonaws.com", policies=[logs])
    role = desk.thing("iam:role", "fn").arn
    desk.do(
        FUNCTION,
        "create",
        FunctionName="add",
        Role=role,
        code=CODE,
        variables={"TABLE": "Orders"},
        Timeout=30,
        tracing=True,
    )
    facts = desk.facts(FUNCTION, "add")
    assert (facts["Timeout"], facts["Variables"], facts["Tracing"], facts["Role"]) == (
        "30 s",
        "TABLE=Orders",
        "Active",
        "fn",
    )
    answer = desk.do(FUNCTION, "invoke", "add", Payload='{"a": 41}')
    assert answer["Payload"].strip() == b'{"sum": 42}'
    headers = {name.lower(): value for name, value in desk.box.learner.last.headers}
    assert "seen" in base64.b64decode(headers["x-amz-log-result"]).decode()
    desk.do(FUNCTION, "publish", "add")
    desk.do(FUNCTION, "code", "add", code=CODE.replace("+ 1", "+ 2"))
    assert desk.do(FUNCTION, "invoke", "add", Payload='{"a": 40}')["Payload"].strip() == b'{"sum": 42}'
    desk.do(FUNCTION, "publish", "add")
    desk.do(FUNCTION, "add-alias", "add", Name="prod", FunctionVersion="2", other="1", percent=10)
    assert desk.rows(FUNCTION, "add", "aliases") == [("prod", "2, 10% to 1")]
    desk.do(FUNCTION, "edit-alias", "add", row="prod", FunctionVersion="2")
    assert desk.rows(FUNCTION, "add", "aliases") == [("prod", "2")]
    desk.do(FUNCTION, "edit", "add", MemorySize=256, variables={"TABLE": "Books"})
    facts = desk.facts(FUNCTION, "add")
    assert (facts["Memory"], facts["Variables"], facts["Timeout"]) == ("256 MB", "TABLE=Books", "30 s")
    desk.do(FUNCTION, "permit", "add", StatementId="photos", SourceArn="arn:aws:s3:::photos")
    assert desk.rows(FUNCTION, "add", "permissions")[0][0] == "photos"
    desk.do(FUNCTION, "remove-permission", "add", row="photos")
    desk.do(FUNCTION, "concurrency", "add", ReservedConcurrentExecutions=20)
    assert desk.facts(FUNCTION, "add")["Reserved concurrency"] == "20"
    desk.do(FUNCTION, "tags", "add", tags={"k": "v"})
    assert desk.thing(FUNCTION, "add").tags == {"k": "v"}


def test_a_queue_starts_a_function(desk: Any) -> None:
    sqs = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    desk.do("iam:role", "create", RoleName="worker", service="lambda.amazonaws.com", policies=[sqs])
    desk.do(FUNCTION, "create", FunctionName="worker", Role=desk.thing("iam:role", "worker").arn, code=CODE)
    desk.do("sqs:queue", "create", QueueName="jobs", VisibilityTimeout=60)
    desk.do(FUNCTION, "add-source", "worker", queue=desk.thing("sqs:queue", "jobs").arn, BatchSize=5)
    [row] = desk.rows(FUNCTION, "worker", "sources")
    assert (row[0], row[2]) == ("jobs", "5")
    desk.do(FUNCTION, "edit-source", "worker", row="jobs", on=False)
    desk.do(FUNCTION, "remove-source", "worker", row="jobs")


def test_a_balancer_sends_by_path_to_who_is_well(desk: Any) -> None:
    zones = {one.data["AvailabilityZone"]: one for one in desk.things("ec2:subnet")}
    subnets, vpc = [one.id for one in zones.values()][:2], next(iter(zones.values())).data["VpcId"]
    balancer, group = "elbv2:load-balancer", "elbv2:target-group"
    for name in ("web", "api"):
        desk.do(group, "create", Name=name, VpcId=vpc, HealthCheckPath="/monitor")
    web, api = _id(desk, group, "web"), _id(desk, group, "api")
    desk.do(balancer, "create", Name="front", Subnets=subnets, group=web)
    assert desk.rows(balancer, "front", "listeners")[0][:2] == ("HTTP:80", "to web")
    desk.do(balancer, "add-rule", "front", paths=["/api/*"], group=api)
    assert desk.rows(balancer, "front", "rules") == [("HTTP:80", "10", "path-pattern /api/*", "to api")]
    desk.do("ec2:instance", "run", Name="w", SubnetId=subnets[0])
    desk.do(group, "register", "web", instances=[_id(desk, "ec2:instance", "w ")])
    assert len(desk.rows(group, "web", "targets")) == 1
    desk.do(group, "attributes", "web", sticky=True)
    desk.do(group, "health", "web", HealthCheckPath="/healthz", codes="200-299")
    facts = desk.facts(group, "web")
    assert (facts["Sticky"], facts["Health check"], facts["Good answers"]) == ("lb_cookie", "HTTP /healthz", "200-299")
    desk.do(balancer, "add-listener", "front", Port=8080, Type="redirect")
    assert any("redirect to HTTPS:443" in row[1] for row in desk.rows(balancer, "front", "listeners"))
    desk.do(balancer, "attributes", "front", protect=True)
    assert desk.facts(balancer, "front")["Deletion protection"] == "true"
    desk.do(balancer, "tags", "front", tags={"k": "v"})
    assert desk.thing(balancer, "front").tags == {"k": "v"}


def test_a_fleet_scales_by_policy_and_by_alarm(desk: Any) -> None:
    fleet = "autoscaling:group"
    desk.do("ec2:launch-template", "create", LaunchTemplateName="web")
    subnets = [one.id for one in desk.things("ec2:subnet")][:2]
    template = desk.thing("ec2:launch-template", "web").id
    desk.do(
        fleet,
        "create",
        AutoScalingGroupName="web",
        template=template,
        subnets=subnets,
        MinSize=2,
        DesiredCapacity=2,
        MaxSize=6,
        tags={"Name": "web"},
    )
    facts = desk.facts(fleet, "web")
    assert facts["From"] == "2 to 6" and facts["Instances"].endswith("wanted 2")
    assert desk.rows(fleet, "web", "policies") == [
        ("web-track", "TargetTrackingScaling", "keeps ASGAverageCPUUtilization at 50.0")
    ]
    steps = [{"from": 0, "to": 10, "by": 2}, {"from": 10, "by": 4}]
    desk.do(fleet, "step", "web", PolicyName="cpu", steps=steps)
    assert any(row[2].startswith("+2 from 0") for row in desk.rows(fleet, "web", "policies"))
    [policy] = [
        row.data["PolicyARN"]
        for part in desk.thing(fleet, "web").parts
        if part.id == "policies"
        for row in part.rows
        if row.id == "cpu"
    ]
    desk.do(
        ALARM,
        "create",
        AlarmName="cpu-high",
        dimensions={"AutoScalingGroupName": "web"},
        Threshold=85,
        AlarmActions=[policy],
    )
    assert [link.kind for link in desk.thing(ALARM, "cpu-high").links] == ["autoscaling:group", "autoscaling:group"]
    desk.do(fleet, "plan", "web", ScheduledActionName="morning", Recurrence="0 8 * * MON-FRI", MinSize=4)
    assert desk.rows(fleet, "web", "plans") == [("morning", "0 8 * * MON-FRI", "MinSize 4")]
    desk.do(fleet, "edit", "web", MaxSize=8, HealthCheckType="ELB")
    assert (desk.facts(fleet, "web")["From"], desk.facts(fleet, "web")["Health by"]) == ("2 to 8", "ELB")
    desk.do(fleet, "tags", "web", tags={"Name": "web", "Env": "prod"})
    assert desk.thing(fleet, "web").tags == {"Name": "web", "Env": "prod"}


def test_an_alarm_watches_one_thing_and_tells_somebody(desk: Any) -> None:
    desk.do("sns:topic", "create", Name="ops")
    topic = desk.thing("sns:topic", "ops").arn
    desk.do(
        ALARM,
        "create",
        AlarmName="cpu-high",
        metric="AWS/EC2 CPUUtilization",
        dimensions={"InstanceId": "i-0123456789abcdef0"},
        Threshold=60,
        Period=60,
        EvaluationPeriods=5,
        AlarmActions=[topic],
        OKActions=[topic],
        TreatMissingData="notBreaching",
    )
    it = desk.thing(ALARM, "cpu-high")
    facts = {fact.label: fact.value for fact in (*it.facts, *it.properties)}
    assert facts["Threshold"] == "Average > 60.0 in 5 of 5 × 60 s"
    assert (facts["Of"], facts["Tells"], facts["When well again"]) == ("InstanceId i-0123456789abcdef0", "ops", "ops")
    desk.do(ALARM, "edit", "cpu-high", Threshold=70)
    assert desk.facts(ALARM, "cpu-high")["Threshold"] == "Average > 70.0 in 5 of 5 × 60 s"
    assert desk.facts(ALARM, "cpu-high")["Missing data are"] == "good"
    desk.do(ALARM, "ring", "cpu-high")
    assert desk.facts(ALARM, "cpu-high")["State"] == "ALARM"
    desk.do(ALARM, "off", "cpu-high")
    assert desk.facts(ALARM, "cpu-high")["Actions"] == "off"
    desk.do(
        "cloudwatch:composite-alarm", "create", AlarmName="both", AlarmRule='ALARM("cpu-high")', AlarmActions=[topic]
    )
    assert desk.things("cloudwatch:composite-alarm")[0].name == "both"
    desk.do(
        "cloudwatch:metric",
        "put",
        Namespace="App",
        MetricName="PageLoadTime",
        Value=0.4,
        Unit="Seconds",
        dimensions={"Page": "home"},
    )
    assert "App PageLoadTime" in [one.name for one in desk.things("cloudwatch:metric")]
    desk.do("cloudwatch:dashboard", "create", DashboardName="web")
    desk.do("cloudwatch:dashboard", "widget", "web", dimensions={"InstanceId": "i-1"})
    assert desk.facts("cloudwatch:dashboard", "web")["Shows"] == "CPUUtilization"
    desk.do(ALARM, "delete", "cpu-high")


def test_lines_are_kept_counted_and_found(desk: Any) -> None:
    desk.do(LOGS, "create", logGroupName="/app/web", days="90")
    assert desk.facts(LOGS, "/app/web")["Keeps"] == "90 days"
    desk.do(LOGS, "retention", "/app/web", days="")
    assert desk.facts(LOGS, "/app/web")["Keeps"] == "for ever"
    desk.do(LOGS, "add-stream", "/app/web", logStreamName="i-1")
    at = int(desk.box.learner.at * 1000)
    desk.do(LOGS, "write", "/app/web", row="i-1", message="ERROR no disk", timestamp=at)
    assert [one["message"] for one in desk.do(LOGS, "search", "/app/web", filterPattern="ERROR")["events"]] == [
        "ERROR no disk"
    ]
    assert len(desk.do(LOGS, "read", "/app/web", row="i-1")["events"]) == 1
    desk.do(
        LOGS,
        "add-filter",
        "/app/web",
        filterName="errors",
        filterPattern="ERROR",
        metricNamespace="App",
        metricName="Errors",
    )
    assert desk.rows(LOGS, "/app/web", "filters") == [("errors", "ERROR", "App Errors = 1")]
    desk.do(LOGS, "tags", "/app/web", tags={"k": "v"})
    assert desk.thing(LOGS, "/app/web").tags == {"k": "v"}
    desk.do(LOGS, "delete", "/app/web")
