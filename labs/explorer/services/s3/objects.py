"""What is in a bucket: objects and their versions, looked at and changed one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Content,
    Pairs,
    Part,
    Row,
    Text,
    Thing,
    Values,
    ask,
    call,
)
from labs.explorer.saying import count

MOST = 200  # rows in a drawer
CLASSES = (
    ("STANDARD", "Standard: read often"),
    ("INTELLIGENT_TIERING", "Intelligent-Tiering: S3 moves it by how it is read"),
    ("STANDARD_IA", "Standard-IA: read about once a month; at least 30 days"),
    ("ONEZONE_IA", "One Zone-IA: can be made again; in one zone"),
    ("GLACIER_IR", "Glacier Instant Retrieval: read once a quarter, at once"),
    ("GLACIER", "Glacier Flexible Retrieval: back within minutes to hours"),
    ("DEEP_ARCHIVE", "Glacier Deep Archive: back within 12 to 48 hours"),
)
TYPES = (
    "text/plain",
    "text/html",
    "text/css",
    "application/json",
    "application/javascript",
    "text/csv",
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "application/pdf",
    "application/zip",
    "application/octet-stream",
)
ACLS = (
    ("private", "Private: the owner alone"),
    ("public-read", "Public read: everybody may read"),
    ("authenticated-read", "Authenticated read: anybody with an AWS account may read"),
    ("bucket-owner-read", "The bucket's owner may read"),
    ("bucket-owner-full-control", "The bucket's owner has full control"),
)


def part(account: Account, it: Thing) -> Part:
    """Return the objects of a bucket, as they stand."""
    answer = account.read("s3", "list_objects_v2", Bucket=it.id)
    found = answer.get("Contents", [])
    rows = tuple(
        Row(
            one["Key"],
            (
                one["Key"],
                _size(one.get("Size", 0)),
                one.get("StorageClass", "STANDARD"),
                str(one.get("LastModified", "")),
            ),
            data=one,
        )
        for one in found[:MOST]
    )
    title = f"Objects ({len(found)})" if len(found) <= MOST else f"Objects (the first {MOST} of {len(found)})"
    return Part("objects", title, ("Name", "Size", "Class", "Changed"), rows, empty="No objects yet. Upload one.")


def version_parts(account: Account, it: Thing) -> Iterator[Part]:
    """Yield the versions and delete markers, where there are any to speak of."""
    if not (it.data or {}).get("Versioning"):
        return
    answer = ask(account, "s3", "list_object_versions", Bucket=it.id)
    found = [(one, False) for one in answer.get("Versions", [])]
    found += [(one, True) for one in answer.get("DeleteMarkers", [])]
    found.sort(key=lambda pair: (pair[0]["Key"], not pair[0].get("IsLatest"), str(pair[0].get("LastModified", ""))))
    rows = tuple(
        Row(
            f"{one['Key']}?versionId={one['VersionId']}",
            (
                one["Key"],
                "delete marker" if marker else _size(one.get("Size", 0)),
                "latest" if one.get("IsLatest") else "old",
                one["VersionId"],
            ),
            data={"Key": one["Key"], "VersionId": one["VersionId"], "Marker": marker},
        )
        for one, marker in found[:MOST]
    )
    yield Part("versions", f"Versions ({len(found)})", ("Name", "Size", "", "Version"), rows, empty="No versions yet.")


def _size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return count(size, "byte") if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024  # type: ignore[assignment]
    return f"{size:.1f} GiB"


def _upload(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "s3",
        "put_object",
        Bucket=at.thing.id,
        Key=v["Key"],
        Body=v["Body"] if v["Body"] is not None else b"",
        ContentType=v["ContentType"],
        StorageClass=None if v["StorageClass"] == "STANDARD" else v["StorageClass"],
        ServerSideEncryption=v["ServerSideEncryption"],
        Metadata=v["Metadata"] or None,
    )


def _key(at: At, **more: Any) -> dict[str, Any]:
    return {"Bucket": at.thing.id, "Key": at.row.id, **more}


def _version(at: At) -> dict[str, Any]:
    return {"Bucket": at.thing.id, "Key": at.row.data["Key"], "VersionId": at.row.data["VersionId"]}


def _retag(v: Values, at: At) -> Iterator[Call]:
    tags = [{"Key": key, "Value": value} for key, value in v["tags"].items()]
    yield call("s3", "put_object_tagging", **_key(at), Tagging={"TagSet": tags})


def _tags(account: Account, at: At) -> Values:
    found = ask(account, "s3", "get_object_tagging", Bucket=at.thing.id, Key=at.row.id).get("TagSet", [])
    return {"tags": {one["Key"]: one["Value"] for one in found}}


def _copy(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "s3",
        "copy_object",
        Bucket=v["Bucket"] or at.thing.id,
        Key=v["Key"],
        CopySource=f"{at.thing.id}/{at.row.id}",
        StorageClass=v["StorageClass"],
    )


def _restore(v: Values, at: At) -> Iterator[Call]:
    if at.row.data["Marker"]:
        yield call("s3", "delete_object", **_version(at))
    else:
        where = _version(at)
        source = f"{where['Bucket']}/{where['Key']}?versionId={where['VersionId']}"
        yield call("s3", "copy_object", Bucket=where["Bucket"], Key=where["Key"], CopySource=source)


ACTIONS = (
    Action(
        "upload",
        "Upload object",
        _upload,
        (
            Text(
                "Key",
                "Name",
                required=True,
                placeholder="reports/2026.csv",
                help="Slashes make it look like folders; S3 has none.",
            ),
            Content("Body", "Content", file="object.txt", help="Type it, or choose a file."),
            Text(
                "ContentType",
                "Content type",
                initial="text/plain",
                options=TYPES,
                help="What a browser takes it for: a web page needs text/html.",
            ),
            Choice("StorageClass", "Storage class", CLASSES, initial="STANDARD"),
            Choice(
                "ServerSideEncryption",
                "Encryption",
                (("", "as the bucket says"), ("AES256", "SSE-S3"), ("aws:kms", "SSE-KMS")),
            ),
            Pairs("Metadata", "Metadata", help="Kept with the object and given back with it."),
        ),
        part="objects",
        verb="Upload",
    ),
    Action(
        "object", "View", lambda v, at: [call("s3", "get_object", **_key(at))], part="objects", row=True, verb="View"
    ),
    Action(
        "head",
        "Properties",
        lambda v, at: [call("s3", "head_object", **_key(at))],
        part="objects",
        row=True,
        verb="Show",
    ),
    Action(
        "overwrite",
        "Replace",
        lambda v, at: [call("s3", "put_object", **_key(at, Body=v["Body"] or b""), ContentType=v["ContentType"])],
        (
            Content("Body", "Content", file="object.txt"),
            Text("ContentType", "Content type", initial="text/plain", options=TYPES),
        ),
        part="objects",
        row=True,
    ),
    Action(
        "copy",
        "Copy",
        _copy,
        (
            Text("Key", "New name", required=True),
            Text("Bucket", "To bucket", help="Empty: the same one."),
            Choice("StorageClass", "Storage class", (("", "as it is now"), *CLASSES)),
        ),
        part="objects",
        row=True,
        verb="Copy",
        about="S3 copies by itself: nothing passes through your machine. A copy onto itself in another class moves it.",
    ),
    Action("object-tags", "Tags", _retag, (Pairs("tags", "Tags"),), _tags, part="objects", row=True),
    Action(
        "object-acl",
        "ACL",
        lambda v, at: [call("s3", "put_object_acl", **_key(at, ACL=v["ACL"]))],
        (Choice("ACL", "Who may read it", ACLS, initial="private"),),
        part="objects",
        row=True,
        about="Needs a bucket whose object ownership keeps ACLs on. A bucket policy is the better way to share.",
    ),
    Action(
        "delete-object",
        "Delete",
        lambda v, at: [call("s3", "delete_object", **_key(at))],
        part="objects",
        row=True,
        danger="Delete the object? With versioning on, a delete marker hides it and the versions stay.",
        verb="Delete",
    ),
    Action(
        "restore-version",
        "Restore",
        _restore,
        part="versions",
        row=True,
        verb="Restore",
        about="A delete marker is removed, so that the object is back; an old version is copied to be the latest.",
    ),
    Action(
        "version",
        "View",
        lambda v, at: [call("s3", "get_object", **_version(at))],
        part="versions",
        row=True,
        verb="View",
    ),
    Action(
        "delete-version",
        "Delete for good",
        lambda v, at: [call("s3", "delete_object", **_version(at))],
        part="versions",
        row=True,
        danger="Delete this version for good? It cannot be had back.",
        verb="Delete",
    ),
)
