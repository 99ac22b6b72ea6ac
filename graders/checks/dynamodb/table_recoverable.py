"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.html"""

from graders import Account, Fail, check, tables


@check(permissions=[*tables.PERMISSIONS, "dynamodb:DescribeContinuousBackups", "dynamodb:ListBackups"])
def table_recoverable(account: Account, *, table: str, days: int = 1) -> None:
    """{table} can be restored to any second of the last days (point-in-time recovery).

    Of the last `days`; AWS keeps 35 where nothing else is set. A backup taken by hand holds one moment only.
    """
    tables.the_table(account, table)
    told = account.read("dynamodb", "describe_continuous_backups", TableName=table)["ContinuousBackupsDescription"]
    recovery = told.get("PointInTimeRecoveryDescription", {})
    status, period = recovery.get("PointInTimeRecoveryStatus", "DISABLED"), recovery.get("RecoveryPeriodInDays", 35)
    if status == "ENABLED" and period >= days:
        return
    backups = account.read("dynamodb", "list_backups", TableName=table).get("BackupSummaries", [])
    said = "Point-in-time recovery of {table} is {status}."
    if status == "ENABLED":
        said = "{table} can be restored for {period} days back, not {days}."
    elif backups:
        said += " The backup {backup} holds one moment: what was written after it is lost."
    raise Fail(
        said,
        looked_at="the continuous backups of {table}",
        needed="Point-in-time recovery ENABLED, for {days} days or more.",
        try_="aws dynamodb update-continuous-backups --table-name {table} --point-in-time-recovery-specification …",
        counterexample="A wrong delete of five minutes ago cannot be undone in {table}.",
        table=table,
        status=status,
        period=period,
        days=days,
        backup=backups[0]["BackupName"] if backups else "",
    )
