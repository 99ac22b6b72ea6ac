"""What this lab alone asks."""

from graders import Account, Fail, check


@check(permissions=["kms:DescribeKey", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots"])
def encrypted_under(account: Account, *, name: str, alias: str, snapshot: bool = False) -> None:
    """{name} is encrypted under the key of {alias}."""
    if snapshot:
        found = [
            one
            for one in account.read("rds", "describe_db_snapshots")["DBSnapshots"]
            if one["DBSnapshotIdentifier"] == name
        ]
    else:
        found = [
            one
            for one in account.read("rds", "describe_db_instances")["DBInstances"]
            if one["DBInstanceIdentifier"] == name
        ]
    if not found:
        raise Fail(
            "There is no {name}.", name=name, needed="A thing of that name, encrypted under {alias}.", alias=alias
        )
    encrypted = found[0].get("Encrypted", False) if snapshot else found[0].get("StorageEncrypted", False)
    if not encrypted:
        raise Fail(
            "{name} is not encrypted.",
            looked_at="the encryption of {name}",
            needed="Encryption under the key of {alias}. Only a copy of a snapshot can be encrypted on the way.",
            try_="aws rds copy-db-snapshot --kms-key-id {alias} …",
            name=name,
            alias=alias,
        )
    key = account.read("kms", "describe_key", KeyId=alias)["KeyMetadata"]
    used = found[0].get("KmsKeyId", "")
    if used not in (key["KeyId"], key["Arn"], alias):
        raise Fail(
            "{name} is encrypted under {used}.",
            looked_at="the key of {name}",
            needed="The key of {alias}, {key}.",
            counterexample="A key that AWS manages cannot be shared with the account that keeps the backups.",
            name=name,
            used=used or "another key",
            alias=alias,
            key=key["KeyId"],
        )


@check(permissions=["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"])
def restored_beside(account: Account, *, instance: str, original: str) -> None:
    """{instance} stands beside {original}, with an endpoint of its own and no public address."""
    listed = {one["DBInstanceIdentifier"]: one for one in account.read("rds", "describe_db_instances")["DBInstances"]}
    for name in (instance, original):
        if name not in listed:
            raise Fail("There is no DB instance {name}.", name=name, needed="Both: nothing is thrown away yet.")
    if listed[instance].get("PubliclyAccessible"):
        raise Fail(
            "{instance} has a public address.",
            needed="None. A restored instance does not get its settings from the original.",
            try_="aws rds modify-db-instance --no-publicly-accessible …",
            instance=instance,
        )
    if listed[instance]["Engine"] != listed[original]["Engine"]:
        raise Fail(
            "{instance} runs {engine}.",
            needed="The engine of {original}.",
            instance=instance,
            engine=listed[instance]["Engine"],
            original=original,
        )


@check(permissions=["backup:GetBackupPlan", "backup:ListBackupPlans", "backup:ListBackupVaults"])
def plan_keeps(account: Account, *, plan: str, vault: str, days: int) -> None:
    """The backup plan {plan} takes a backup every day into {vault}, and keeps it for {days} days."""
    vaults = {one["BackupVaultName"] for one in account.read("backup", "list_backup_vaults")["BackupVaultList"]}
    if vault not in vaults:
        raise Fail("There is no backup vault {vault}.", vault=vault, try_="aws backup create-backup-vault …")
    plans = account.read("backup", "list_backup_plans")["BackupPlansList"]
    found = [one["BackupPlanId"] for one in plans if one["BackupPlanName"] == plan]
    if not found:
        raise Fail("There is no backup plan {plan}.", plan=plan, try_="aws backup create-backup-plan …")
    rules = account.read("backup", "get_backup_plan", BackupPlanId=found[0])["BackupPlan"]["Rules"]
    for rule in rules:
        kept = rule.get("Lifecycle", {}).get("DeleteAfterDays")
        # minute hour day month weekday year: daily, when it fires each day of each month
        when = rule.get("ScheduleExpression", "cron(0 5 ? * * *)").removeprefix("cron(").removesuffix(")").split()
        daily = when == ["rate(1", "day"] or (len(when) == 6 and set(when[2:]) <= {"*", "?"})
        if rule["TargetBackupVaultName"] == vault and kept == days and daily:
            return
    raise Fail(
        "No rule of {plan} takes a daily backup into {vault} that is deleted after {days} days.",
        looked_at="the rules of {plan}",
        needed="One rule: every day, into {vault}, DeleteAfterDays {days}.",
        plan=plan,
        vault=vault,
        days=str(days),
    )
