"""What a bucket has lists of: lifecycle, CORS, notification and replication rules, each added and removed by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Choices,
    Json,
    Lines,
    Number,
    Part,
    Pick,
    Row,
    Switch,
    Text,
    Values,
    call,
)
from labs.explorer.saying import given, said

# What a notification tells, and in which list of the configuration it stands.
TARGETS: Final = {"QueueArn": "sqs:queue", "TopicArn": "sns:topic", "LambdaFunctionArn": "lambda:function"}
LISTS: Final = {
    "QueueArn": "QueueConfigurations",
    "TopicArn": "TopicConfigurations",
    "LambdaFunctionArn": "LambdaFunctionConfigurations",
}
EVENTS = (
    ("s3:ObjectCreated:*", "any object created"),
    ("s3:ObjectCreated:Put", "created by PUT"),
    ("s3:ObjectCreated:Post", "created by POST"),
    ("s3:ObjectCreated:Copy", "created by a copy"),
    ("s3:ObjectCreated:CompleteMultipartUpload", "created in parts"),
    ("s3:ObjectRemoved:*", "any object removed"),
    ("s3:ObjectRemoved:Delete", "deleted for good"),
    ("s3:ObjectRemoved:DeleteMarkerCreated", "hidden by a delete marker"),
    ("s3:ObjectRestore:Completed", "restored from the archive"),
)
COLDER = (
    ("STANDARD_IA", "Standard-IA (from 30 days)"),
    ("INTELLIGENT_TIERING", "Intelligent-Tiering"),
    ("ONEZONE_IA", "One Zone-IA (from 30 days)"),
    ("GLACIER_IR", "Glacier Instant Retrieval"),
    ("GLACIER", "Glacier Flexible Retrieval"),
    ("DEEP_ARCHIVE", "Glacier Deep Archive"),
)


def parts(found: dict[str, Any]) -> Iterator[Part]:
    """Yield the tables of a bucket's rules. `found`: what the drawer has read of it."""
    rows = tuple(_lifecycle_row(number, rule) for number, rule in enumerate(found["Lifecycle"]))
    yield Part("lifecycle", "Lifecycle rules", ("Rule", "For", "Does", "Status"), rows, "Objects stay as they are.")
    rows = tuple(
        Row(
            str(number),
            (
                said(rule.get("AllowedOrigins", [])),
                said(rule.get("AllowedMethods", [])),
                said(rule.get("AllowedHeaders", [])),
            ),
            "bad" if "*" in rule.get("AllowedOrigins", []) else "",
            rule,
        )
        for number, rule in enumerate(found["Cors"])
    )
    yield Part("cors", "CORS", ("Origins", "Methods", "Headers"), rows, "Scripts of other sites may not read answers.")
    yield Part(
        "notifications",
        "Event notifications",
        ("Events", "Names", "Go to"),
        tuple(_notifications(found["Notifications"])),
        "Nobody is told of what happens here.",
    )
    rules = found["Replication"].get("Rules", [])
    rows = tuple(
        Row(
            rule.get("ID", str(number)),
            (rule.get("ID", ""), _prefix(rule) or "everything", rule["Destination"]["Bucket"], rule.get("Status", "")),
            data=rule,
        )
        for number, rule in enumerate(rules)
    )
    yield Part(
        "replication", "Replication", ("Rule", "For", "To", "Status"), rows, "Nothing is copied to another bucket."
    )


def _prefix(rule: dict[str, Any]) -> str:
    where = rule.get("Filter", {})
    return str(rule.get("Prefix") or where.get("Prefix") or where.get("And", {}).get("Prefix") or "")


def _lifecycle_row(number: int, rule: dict[str, Any]) -> Row:
    does = [f"{one['StorageClass']} at {_at(one)}" for one in rule.get("Transitions", [])]
    if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
        does.append("lone delete markers go")
    elif rule.get("Expiration"):
        does.append(f"expires at {_at(rule['Expiration'])}")
    does += [
        f"old versions {one['StorageClass']} after {one.get('NoncurrentDays')} d"
        for one in rule.get("NoncurrentVersionTransitions", [])
    ]
    if old := rule.get("NoncurrentVersionExpiration"):
        does.append(f"old versions go after {old.get('NoncurrentDays')} d")
    if parts := rule.get("AbortIncompleteMultipartUpload"):
        does.append(f"unfinished uploads go after {parts['DaysAfterInitiation']} d")
    cells = (rule.get("ID", ""), _prefix(rule) or "everything", "; ".join(does) or "nothing", rule.get("Status", ""))
    return Row(str(number), cells, "" if rule.get("Status") == "Enabled" else "bad", rule)


