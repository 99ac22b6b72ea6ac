"""ElastiCache: Redis, Valkey and Memcached, in memory."""

from __future__ import annotations

from collections.abc import Iterator

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
    Pick,
    Picks,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
    switch_fact,
)
from labs.explorer.saying import state_fact

NODES = ("cache.t3.micro", "cache.t3.small", "cache.t4g.micro", "cache.m6g.large", "cache.r6g.large")


def groups(account: Account) -> Iterator[Thing]:
    for one in account.read("elasticache", "describe_replication_groups").get("ReplicationGroups", []):
        facts = (
            state_fact(one.get("Status", ""), good=["available"], label="Status"),
            Fact("Multi-AZ", one.get("MultiAZ", "disabled"), "good" if one.get("MultiAZ") == "enabled" else "bad"),
            Fact("Failover", one.get("AutomaticFailover", "disabled")),
            switch_fact("TLS", one.get("TransitEncryptionEnabled"), good=True),
            switch_fact("Encrypted at rest", one.get("AtRestEncryptionEnabled"), good=True),
            switch_fact("Password", one.get("AuthTokenEnabled"), good=True),
        )
        yield Thing(one["ReplicationGroupId"], one["ReplicationGroupId"], facts, one.get("ARN", ""), one)


def _create(v: Values, at: At) -> Iterator[Call]:
    switches: Values = {
        name: v[name]
        for name in (
            "AutomaticFailoverEnabled",
            "MultiAZEnabled",
            "TransitEncryptionEnabled",
            "AtRestEncryptionEnabled",
        )
    }
    yield call(
        "elasticache",
        "create_replication_group",
        ReplicationGroupId=v["ReplicationGroupId"],
        ReplicationGroupDescription=v["about"] or v["ReplicationGroupId"],
        Engine=v["Engine"],
        CacheNodeType=v["CacheNodeType"],
        NumCacheClusters=v["NumCacheClusters"],
        AuthToken=v["AuthToken"],
        CacheSubnetGroupName=v["CacheSubnetGroupName"],
        SecurityGroupIds=v["SecurityGroupIds"] or None,
        **switches,
    )


WHERE = (
    Pick("CacheSubnetGroupName", "Subnet group", kind="elasticache:subnet-group"),
    Picks(
        "SecurityGroupIds",
        "Security groups",
        kind="ec2:security-group",
        help="They must let the programs in: 6379 for Redis, 11211 for Memcached.",
    ),
)
GROUP = Kind(
    "replication-group",
    "Redis or Valkey",
    "Redis and Valkey",
    groups,
    empty="A replication group is a cache with copies: one node takes writes, others stand by in other zones.",
    command=(
        "aws elasticache create-replication-group --replication-group-id "
        "sessions --replication-group-description sessions --engine "
        "redis --cache-node-type cache.t3.micro --num-cache-clusters 2 --automatic-failover-enabled --multi-az-enabled"
    ),
    actions=(
        Action(
            "create",
            "Create replication group",
            _create,
            (
                Text("ReplicationGroupId", "Name", required=True),
                Text("about", "About"),
                Choice("Engine", "Engine", ("valkey", "redis"), initial="redis", required=True),
                Text("CacheNodeType", "Node", initial="cache.t3.micro", options=NODES, required=True),
                Number("NumCacheClusters", "Nodes", initial=2, least=1, most=6, required=True),
                Switch("MultiAZEnabled", "Multi-AZ", initial=True),
                Switch("AutomaticFailoverEnabled", "Automatic failover", initial=True),
                Switch("TransitEncryptionEnabled", "TLS", initial=True),
                Switch("AtRestEncryptionEnabled", "Encrypt at rest", initial=True),
                Text("AuthToken", "Password (AUTH token)", help="At least 16 characters. It needs TLS."),
                *WHERE,
            ),
            new=True,
        ),
        delete("elasticache.delete_replication_group", "ReplicationGroupId", "Delete the group with what it holds?"),
    ),
)


def clusters(account: Account) -> Iterator[Thing]:
    for one in account.read("elasticache", "describe_cache_clusters").get("CacheClusters", []):
        facts = (
            Fact("Engine", one.get("Engine", "")),
            state_fact(one.get("CacheClusterStatus", ""), good=["available"], label="Status"),
            Fact("Nodes", str(one.get("NumCacheNodes", ""))),
            Fact("Node", one.get("CacheNodeType", "")),
        )
        links = (
            (Link("elasticache:replication-group", one["ReplicationGroupId"], "Member of"),)
            if one.get("ReplicationGroupId")
            else ()
        )
        yield Thing(one["CacheClusterId"], one["CacheClusterId"], facts, one.get("ARN", ""), one, links=links)


def _create_cluster(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "elasticache",
        "create_cache_cluster",
        CacheClusterId=v["CacheClusterId"],
        Engine=v["Engine"],
        CacheNodeType=v["CacheNodeType"],
        NumCacheNodes=v["NumCacheNodes"],
        CacheSubnetGroupName=v["CacheSubnetGroupName"],
        SecurityGroupIds=v["SecurityGroupIds"] or None,
    )


CLUSTER = Kind(
    "cluster",
    "Cache cluster",
    "Cache clusters",
    clusters,
    empty="A cache cluster keeps what is asked for often in memory. Memcached holds no copies: what is lost is fetched again.",
    command=(
        "aws elasticache create-cache-cluster --cache-cluster-id fragments --engine "
        "memcached --cache-node-type cache.t3.micro --num-cache-nodes 1"
    ),
    actions=(
        Action(
            "create",
            "Create cache cluster",
            _create_cluster,
            (
                Text("CacheClusterId", "Name", required=True),
                Choice("Engine", "Engine", ("memcached", "redis"), initial="memcached", required=True),
                Text("CacheNodeType", "Node", initial="cache.t3.micro", options=NODES, required=True),
                Number("NumCacheNodes", "Nodes", initial=1, least=1, most=20, required=True),
                *WHERE,
            ),
            new=True,
        ),
        delete("elasticache.delete_cache_cluster", "CacheClusterId", "Delete the cluster with what it holds?"),
    ),
)


def subnet_groups(account: Account) -> Iterator[Thing]:
    for one in account.read("elasticache", "describe_cache_subnet_groups").get("CacheSubnetGroups", []):
        subnets = [each["SubnetIdentifier"] for each in one.get("Subnets", [])]
        yield Thing(
            one["CacheSubnetGroupName"],
            one["CacheSubnetGroupName"],
            (Fact("VPC", one.get("VpcId", "")), Fact("Subnets", ", ".join(subnets))),
            one.get("ARN", ""),
            one,
        )


SUBNETS = Kind(
    "subnet-group",
    "Subnet group",
    "Subnet groups",
    subnet_groups,
    empty="A subnet group says in which subnets a cache may stand.",
    actions=(
        Action(
            "create",
            "Create subnet group",
            "elasticache.create_cache_subnet_group",
            (
                Text("CacheSubnetGroupName", "Name", required=True),
                Text("CacheSubnetGroupDescription", "Description", required=True),
                Picks("SubnetIds", "Subnets", kind="ec2:subnet", required=True),
            ),
            new=True,
        ),
    ),
)
SERVICE = Service("elasticache", "ElastiCache", "Caches in memory.", (GROUP, CLUSTER, SUBNETS))
