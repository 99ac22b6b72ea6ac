"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html"""

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_keeps_backups(account: Account, *, instance: str, days: int) -> None:
    """{instance} keeps automated backups for {days} days or longer."""
    found = databases.the_instance(account, instance)
    cluster = databases.the_cluster(account, found) or {}
    kept = max(found.get("BackupRetentionPeriod", 0), cluster.get("BackupRetentionPeriod", 0))
    waiting = databases.pending(found, "BackupRetentionPeriod")
    option = f"--backup-retention-period {days}"
    if kept >= days and (waiting is None or waiting >= days):
        return
    if waiting is not None and waiting >= days:
        raise databases.still_pending(instance, "Backup retention", option)
    raise Fail(
        f"{instance} keeps its backups for {_days(kept)}." if kept else f"Automated backups of {instance} are off.",
        looked_at=f"the backup retention of {instance}",
        needed=f"{_days(days)} or more.",
        try_=f"aws rds modify-db-instance --db-instance-identifier {instance} {option} --apply-immediately",
        counterexample=f"A mistake noticed after {_days(kept + 1)} could not be undone.",
    )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
