"""A lab's own checks.py, read without running it: what its functions are called, take, need and say.

An author's Python runs in the judge (labs/judge), and nowhere else. Here it is a syntax tree.

Ids: E020 file, E021 decorator, E022 docstring, E023 parameters. Warnings: W004 code outside of functions, W005 a check
that no task uses. A call in lab.md that does not fit is E014, as it is for a check of the catalogue.
"""

from __future__ import annotations

import ast
import hashlib
import re
import string
import types
import typing
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graders import Check, CheckCall, registry
from graders.check import Parameter
from labs.content.model import Problem

FILE = "checks.py"
PREFIX = "lab."
MAX_BYTES = 64 * 1024
MAX_LINE = 300  # characters of the learner's line
SIMPLE: dict[str, Any] = {"str": str, "int": int, "float": float, "bool": bool, "None": None, "Any": Any}
KNOWN = "str, int, float, bool, list[…], tuple[…, ...], dict[…, …], Literal[…], X | None"
EXAMPLE = "@check(permissions=['s3:GetBucketPolicy'])"
_ACTION = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z0-9*]+")
_CONSTANTS = frozenset({"re.compile", "frozenset", "set", "dict", "tuple", "list", "range", "TypeVar", "timedelta"})
_HARMLESS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)


@dataclass
class OwnChecks:
    """What a checks.py holds: `checks` by name (`lab.<function>`), their lines, and all that is wrong with the file.

    A check that something is wrong with is not among `checks`.
    """

    checks: dict[str, Check] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class NotKnown(Exception):
    """An annotation that a lab's YAML cannot fill."""


def read_own(text: str, path: str) -> OwnChecks:
    """Return the checks of a checks.py ("" has none). `path` is how it is called in problems. Never raises."""
    reader = _Reader(path)
    try:
        if text:
            reader.read(text)
    except RecursionError:
        reader.report(0, "labs.E020", "is nested too deep", "a check is a few lines")
        reader.own.checks.clear()
    return reader.own


def _never(*_: Any, **__: Any) -> None:
    raise RuntimeError("a lab's own check runs in the judge only")


