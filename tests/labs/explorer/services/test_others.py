"""What is around functions and servers, done by clicking."""

from __future__ import annotations

import json
from typing import Any

ROLE = "arn:aws:iam::aws:policy/AdministratorAccess"


def _role(desk: Any, name: str, service: str) -> str:
    desk.do("iam:role", "create", RoleName=name, service=service, policies=[ROLE])
    return str(desk.thing("iam:role", name).arn)


def test_a_rule_puts_events_in_a_queue_and_runs_at_night(desk: Any) -> None:
    desk.do("events:bus", "create", Name="orders")
    desk.do("sqs:queue", "create", QueueName="placed")
    queue = desk.thing("sqs:queue", "placed").arn
    pattern = json.dumps({"source": ["shop"], "detail-type": ["OrderPlaced"]})
    desk.do("events:rule", "create", Name="placed", bus="orders", EventPattern=pattern)
    rule = desk.thing("events:rule", "orders/placed")
    desk.do("sqs:queue", "let-in", "placed", who="events", rule=rule.arn)
    desk.do("events:rule", "add-target", "orders/placed", to="queue", queue=queue)
    assert desk.facts("events:rule", "orders/placed")["Does"] == "placed"
    desk.do("events:bus", "send", "orders", Source="shop", DetailType="OrderPlaced", Detail={"id": 1})
    desk.do("events:bus", "send", "orders", Source="other", DetailType="OrderPlaced", Detail={"id": 2})
    found = desk.do("sqs:queue", "receive", "placed")["Messages"]
    assert [json.loads(one["Body"])["detail"] for one in found] == [{"id": 1}]
    desk.do("events:rule", "off", "orders/placed")
    assert desk.facts("events:rule", "orders/placed")["State"] == "DISABLED"
    desk.do("events:rule", "create", Name="nightly", by="schedule", ScheduleExpression="cron(0 2 * * ? *)")
    assert desk.facts("events:rule", "nightly")["When"] == "cron(0 2 * * ? *)"
    assert "ScheduleExpression" in desk.refused(
        "events:rule", "create", Name="x", by="schedule", ScheduleExpression="at noon"
    )
    desk.do("events:rule", "delete", "orders/placed")


def test_secrets_and_parameters(desk: Any) -> None:
    desk.do("kms:key", "create", alias="app")
    key = next(one for one in desk.things("kms:key") if one.name == "alias/app")
    desk.do(
        "secretsmanager:secret", "create", Name="shop/db", json={"username": "admin", "password": "x"}, KmsKeyId=key.arn
    )
    assert json.loads(desk.do("secretsmanager:secret", "read", "shop/db")["SecretString"])["username"] == "admin"
    desk.do("secretsmanager:secret", "value", "shop/db", **{"as": "text"}, text="plain")
    assert desk.do("secretsmanager:secret", "read", "shop/db")["SecretString"] == "plain"
    desk.do("secretsmanager:secret", "tags", "shop/db", tags={"k": "v"})
    assert desk.thing("secretsmanager:secret", "shop/db").tags == {"k": "v"}
    desk.do("secretsmanager:secret", "delete", "shop/db", days=None)
    desk.do("ssm:parameter", "create", Name="/shop/prod/db/host", Value="db.internal", tags={"k": "v"})
    desk.do("ssm:parameter", "create", Name="/shop/prod/db/password", Type="SecureString", KeyId=key.id, Value="secret")
    assert desk.facts("ssm:parameter", "/shop/prod/db/host")["Value"] == "db.internal"
    assert desk.facts("ssm:parameter", "/shop/prod/db/password")["Value"].startswith("hidden")
    assert desk.do("ssm:parameter", "read", "/shop/prod/db/password")["Parameter"]["Value"] == "secret"
    desk.do("ssm:parameter", "value", "/shop/prod/db/host", Value="db2.internal")
    assert desk.facts("ssm:parameter", "/shop/prod/db/host")["Version"] == "2"
    desk.do("ssm:parameter", "tags", "/shop/prod/db/host", tags={"a": "b"})
    assert desk.thing("ssm:parameter", "/shop/prod/db/host").tags == {"a": "b"}


