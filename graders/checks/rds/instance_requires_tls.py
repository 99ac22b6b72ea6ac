"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html"""

from typing import Any

from graders import Account, Fail, check, databases

# The parameter that forces TLS, by the beginning of the engine's name.
SWITCHES = {
    "postgres": "rds.force_ssl",
    "aurora-postgresql": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
    "aurora-mysql": "require_secure_transport",
}
ON = ("1", "on", "true")


@check(permissions=[*databases.PERMISSIONS, "rds:DescribeDBParameters", "rds:DescribeDBClusterParameters"])
def instance_requires_tls(account: Account, *, instance: str) -> None:
    """{instance} refuses connections that are not encrypted (TLS).

    By its own parameter group, or its cluster's, in force now. PostgreSQL forces TLS from version 15 on, MariaDB from
    11.8 on, where nothing says otherwise.
    """
    found = databases.the_instance(account, instance)
    engine, version = str(found.get("Engine")), str(found.get("EngineVersion", ""))
    switch = next((name for start, name in SWITCHES.items() if engine.startswith(start)), "rds.force_ssl")
    groups = found.get("DBParameterGroups", [])
    values = {one["DBParameterGroupName"]: databases.parameters(account, one["DBParameterGroupName"]) for one in groups}
    cluster = databases.the_cluster(account, found)
    if cluster is not None and (name := cluster.get("DBClusterParameterGroup")):
        values[name] = databases.parameters(account, name, cluster=True)
    waiting = {one["DBParameterGroupName"]: one.get("ParameterApplyStatus", "in-sync") for one in groups}
    told = [(name, one[switch]) for name, one in values.items() if switch in one]
    for name, value in told:
        if value.lower() in ON and waiting.get(name, "in-sync") in ("in-sync", "applying"):
            return
    if not told and _on_by_default(engine, version):
        return
    pending = [name for name, value in told if value.lower() in ON]
    raise Fail(
        _found(found, bool(told), bool(pending)),
        looked_at="the parameter groups of {instance}: {groups}",
        needed="{switch} on, in a parameter group that {instance} uses.",
        try_="aws rds reboot-db-instance --db-instance-identifier {instance}"
        if pending
        else "aws rds modify-db-parameter-group with {switch}=1, in a group of your own, and the group on {instance}.",
        counterexample="A client that speaks no TLS can still send its password to {instance} in clear.",
        instance=instance,
        switch=switch,
        group=(pending or [name for name, _ in told] or list(values) or ["no group"])[0],
        groups=list(values),
        edited=_edited_elsewhere(account, switch, list(values)),
    )


def _found(found: dict[str, Any], told: bool, pending: bool) -> str:
    if pending:
        return "{switch} is set in {group}, but {instance} must be rebooted before it uses that group."
    said = "{switch} of {instance} is off in {group}." if told else "Nothing sets {switch} for {instance} in {group}."
    return f"{said}{{edited}}"


def _edited_elsewhere(account: Account, switch: str, used: list[str]) -> str:
    """The near miss: the parameter is right, in a group that another instance uses."""
    for other in databases.others(account, ""):
        for group in other.get("DBParameterGroups", []):
            name = group["DBParameterGroupName"]
            if name not in used and databases.parameters(account, name).get(switch, "").lower() in ON:
                return f" It is on in {name}, the group of {other['DBInstanceIdentifier']}."
    return ""


def _on_by_default(engine: str, version: str) -> bool:
    numbers = [int(one) if one.isdigit() else 0 for one in version.split(".")[:2]]
    if engine in ("postgres", "aurora-postgresql"):
        return numbers >= ([15] if engine == "postgres" else [17])
    return engine == "mariadb" and numbers >= [11, 8]
