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
        _found(kept, days),
        looked_at="the backup retention of {instance}",
        needed="{wanted} or more.",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} {option} --apply-immediately",
        counterexample="A mistake noticed after {late} could not be undone.",
        instance=instance,
        kept=_days(kept),
        wanted=_days(days),
        late=_days(kept + 1),
        option=option,
        waiting=_days(waiting or 0),
    )


def _found(kept: int, days: int) -> str:
    if kept >= days:
        return "{instance} keeps its backups for {kept}, but a change to {waiting} waits for the maintenance window."
    return "{instance} keeps its backups for {kept}." if kept else "Automated backups of {instance} are off."


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