def test_keys_have_names_policies_and_an_end(desk: Any) -> None:
    desk.do("kms:key", "create", alias="old", rotate=True, tags={"k": "v"})
    key = next(one for one in desk.things("kms:key") if one.name == "alias/old")
    assert desk.facts("kms:key", key.id)["Rotation"] == "on"
    desk.do("kms:key", "rotation", key.id, on=False)
    assert desk.facts("kms:key", key.id)["Rotation"] == "off"
    desk.do("kms:key", "add-alias", key.id, AliasName="new")
    assert desk.facts("kms:key", key.id)["Aliases"] == "alias/new, alias/old"
    desk.do("kms:key", "remove-alias", key.id, row="alias/old")
    assert desk.do("kms:key", "encrypt", key.id, Plaintext="hello")["CiphertextBlob"]
    desk.do("kms:key", "disable", key.id)
    desk.do("kms:key", "enable", key.id)
    desk.do("kms:key", "delete", key.id, PendingWindowInDays=7)
    assert desk.facts("kms:key", key.id)["State"] == "PendingDeletion"
    desk.do("kms:key", "keep", key.id)


def test_a_workflow_runs(desk: Any) -> None:
    role = _role(desk, "flow", "states.amazonaws.com")
    desk.do("stepfunctions:machine", "create", name="hello", roleArn=role)
    machine = desk.thing("stepfunctions:machine", "hello")
    desk.do("stepfunctions:machine", "run", "hello", name="one")
    [run] = next(part.rows for part in desk.thing("stepfunctions:machine", machine.id).parts if part.id == "runs")
    assert run.cells[:2] == ("one", "SUCCEEDED")
    assert json.loads(desk.do("stepfunctions:machine", "result", "hello", row=run.id)["output"]) == {"hello": "world"}


def test_a_stack_is_made_changed_and_gone(desk: Any) -> None:
    kind = "cloudformation:stack"
    desk.do(kind, "create", StackName="web", parameters={"Name": "ops"})
    desk.box.learner.at += 600
    assert desk.facts(kind, "web")["Status"] == "CREATE_COMPLETE"
    assert [one.name for one in desk.things("sns:topic")] == ["ops"]
    desk.do(kind, "plan", "web", ChangeSetName="other", parameters={"Name": "pager"})
    desk.box.learner.at += 600
    desk.do(kind, "execute", "web", row="other")
    desk.box.learner.at += 600
    assert [one.name for one in desk.things("sns:topic")] == ["pager"]
    desk.do(kind, "protect", "web", on=True)
    desk.do(kind, "protect", "web", on=False)
    desk.do(kind, "delete", "web")
    desk.box.learner.at += 600
    assert desk.things("sns:topic") == []


def test_a_trail_writes_to_a_bucket_that_lets_it(desk: Any) -> None:
    desk.do("s3:bucket", "create", Bucket="trail-4711")
    fields = {field.name: field for field in desk.fill("s3:bucket", "policy", "trail-4711", row="")[1].fields}
    document = dict(fields["Policy"].starters)["CloudTrail may deliver"]
    desk.do("s3:bucket", "policy", "trail-4711", Policy=document)
    desk.do("cloudtrail:trail", "create", Name="main", S3BucketName="trail-4711")
    facts = desk.facts("cloudtrail:trail", "main")
    assert (facts["Logging"], facts["All regions"], facts["Log file validation"]) == ("on", "on", "on")
    desk.do("cloudtrail:trail", "events", "main", buckets=["arn:aws:s3:::trail-4711/"])
    assert desk.facts("cloudtrail:trail", "main")["Data events of"] == "arn:aws:s3:::trail-4711/"
    desk.do("cloudtrail:trail", "stop", "main")
    assert desk.facts("cloudtrail:trail", "main")["Logging"] == "off"


