"""What stands outside of VPCs: one reader a service, each with the links that it knows of.

A reader takes the account and gives things and links; a link to something that nobody drew is dropped later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from graders import Account
from graders.account import is_absence
from graders.functions import policies as function_policies
from graders.iam import InvalidPolicy
from graders.iam.snapshot import snapshot as people_of
from labs.diagram.model import Badge, Link, Thing

Found = Iterator[Thing | Link]
OUTSIDE: Final = "outside"  # the place of all that stands in no VPC
PEOPLE: Final = "people"  # the place of users and roles: they belong to the whole account
_NOTIFIED: Final = (
    ("TopicConfigurations", "TopicArn"),
    ("QueueConfigurations", "QueueArn"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
)
READERS: dict[str, Callable[[Account], Found]] = {}
TITLES: Final = {
    "s3": "S3",
    "sns": "SNS",
    "sqs": "SQS",
    "lambda": "Lambda",
    "dynamodb": "DynamoDB",
    "apigateway": "API Gateway",
    "apigatewayv2": "API Gateway",
    "events": "EventBridge",
    "cloudwatch": "CloudWatch",
    "stepfunctions": "Step Functions",
    "secretsmanager": "Secrets Manager",
    "kms": "KMS",
    "logs": "CloudWatch Logs",
    "cloudfront": "CloudFront",
    "kinesis": "Kinesis",
    "ecs": "ECS",
    "cloudtrail": "CloudTrail",
    "iam": "IAM",
}


def _reads(service: str) -> Callable[[Callable[[Account], Found]], Callable[[Account], Found]]:
    def register(reader: Callable[[Account], Found]) -> Callable[[Account], Found]:
        READERS[service] = reader
        return reader

    return register


def key_of(arn: str) -> str:
    """Return the key of the thing that an ARN names, whatever it is; "" for what is never drawn."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return ""
    service, rest = parts[2], parts[5]
    match service:
        case "s3":
            return f"bucket/{rest.partition('/')[0]}"
        case "sns":
            return f"topic/{rest.partition(':')[0]}"
        case "sqs":
            return f"queue/{rest}"
        case "lambda":
            return f"function/{rest.removeprefix('function:').partition(':')[0]}"
        case "dynamodb":
            return f"table/{rest.removeprefix('table/').partition('/')[0]}"
        case "states":
            return f"state-machine/{rest.rpartition(':')[2]}"
        case "kinesis":
            return f"stream/{rest.removeprefix('stream/')}"
        case "events":
            return f"rule/{rest.removeprefix('rule/')}"
        case "logs":
            return f"log/{rest.removeprefix('log-group:').partition(':')[0]}"
        case "iam" if rest.startswith(("role/", "user/")):
            return f"{rest.partition('/')[0]}/{rest.rpartition('/')[2]}"
        case "apigateway" | "execute-api":
            return f"api/{rest.strip('/').split('/')[1 if service == 'apigateway' else 0]}" if rest.strip("/") else ""
        case "ec2" if rest.startswith("instance/"):
            return rest.removeprefix("instance/")
        case "rds" if rest.startswith("db:"):
            return f"database/{rest.removeprefix('db:')}"
        case "kms" if rest.startswith("key/"):
            return rest
        case "secretsmanager":
            return f"secret/{rest.removeprefix('secret:').rpartition('-')[0]}"
    return ""


