"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/SecondaryIndexes.html"""

from graders import Account, Fail, check, tables
from graders.tables import Index


@check(permissions=tables.PERMISSIONS)
def table_supports_query(
    account: Account,
    *,
    table: str,
    by: str,
    sorted_by: str = "",
    attributes: list[str] | None = None,
    types: dict[str, str] | None = None,
    index: str = "",
) -> None:
    """The items of {table} can be queried by {by}, without a scan.

    By the table's own keys or any index, global or local, whatever its name (`index` where the name matters). With
    `sorted_by` in that order; with `attributes` these come back too; `types` are those of the keys ({"postedAt": "N"}).
    """
    found = tables.the_table(account, table)
    wanted, kinds = attributes or [], tables.types_of(found)
    candidates = [one for one in tables.indexes(found) if index in ("", one.name)]
    keyed = [one for one in candidates if one.partition == by and sorted_by in ("", one.sort)]
    wrong = {key: kinds[key] for key, kind in (types or {}).items() if key in kinds and kinds[key] != kind}
    fitting = [one for one in keyed if not one.lacks(wanted)]
    if not wrong and any(one.active for one in fitting):
        return
    nearest = next(iter(fitting or keyed), None)
    raise Fail(
        _found(nearest, fitting, wrong, index, candidates),
        looked_at="the keys of {table} and of its indexes",
        needed="A key or an index with partition key {by}{then}{carrying}.",
        try_="aws dynamodb update-table --table-name {table} --global-secondary-index-updates …",
        counterexample="aws dynamodb query by {by}{then} is refused, or answers without what is asked for.",
        table=table,
        by=by,
        then=f" and sort key {sorted_by}" if sorted_by else "",
        carrying=f", projecting {', '.join(wanted)}" if wanted else "",
        label=nearest.label if nearest else index,
        missing=nearest.lacks(wanted) if nearest else [],
        key=next(iter(wrong), ""),
        kind=tables.KINDS.get(next(iter(wrong.values()), ""), ""),
        hint=_hint(tables.indexes(found), by, sorted_by),
    )


def _found(
    nearest: Index | None, fitting: list[Index], wrong: dict[str, str], index: str, candidates: list[Index]
) -> str:
    if nearest is None:
        if index and not candidates:
            return "The index {label} does not exist on {table}.{hint}"
        return "Nothing in {table} is keyed by {by}{then}.{hint}"
    if wrong:
        return "{label} has the right keys, but {key} is {kind}."
    if fitting:
        return "{label} is still being built: it cannot be asked yet."
    return "{label} has the right keys, but does not carry {missing}."


def _hint(there: list[Index], by: str, sorted_by: str) -> str:
    for one in there:
        if sorted_by and (one.partition, one.sort) == (sorted_by, by):
            return f" {one.label} has the two swapped: partition {one.partition}, sort {one.sort}."
    for one in there:
        if one.name and one.sort == by:
            return f" {one.label} sorts by {by}; one still has to name a {one.partition}."
        if one.partition == by:
            return f" {one.label} is keyed by {one.keys}."
    by_case = next((one for one in there if one.partition.lower() == by.lower()), None)
    named = [f"{one.label} is keyed by {one.keys}" for one in there if one.name]
    return (
        f" {by_case.label} is keyed by {by_case.keys}: letters count." if by_case else f" {named[0]}." if named else ""
    )
