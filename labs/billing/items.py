"""What the things of each service cost: one function a service, from its own answers and the table to lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.billing.bill import Line, Reader, section
from labs.billing.prices import prices

_GB = 1 << 30
_OF_IMAGE = "Auto-created snapshot for AMI"


def _price(block: str, name: str, times: float = 1.0) -> float | None:
    found = prices().get(block, name)
    return None if found is None else found * times


def _a_month(block: str, name: str, times: float = 1.0) -> float | None:
    """Return the hourly share of a price by the month."""
    return _price(block, name, times / prices().hours)


def _sum(*parts: float | None) -> float | None:
    """Return the sum, or None where a part has no price."""
    return None if any(part is None for part in parts) else sum(part or 0.0 for part in parts)


def _use(block: str, name: str, unit: str) -> str:
    return f"${prices().of(block, name):g} per {unit}"


def _name_of(tagged: dict[str, Any], fallback: str) -> str:
    names = [tag["Value"] for tag in tagged.get("Tags", []) if tag["Key"] == "Name"]
    return f"{fallback} ({names[0]})" if names else fallback


# --- Compute -----------------------------------------------------------------------------------------------------------


@section("ec2")
def _ec2(account: Reader) -> Iterator[Line]:
    addresses = account.read("ec2", "describe_addresses").get("Addresses", [])
    elastic = {each.get("PublicIp") for each in addresses}
    for reservation in account.read("ec2", "describe_instances").get("Reservations", []):
        for one in reservation["Instances"]:
            if one["State"]["Name"] not in ("pending", "running"):
                continue
            kind, name = one["InstanceType"], _name_of(one, one["InstanceId"])
            yield Line("ec2", name, f"{kind} instance", _price("ec2.instance", kind))
            if one.get("PublicIpAddress") and one["PublicIpAddress"] not in elastic:
                yield Line("ec2", name, "public IPv4 address", _price("vpc", "ipv4"))
    for one in addresses:
        yield Line("ec2", one.get("PublicIp", ""), "Elastic IP address", _price("vpc", "ipv4"))
    for one in account.read("ec2", "describe_volumes").get("Volumes", []):
        yield Line("ec2", one["VolumeId"], f"{one['Size']} GB {one['VolumeType']} volume", _volume(one))
    for one in account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", []):
        if one.get("Description", "").startswith(_OF_IMAGE):
            continue  # of Amazon's images, which moto lists as one's own
        size = one.get("VolumeSize", 0)
        yield Line("ec2", one["SnapshotId"], f"{size} GB snapshot", _a_month("ec2.volume", "snapshot", size))
    for one in account.read("ec2", "describe_nat_gateways").get("NatGateways", []):
        if one.get("State") in ("available", "pending"):
            yield Line("ec2", one["NatGatewayId"], "NAT gateway", _price("vpc", "nat_gateway"), "$0.045 per GB")
    for one in account.read("ec2", "describe_vpc_endpoints").get("VpcEndpoints", []):
        if one.get("VpcEndpointType") == "Interface":
            zones = len(one.get("SubnetIds", [])) or 1
            what = f"interface endpoint in {zones} zone{'' if zones == 1 else 's'}"
            yield Line("ec2", one["VpcEndpointId"], what, _price("vpc", "endpoint", zones))
    for one in account.read("ec2", "describe_vpn_connections").get("VpnConnections", []):
        if one.get("State") != "deleted":
            yield Line("ec2", one["VpnConnectionId"], "VPN connection", _price("vpn", "connection"))
    read = account.read("ec2", "describe_transit_gateway_vpc_attachments")
    for one in read.get("TransitGatewayVpcAttachments", []):
        price = _price("vpc.connections", "transit_attachment")
        yield Line("ec2", one["TransitGatewayAttachmentId"], "transit gateway attachment", price)


def _volume(one: dict[str, Any]) -> float | None:
    kind = one["VolumeType"]
    parts = [_a_month("ec2.volume", kind, one["Size"])]
    iops, throughput = one.get("Iops") or 0, one.get("Throughput") or 0
    if kind in ("io1", "io2"):
        parts.append(_a_month("ec2.volume_iops", kind, iops))
    elif kind == "gp3":
        parts.append(_a_month("ec2.volume_iops", kind, max(0, iops - 3000)))
        parts.append(_a_month("ec2.volume_throughput", kind, max(0, throughput - 125)))
    return _sum(*parts)


@section("elbv2")
def _elbv2(account: Reader) -> Iterator[Line]:
    for one in account.read("elbv2", "describe_load_balancers").get("LoadBalancers", []):
        kind = one.get("Type", "application")
        price = _sum(_price("elb", kind), _price("elb.capacity", kind))
        yield Line("elbv2", one["LoadBalancerName"], f"{kind} load balancer, one capacity unit", price)


@section("elb")
def _elb(account: Reader) -> Iterator[Line]:
    for one in account.read("elb", "describe_load_balancers").get("LoadBalancerDescriptions", []):
        yield Line("elb", one["LoadBalancerName"], "Classic Load Balancer", _price("elb", "classic"))


@section("lambda")
def _lambda(account: Reader) -> Iterator[Line]:
    for one in account.read("lambda", "list_functions").get("Functions", []):
        kind = next(iter(one.get("Architectures") or ["x86_64"]))
        seconds = prices().of("lambda", kind)
        use = f"{_use('lambda', 'requests', 'million requests')} and ${seconds:.10f} per GB-second"
        yield Line("lambda", one["FunctionName"], f"function of {one.get('MemorySize', 128)} MB", by_use=use)


@section("ecs")
def _ecs(account: Reader) -> Iterator[Line]:
    for cluster in account.read("ecs", "list_clusters").get("clusterArns", []):
        arns = account.read("ecs", "list_services", cluster=cluster).get("serviceArns", [])
        found = account.read("ecs", "describe_services", cluster=cluster, services=arns) if arns else {}
        for one in found.get("services", []):
            if one.get("launchType", "EC2") == "FARGATE" and one.get("desiredCount"):
                yield _fargate(account, one["serviceName"], one["taskDefinition"], one["desiredCount"])
        arns = account.read("ecs", "list_tasks", cluster=cluster).get("taskArns", [])
        found = account.read("ecs", "describe_tasks", cluster=cluster, tasks=arns) if arns else {}
        for one in found.get("tasks", []):
            of_service = str(one.get("group", "")).startswith("service:") or one.get("startedBy", "").startswith(
                "ecs-svc"
            )
            if one.get("launchType") == "FARGATE" and one.get("lastStatus") != "STOPPED" and not of_service:
                yield _fargate(account, one["taskArn"].rsplit("/", 1)[-1], one["taskDefinitionArn"], 1)


def _fargate(account: Reader, name: str, definition: str, count: int) -> Line:
    said = account.read("ecs", "describe_task_definition", taskDefinition=definition)["taskDefinition"]
    cpu, memory = float(said.get("cpu") or 256) / 1024, float(said.get("memory") or 512) / 1024
    price = _sum(_price("ecs.fargate", "vcpu", cpu * count), _price("ecs.fargate", "gb", memory * count))
    return Line("ecs", name, f"{count} Fargate task{'' if count == 1 else 's'}, {cpu:g} vCPU, {memory:g} GB", price)


@section("eks")
def _eks(account: Reader) -> Iterator[Line]:
    for name in account.read("eks", "list_clusters").get("clusters", []):
        yield Line("eks", name, "cluster", _price("eks", "cluster"))


# --- Databases and stores ----------------------------------------------------------------------------------------------


@section("rds")
def _rds(account: Reader) -> Iterator[Line]:
    databases = account.read("rds", "describe_db_instances").get("DBInstances", [])
    for one in databases:
        name, kind, engine = one["DBInstanceIdentifier"], one["DBInstanceClass"], one.get("Engine", "")
        times = 2 if one.get("MultiAZ") else 1
        both = ", Multi-AZ" if times == 2 else ""
        running = one.get("DBInstanceStatus") not in ("stopped", "deleting")
        block = "rds.aurora" if engine.startswith("aurora") else f"rds.{engine}"
        if running:
            yield Line("rds", name, f"{kind} of {engine}{both}", _price(block, kind, times))
        if block != "rds.aurora":
            size, store = one.get("AllocatedStorage", 0), one.get("StorageType") or "gp2"
            iops = _a_month("rds.iops", store, (one.get("Iops") or 0) * times) if store.startswith("io") else 0.0
            price = _sum(_a_month("rds.storage", store, size * times), iops)
            yield Line("rds", name, f"{size} GB {store} storage{both}", price)
    kept = account.read("rds", "describe_db_snapshots", SnapshotType="manual").get("DBSnapshots", [])
    # Backups up to the size of the databases are in their price.
    over = sum(each.get("AllocatedStorage", 0) for each in kept)
    over -= sum(each.get("AllocatedStorage", 0) for each in databases)
    if over > 0:
        yield Line("rds", "snapshots", f"{over} GB of backups", _a_month("rds.storage", "backup", over))


@section("s3")
def _s3(account: Reader) -> Iterator[Line]:
    put, get = _use("s3.requests", "put", "1,000 PUTs"), _use("s3.requests", "get", "1,000 GETs")
    for bucket in account.read("s3", "list_buckets").get("Buckets", []):
        name = bucket["Name"]
        sizes: dict[str, int] = {}
        for one in account.read("s3", "list_object_versions", Bucket=name).get("Versions", []):
            kind = one.get("StorageClass") or "STANDARD"
            sizes[kind] = sizes.get(kind, 0) + one.get("Size", 0)
        for kind, size in sorted(sizes.items() or [("STANDARD", 0)]):
            price = _a_month("s3.storage", kind, size / _GB)
            yield Line("s3", name, f"{_size(size)} of {kind.lower().replace('_', ' ')}", price, f"{put}, {get}")


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


@section("dynamodb")
def _dynamodb(account: Reader) -> Iterator[Line]:
    writes, reads = (
        _use("dynamodb.on_demand", "write", "million writes"),
        _use("dynamodb.on_demand", "read", "million reads"),
    )
    for name in account.read("dynamodb", "list_tables").get("TableNames", []):
        table = account.read("dynamodb", "describe_table", TableName=name)["Table"]
        store = _a_month("dynamodb.storage", "standard", table.get("TableSizeBytes", 0) / _GB)
        if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
            yield Line("dynamodb", name, "table on demand", store, f"{writes}, {reads}")
            continue
        given = [table, *table.get("GlobalSecondaryIndexes", [])]
        write, read = (
            sum(each.get("ProvisionedThroughput", {}).get(f"{kind}CapacityUnits", 0) for each in given)
            for kind in ("Write", "Read")
        )
        price = _sum(
            _price("dynamodb.provisioned", "write", write), _price("dynamodb.provisioned", "read", read), store
        )
        yield Line("dynamodb", name, f"table, {write} write and {read} read units", price)


@section("elasticache")
def _elasticache(account: Reader) -> Iterator[Line]:
    for one in account.read("elasticache", "describe_cache_clusters").get("CacheClusters", []):
        kind, count = one.get("CacheNodeType", ""), one.get("NumCacheNodes") or 1
        what = f"{count} {kind} node{'' if count == 1 else 's'}"
        yield Line("elasticache", one["CacheClusterId"], what, _price("elasticache", kind, count))


@section("efs")
def _efs(account: Reader) -> Iterator[Line]:
    for one in account.read("efs", "describe_file_systems").get("FileSystems", []):
        size = one.get("SizeInBytes", {}).get("Value", 0)
        yield Line("efs", one["FileSystemId"], f"{_size(size)} stored", _a_month("efs", "standard", size / _GB))


# --- Messages, streams, APIs -------------------------------------------------------------------------------------------


@section("sqs")
def _sqs(account: Reader) -> Iterator[Line]:
    for url in account.read("sqs", "list_queues").get("QueueUrls", []):
        kind = "fifo" if url.endswith(".fifo") else "standard"
        yield Line("sqs", url.rsplit("/", 1)[-1], f"{kind} queue", by_use=_use("sqs", kind, "million requests"))


@section("sns")
def _sns(account: Reader) -> Iterator[Line]:
    for one in account.read("sns", "list_topics").get("Topics", []):
        use = _use("sns", "standard", "million requests")
        yield Line("sns", one["TopicArn"].rsplit(":", 1)[-1], "topic", by_use=use)


@section("kinesis")
def _kinesis(account: Reader) -> Iterator[Line]:
    for name in account.read("kinesis", "list_streams").get("StreamNames", []):
        said = account.read("kinesis", "describe_stream_summary", StreamName=name)["StreamDescriptionSummary"]
        if said.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
            yield Line("kinesis", name, "stream on demand", _price("kinesis", "on_demand"))
        else:
            count = said.get("OpenShardCount", 1)
            what = f"{count} shard{'' if count == 1 else 's'}"
            yield Line("kinesis", name, what, _price("kinesis", "shard", count))


@section("apigateway")
def _apigateway(account: Reader) -> Iterator[Line]:
    for one in account.read("apigateway", "get_rest_apis").get("items", []):
        yield Line("apigateway", one["name"], "REST API", by_use=_use("apigateway", "rest", "million requests"))


@section("apigatewayv2")
def _apigatewayv2(account: Reader) -> Iterator[Line]:
    for one in account.read("apigatewayv2", "get_apis").get("Items", []):
        kind = one.get("ProtocolType", "HTTP")
        use = _use("apigateway", kind.lower(), "million requests")
        yield Line("apigatewayv2", one["Name"], f"{kind} API", by_use=use)


# --- Watching, keys, names ---------------------------------------------------------------------------------------------


@section("cloudwatch")
def _cloudwatch(account: Reader) -> Iterator[Line]:
    read = account.read("cloudwatch", "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    for one in read.get("MetricAlarms", []):
        count = sum("MetricStat" in each for each in one.get("Metrics", [])) or 1
        kind = "alarm_10s" if 0 < (one.get("Period") or 60) < 60 else "alarm"
        what = f"alarm on {count} metric{'' if count == 1 else 's'}"
        yield Line("cloudwatch", one["AlarmName"], what, _a_month("cloudwatch", kind, count))
    for one in read.get("CompositeAlarms", []):
        yield Line("cloudwatch", one["AlarmName"], "composite alarm", _a_month("cloudwatch", "composite"))
    for one in account.read("cloudwatch", "list_dashboards").get("DashboardEntries", []):
        yield Line("cloudwatch", one["DashboardName"], "dashboard", _a_month("cloudwatch", "dashboard"))
    metrics = account.read("cloudwatch", "list_metrics").get("Metrics", [])
    own: dict[str, int] = {}
    for one in metrics:
        if not one["Namespace"].startswith("AWS/"):
            own[one["Namespace"]] = own.get(one["Namespace"], 0) + 1
    for namespace, count in sorted(own.items()):
        what = f"{count} custom metric{'' if count == 1 else 's'}"
        yield Line("cloudwatch", namespace, what, _a_month("cloudwatch", "metric", count))


@section("logs")
def _logs(account: Reader) -> Iterator[Line]:
    use = _use("logs", "ingest", "GB taken in")
    for one in account.read("logs", "describe_log_groups").get("logGroups", []):
        size = one.get("storedBytes", 0)
        yield Line("logs", one["logGroupName"], f"{_size(size)} of logs", _a_month("logs", "store", size / _GB), use)


@section("kms")
def _kms(account: Reader) -> Iterator[Line]:
    for one in account.read("kms", "list_keys").get("Keys", []):
        said = account.read("kms", "describe_key", KeyId=one["KeyId"])["KeyMetadata"]
        if said.get("KeyManager") != "AWS" and said.get("KeyState") != "PendingDeletion":
            yield Line("kms", one["KeyId"], "customer managed key", _a_month("kms", "key"))


@section("secretsmanager")
def _secretsmanager(account: Reader) -> Iterator[Line]:
    for one in account.read("secretsmanager", "list_secrets").get("SecretList", []):
        if not one.get("DeletedDate"):
            yield Line("secretsmanager", one["Name"], "secret", _a_month("secretsmanager", "secret"))


@section("ssm")
def _ssm(account: Reader) -> Iterator[Line]:
    for one in account.read("ssm", "describe_parameters").get("Parameters", []):
        if one.get("Tier") == "Advanced":
            yield Line("ssm", one["Name"], "advanced parameter", _a_month("ssm", "advanced"))


@section("route53")
def _route53(account: Reader) -> Iterator[Line]:
    for one in account.read("route53", "list_hosted_zones").get("HostedZones", []):
        yield Line("route53", one["Name"], "hosted zone", _a_month("route53", "zone"))
    for one in account.read("route53", "list_health_checks").get("HealthChecks", []):
        yield Line("route53", one["Id"], "health check", _a_month("route53", "health_check"))
