"""CloudWatch: metric math, the simple forms: arithmetic, comparisons, IF, and functions of one or several metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. Not played: SEARCH, METRICS, queries,
anomaly bands, and functions of time other than PERIOD.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["Expression", "Unplayable"]

Points = list[float | None]
_Value = float | Points | list[Any]
_MOST_NODES: Final = 200


class Unplayable(Exception):
    """An expression that cannot be computed here."""


_OPERATORS: Final[dict[type, Callable[[float, float], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda left, right: bool(left) and bool(right),
    ast.Or: lambda left, right: bool(left) or bool(right),
}
_EACH: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_WHOLE: Final[dict[str, Callable[[list[float]], float]]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_OTHERS: Final = frozenset({"FILL", "IF", "PERIOD"})


class Expression:
    """A metric math expression, read. Raises Unplayable."""

    def __init__(self, text: str | None) -> None:
        plain = re.sub(r"\^", "**", str(text or ""))
        plain = plain.replace("&&", " and ").replace("||", " or ").strip()
        try:
            self._tree = ast.parse(plain, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise Unplayable(str(text)) from error
        nodes = list(ast.walk(self._tree))
        if len(nodes) > _MOST_NODES or not all(_known(node) for node in nodes):
            raise Unplayable(str(text))

    def value(self, metrics: Mapping[str, Points], period: int) -> Points | None:
        """Return its data points, the newest first; None where a metric is not known (yet). Raises Unplayable."""
        names = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        called = {node.func.id for node in ast.walk(self._tree) if isinstance(node, ast.Call)}  # type: ignore[attr-defined]
        if not (names - called) <= metrics.keys():
            return None
        size = max((len(each) for each in metrics.values()), default=0)
        made = _Computed(metrics, period).value(self._tree)
        return [made] * size if isinstance(made, float) else made


def _known(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {*_EACH, *_WHOLE, *_OTHERS} and not node.keywords
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, (ast.BoolOp, ast.Compare, ast.BinOp, ast.UnaryOp, ast.Name, ast.List, ast.Load, ast.USub)):
        return True
    return type(node) in _OPERATORS


class _Computed:
    def __init__(self, metrics: Mapping[str, Points], period: int) -> None:
        self._metrics = metrics
        self._period = period

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return float(node.value)  # type: ignore[arg-type]
            case ast.Name():
                return self._metrics[node.id]
            case ast.UnaryOp():
                return _each(operator.neg, self.value(node.operand))
            case ast.BinOp():
                return _both(_OPERATORS[type(node.op)], self.value(node.left), self.value(node.right))
            case ast.BoolOp():
                made = self.value(node.values[0])
                for each in node.values[1:]:
                    made = _both(_OPERATORS[type(node.op)], made, self.value(each))
                return made
            case ast.Compare():
                return _both(_OPERATORS[type(node.ops[0])], self.value(node.left), self.value(node.comparators[0]))
            case ast.Call():
                return self._called(node.func.id, node.args)  # type: ignore[attr-defined]
        raise Unplayable(ast.dump(node))

    def _called(self, name: str, given: list[ast.expr]) -> Any:
        if name == "PERIOD":
            return float(self._period)
        if name in _WHOLE and len(given) == 1 and isinstance(given[0], ast.List):
            return _across(_WHOLE[name], [self.value(each) for each in given[0].elts])
        values = [self.value(each) for each in given]
        if name == "IF" and len(values) == 3:
            return _chosen(*values)
        if name == "FILL" and len(values) == 2 and isinstance(values[1], float):
            return [values[1] if each is None else each for each in values[0]]
        if name in _EACH and len(values) == 1:
            return _each(_EACH[name], values[0])
        if name in _WHOLE and len(values) == 1 and isinstance(values[0], list):
            real = [each for each in values[0] if each is not None]
            return float(_WHOLE[name](real)) if real else [None] * len(values[0])
        raise Unplayable(name)


def _guarded(function: Callable[..., Any], *values: float | None) -> float | None:
    if any(each is None for each in values):
        return None
    try:
        return float(function(*values))
    except (ArithmeticError, ValueError):
        return None  # by zero, or of a negative number: no data point


def _each(function: Callable[..., Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_guarded(function, each) for each in value]
    return _guarded(function, value)


def _both(function: Callable[..., Any], left: Any, right: Any) -> Any:
    if not isinstance(left, list) and not isinstance(right, list):
        return _guarded(function, left, right)
    size = len(left) if isinstance(left, list) else len(right)
    pairs = zip(_long(left, size), _long(right, size), strict=True)
    return [_guarded(function, one, other) for one, other in pairs]


def _chosen(condition: Any, yes: Any, no: Any) -> Any:
    lists = [each for each in (condition, yes, no) if isinstance(each, list)]
    if not lists:
        return yes if condition else no
    size = len(lists[0])
    rows = zip(_long(condition, size), _long(yes, size), _long(no, size), strict=True)
    return [None if given is None else one if given else other for given, one, other in rows]


def _across(function: Callable[[list[float]], float], series: list[Any]) -> Points:
    size = max((len(each) for each in series if isinstance(each, list)), default=1)
    made: Points = []
    for row in zip(*(_long(each, size) for each in series), strict=True):
        real = [each for each in row if each is not None]
        made.append(float(function(real)) if real else None)
    return made


def _long(value: Any, size: int) -> Points:
    return value if isinstance(value, list) else [value] * size
