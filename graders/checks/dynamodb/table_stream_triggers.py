"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.html"""

from graders import Account, Fail, check, functions, tables

# What a record of each view holds; a richer view serves as well.
HOLDS = {
    "KEYS_ONLY": {"KEYS_ONLY"},
    "NEW_IMAGE": {"KEYS_ONLY", "NEW_IMAGE"},
    "OLD_IMAGE": {"KEYS_ONLY", "OLD_IMAGE"},
    "NEW_AND_OLD_IMAGES": {"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"},
}


@check(permissions=[*tables.PERMISSIONS, *functions.SOURCE_PERMISSIONS])
def table_stream_triggers(
    account: Account, *, table: str, function: str, view: str = "KEYS_ONLY", batch_at_most: int = 10000
) -> None:
    """Every change in {table} starts {function}.

    By the stream that is on now, whose view holds `view` or more (NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES); an
    enabled mapping whose filter lets changes through; the function's role may read the stream.
    """
    found = tables.the_table(account, table)
    handler = functions.the_function(account, function)
    stream, has = tables.stream_of(found)
    if not stream or view not in HOLDS.get(has, {has}):
        raise Fail(
            "The stream of {table} holds {has}, not {view}." if stream else "The stream of {table} is off.",
            looked_at="the stream of {table}",
            needed="A stream with {view}.",
            try_="aws dynamodb update-table --table-name {table} --stream-specification …",
            counterexample="{function} does not see what was written to {table}.",
            table=table,
            function=function,
            has=has,
            view=view,
        )
    mapping = functions.the_mapping(account, handler, stream, f"the stream of {table}")
    if mapping.get("BatchSize", 100) > batch_at_most:
        raise Fail(
            "{function} gets up to {has} changes at once; at most {batch} are asked for.",
            looked_at="the event source mapping of {function}",
            needed="A batch size of {batch} or less.",
            try_="aws lambda update-event-source-mapping --uuid {uuid} --batch-size {batch}",
            function=function,
            has=mapping["BatchSize"],
            batch=batch_at_most,
            uuid=mapping["UUID"],
        )