def _ask(account: Account, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """Return an answer, or nothing where the resource has no such setting."""
    try:
        return account.read(service, operation, **parameters)
    except ClientError as error:
        if is_absence(error):
            return {}
        raise


def _arn(account: Account, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{account.region}:{account.account_id}:{rest}"


@_reads("s3")
def _s3(account: Account) -> Found:
    for one in account.read("s3", "list_buckets").get("Buckets", []):
        name = one["Name"]
        key = f"bucket/{name}"
        yield Thing(key, "bucket", name, OUTSIDE, arn=f"arn:aws:s3:::{name}")
        told = _ask(account, "s3", "get_bucket_notification_configuration", Bucket=name)
        for field, target in _NOTIFIED:
            for each in told.get(field, []):
                events = ", ".join(event.removeprefix("s3:") for event in each.get("Events", [])[:1])
                yield Link(key, key_of(each.get(target, "")), "notification", events)
        replication = _ask(account, "s3", "get_bucket_replication", Bucket=name).get("ReplicationConfiguration", {})
        for rule in replication.get("Rules", []):
            yield Link(key, key_of(rule.get("Destination", {}).get("Bucket", "")), "replica")


@_reads("sns")
def _sns(account: Account) -> Found:
    for one in account.read("sns", "list_topics").get("Topics", []):
        name = _tail(one["TopicArn"])
        yield Thing(f"topic/{name}", "topic", name, OUTSIDE, arn=one["TopicArn"])
    for one in account.read("sns", "list_subscriptions").get("Subscriptions", []):
        topic, endpoint, protocol = key_of(one["TopicArn"]), one.get("Endpoint", ""), one.get("Protocol", "")
        waits = one.get("SubscriptionArn") in ("PendingConfirmation", "pending confirmation")
        target = key_of(endpoint)
        if not target:
            target = f"subscriber/{protocol}/{endpoint}"
            badges = (Badge("waits for its confirmation", "warn"),) if waits else ()
            yield Thing(target, "subscriber", endpoint, OUTSIDE, note=protocol, badges=badges, off=waits)
        yield Link(topic, target, "subscription", "waits" if waits else "")


@_reads("sqs")
def _sqs(account: Account) -> Found:
    for url in account.read("sqs", "list_queues").get("QueueUrls", []):
        set_ = _ask(account, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
        name, count = url.rsplit("/", 1)[-1], set_.get("ApproximateNumberOfMessages", "0")
        arn = set_.get("QueueArn") or _arn(account, "sqs", name)
        note = f"{count} message{'' if count == '1' else 's'}"
        yield Thing(f"queue/{name}", "queue", name, OUTSIDE, note=note, arn=arn, ids=(url,))
        dead = json.loads(set_.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")
        yield Link(f"queue/{name}", key_of(dead), "failure")


@_reads("lambda")
def _lambda(account: Account) -> Found:
    for one in account.read("lambda", "list_functions").get("Functions", []):
        name = one["FunctionName"]
        key = f"function/{name}"
        vpc = (one.get("VpcConfig") or {}).get("VpcId")
        facts = (("Runtime", one.get("Runtime", "")), *((("In VPC", vpc),) if vpc else ()))
        yield Thing(key, "function", name, OUTSIDE, note=one.get("Runtime", ""), facts=facts, arn=one["FunctionArn"])
        yield Link(key, key_of(one.get("Role", "")), "identity")
        yield Link(key, key_of((one.get("DeadLetterConfig") or {}).get("TargetArn", "")), "failure")
        yield from _callers(account, name, key)
    for one in account.read("lambda", "list_event_source_mappings").get("EventSourceMappings", []):
        off = "" if one.get("State") in ("Enabled", "Enabling", "Creating", None) else str(one.get("State", "")).lower()
        yield Link(key_of(one.get("EventSourceArn", "")), key_of(one.get("FunctionArn", "")), "source", off)


def _callers(account: Account, name: str, key: str) -> Iterator[Link]:
    """Who the function's own policy lets call it, where it names a source: an API, a rule, a topic."""
    try:
        held = function_policies(account, name)
    except (ClientError, InvalidPolicy):
        return
    for policy in held:
        for statement in policy.document.statements:
            for condition in statement.conditions:
                if condition.key == "aws:sourcearn" and statement.allow:
                    yield from (Link(key_of(value), key, "target") for value in condition.values if ":s3:" not in value)


@_reads("dynamodb")
def _dynamodb(account: Account) -> Found:
    for name in account.read("dynamodb", "list_tables").get("TableNames", []):
        yield Thing(f"table/{name}", "table", name, OUTSIDE, arn=_arn(account, "dynamodb", f"table/{name}"))


@_reads("apigateway")
def _rest(account: Account) -> Found:
    for one in account.read("apigateway", "get_rest_apis").get("items", []):
        key = f"api/{one['id']}"
        arn = f"arn:aws:apigateway:{account.region}::/restapis/{one['id']}"
        yield Thing(key, "api", one.get("name", one["id"]), OUTSIDE, note="REST", arn=arn, ids=(one["id"],))
        resources = _ask(account, "apigateway", "get_resources", restApiId=one["id"], embed=["methods"])
        for resource in resources.get("items", []):
            for method, set_ in (resource.get("resourceMethods") or {}).items():
                uri = ((set_ or {}).get("methodIntegration") or {}).get("uri", "")
                yield Link(key, _integrated(uri), "target", f"{method} {resource.get('path', '')}")


@_reads("apigatewayv2")
def _http(account: Account) -> Found:
    for one in account.read("apigatewayv2", "get_apis").get("Items", []):
        key = f"api/{one['ApiId']}"
        arn = f"arn:aws:apigateway:{account.region}::/apis/{one['ApiId']}"
        note = one.get("ProtocolType", "")
        yield Thing(key, "api", one.get("Name", one["ApiId"]), OUTSIDE, note=note, arn=arn, ids=(one["ApiId"],))
        for each in _ask(account, "apigatewayv2", "get_integrations", ApiId=one["ApiId"]).get("Items", []):
            yield Link(key, _integrated(each.get("IntegrationUri", "")), "target")


def _integrated(uri: str) -> str:
    """Return the key of what an integration calls: the function's ARN is in the middle of its address."""
    inner = uri.partition("/functions/")[2].removesuffix("/invocations") if "/functions/" in uri else uri
    return key_of(inner) if inner.startswith("arn:") else ""


@_reads("events")
def _events(account: Account) -> Found:
    for one in account.read("events", "list_rules").get("Rules", []):
        name, off = one["Name"], one.get("State") == "DISABLED"
        note = "disabled" if off else one.get("ScheduleExpression") or "by pattern"
        yield Thing(f"rule/{name}", "rule", name, OUTSIDE, note=note, arn=one.get("Arn", ""), off=off)
        for target in _ask(account, "events", "list_targets_by_rule", Rule=name).get("Targets", []):
            yield Link(f"rule/{name}", key_of(target.get("Arn", "")), "target")


@_reads("cloudwatch")
def _cloudwatch(account: Account) -> Found:
    for one in account.read("cloudwatch", "describe_alarms").get("MetricAlarms", []):
        key, state = f"alarm/{one['AlarmName']}", one.get("StateValue", "")
        words = {"ALARM": "in alarm", "OK": "OK", "INSUFFICIENT_DATA": "no data yet"}.get(state, state.lower())
        watches = f"{one.get('Namespace', '')} {one.get('MetricName', '')}".strip()
        rule = f"{one.get('ComparisonOperator', '')} {one.get('Threshold', '')}".strip()
        facts = (("State", words), ("Watches", watches), ("When", rule))
        badges = (Badge("in alarm", "warn"),) if state == "ALARM" else ()
        arn = one.get("AlarmArn", "")
        note = one.get("MetricName", "") if badges else f"{one.get('MetricName', '')} · {words}"
        yield Thing(key, "alarm", one["AlarmName"], OUTSIDE, note=note, badges=badges, facts=facts, arn=arn)
        for arn in one.get("AlarmActions", []):
            yield Link(key, key_of(arn), "action")
        for dimension in one.get("Dimensions", []):
            if watched := _watched(dimension["Name"], dimension["Value"]):
                yield Link(key, watched, "watch")


def _watched(name: str, value: str) -> str:
    kinds = {
        "InstanceId": "",
        "DBInstanceIdentifier": "database/",
        "QueueName": "queue/",
        "TopicName": "topic/",
        "FunctionName": "function/",
        "TableName": "table/",
        "BucketName": "bucket/",
        "RuleName": "rule/",
    }
    if name == "LoadBalancer":
        return f"balancer/{value.split('/')[1]}" if value.count("/") else ""
    return f"{kinds[name]}{value}" if name in kinds else ""


@_reads("stepfunctions")
def _stepfunctions(account: Account) -> Found:
    for one in account.read("stepfunctions", "list_state_machines").get("stateMachines", []):
        key = f"state-machine/{one['name']}"
        yield Thing(
            key, "state-machine", one["name"], OUTSIDE, note=one.get("type", "").lower(), arn=one["stateMachineArn"]
        )
        told = _ask(account, "stepfunctions", "describe_state_machine", stateMachineArn=one["stateMachineArn"])
        yield Link(key, key_of(told.get("roleArn", "")), "identity")
        for arn in sorted(_arns(told.get("definition", ""))):
            yield Link(key, key_of(arn), "target")


def _arns(text: str) -> set[str]:
    """Return the ARNs among the strings of a JSON text."""
    try:
        rest: list[Any] = [json.loads(text)]
    except ValueError:
        return set()
    found = set()
    while rest:
        one = rest.pop()
        rest += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if isinstance(one, str) and one.startswith("arn:"):
            found.add(one)
    return found


@_reads("secretsmanager")
def _secrets(account: Account) -> Found:
    for one in account.read("secretsmanager", "list_secrets").get("SecretList", []):
        yield Thing(f"secret/{one['Name']}", "secret", one["Name"], OUTSIDE, arn=one["ARN"])


@_reads("kms")
def _kms(account: Account) -> Found:
    aliases = {
        one.get("TargetKeyId"): one["AliasName"] for one in account.read("kms", "list_aliases").get("Aliases", [])
    }
    for one in account.read("kms", "list_keys").get("Keys", []):
        told = _ask(account, "kms", "describe_key", KeyId=one["KeyId"]).get("KeyMetadata", {})
        if told.get("KeyManager") == "AWS":
            continue
        name = aliases.get(one["KeyId"], one["KeyId"])
        state = told.get("KeyState", "Enabled")
        note = "" if state == "Enabled" else state
        yield Thing(f"key/{one['KeyId']}", "key", name, OUTSIDE, note=note, arn=one["KeyArn"], off=state != "Enabled")


@_reads("logs")
def _logs(account: Account) -> Found:
    for one in account.read("logs", "describe_log_groups").get("logGroups", []):
        name = one["logGroupName"]
        yield Thing(f"log/{name}", "log", name, OUTSIDE, arn=one.get("arn", "").removesuffix(":*"))
        yield Link(f"function/{name.removeprefix('/aws/lambda/')}", f"log/{name}", "subscription", "logs")


@_reads("cloudfront")
def _cloudfront(account: Account) -> Found:
    answer = account.read("cloudfront", "list_distributions").get("DistributionList", {})
    for one in answer.get("Items", []) or []:
        key = f"distribution/{one['Id']}"
        yield Thing(key, "distribution", one["Id"], OUTSIDE, note=one.get("DomainName", ""), arn=one.get("ARN", ""))
        for origin in one.get("Origins", {}).get("Items", []):
            host = origin.get("DomainName", "")
            yield Link(key, f"bucket/{host.partition('.s3')[0]}", "origin")


@_reads("kinesis")
def _kinesis(account: Account) -> Found:
    for name in account.read("kinesis", "list_streams").get("StreamNames", []):
        yield Thing(f"stream/{name}", "stream", name, OUTSIDE, arn=_arn(account, "kinesis", f"stream/{name}"))


@_reads("ecs")
def _ecs(account: Account) -> Found:
    for arn in account.read("ecs", "list_clusters").get("clusterArns", []):
        name = arn.rpartition("/")[2]
        running = len(account.read("ecs", "list_services", cluster=arn).get("serviceArns", []))
        note = f"{running} service{'' if running == 1 else 's'}"
        yield Thing(f"cluster/{name}", "cluster", name, OUTSIDE, note=note, arn=arn)


@_reads("cloudtrail")
def _cloudtrail(account: Account) -> Found:
    for one in account.read("cloudtrail", "describe_trails").get("trailList", []):
        key = f"trail/{one['Name']}"
        yield Thing(key, "trail", one["Name"], OUTSIDE, arn=one.get("TrailARN", ""))
        yield Link(key, f"bucket/{one.get('S3BucketName', '')}", "subscription", "events")


@_reads("iam")
def _iam(account: Account) -> Found:
    """Users and roles that somebody made: not the learner's own user, nor what AWS makes for its services."""
    people = people_of(account)
    known = {one.principal.arn: one.principal.name for one in (*people.users, *people.roles)}
    for user in people.users:
        if user.principal.name != "learner":
            yield _person(account, user)
    for role in people.roles:
        if role.principal.service_linked:
            continue
        yield _person(account, role)
        for statement in role.trust.statements if role.trust else ():
            for kind, value in statement.principals or ():
                if statement.allow and kind == "AWS" and value in known:
                    yield Link(key_of(value), f"role/{role.principal.name}", "trust")


def _person(account: Account, actor: Any) -> Thing:
    kind, name, count = actor.principal.kind, actor.principal.name, len(actor.identity)
    trust = actor.trust.statements if actor.trust else ()
    trusted = sorted({value for one in trust for of, value in one.principals or () if of == "Service"})
    note = f"for {trusted[0].partition('.')[0]}" if trusted else f"{count} polic{'y' if count == 1 else 'ies'}"
    facts = [("Policies", ", ".join(one.name for one in actor.identity) or "none")]
    facts += [("Trusted services", ", ".join(trusted))] if trusted else []
    return Thing(f"{kind}/{name}", kind, name, PEOPLE, note=note, facts=tuple(facts), arn=actor.principal.arn)


def _tail(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]
