"""Backups of a table, and new tables made of them or of any moment that is kept."""

from __future__ import annotations

from graders import Account
from labs.explorer.model import Action, Part, Row, Text, Thing, ask, call


def part(account: Account, it: Thing) -> Part:
    """Return the backups that were made of a table."""
    found = ask(account, "dynamodb", "list_backups", TableName=it.id).get("BackupSummaries", [])
    return Part(
        "backups",
        "Backups",
        ("Name", "Status", "Made"),
        tuple(
            Row(
                one["BackupArn"],
                (one["BackupName"], one.get("BackupStatus", ""), str(one.get("BackupCreationDateTime", ""))),
                data=one,
            )
            for one in found
        ),
        "None on demand.",
    )


ACTIONS = (
    Action(
        "backup",
        "Create backup",
        "dynamodb.create_backup",
        (Text("BackupName", "Name", required=True),),
        thing="TableName",
        part="backups",
    ),
    Action(
        "restore-backup",
        "Restore",
        lambda v, at: [
            call("dynamodb", "restore_table_from_backup", BackupArn=at.row.id, TargetTableName=v["TargetTableName"])
        ],
        (Text("TargetTableName", "As table", required=True),),
        part="backups",
        row=True,
        verb="Restore",
    ),
    Action(
        "remove-backup",
        "Delete",
        lambda v, at: [call("dynamodb", "delete_backup", BackupArn=at.row.id)],
        part="backups",
        row=True,
        danger="Delete this backup?",
        verb="Delete",
    ),
    Action(
        "restore",
        "Restore to a moment",
        lambda v, at: [
            call(
                "dynamodb",
                "restore_table_to_point_in_time",
                SourceTableName=at.thing.id,
                TargetTableName=v["TargetTableName"],
                RestoreDateTime=v["RestoreDateTime"],
                UseLatestRestorableTime=None if v["RestoreDateTime"] else True,
            )
        ],
        (
            Text("TargetTableName", "As table", required=True),
            Text("RestoreDateTime", "Moment", placeholder="2030-01-31T12:00:00Z", help="Empty: the latest."),
        ),
        verb="Restore",
        when=lambda it: bool((it.data or {}).get("Pitr")),
    ),
)