def test_an_api_is_answered_by_a_function_once_deployed(desk: Any) -> None:
    role = _role(desk, "fn", "lambda.amazonaws.com")
    desk.do("lambda:function", "create", FunctionName="orders", Role=role)
    function = desk.thing("lambda:function", "orders").arn
    kind = "apigateway:api"
    desk.do(kind, "create", name="shop")
    desk.do(kind, "add-resource", "shop", pathPart="orders")
    desk.do(kind, "add-method", "shop", function=function, apiKeyRequired=True)
    assert desk.rows(kind, "shop", "methods") == [("GET /orders", "orders", "NONE, with an API key")]
    assert len(desk.rows("lambda:function", "orders", "permissions")) == 1
    desk.do(kind, "cors", "shop", row="/orders", origin="https://app.example.com", methods=["GET", "OPTIONS"])
    desk.do(kind, "deploy", "shop")
    assert desk.facts(kind, "shop")["Stages"] == "prod"
    desk.do(kind, "stage", "shop", row="prod", rate=50, burst=25)
    assert desk.rows(kind, "shop", "stages")[0][2] == "50.0/s, burst 25"
    api = desk.thing(kind, "shop").id
    desk.do("apigateway:plan", "create", name="basic", api=api, stage="prod", rateLimit=100, burstLimit=50, limit=5000)
    desk.do("apigateway:key", "create", name="partner")
    desk.do("apigateway:plan", "add-key", "basic", keyId=desk.things("apigateway:key")[0].id)
    assert desk.rows("apigateway:plan", "basic", "keys")[0][0] == "partner"


def test_names_lead_to_addresses(desk: Any) -> None:
    kind = "route53:zone"
    desk.do(kind, "create", Name="example.com")
    zone = desk.things(kind)[0].id
    desk.do(kind, "add", zone, name="www", type="CNAME", values=["example.com"], ttl=60)
    desk.do(kind, "add", zone, name="shop", way="weighted", set="blue", weight=90, values=["203.0.113.7"])
    desk.do(kind, "add", zone, name="shop", way="weighted", set="green", weight=10, values=["203.0.113.8"])
    rows = desk.rows(kind, zone, "records")
    assert ("www.example.com", "CNAME", "example.com (for 60 s)", "") in rows
    assert {row[3] for row in rows if row[0] == "shop.example.com"} == {"weight 90", "weight 10"}
    desk.do("route53:health-check", "create", FullyQualifiedDomainName="api.example.com")
    health = desk.things("route53:health-check")[0].id
    desk.do(
        kind,
        "add",
        zone,
        name="api",
        way="failover",
        set="primary",
        failover="PRIMARY",
        health=health,
        values=["203.0.113.9"],
    )
    desk.do(kind, "remove", zone, row="www.example.com")
    assert not any(row[0] == "www.example.com" for row in desk.rows(kind, zone, "records"))


def test_a_private_bucket_is_served_from_the_edge(desk: Any) -> None:
    desk.do("s3:bucket", "create", Bucket="site-4711")
    kind = "cloudfront:distribution"
    desk.do(kind, "create", bucket="site-4711", names=["www.example.com"], api="lb.example.com")
    it = desk.thing(kind, desk.things(kind)[0].id)
    facts = {fact.label: fact.value for fact in it.properties}
    assert (facts["First page"], facts["Viewers"]) == ("index.html", "HTTP is sent on to HTTPS")
    assert {row[0] for row in desk.rows(kind, it.id, "behaviours")} == {"everything else", "/api/*"}
    desk.do(kind, "invalidate", it.id)
    assert len(desk.rows(kind, it.id, "invalidations")) == 1
    desk.do(kind, "settings", it.id, viewers="https-only", on=True)
    assert desk.facts(kind, it.id)["Viewers"] == "HTTPS alone"


