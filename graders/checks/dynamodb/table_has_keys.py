"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html"""

from typing import Literal

from graders import Account, Fail, check, tables

Kind = Literal["S", "N", "B"]


@check(permissions=tables.PERMISSIONS)
def table_has_keys(
    account: Account,
    *,
    table: str,
    partition: str,
    sort: str = "",
    partition_type: Kind = "S",
    sort_type: Kind = "S",
) -> None:
    """Items of {table} are told apart by {partition}, and by a sort key where the task asks for one.

    Exactly these keys: without `sort` the table has no sort key. Letters count.
    """
    found = tables.the_table(account, table)
    keys, types = tables.keys_of(found), tables.types_of(found)
    kinds = tuple(types.get(one, "") for one in keys if one)
    wanted = (partition, sort)
    if keys == wanted and kinds == (partition_type, sort_type)[: len(kinds)]:
        return
    kind = asked = key = ""
    if keys == wanted:
        wrong = 0 if kinds[0] != partition_type else 1
        said, counter = (
            "The key {key} of {table} is {kind}, not {asked}.",
            "put-item with a {key} of {asked} is refused.",
        )
        key, kind, asked = keys[wrong], kinds[wrong], (partition_type, sort_type)[wrong]
    else:
        key = partition
        said = "The keys of {table} are {has}, not {wants}.{hint}"
        counter = ""
        if keys[0] == partition and not keys[1]:
            said = "{table} has no sort key: {has} alone tells its items apart."
            counter = "Two items with one {key} and different {wanted_sort}: the second overwrites the first."
    raise Fail(
        said,
        looked_at="the key schema of {table}",
        needed="Partition key {wants}.",
        try_="Keys cannot be changed: delete-table and create-table --key-schema with these keys.",
        counterexample=counter,
        table=table,
        key=key,
        kind=tables.KINDS.get(kind, kind),
        asked=tables.KINDS.get(asked, asked),
        has=_said(*keys),
        wants=_said(*wanted),
        wanted_sort=sort,
        hint=_hint(keys, wanted),
    )


def _said(partition: str, sort: str) -> str:
    return f"{partition} (partition) and {sort} (sort)" if sort else f"{partition} (partition)"


def _hint(keys: tuple[str, str], wanted: tuple[str, str]) -> str:
    if keys == wanted[::-1]:
        return " They are swapped."
    if [one.lower() for one in keys] == [one.lower() for one in wanted]:
        return " Capital letters count in attribute names."
    return ""
