"""Aurora clusters, and proxies in front of databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Pairs,
    Part,
    Pick,
    Picks,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    switch_fact,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import if_on, properties, state_fact, tags_by


def _clusters(account: Account) -> Iterator[Thing]:
    for one in account.read("rds", "describe_db_clusters").get("DBClusters", []):
        members = one.get("DBClusterMembers", [])
        writers = [each["DBInstanceIdentifier"] for each in members if each.get("IsClusterWriter")]
        days = one.get("BackupRetentionPeriod", 0)
        scaling = one.get("ServerlessV2ScalingConfiguration", {})
        facts = (
            Fact("Engine", f"{one.get('Engine', '')} {one.get('EngineVersion', '')}".strip()),
            state_fact(one.get("Status", ""), good=["available"], label="Status"),
            Fact(
                "Members",
                f"writer {', '.join(writers) or 'none'}, {len(members) - len(writers)} readers",
                "" if len(members) > 1 else "bad",
            ),
            Fact("Backups", f"{days} days", "good" if days > 1 else ""),
            switch_fact("Encrypted", one.get("StorageEncrypted"), good=True),
            switch_fact("Deletion protection", one.get("DeletionProtection"), good=True),
            *(
                (Fact("Capacity", f"{scaling.get('MinCapacity')} to {scaling.get('MaxCapacity')} ACU"),)
                if scaling
                else ()
            ),
        )
        links = [
            Link("rds:instance", each["DBInstanceIdentifier"], "Writer" if each.get("IsClusterWriter") else "Reader")
            for each in members
        ]
        links += [
            Link("ec2:security-group", each["VpcSecurityGroupId"], "Guarded by")
            for each in one.get("VpcSecurityGroups", [])
        ]
        links += [Link("rds:subnet-group", one["DBSubnetGroup"], "In")] if one.get("DBSubnetGroup") else []
        name = one["DBClusterIdentifier"]
        more = properties(
            one, "Endpoint", "ReaderEndpoint", "Port", ("MasterUsername", "Master user"), "DatabaseName", "KmsKeyId"
        )
        yield Thing(
            name,
            name,
            facts,
            one.get("DBClusterArn", ""),
            one,
            (*facts, *more),
            tags=tags_of(one.get("TagList")),
            links=tuple(links),
        )


def _create(v: Values, at: At) -> Iterator[Call]:
    name = v["DBClusterIdentifier"]
    scaling = {"MinCapacity": v["least"], "MaxCapacity": v["most"]} if v["serverless"] else None
    yield call(
        "rds",
        "create_db_cluster",
        DBClusterIdentifier=name,
        Engine=v["Engine"],
        MasterUsername=v["MasterUsername"],
        MasterUserPassword=v["MasterUserPassword"],
        ManageMasterUserPassword=None if v["MasterUserPassword"] else True,
        DatabaseName=v["DatabaseName"],
        DBSubnetGroupName=v["DBSubnetGroupName"],
        VpcSecurityGroupIds=v["VpcSecurityGroupIds"] or None,
        ServerlessV2ScalingConfiguration=scaling,
        StorageEncrypted=True if v["StorageEncrypted"] else None,
        BackupRetentionPeriod=v["BackupRetentionPeriod"],
        DeletionProtection=True if v["DeletionProtection"] else None,
        Tags=tag_list(v["tags"]),
    )
    size = "db.serverless" if v["serverless"] else v["DBInstanceClass"]
    for number in range(1, v["members"] + 1):
        yield call(
            "rds",
            "create_db_instance",
            DBInstanceIdentifier=f"{name}-{number}",
            DBClusterIdentifier=name,
            Engine=v["Engine"],
            DBInstanceClass=size,
        )


def _edit(v: Values, at: At) -> Iterator[Call]:
    found: dict[str, Any] = {
        name: v[name] for name in ("BackupRetentionPeriod", "DeletionProtection") if v[name] != at.before.get(name)
    }
    if (
        v["least"] is not None
        and v["most"] is not None
        and (v["least"], v["most"]) != (at.before.get("least"), at.before.get("most"))
    ):
        found["ServerlessV2ScalingConfiguration"] = {"MinCapacity": v["least"], "MaxCapacity": v["most"]}
    if found:
        yield call("rds", "modify_db_cluster", DBClusterIdentifier=at.thing.id, **found, ApplyImmediately=True)


def _now(account: Account, at: At) -> Values:
    data, scaling = at.thing.data, at.thing.data.get("ServerlessV2ScalingConfiguration", {})
    kept = {
        "BackupRetentionPeriod": data.get("BackupRetentionPeriod", 1),
        "DeletionProtection": bool(data.get("DeletionProtection")),
    }
    return {**kept, "least": scaling.get("MinCapacity"), "most": scaling.get("MaxCapacity")}


def _clone(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "rds",
        "restore_db_cluster_to_point_in_time",
        DBClusterIdentifier=v["DBClusterIdentifier"],
        SourceDBClusterIdentifier=at.thing.id,
        RestoreType="copy-on-write",
        UseLatestRestorableTime=True,
    )


def _delete(v: Values, at: At) -> Iterator[Call]:
    last = v["FinalDBSnapshotIdentifier"]
    for link in at.thing.links:
        if link.kind == "rds:instance":
            yield call("rds", "delete_db_instance", DBInstanceIdentifier=link.id, SkipFinalSnapshot=True)
    yield call(
        "rds",
        "delete_db_cluster",
        DBClusterIdentifier=at.thing.id,
        SkipFinalSnapshot=last is None,
        FinalDBSnapshotIdentifier=last,
    )


CLUSTER = Kind(
    "cluster",
    "Cluster",
    "Clusters",
    _clusters,
    empty="An Aurora cluster has one storage over three zones, a writer and up to fifteen readers. Programs use its endpoints.",
    command=(
        "aws rds create-db-cluster --db-cluster-identifier shop --engine "
        "aurora-mysql --master-username admin --manage-master-user-password"
    ),
    actions=(
        Action(
            "create",
            "Create Aurora cluster",
            _create,
            (
                Text("DBClusterIdentifier", "Name", required=True),
                Choice(
                    "Engine",
                    "Engine",
                    (("aurora-mysql", "Aurora MySQL"), ("aurora-postgresql", "Aurora PostgreSQL")),
                    initial="aurora-mysql",
                    required=True,
                ),
                Number(
                    "members",
                    "Instances",
                    initial=2,
                    least=0,
                    most=5,
                    required=True,
                    help="The first is the writer, the others are readers.",
                ),
                Switch(
                    "serverless", "Serverless v2", initial=True, help="It takes as much capacity as the load needs."
                ),
                Number(
                    "least",
                    "From",
                    initial=0.5,
                    least=0,
                    most=256,
                    whole=False,
                    unit="ACU",
                    required=True,
                    when=if_on("serverless"),
                ),
                Number(
                    "most",
                    "to",
                    initial=4,
                    least=1,
                    most=256,
                    whole=False,
                    unit="ACU",
                    required=True,
                    when=if_on("serverless"),
                ),
                Text("DBInstanceClass", "Class", initial="db.r6g.large", help="Where it is not serverless."),
                Text("MasterUsername", "Master user", initial="admin", required=True),
                Text("MasterUserPassword", "Master password", help="Empty: RDS keeps one in Secrets Manager."),
                Text("DatabaseName", "Database in it"),
                Pick("DBSubnetGroupName", "Subnet group", kind="rds:subnet-group"),
                Picks("VpcSecurityGroupIds", "Security groups", kind="ec2:security-group"),
                Number("BackupRetentionPeriod", "Backups kept for", initial=7, least=1, most=35, unit="days"),
                Switch("StorageEncrypted", "Encrypt", initial=True),
                Switch("DeletionProtection", "Deletion protection"),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "edit",
            "Modify",
            _edit,
            (
                Number("BackupRetentionPeriod", "Backups kept for", least=1, most=35, unit="days", required=True),
                Switch("DeletionProtection", "Deletion protection"),
                Number("least", "Serverless v2 from", least=0, most=256, whole=False, unit="ACU"),
                Number("most", "to", least=1, most=256, whole=False, unit="ACU"),
            ),
            _now,
        ),
        Action(
            "failover",
            "Fail over",
            "rds.failover_db_cluster",
            (Pick("TargetDBInstanceIdentifier", "To", kind="rds:instance", help="Empty: RDS chooses."),),
            thing="DBClusterIdentifier",
            danger="A reader becomes the writer. Connections break for a moment.",
            verb="Fail over",
        ),
        Action(
            "clone",
            "Clone",
            _clone,
            (Text("DBClusterIdentifier", "Name of the clone", required=True),),
            verb="Clone",
            about="It shares the storage until one of the two writes.",
        ),
        tags_by("rds", "add_tags_to_resource", "remove_tags_from_resource", "ResourceName"),
        Action(
            "delete",
            "Delete",
            _delete,
            (Text("FinalDBSnapshotIdentifier", "Last snapshot", help="Its name. Empty: none is taken."),),
            danger="Delete the cluster with its instances?",
            verb="Delete",
        ),
    ),
)


def _proxies(account: Account) -> Iterator[Thing]:
    for one in account.read("rds", "describe_db_proxies").get("DBProxies", []):
        auth = one.get("Auth", [{}])
        facts = (
            state_fact(one.get("Status", ""), good=["available"], label="Status"),
            Fact("Engine", one.get("EngineFamily", "")),
            switch_fact("TLS needed", one.get("RequireTLS"), good=True),
            Fact("IAM sign-in", auth[0].get("IAMAuth", "") if auth else ""),
            Fact("Endpoint", one.get("Endpoint", "")),
        )
        links = [Link("iam:role", tail(one["RoleArn"]), "Reads secrets as")] if one.get("RoleArn") else []
        links += [
            Link("secretsmanager:secret", each["SecretArn"], "Signs in with", tail(each["SecretArn"]))
            for each in auth
            if each.get("SecretArn")
        ]
        yield Thing(one["DBProxyName"], one["DBProxyName"], facts, one.get("DBProxyArn", ""), one, links=tuple(links))


def _targets(account: Account, it: Thing) -> Thing:
    found = ask(account, "rds", "describe_db_proxy_targets", DBProxyName=it.id).get("Targets", [])
    rows = tuple(
        Row(
            one.get("RdsResourceId", ""),
            (one.get("RdsResourceId", ""), one.get("Type", ""), one.get("TrackedClusterId", "")),
            data=one,
        )
        for one in found
    )
    return replace(
        it,
        properties=it.facts,
        parts=(Part("targets", "Targets", ("Database", "Type", "Cluster"), rows, "It leads nowhere."),),
    )


def _create_proxy(v: Values, at: At) -> Iterator[Call]:
    auth = [{"AuthScheme": "SECRETS", "SecretArn": v["secret"], "IAMAuth": v["IAMAuth"]}]
    yield call(
        "rds",
        "create_db_proxy",
        DBProxyName=v["DBProxyName"],
        EngineFamily=v["EngineFamily"],
        Auth=auth,
        RoleArn=v["RoleArn"],
        VpcSubnetIds=v["VpcSubnetIds"],
        VpcSecurityGroupIds=v["VpcSecurityGroupIds"] or None,
        RequireTLS=v["RequireTLS"],
    )
    if v["cluster"]:
        yield call(
            "rds", "register_db_proxy_targets", DBProxyName=v["DBProxyName"], DBClusterIdentifiers=[v["cluster"]]
        )


def _register(v: Values, at: At) -> Iterator[Call]:
    clusters, instances = [v["cluster"]] if v["cluster"] else None, [v["instance"]] if v["instance"] else None
    yield call(
        "rds",
        "register_db_proxy_targets",
        DBProxyName=at.thing.id,
        DBClusterIdentifiers=clusters,
        DBInstanceIdentifiers=instances,
    )


PROXY = Kind(
    "proxy",
    "Proxy",
    "Proxies",
    _proxies,
    detail=_targets,
    empty=(
        "A proxy keeps few connections to the database and shares them among "
        "many callers: functions, say, that come in crowds."
    ),
    command="aws rds create-db-proxy --db-proxy-name shop --engine-family MYSQL --auth … --role-arn … --vpc-subnet-ids …",
    actions=(
        Action(
            "create",
            "Create proxy",
            _create_proxy,
            (
                Text("DBProxyName", "Name", required=True),
                Choice("EngineFamily", "Engine", ("MYSQL", "POSTGRESQL", "SQLSERVER"), initial="MYSQL", required=True),
                Pick("cluster", "Leads to cluster", kind="rds:cluster"),
                Pick("secret", "Signs in with secret", kind="secretsmanager:secret", by="arn", required=True),
                Choice(
                    "IAMAuth", "Callers sign in by IAM", ("REQUIRED", "DISABLED"), initial="REQUIRED", required=True
                ),
                Switch("RequireTLS", "TLS needed", initial=True),
                Pick("RoleArn", "Role", kind="iam:role", by="arn", required=True, help="It may read the secret."),
                Picks("VpcSubnetIds", "Subnets", kind="ec2:subnet", required=True, help="In two zones."),
                Picks("VpcSecurityGroupIds", "Security groups", kind="ec2:security-group"),
            ),
            new=True,
        ),
        Action(
            "register",
            "Add target",
            _register,
            (Pick("cluster", "Cluster", kind="rds:cluster"), Pick("instance", "or database", kind="rds:instance")),
            part="targets",
        ),
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("rds", "delete_db_proxy", DBProxyName=at.thing.id)],
            danger="Delete the proxy? The database stays.",
            verb="Delete",
        ),
    ),
)
