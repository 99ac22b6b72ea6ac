"""AWS CLI command lines by what they mean: parsed, and then compared. Nothing is run, and awscli is not asked.

    aws [global options] service operation [positionals] [--option value …]

The same are: options in any order, `--option=value`, any way of quoting, lines joined by a backslash, the values of a
list in any order, JSON and shorthand that say the same, JSON with its keys in any order. Another operation, option or
value is another command. Who has typed it is a stranger: the length is bounded, and each step takes one pass.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graders import shorthand

LONGEST: Final = 4000
_OPERATORS: Final = ";|&<>()"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
_OPTION: Final = re.compile(r"--[A-Za-z][A-Za-z0-9-]*", re.ASCII)

# Options of the AWS CLI itself: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
_GLOBAL_VALUES: Final = frozenset(
    [
        "--ca-bundle",
        "--cli-binary-format",
        "--cli-connect-timeout",
        "--cli-read-timeout",
        "--color",
        "--endpoint-url",
        "--output",
        "--profile",
        "--query",
        "--region",
    ]
)
_GLOBAL_FLAGS: Final = frozenset(
    [
        "--cli-auto-prompt",
        "--debug",
        "--no-cli-auto-prompt",
        "--no-cli-pager",
        "--no-paginate",
        "--no-sign-request",
        "--no-verify-ssl",
    ]
)
# How the answer looks and no more: who adds one of these says the same thing.
_LOOKS: Final = frozenset({"--cli-auto-prompt", "--cli-pager", "--color", "--debug", "--output"})

# Commands with arguments that no option names. In all others what follows an option is its values, as many as there are.
_POSITIONALS: Final = frozenset(
    {("lambda", "invoke"), ("s3api", "get-object"), ("s3api", "select-object-content"), ("logs", "tail")}
    | {("configure", "get"), ("configure", "set"), ("apigateway", "get-export"), ("apigateway", "get-sdk")}
    | {("apigatewayv2", "export-api"), ("bedrock-runtime", "invoke-model"), ("ebs", "get-snapshot-block")}
    | {("glacier", "get-job-output"), ("polly", "synthesize-speech"), ("sagemaker-runtime", "invoke-endpoint")}
    | {
        ("codeartifact", "get-package-version-asset"),
        ("iot-data", "get-thing-shadow"),
        ("kinesis-video-media", "get-media"),
    }
)
_FLAGS: Final = frozenset(
    [
        "--delete",
        "--dryrun",
        "--exact-timestamps",
        "--follow",
        "--follow-symlinks",
        "--force",
        "--force-glacier-transfer",
        "--human-readable",
        "--ignore-glacier-warnings",
        "--only-show-errors",
        "--quiet",
        "--recursive",
        "--size-only",
        "--summarize",
    ]
)
_IN_ORDER: Final = frozenset({"--exclude", "--include"})  # of aws s3: later ones take precedence


class NotACommand(ValueError):
    """This is no command of the AWS CLI. The text is a sentence for whoever typed it."""


@dataclass(frozen=True)
class Command:
    """A command line. Values compare by ==; options are by name, `--no-x` as --x with the value False."""

    service: str
    operation: str  # with the waiter's name: "wait instance-running"
    positionals: tuple[str, ...]
    options: tuple[tuple[str, Any], ...]  # sorted by name


def parse(text: str) -> Command:
    """Return a command line as its parts. Raises NotACommand."""
    words = _words(text)
    if words[:1] == ["$"]:
        words = words[1:]
    if words[:1] != ["aws"]:
        raise NotACommand("Type a command of the AWS CLI: it begins with aws.")
    options: dict[str, Any] = {}
    at = _globals(words, 1, options)
    if at + 1 >= len(words) or not _NAME.fullmatch(words[at]):
        raise NotACommand("Type the service and the operation too, as in aws s3api create-bucket.")
    service, at = words[at], _globals(words, at + 1, options)
    if at >= len(words) or not (_NAME.fullmatch(words[at]) or _NAME.fullmatch(words[at].lstrip("-"))):
        raise NotACommand("Type the operation too, as in aws s3api create-bucket.")
    operation, at = words[at], at + 1
    if operation == "wait" and at < len(words) and _NAME.fullmatch(words[at]):
        operation, at = f"wait {words[at]}", at + 1
    counted = service in ("s3", "configure") or (service, operation) in _POSITIONALS
    positionals = tuple(_arguments(words[at:], counted, options))
    return Command(service, operation, positionals, tuple(sorted(options.items())))


def same(accepted: Command, given: Command) -> bool:
    """Return whether a command says what the accepted one says; it may ask for another look of the output."""
    theirs = dict(accepted.options)
    mine = {name: value for name, value in given.options if name in theirs or name not in _LOOKS}
    return (accepted.service, accepted.operation, accepted.positionals, theirs) == (
        given.service,
        given.operation,
        given.positionals,
        mine,
    )


def _words(text: str) -> list[str]:
    """Return the words of a line as a shell would, without any of a shell's other powers."""
    if len(text) > LONGEST:
        raise NotACommand(f"That is longer than {LONGEST} characters.")
    if any(ord(one) < 32 and one not in "\t\r\n" for one in text):
        raise NotACommand("There is a control character in it.")
    joined = re.sub(r"\\[ \t]*\r?\n", " ", text).strip()  # a blank after the backslash is not seen, and forgiven
    lexer = shlex.shlex(joined, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        raise NotACommand("A quotation mark is not closed, or a backslash stands at the end.") from None
    # Quoted, an operator is a character like others; the lexer does not tell the two apart, so look again.
    if any(word and not word.strip(_OPERATORS) for word in words) and _has_operator(joined):
        raise NotACommand("Type one command, without pipes, redirections or a second command.")
    return words


def _has_operator(text: str) -> bool:
    """Return whether ; | & < > ( ) stands outside quotation marks."""
    quote, escaped = "", False
    for one in text:
        if escaped:
            escaped = False
        elif one == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one in _OPERATORS:
            return True
    return False


def _globals(words: Sequence[str], at: int, options: dict[str, Any]) -> int:
    """Read the options that stand before the operation; return the place after them."""
    while at < len(words) and words[at].startswith("--"):
        name, equals, value = words[at].partition("=")
        if name in _GLOBAL_VALUES and not equals:
            if at + 1 >= len(words):
                raise NotACommand(f"{name} has no value.")
            at, value = at + 1, words[at + 1]
        elif name not in _GLOBAL_VALUES | _GLOBAL_FLAGS:
            break
        _keep(options, name, [value] if name in _GLOBAL_VALUES else [])
        at += 1
    return at


def _arguments(words: Sequence[str], counted: bool, options: dict[str, Any]) -> Iterator[str]:
    """Keep the options, and yield what none of them names. `counted`: an option has one value, or none if it is known to."""
    ordered: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        at += 1
        if not _OPTION.fullmatch(name):
            yield words[at - 1]
            continue
        values = [value] if equals else []
        if name in _GLOBAL_VALUES or (counted and name not in _FLAGS and not name.startswith("--no-")):
            most = 1
        elif name in _GLOBAL_FLAGS or counted:
            most = 0
        else:
            most = len(words)
        while at < len(words) and len(values) < most and not _OPTION.fullmatch(words[at].partition("=")[0]):
            values.append(words[at])
            at += 1
        if counted and name in _IN_ORDER:
            ordered += [(name, one) for one in values]
        else:
            _keep(options, name, values)
    if ordered:
        options["--exclude --include"] = tuple(ordered)


def _keep(options: dict[str, Any], name: str, values: Sequence[str]) -> None:
    """Keep an option; of two the later counts, as the AWS CLI has it."""
    if not values:
        options[f"--{name.removeprefix('--no-')}" if name.startswith("--no-") else name] = not name.startswith("--no-")
    else:
        options[name] = _values(values)


# --- Values -----------------------------------------------------------------------------------------------------


def _values(words: Sequence[str]) -> Any:
    """Return the values of an option in a form that compares: a list has no order, one value is a list of one."""
    values = [_value(word) for word in words]
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    return tuple(sorted(_canonical(one) for one in values))


def _value(word: str) -> Any:
    """Return a value as JSON or shorthand say it, or as it is. Numbers and true, false, null are their words."""
    text = word.strip()
    if text[:1] in ("{", "["):
        try:
            return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            pass
    return shorthand.parse(text, otherwise=word)


def _canonical(value: Any) -> str:
    """Return a value as one text, the same for all that mean it."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(one, name) for name, one in value.items()}
    if isinstance(value, list):
        plain = [_plain(one) for one in value]
        # A filter's values have no order; a container's command does.
        return sorted(plain, key=json.dumps) if key == "Values" else plain
    match value:
        case True | False:
            return str(value).lower()
        case None:
            return "null"
    return value
