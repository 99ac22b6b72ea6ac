"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html"""

from graders import Account, Fail, check, tables


@check(permissions=[*tables.PERMISSIONS, "dynamodb:DescribeTimeToLive"])
def table_expires_items(account: Account, *, table: str, attribute: str) -> None:
    """Items of {table} vanish by themselves when the time in {attribute} is past.

    Time to live on, or being turned on, for that attribute; a key of the table must be a number to serve.
    """
    found = tables.the_table(account, table)
    told = account.read("dynamodb", "describe_time_to_live", TableName=table).get("TimeToLiveDescription", {})
    status, named = told.get("TimeToLiveStatus", "DISABLED"), told.get("AttributeName", "")
    kind = tables.types_of(found).get(attribute, "N")
    if status in ("ENABLED", "ENABLING") and named == attribute and kind == "N":
        return
    said = "Time to live of {table} is {status}."
    if status in ("ENABLED", "ENABLING"):
        said = "Time to live of {table} reads {named}, not {attribute}."
        if named == attribute:
            said = "The attribute {attribute} of {table} is {kind}: time to live reads seconds as a number (N)."
        elif named.lower() == attribute.lower():
            said += " Capital letters count in attribute names."
    raise Fail(
        said,
        looked_at="the time to live of {table}",
        needed="Time to live ENABLED on {attribute}.",
        try_="aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification "
        "Enabled=true,AttributeName={attribute}",
        counterexample="An item of {table} whose {attribute} was yesterday stays.",
        table=table,
        attribute=attribute,
        status=status,
        named=named,
        kind=tables.KINDS.get(kind, kind),
    )
