"""https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html"""

from graders import Account, Fail, check


@check(permissions=["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"])
def spread(account: Account, *, stream: str, records: int, shards: int) -> None:
    """{stream} holds {records} records or more, over {shards} shards at least."""
    kinesis = account.client("kinesis")
    counts = []
    for shard in account.read("kinesis", "list_shards", StreamName=stream)["Shards"]:
        where = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        counts.append(len(kinesis.get_records(ShardIterator=where)["Records"]))
    used = [one for one in counts if one]
    if sum(used) < records or len(used) < shards:
        raise Fail(
            "{stream} holds {count} records, in {used} of its shards.",
            needed="{records} records, in {shards} shards.",
            stream=stream,
            count=sum(used),
            used=len(used),
            records=records,
            shards=shards,
        )


@check(permissions=["firehose:DescribeDeliveryStream"])
def delivers(
    account: Account, *, delivery: str, stream: str, bucket: str, prefix: str, function: str, role: str
) -> None:
    """{delivery} brings the records of {stream} through {function} into {bucket}."""
    told = account.read("firehose", "describe_delivery_stream", DeliveryStreamName=delivery)
    held = told["DeliveryStreamDescription"]
    source = (held.get("Source") or {}).get("KinesisStreamSourceDescription") or {}
    if held["DeliveryStreamType"] != "KinesisStreamAsSource" or not source.get("KinesisStreamARN", "").endswith(
        f"{account.region}:{account.account_id}:stream/{stream}"
    ):
        raise Fail("{delivery} does not read {stream}.", delivery=delivery, stream=stream)
    place = (held["Destinations"][0] or {}).get("ExtendedS3DestinationDescription") or {}
    if place.get("BucketARN") != f"arn:aws:s3:::{bucket}":
        raise Fail("{delivery} writes to {where}.", delivery=delivery, where=place.get("BucketARN", "no bucket"))
    if not place.get("Prefix", "").startswith(prefix):
        raise Fail("{delivery} writes below {where}.", delivery=delivery, where=place.get("Prefix") or "no prefix")
    arn = f"arn:aws:iam::{account.account_id}:role/{role}"
    if place.get("RoleARN") != arn or source.get("RoleARN") != arn:
        raise Fail("{delivery} does not wear {role} at both ends.", delivery=delivery, role=role)
    if place.get("CompressionFormat") != "GZIP":
        raise Fail("{delivery} compresses by {how}.", delivery=delivery, how=place.get("CompressionFormat", "nothing"))
    hints = place.get("BufferingHints") or {}
    if not (hints.get("SizeInMBs", 5) <= 5 and 60 <= hints.get("IntervalInSeconds", 300) <= 300):
        raise Fail("{delivery} waits for too much, or too long.", delivery=delivery)
    processing = place.get("ProcessingConfiguration") or {}
    values = [
        one.get("ParameterValue", "")
        for each in processing.get("Processors", [])
        if each.get("Type") == "Lambda"
        for one in each.get("Parameters", [])
        if one.get("ParameterName") == "LambdaArn"
    ]
    wanted = f"arn:aws:lambda:{account.region}:{account.account_id}:function:{function}"
    if not processing.get("Enabled") or not any(one in (wanted, f"{wanted}:$LATEST") for one in values):
        raise Fail("{delivery} does not call {function}.", delivery=delivery, function=function)


@check(permissions=["glue:GetTable"])
def table_over(account: Account, *, database: str, table: str, location: str) -> None:
    """The table {table} of {database} lies over {location}."""
    held = account.read("glue", "get_table", DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    if held.get("Location", "").rstrip("/") != location:
        raise Fail("{table} lies over {where}.", table=table, where=held.get("Location") or "nothing")
    if not held.get("Columns"):
        raise Fail("{table} has no columns.", table=table)


@check(permissions=["glue:GetCrawler"])
def crawls(account: Account, *, crawler: str, database: str, path: str, role: str) -> None:
    """{crawler} looks through {path} each night."""
    held = account.read("glue", "get_crawler", Name=crawler)["Crawler"]
    paths = [one["Path"].rstrip("/") for one in held.get("Targets", {}).get("S3Targets", [])]
    if path not in paths:
        raise Fail("{crawler} looks through {paths}.", crawler=crawler, paths=", ".join(paths) or "nothing")
    if held.get("DatabaseName") != database:
        raise Fail("{crawler} writes into {where}.", crawler=crawler, where=held.get("DatabaseName"))
    if held.get("Role", "").rpartition("/")[2] != role or (
        ":iam::" in held["Role"] and account.account_id not in held["Role"]
    ):
        raise Fail("{crawler} has the role {has}.", crawler=crawler, has=held.get("Role"))
    schedule = held.get("Schedule") or {}
    said = schedule.get("ScheduleExpression", "") if isinstance(schedule, dict) else str(schedule)
    fields = said.removeprefix("cron(").removesuffix(")").split()
    days = fields[2:] if len(fields) == 6 else []
    if (
        not said.startswith("cron(")
        or days not in (["*", "*", "?", "*"], ["?", "*", "*", "*"])
        or not (fields[0].isdigit() and fields[1].isdigit())
    ):
        raise Fail(
            "{crawler} does not run once each night: its schedule is {said}.", crawler=crawler, said=said or "none"
        )


@check(permissions=["athena:GetWorkGroup", "athena:ListNamedQueries", "athena:GetNamedQuery"])
def workgroup_is(account: Account, *, workgroup: str, location: str, database: str, table: str) -> None:
    """{workgroup} writes its results to {location} and has a query of {table}."""
    held = account.read("athena", "get_work_group", WorkGroup=workgroup).get("WorkGroup")
    if not held:
        raise Fail("There is no workgroup {workgroup}.", workgroup=workgroup)
    where = ((held.get("Configuration") or {}).get("ResultConfiguration") or {}).get("OutputLocation", "")
    if not f"{where.rstrip('/')}/".startswith(f"{location}/"):
        raise Fail("{workgroup} writes to {where}.", workgroup=workgroup, where=where or "no place")
    for ident in account.read("athena", "list_named_queries", WorkGroup=workgroup).get("NamedQueryIds", []):
        query = account.read("athena", "get_named_query", NamedQueryId=ident)["NamedQuery"]
        if query["Database"] == database and table in query["QueryString"]:
            return
    raise Fail(
        "{workgroup} has no named query of {database} that reads {table}.",
        workgroup=workgroup,
        database=database,
        table=table,
    )


@check(permissions=["kinesis:DescribeStreamSummary", "kinesis:ListShards"])
def has_shards(account: Account, *, stream: str, shards: int) -> None:
    """{stream} is provisioned, with {shards} open shards."""
    told = account.read("kinesis", "describe_stream_summary", StreamName=stream)["StreamDescriptionSummary"]
    mode = (told.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
    if mode != "PROVISIONED":
        raise Fail("{stream} is in the mode {mode}.", stream=stream, mode=mode)
    listed = account.read("kinesis", "list_shards", StreamName=stream)["Shards"]
    count = len([one for one in listed if "EndingSequenceNumber" not in one["SequenceNumberRange"]])
    if count != shards:
        raise Fail("{stream} has {count} open shards, not {shards}.", stream=stream, count=count, shards=shards)
