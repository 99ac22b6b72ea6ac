"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-invocation.html"""

import json
from typing import Any

from graders import Account, Fail, check, functions, tables
from graders.probe import ActingAccount, acting


@check(
    permissions=[*functions.PERMISSIONS, *tables.PERMISSIONS, "dynamodb:Scan", "lambda:InvokeFunction"],
    acts=True,
)
def invocation_writes_item(
    account: Account, *, function: str, table: str, item: dict[str, str], payload: dict[str, Any] | None = None
) -> None:
    """Invoking {function} writes an item into {table}: it was tried.

    In a copy of the account, with `payload` as the event and the function's own role. The item that is new must have the
    attributes of `item`, as text; others may stand beside them.
    """
    probe = acting(account)
    held = functions.the_function(probe, function)
    tables.the_table(probe, table)
    before = _items(probe, table)
    said = probe.client("lambda").invoke(FunctionName=held["FunctionName"], Payload=json.dumps(payload or {}).encode())
    answer = said["Payload"].read().decode("utf-8", "replace")
    if said.get("FunctionError"):
        raise _not_written(function, table, item, "{function} ended in an error: {answer}", answer=_error(answer))
    new = [each for each in _items(probe, table) if each not in before]
    if any(item.items() <= each.items() for each in new):
        return
    if not new:
        raise _not_written(
            function,
            table,
            item,
            "{function} ran, and wrote nothing into {table}. It answered {answer}.",
            answer=answer[:200],
        )
    nearest = max(new, key=lambda each: len(item.items() & each.items()))
    raise _not_written(
        function, table, item, "{function} wrote another item into {table}: {nearest}.", nearest=_shown(nearest)
    )


def _not_written(function: str, table: str, item: dict[str, str], found: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="{table}, after {function} was invoked in a copy of the account",
        needed="A new item with {wanted}.",
        try_="aws lambda invoke --function-name {function} out.json, then read out.json and the function's log group.",
        counterexample="",
        function=function,
        table=table,
        wanted=_shown(item),
        **values,
    )


def _items(probe: ActingAccount, table: str) -> list[dict[str, str]]:
    """The items as text: a copy's own look, past what `account.read` keeps."""
    found = probe.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return [{name: _text(value) for name, value in each.items()} for each in found]


def _text(value: dict[str, Any]) -> str:
    kind, held = next(iter(value.items()))
    return held if kind in ("S", "N") else json.dumps(held, default=str, sort_keys=True)


def _shown(item: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sorted(item.items()))[:300]


def _error(answer: str) -> str:
    try:
        told = json.loads(answer)
    except ValueError:
        return answer[:200]
    return f"{told.get('errorType', 'Error')}: {told.get('errorMessage', '')}"[:300]