class _Reader:
    """One pass over one file; every mistake goes through `report`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.own = OwnChecks()
        self.names: dict[str, str] = {}  # what an imported name stands for: {"check": "graders.check"}

    def report(self, line: int, id: str, message: str, hint: str = "") -> None:
        self.own.problems.append(Problem(self.path, line, id, message, hint))

    def read(self, text: str) -> None:
        if (tree := self.tree(text)) is None:
            return
        for statement in tree.body:
            self.imports(statement)
        for statement in tree.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.function(statement)
            elif not _is_harmless(statement):
                hint = "put it into a function, or make it a constant"
                self.report(statement.lineno, "labs.W004", "this runs each time that a check is judged", hint)

    def tree(self, text: str) -> ast.Module | None:
        if len(text.encode(errors="replace")) > MAX_BYTES:
            self.report(0, "labs.E020", f"is larger than {MAX_BYTES // 1024} KiB", "a check is a few lines")
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of an author's backslashes
                return ast.parse(text.removeprefix("\ufeff"))
        except SyntaxError as error:
            self.report(error.lineno or 0, "labs.E020", f"is not Python: {error.msg}", "")
        except (ValueError, RecursionError, MemoryError) as error:  # MemoryError: of the parser's own stack
            reason = str(error) if isinstance(error, ValueError) else "nested too deep"
            self.report(0, "labs.E020", f"is not Python: {reason}", "")
        return None

    def imports(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            self.names.update({one.asname or one.name: one.name for one in statement.names})
        elif isinstance(statement, ast.ImportFrom) and statement.level:
            self.report(statement.lineno, "labs.E020", f"{FILE} stands alone: it has no package", "write it all here")
        elif isinstance(statement, ast.ImportFrom):
            self.names.update({one.asname or one.name: f"{statement.module}.{one.name}" for one in statement.names})

    def meaning(self, node: ast.expr) -> str:
        """Return what a dotted name stands for, as "graders.check"; "" for anything else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (base := self.meaning(node.value)):
            return f"{base}.{node.attr}"
        return ""

    # --- one check

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        called = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
        if "graders.check" not in [self.meaning(one) for one in called]:
            if "check" in [one.id for one in called if isinstance(one, ast.Name)]:
                self.report(node.lineno, "labs.E021", "check is not imported", "write from graders import check")
            return
        name = PREFIX + node.name
        before = len(self.own.problems)
        if name in self.own.lines:
            self.report(node.lineno, "labs.E021", f"{node.name} is there already", f"on line {self.own.lines[name]}")
        self.own.lines.setdefault(name, node.lineno)
        permissions = self.permissions(node)
        parameters = self.parameters(node)
        line = self.line(node, [one.name for one in parameters])
        if len(self.own.problems) == before:
            self.own.checks[name] = Check(name, line, permissions, parameters, _never)

    def permissions(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
        decorator = node.decorator_list[0]
        if len(node.decorator_list) > 1 or isinstance(node, ast.AsyncFunctionDef):
            self.report(node.lineno, "labs.E021", f"{node.name} must be a plain function with one decorator", EXAMPLE)
            return ()
        given = {one.arg: one.value for one in decorator.keywords} if isinstance(decorator, ast.Call) else {}
        if list(given) != ["permissions"] or not isinstance(decorator, ast.Call) or decorator.args:
            message = f"the decorator of {node.name} takes permissions= and nothing else"
            self.report(decorator.lineno, "labs.E021", message, f"write {EXAMPLE}")
            return ()
        value = given["permissions"]
        if not isinstance(value, (ast.List, ast.Tuple)):
            self.report(value.lineno, "labs.E021", "permissions must be written out as a list of texts", EXAMPLE)
            return ()
        found = [one.value if isinstance(one, ast.Constant) else None for one in value.elts]
        for one, element in zip(found, value.elts, strict=True):
            if not isinstance(one, str) or not _ACTION.fullmatch(one):
                message = f"{ast.unparse(element)[:80]} is not an IAM action"
                self.report(element.lineno, "labs.E021", message, "write it as 's3:GetBucketPolicy'")
        return tuple(str(one) for one in found)

    def line(self, node: ast.FunctionDef | ast.AsyncFunctionDef, parameters: list[str]) -> str:
        """Return the learner's line. Its braces are filled in by name: no attribute, index or format may stand there."""
        lines = (ast.get_docstring(node) or "").strip().splitlines()
        if not lines:
            self.report(node.lineno, "labs.E022", f"{node.name} has no docstring", "its first line is the learner's")
            return ""
        if len(lines[0]) > MAX_LINE:
            self.report(node.body[0].lineno, "labs.E022", f"the first line is longer than {MAX_LINE} characters")
        try:
            fields = list(string.Formatter().parse(lines[0]))
        except ValueError as error:
            self.report(node.body[0].lineno, "labs.E022", f"the braces of the first line: {error}", "write {{ for {")
            return ""
        for _, name, form, conversion in fields:
            if name is not None and (name not in parameters or form or conversion):
                known = ", ".join(f"{{{one}}}" for one in parameters) or "no parameter"
                self.report(node.body[0].lineno, "labs.E022", f"{{{name}}} is not a parameter", f"there is {known}")
        return lines[0]

    def parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Parameter, ...]:
        given = node.args
        first, *others = (*given.posonlyargs, *given.args, None)
        if first is None or first.annotation is None or self.meaning(first.annotation) != "graders.Account":
            hint = "write (account: Account, *, …), and from graders import Account"
            self.report(node.lineno, "labs.E023", f"the first parameter of {node.name} must be account: Account", hint)
        for one in (*others, given.vararg, given.kwarg):
            if one is not None:
                hint = f"write (account: Account, *, {one.arg}: str)"
                self.report(one.lineno, "labs.E023", f"{one.arg} must be keyword-only, and stand by itself", hint)
        return tuple(
            Parameter(one.arg, self.annotation(one), default is None)
            for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        )

    def annotation(self, one: ast.arg) -> Any:
        if one.annotation is None:
            self.report(one.lineno, "labs.E023", f"{one.arg} has no annotation", f"known are {KNOWN}")
            return Any
        try:
            return self.type(one.annotation)
        except NotKnown:
            message = f"{one.arg}: {ast.unparse(one.annotation)[:80]} is not a type that a lab can fill in"
            self.report(one.lineno, "labs.E023", message, f"known are {KNOWN}")
            return Any

    def type(self, node: ast.expr) -> Any:
        """Return the annotation that an expression stands for. Raises NotKnown."""
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return typing.Union[self.type(node.left), self.type(node.right)]  # noqa: UP007 - of values
        if isinstance(node, ast.Subscript):
            return self.generic(self.meaning(node.value).rpartition(".")[2], node.slice)
        name = self.meaning(node).removeprefix("typing.")
        if name not in SIMPLE:
            raise NotKnown(name)
        return SIMPLE[name]

    def generic(self, name: str, inside: ast.expr) -> Any:
        arguments = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if name == "Literal" and all(isinstance(one, ast.Constant) for one in arguments):
            return typing.Literal[tuple(one.value for one in arguments if isinstance(one, ast.Constant))]
        if name == "Optional" and len(arguments) == 1:
            return typing.Union[self.type(arguments[0]), None]  # noqa: UP007 - of values
        if name == "tuple" and len(arguments) == 2 and ast.unparse(arguments[1]) == "...":
            return types.GenericAlias(tuple, (self.type(arguments[0]), ...))
        wanted = {"list": (list, 1), "dict": (dict, 2)}.get(name)
        if wanted is None or len(arguments) != wanted[1]:
            raise NotKnown(name)
        return types.GenericAlias(wanted[0], tuple(self.type(one) for one in arguments))


def mistakes(call: CheckCall, own: OwnChecks) -> list[str]:
    """Return what is wrong with a lab's call, a sentence each. What is wrong in checks.py is told there, and once."""
    unread = any(one.id == "labs.E020" for one in own.problems)
    if call.name.startswith(PREFIX) and call.name not in own.checks and (unread or call.name in own.lines):
        return []
    return registry.validate(call, own.checks)


def revision(source: str, checks: str) -> str:
    """Return what names one version of a lab: the SHA-256 (hex) of lab.md, and of checks.py where there is one."""
    # No lab.md may hold a NUL: no two pairs of files have one hash.
    return hashlib.sha256((f"{source}\0{checks}" if checks else source).encode(errors="surrogatepass")).hexdigest()


def unused(own: OwnChecks, used: set[str], path: str) -> Iterator[Problem]:
    """Yield W005 for each check that no task uses."""
    for name, line in own.lines.items():
        if name in own.checks and name not in used:
            yield Problem(path, line, "labs.W005", f"no task uses {name}", f"write ~~~check {name}, or remove it")


def _is_harmless(statement: ast.stmt) -> bool:
    """Whether a statement outside of functions is an import, a definition or a constant."""
    if isinstance(statement, _HARMLESS):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.If) and ast.unparse(statement.test).rpartition(".")[2] == "TYPE_CHECKING":
        return all(_is_harmless(one) for one in (*statement.body, *statement.orelse))
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        calls = (one for one in ast.walk(statement) if isinstance(one, ast.Call))
        return all(ast.unparse(one.func) in _CONSTANTS for one in calls)
    return False