def test_containers_with_shared_files(desk: Any) -> None:
    role = _role(desk, "exec", "ecs-tasks.amazonaws.com")
    subnets = [one.id for one in desk.things("ec2:subnet")][:2]
    desk.do("ecr:repository", "create", repositoryName="catnip")
    assert desk.facts("ecr:repository", "catnip")["Lifecycle"] == "1 rules"
    desk.do("efs:file-system", "create", name="shared")
    files = desk.things("efs:file-system")[0].id
    desk.do("efs:file-system", "mount", files, subnets=subnets)
    assert len(desk.rows("efs:file-system", files, "targets")) == 2
    desk.do("ecs:cluster", "create", clusterName="shop")
    desk.do(
        "ecs:definition", "create", family="catnip", image="catnip:1.0", port=5000, executionRoleArn=role, files=files
    )
    desk.do("ecs:service", "create", serviceName="catnip", cluster="shop", taskDefinition="catnip:1", subnets=subnets)
    it = desk.thing("ecs:service", "shop/catnip")
    assert it.data["desiredCount"] == 2
    desk.do("ecs:service", "scale", "shop/catnip")
    desk.do("ecs:service", "update", "shop/catnip", desiredCount=3)
    assert desk.thing("ecs:service", "shop/catnip").data["desiredCount"] == 3


def test_streams_pools_budgets_and_limits(desk: Any) -> None:
    desk.do("kinesis:stream", "create", StreamName="clicks", ShardCount=2)
    desk.box.learner.at += 60
    desk.do("kinesis:stream", "put", "clicks", PartitionKey="a", Data="{}")
    desk.do("kinesis:stream", "retention", "clicks", hours=168)
    assert desk.facts("kinesis:stream", "clicks")["Keeps"] == "168 hours"
    desk.do("cognito-idp:pool", "create", PoolName="users")
    pool = desk.things("cognito-idp:pool")[0].id
    desk.do("cognito-idp:pool", "mfa", pool, MfaConfiguration="OPTIONAL")
    desk.do(
        "cognito-idp:pool",
        "add-client",
        pool,
        ClientName="web",
        oauth=["code"],
        CallbackURLs=["https://app.example.com/cb"],
    )
    desk.do("cognito-idp:pool", "add-group", pool, GroupName="admins")
    desk.do("cognito-idp:pool", "add-user", pool, Username="ana@example.com", Password="Correct-horse-1", quiet=True)
    user = next(part.rows[0].id for part in desk.thing("cognito-idp:pool", pool).parts if part.id == "users")
    desk.do("cognito-idp:pool", "join", pool, row=user, GroupName="admins")
    assert desk.facts("cognito-idp:pool", pool)["MFA"] == "who wants to"
    assert desk.rows("cognito-idp:pool", pool, "users")[0][1] == "CONFIRMED"
    desk.do("cognito-identity:pool", "create", IdentityPoolName="shop")
    assert desk.facts("cognito-identity:pool", "shop")["Guests"] == "off"
    desk.do("budgets:budget", "create", BudgetName="month", email="cfo@example.com")
    assert desk.rows("budgets:budget", "month", "notifications") == [("what was spent", "more than 80.0 %")]
    desk.do("organizations:organization", "create")
    desk.do("organizations:organization", "policies", desk.things("organizations:organization")[0].id)
    deny = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}],
    }
    desk.do("organizations:policy", "create", Name="trail", Content=deny)
    root = desk.things("organizations:organization")[0].data["Roots"][0]["Id"]
    desk.do("organizations:unit", "create", Name="dev", ParentId=root)
    unit = desk.things("organizations:unit")[0].id
    desk.do("organizations:policy", "attach", "trail", TargetId=unit)
    assert unit in [row[1] for row in desk.rows("organizations:policy", "trail", "targets")]
    assert desk.do("sts:account", "who", desk.account.account_id)["Account"] == desk.account.account_id
