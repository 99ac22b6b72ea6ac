"""Buckets, done by clicking."""

from __future__ import annotations

import json
from typing import Any

BUCKET = "s3:bucket"


def test_a_bucket_in_another_region_is_made_as_the_form_says(desk: Any) -> None:
    desk.do("kms:key", "create", Description="for records")
    key = desk.things("kms:key")[0]
    desk.do(
        BUCKET,
        "create",
        Bucket="records",
        region="eu-west-1",
        versioning=True,
        encryption="aws:kms",
        key=key.arn,
        tags={"team": "a"},
    )
    facts = desk.facts(BUCKET, "records")
    assert facts["Region"] == "eu-west-1"
    assert facts["Block Public Access"] == "4 of 4"
    assert facts["Versioning"] == "enabled"
    assert facts["Encryption"] == "SSE-KMS"
    it = desk.thing(BUCKET, "records")
    assert it.tags == {"team": "a"}
    assert [link.kind for link in it.links] == ["kms:key"]


def test_a_bucket_at_home_has_no_location_constraint(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="home", block=False)
    assert desk.facts(BUCKET, "home")["Region"] == "us-east-1"


def test_settings_one_by_one(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="site", ownership="BucketOwnerPreferred")
    desk.do(BUCKET, "block", "site", BlockPublicPolicy=False, RestrictPublicBuckets=False)
    assert desk.facts(BUCKET, "site")["Block Public Access"] == "2 of 4"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    desk.do(BUCKET, "policy", "site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    [fact] = [one for one in desk.thing(BUCKET, "site").facts if one.label == "Bucket policy"]
    assert (fact.value, fact.tone) == ("1 statement, open to everybody", "bad")
    desk.do(BUCKET, "policy", "site", Policy="")
    desk.do(BUCKET, "website", "site", serve=True, error="error.html")
    assert desk.facts(BUCKET, "site")["Website"] == "index index.html"
    desk.do(BUCKET, "versioning", "site")
    desk.do(BUCKET, "versioning", "site", Status="Suspended")
    facts = desk.facts(BUCKET, "site")
    assert (facts["Versioning"], facts["Bucket policy"], facts["Object ownership"]) == (
        "suspended",
        "none",
        "BucketOwnerPreferred",
    )
    desk.do(BUCKET, "tags", "site", tags={"a": "1", "b": "2"})
    desk.do(BUCKET, "tags", "site", tags={"b": "3"})
    assert desk.thing(BUCKET, "site").tags == {"b": "3"}
    desk.do(BUCKET, "tags", "site", tags={})
    assert desk.thing(BUCKET, "site").tags == {}


def test_rules_are_added_beside_those_that_are_there(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="logs")
    desk.do(
        BUCKET,
        "add-lifecycle",
        "logs",
        ID="age",
        prefix="logs/",
        class1="STANDARD_IA",
        class2="GLACIER",
        expire=365,
        old=30,
    )
    desk.do(BUCKET, "add-lifecycle", "logs", ID="parts", unfinished=7)
    rows = desk.rows(BUCKET, "logs", "lifecycle")
    assert rows[0][:2] == ("age", "logs/")
    assert rows[0][2] == "STANDARD_IA at 30 d; GLACIER at 90 d; expires at 365 d; old versions go after 30 d"
    assert rows[1][2] == "unfinished uploads go after 7 d"
    desk.do(BUCKET, "remove-lifecycle", "logs", row="0")
    assert [row[0] for row in desk.rows(BUCKET, "logs", "lifecycle")] == ["parts"]
    desk.do(BUCKET, "remove-lifecycle", "logs", row="0")
    assert desk.rows(BUCKET, "logs", "lifecycle") == []
    desk.do(BUCKET, "add-cors", "logs", AllowedOrigins=["https://app.example.com"], AllowedMethods=["PUT", "GET"])
    assert desk.rows(BUCKET, "logs", "cors")[0][:2] == ("https://app.example.com", "PUT, GET")
    desk.do(BUCKET, "remove-cors", "logs", row="0")
    assert desk.rows(BUCKET, "logs", "cors") == []


def test_events_go_to_a_queue_and_stop(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="uploads")
    desk.do("sqs:queue", "create", QueueName="jobs")
    queue = desk.thing("sqs:queue", "jobs")
    desk.do("sqs:queue", "let-in", "jobs", who="s3", bucket="uploads")
    desk.do(BUCKET, "add-notification", "uploads", prefix="incoming/", queue=queue.arn, Id="arrivals")
    assert desk.rows(BUCKET, "uploads", "notifications") == [("s3:ObjectCreated:*", "prefix incoming/", queue.arn)]
    desk.do(BUCKET, "upload", "uploads", Key="incoming/a.txt", Body="hello")
    messages = desk.do("sqs:queue", "receive", "jobs", MaxNumberOfMessages=10).get("Messages", [])
    assert any("a.txt" in one["Body"] for one in messages), messages
    desk.do(BUCKET, "remove-notification", "uploads", row="arrivals")
    assert desk.rows(BUCKET, "uploads", "notifications") == []


def test_objects_come_and_go_and_come_back(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="shelf", versioning=True)
    desk.do(
        BUCKET,
        "upload",
        "shelf",
        Key="a/b.html",
        Body="<p>one</p>",
        ContentType="text/html",
        StorageClass="STANDARD_IA",
    )
    desk.do(BUCKET, "overwrite", "shelf", row="a/b.html", Body="two")
    assert desk.do(BUCKET, "object", "shelf", row="a/b.html")["Body"] == b"two"
    desk.do(BUCKET, "delete-object", "shelf", row="a/b.html")
    assert desk.rows(BUCKET, "shelf", "objects") == []
    marker = next(row for row in _part(desk, "shelf", "versions").rows if row.data["Marker"])
    desk.do(BUCKET, "restore-version", "shelf", row=marker.id)
    assert desk.do(BUCKET, "object", "shelf", row="a/b.html")["Body"] == b"two"
    oldest = _part(desk, "shelf", "versions").rows[-1]
    desk.do(BUCKET, "restore-version", "shelf", row=oldest.id)
    assert desk.do(BUCKET, "object", "shelf", row="a/b.html")["Body"] == b"<p>one</p>"
    desk.do(BUCKET, "empty", "shelf")
    desk.do(BUCKET, "delete", "shelf")
    assert desk.things(BUCKET) == []


def _part(desk: Any, bucket: str, part: str) -> Any:
    return next(one for one in desk.thing(BUCKET, bucket).parts if one.id == part)


def test_lock_copy_and_logs(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="vault", ObjectLockEnabledForBucket=True)
    desk.do(BUCKET, "lock", "vault", Mode="GOVERNANCE", length=30)
    assert desk.thing(BUCKET, "vault").data["ObjectLock"]["Rule"]["DefaultRetention"]["Days"] == 30
    desk.do(BUCKET, "create", Bucket="logs")
    desk.do(BUCKET, "upload", "logs", Key="x", Body="x")
    desk.do(BUCKET, "copy", "logs", row="x", Key="x", StorageClass="STANDARD_IA")
    assert desk.rows(BUCKET, "logs", "objects")[0][2] == "STANDARD_IA"
    desk.do(BUCKET, "object-tags", "logs", row="x", tags={"k": "v"})


def test_an_access_point_leads_to_a_bucket(desk: Any) -> None:
    desk.do(BUCKET, "create", Bucket="legal")
    desk.do("s3:access-point", "create", Name="readers", Bucket="legal")
    assert desk.facts("s3:access-point", "readers")["Bucket"] == "legal"