def _at(when: dict[str, Any]) -> str:
    return f"{when['Days']} d" if "Days" in when else str(when.get("Date", ""))


def _notifications(found: dict[str, Any]) -> Iterator[Row]:
    for key, name in LISTS.items():
        for number, one in enumerate(found.get(name, [])):
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            names = ", ".join(f"{rule['Name'].lower()} {rule['Value']}" for rule in rules)
            cells = (said(one.get("Events", [])), names or "all", one[key])
            yield Row(one.get("Id") or f"{key}-{number}", cells, data={"list": name, "number": number})


def _clean(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule as S3 takes it back: a Filter in place of the old Prefix."""
    made = {key: one for key, one in rule.items() if key != "Prefix"}
    made.setdefault("Filter", {"Prefix": rule.get("Prefix", "")})
    return made


def _put_lifecycle(at: At, rules: list[dict[str, Any]]) -> Call:
    if not rules:
        return call("s3", "delete_bucket_lifecycle", Bucket=at.thing.id)
    kept = {"Rules": rules}
    return call("s3", "put_bucket_lifecycle_configuration", Bucket=at.thing.id, LifecycleConfiguration=kept)


def _add_lifecycle(v: Values, at: At) -> Iterator[Call]:
    moves = [(v["days1"], v["class1"]), (v["days2"], v["class2"]), (v["days3"], v["class3"])]
    made = given(
        ID=v["ID"],
        Status="Enabled" if v["on"] else "Disabled",
        Transitions=[{"Days": days, "StorageClass": name} for days, name in moves if days is not None and name],
        Expiration={"Days": v["expire"]} if v["expire"] else None,
        NoncurrentVersionExpiration={"NoncurrentDays": v["old"]} if v["old"] else None,
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": v["unfinished"]} if v["unfinished"] else None,
    )
    made["Filter"] = {"Prefix": v["prefix"] or ""}
    others = [_clean(one) for one in at.thing.data["Lifecycle"] if one.get("ID") != v["ID"]]
    yield _put_lifecycle(at, [*others, made])


def _without(rules: list[dict[str, Any]], at: At) -> list[dict[str, Any]]:
    return [one for number, one in enumerate(rules) if str(number) != at.row.id]


def _put_cors(at: At, rules: list[dict[str, Any]]) -> Call:
    if not rules:
        return call("s3", "delete_bucket_cors", Bucket=at.thing.id)
    return call("s3", "put_bucket_cors", Bucket=at.thing.id, CORSConfiguration={"CORSRules": rules})


def _add_cors(v: Values, at: At) -> Iterator[Call]:
    made = given(
        AllowedOrigins=v["AllowedOrigins"],
        AllowedMethods=v["AllowedMethods"],
        AllowedHeaders=v["AllowedHeaders"],
        ExposeHeaders=v["ExposeHeaders"],
        MaxAgeSeconds=v["MaxAgeSeconds"],
    )
    yield _put_cors(at, [*at.thing.data["Cors"], made])


def _put_notifications(at: At, wanted: dict[str, Any]) -> Call:
    kept = {key: one for key, one in wanted.items() if one or key == "EventBridgeConfiguration"}
    return call("s3", "put_bucket_notification_configuration", Bucket=at.thing.id, NotificationConfiguration=kept)


def _add_notification(v: Values, at: At) -> Iterator[Call]:
    rules = [{"Name": name, "Value": v[name]} for name in ("prefix", "suffix") if v[name]]
    key = {"queue": "QueueArn", "topic": "TopicArn", "function": "LambdaFunctionArn"}[v["to"]]
    made = given(Id=v["Id"], Events=v["Events"], Filter={"Key": {"FilterRules": rules}} if rules else None)
    made[key] = v[v["to"]]
    before = at.thing.data["Notifications"]
    if v["to"] == "function" and v["permit"]:
        yield call(
            "lambda",
            "add_permission",
            FunctionName=v["function"],
            StatementId=f"s3-{at.thing.id}".replace(".", "-"),
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{at.thing.id}",
            SourceAccount=at.account_id,
        )
    yield _put_notifications(at, {**before, LISTS[key]: [*before.get(LISTS[key], []), made]})


def _remove_notification(v: Values, at: At) -> Iterator[Call]:
    before, name = at.thing.data["Notifications"], at.row.data["list"]
    kept = [one for number, one in enumerate(before[name]) if number != at.row.data["number"]]
    yield _put_notifications(at, {**before, name: kept})


def _add_replication(v: Values, at: At) -> Iterator[Call]:
    to = given(Bucket=f"arn:aws:s3:::{v['bucket']}", StorageClass=v["StorageClass"])
    made = {
        "ID": v["ID"],
        "Status": "Enabled",
        "Priority": v["Priority"],
        "Filter": {"Prefix": v["prefix"] or ""},
        "DeleteMarkerReplication": {"Status": "Enabled" if v["markers"] else "Disabled"},
        "Destination": to,
    }
    others = [one for one in at.thing.data["Replication"].get("Rules", []) if one.get("ID") != v["ID"]]
    made_all = {"Role": v["Role"], "Rules": [*others, made]}
    yield call("s3", "put_bucket_replication", Bucket=at.thing.id, ReplicationConfiguration=made_all)


def _add_inventory(v: Values, at: At) -> Iterator[Call]:
    made = {
        "Id": v["Id"],
        "IsEnabled": True,
        "IncludedObjectVersions": v["versions"],
        "Schedule": {"Frequency": v["Frequency"]},
        "Destination": {
            "S3BucketDestination": given(Bucket=f"arn:aws:s3:::{v['bucket']}", Format=v["Format"], Prefix=v["prefix"])
        },
    }
    yield call("s3", "put_bucket_inventory_configuration", Bucket=at.thing.id, Id=v["Id"], InventoryConfiguration=made)


def _steps() -> Iterator[Any]:
    for number, days, name in ((1, 30, ""), (2, 90, ""), (3, 180, "")):
        yield Choice(f"class{number}", f"Move {number}", (("", "no move"), *COLDER), initial=name)
        classes = tuple(value for value, _ in COLDER)
        yield Number(f"days{number}", "after", initial=days, least=0, unit="days", when=(f"class{number}", *classes))


ACTIONS = (
    Action(
        "add-lifecycle",
        "Add lifecycle rule",
        _add_lifecycle,
        (
            Text("ID", "Name", required=True, help="One of the same name is replaced."),
            Text("prefix", "Names that begin with", placeholder="logs/", help="Empty: every object."),
            *_steps(),
            Number("expire", "Delete after", least=1, unit="days", help="Counted from when the object was made."),
            Number("old", "Delete old versions after", least=1, unit="days", help="Counted from when they became old."),
            Number("unfinished", "Drop unfinished uploads after", least=1, unit="days"),
            Switch("on", "Rule is on", initial=True),
        ),
        part="lifecycle",
        about="Objects get cheaper with age, and go. Every kind of move costs a little for each object.",
    ),
    Action(
        "lifecycle",
        "Edit all as JSON",
        lambda v, at: [_put_lifecycle(at, v["Rules"] or [])],
        (Json("Rules", "Rules", help="A list of rules. Empty: none."),),
        lambda account, at: {"Rules": [_clean(one) for one in at.thing.data["Lifecycle"]]},
        part="lifecycle",
    ),
    Action(
        "remove-lifecycle",
        "Remove",
        lambda v, at: [_put_lifecycle(at, [_clean(one) for one in _without(at.thing.data["Lifecycle"], at)])],
        part="lifecycle",
        row=True,
        danger="Remove this rule?",
        verb="Remove",
    ),
    Action(
        "add-cors",
        "Add CORS rule",
        _add_cors,
        (
            Lines(
                "AllowedOrigins",
                "Origins",
                required=True,
                placeholder="https://app.example.com",
                help="One a line: scheme and host, no slash at the end.",
            ),
            Choices(
                "AllowedMethods", "Methods", ("GET", "PUT", "POST", "DELETE", "HEAD"), initial=("GET",), required=True
            ),
            Lines("AllowedHeaders", "Request headers", initial=("*",)),
            Lines("ExposeHeaders", "Answer headers scripts may read", placeholder="ETag"),
            Number("MaxAgeSeconds", "Browsers may remember it for", least=0, unit="seconds", initial=3000),
        ),
        part="cors",
        about="Lets scripts of another site's pages call this bucket. It opens nothing: who may do what stays as it is.",
    ),
    Action(
        "remove-cors",
        "Remove",
        lambda v, at: [_put_cors(at, _without(at.thing.data["Cors"], at))],
        part="cors",
        row=True,
        danger="Remove this rule?",
        verb="Remove",
    ),
    Action(
        "add-notification",
        "Add event notification",
        _add_notification,
        (
            Choices("Events", "When", EVENTS, required=True, initial=("s3:ObjectCreated:*",)),
            Text("prefix", "Names that begin with", placeholder="incoming/"),
            Text("suffix", "Names that end with", placeholder=".jpg"),
            Choice(
                "to",
                "Tell",
                (("queue", "an SQS queue"), ("topic", "an SNS topic"), ("function", "a Lambda function")),
                required=True,
                initial="queue",
            ),
            Pick(
                "queue",
                "Queue",
                kind="sqs:queue",
                by="arn",
                required=True,
                when=("to", "queue"),
                help="Its policy must let S3 send, for this bucket.",
            ),
            Pick(
                "topic",
                "Topic",
                kind="sns:topic",
                by="arn",
                required=True,
                when=("to", "topic"),
                help="Its policy must let S3 publish, for this bucket.",
            ),
            Pick(
                "function",
                "Function",
                kind="lambda:function",
                by="arn",
                required=True,
                when=("to", "function"),
                free=True,
            ),
            Switch(
                "permit",
                "Also let this bucket invoke it",
                initial=True,
                when=("to", "function"),
                help="Adds the statement to the function's policy.",
            ),
            Text("Id", "Name"),
        ),
        part="notifications",
    ),
    Action(
        "remove-notification",
        "Remove",
        _remove_notification,
        part="notifications",
        row=True,
        danger="Tell nobody of these events any more?",
        verb="Remove",
    ),
    Action(
        "add-replication",
        "Add replication rule",
        _add_replication,
        (
            Text("ID", "Name", required=True, initial="copy-all"),
            Pick(
                "bucket",
                "To bucket",
                kind="s3:bucket",
                required=True,
                free=True,
                help="Both buckets must have versioning on.",
            ),
            Pick(
                "Role",
                "Role",
                kind="iam:role",
                by="arn",
                required=True,
                help="S3 reads here and writes there as this role.",
            ),
            Text("prefix", "Names that begin with"),
            Choice("StorageClass", "Storage class of the copies", (("", "as here"), ("STANDARD", "Standard"), *COLDER)),
            Number("Priority", "Priority", initial=1, least=0, required=True),
            Switch("markers", "Copy delete markers"),
        ),
        part="replication",
    ),
    Action(
        "remove-replication",
        "Remove all",
        lambda v, at: [call("s3", "delete_bucket_replication", Bucket=at.thing.id)],
        part="replication",
        row=True,
        danger="Stop copying? No rule of this bucket will be left.",
        verb="Remove",
    ),
    Action(
        "inventory",
        "Add inventory report",
        _add_inventory,
        (
            Text("Id", "Name", required=True, initial="weekly"),
            Pick("bucket", "Report to bucket", kind="s3:bucket", required=True),
            Text("prefix", "Prefix"),
            Choice("Frequency", "How often", ("Daily", "Weekly"), initial="Weekly", required=True),
            Choice("Format", "Format", ("CSV", "ORC", "Parquet"), initial="CSV", required=True),
            Choice("versions", "Versions", ("Current", "All"), initial="Current", required=True),
        ),
    ),
)
