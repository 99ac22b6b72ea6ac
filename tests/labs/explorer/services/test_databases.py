"""Databases of both sorts, done by clicking."""

from __future__ import annotations

import json
from typing import Any

DB, TABLE = "rds:instance", "dynamodb:table"


def test_a_database_is_made_private_and_changed_at_once(desk: Any) -> None:
    subnets = {one.data["AvailabilityZone"]: one.id for one in desk.things("ec2:subnet")}
    two = list(subnets.values())[:2]
    desk.do(
        "rds:subnet-group", "create", DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=two
    )
    assert [fact.tone for fact in desk.thing("rds:subnet-group", "private").facts if fact.label == "Zones"] == ["good"]
    desk.do(
        DB,
        "create",
        DBInstanceIdentifier="orders",
        Engine="postgres",
        MasterUsername="dba",
        DBSubnetGroupName="private",
    )
    desk.box.learner.at += 3600
    facts = desk.facts(DB, "orders")
    assert (facts["Multi-AZ"], facts["Public"], facts["Encrypted"], facts["Backups"]) == ("off", "off", "on", "7 days")
    desk.do(DB, "modify", "orders", MultiAZ=True, DeletionProtection=True, BackupRetentionPeriod=14)
    desk.box.learner.at += 3600
    facts = desk.facts(DB, "orders")
    assert (facts["Multi-AZ"], facts["Deletion protection"], facts["Backups"]) == ("on", "on", "14 days")
    desk.do(DB, "reboot", "orders", ForceFailover=True)
    desk.box.learner.at += 3600
    desk.do(DB, "tags", "orders", tags={"team": "a"})
    assert desk.thing(DB, "orders").tags == {"team": "a"}
    desk.do(DB, "modify", "orders", DeletionProtection=False)
    desk.box.learner.at += 3600
    desk.do(DB, "delete", "orders", FinalDBSnapshotIdentifier="last")
    desk.box.learner.at += 3600
    assert desk.things(DB) == []


def test_a_plain_database_is_encrypted_by_a_copy_of_its_snapshot(desk: Any) -> None:
    typed = {"kept": "typed", "MasterUserPassword": "correct-horse"}
    desk.do(DB, "create", DBInstanceIdentifier="plain", StorageEncrypted=False, **typed)
    desk.box.learner.at += 3600
    desk.do(DB, "snapshot", "plain", DBSnapshotIdentifier="before")
    desk.do("kms:key", "create", alias="db")
    [key] = [one for one in desk.things("kms:key") if one.name == "alias/db"]
    desk.box.learner.at += 3600
    desk.do("rds:snapshot", "copy", "before", TargetDBSnapshotIdentifier="enc", KmsKeyId=key.arn)
    desk.box.learner.at += 3600
    assert desk.thing("rds:snapshot", "enc").data["Encrypted"]
    desk.do("rds:snapshot", "restore", "enc", DBInstanceIdentifier="sealed")
    desk.box.learner.at += 3600
    assert desk.facts(DB, "sealed")["Encrypted"] == "on"
    desk.do(DB, "replica", "plain", DBInstanceIdentifier="reader")
    desk.box.learner.at += 3600
    assert [link.id for link in desk.thing(DB, "plain").links if link.about == "Read replica"] == ["reader"]
    desk.do("rds:parameter-group", "create", DBParameterGroupName="mine", Description="mine")
    desk.do("rds:parameter-group", "set", "mine", ParameterName="max_connections", ParameterValue="50")
    assert ("max_connections", "50", "pending-reboot") in desk.rows("rds:parameter-group", "mine", "parameters")


def test_a_cluster_has_a_writer_and_a_reader(desk: Any) -> None:
    desk.do("rds:cluster", "create", DBClusterIdentifier="shop", MasterUserPassword="correct-horse")
    desk.box.learner.at += 3600
    facts = desk.facts("rds:cluster", "shop")
    assert facts["Capacity"] == "0.5 to 4.0 ACU" or facts["Capacity"].startswith("0.5 to 4")
    assert len(desk.things(DB)) == 2
    desk.do("rds:cluster", "edit", "shop", DeletionProtection=True)
    assert desk.facts("rds:cluster", "shop")["Deletion protection"] == "on"


def test_a_table_its_items_and_its_indexes(desk: Any) -> None:
    index = {"name": "by-author", "hash": "author", "range": "pages", "range_type": "N"}
    desk.do(
        TABLE, "create", TableName="Books", hash="bookId", range="chapter", indexes=[index], stream="NEW_AND_OLD_IMAGES"
    )
    facts = desk.facts(TABLE, "Books")
    assert (facts["Key"], facts["Capacity"], facts["Stream"]) == (
        "bookId (S) + chapter (S)",
        "on demand",
        "NEW_AND_OLD_IMAGES",
    )
    assert desk.rows(TABLE, "Books", "indexes")[0][:2] == ("by-author", "author (S) + pages (N)")
    for chapter in ("01", "02"):
        desk.do(TABLE, "put", "Books", Item={"bookId": "b1", "chapter": chapter, "author": "ann", "pages": 10})
    desk.do(TABLE, "update-item", "Books", row="b1 / 02", set=[{"name": "pages", "type": "N", "value": "42"}])
    found = desk.do(TABLE, "query", "Books", IndexName="by-author", hash="ann", how=">", range="20")
    assert [one["pages"] for one in found["Items"]] == [{"N": "42"}]
    desk.do(
        TABLE,
        "edit-item",
        "Books",
        row="b1 / 01",
        Item={"bookId": {"S": "b1"}, "chapter": {"S": "01"}, "tags": {"L": [{"S": "x"}]}},
    )
    assert ("b1", "01", "tags: ['x']") in desk.rows(TABLE, "Books", "items")
    desk.do(TABLE, "remove-item", "Books", row="b1 / 01")
    assert len(desk.do(TABLE, "scan", "Books", name="author", value="ann")["Items"]) == 1
    desk.do(TABLE, "ttl", "Books", AttributeName="expiresAt")
    desk.do(TABLE, "pitr", "Books", on=True)
    desk.do(TABLE, "backup", "Books", BackupName="posts-v1")
    desk.do(TABLE, "add-index", "Books", name="by-chapter", hash="chapter")
    desk.do(TABLE, "capacity", "Books", BillingMode="PROVISIONED", reads=20, writes=6)
    facts = desk.facts(TABLE, "Books")
    assert (facts["Items expire by"], facts["Point-in-time recovery"], facts["Capacity"]) == (
        "expiresAt",
        "on",
        "20 reads, 6 writes a second",
    )
    assert {row[0] for row in desk.rows(TABLE, "Books", "indexes")} == {"by-author", "by-chapter"}
    desk.do(TABLE, "restore-backup", "Books", row="posts-v1", TargetTableName="Again")
    desk.do(TABLE, "tags", "Books", tags={"k": "v"})
    desk.do(TABLE, "delete", "Books")
    assert [one.id for one in desk.things(TABLE)] == ["Again"]


def test_json_keeps_numbers_numbers(desk: Any) -> None:
    desk.do(TABLE, "create", TableName="T", hash="id", hash_type="N")
    desk.do(TABLE, "put", "T", Item=json.loads('{"id": 1, "n": "42", "deep": {"ok": true, "none": null}}'))
    [row] = [row for part in desk.thing(TABLE, "T").parts if part.id == "items" for row in part.rows]
    assert row.data == {
        "id": {"N": "1"},
        "n": {"S": "42"},
        "deep": {"M": {"ok": {"BOOL": True}, "none": {"NULL": True}}},
    }
