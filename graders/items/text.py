"""Words to type, or a command of the AWS CLI: compared with the accepted forms, a command by what it means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from graders import commands, regexes
from graders.items import Example, Malformed, Raw, TextSpec, answers

SPEC = TextSpec
LONGEST: Final = 500  # characters of an answer in words; graders.commands bounds a command
LONGEST_FOR_PATTERN: Final = 200
_EXPRESSION: Final = re.compile(r"/(?P<pattern>(?:[^/\\]|\\.)+)/(?P<flags>i?)")
_TYPED: Final = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u2212": "-"})


def parse(raw: Raw, spec: TextSpec) -> str:
    """The text typed, without blanks around it; a command that can be taken apart."""
    typed = answers(raw)
    if len(typed) != 1:
        raise Malformed("Type a command." if spec.command else "Type an answer.")
    text = typed[0].replace("\r\n", "\n").strip()
    if spec.command:
        _command(text)
        return text
    if len(text) > LONGEST:
        raise Malformed(f"That is longer than {LONGEST} characters. Give a shorter answer.")
    if any(unicodedata.category(one) == "Cc" and one not in "\t\n" for one in text):
        raise Malformed("There is a control character in it. Type the answer again.")
    return text


def fields(answer: str, spec: TextSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": [answer]}


def score(answer: str, spec: TextSpec) -> float:
    """1 where it is one of the accepted forms, else 0."""
    if spec.command:
        given = _command(answer)
        return float(any(commands.same(commands.parse(one), given) for one in spec.accepted))
    text = _simple(answer)
    return float(any(_accepts(one, text) for one in spec.accepted))


def mistakes(spec: TextSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    if not any(one.strip() for one in spec.accepted):
        return ["There is no accepted form: write one on each line of the answer fence."]
    problems = []
    for one in spec.accepted:
        if spec.command:
            try:
                commands.parse(one)
            except commands.NotACommand as error:
                problems.append(f"“{one}” is no command: {error}")
        elif match := _EXPRESSION.fullmatch(one):
            problems += _troubles(one, match["pattern"])
        elif len(one) > LONGEST:
            problems.append(f"“{one[:40]}…” is longer than the {LONGEST} characters that may be typed.")
    if len(set(spec.accepted)) < len(spec.accepted):
        problems.append("An accepted form stands there twice.")
    if not spec.command and _EXPRESSION.fullmatch(spec.accepted[0]):
        problems.append("The first accepted form is shown as the right answer: it cannot be a regular expression.")
    return problems


def unexplained(spec: TextSpec) -> list[str]:
    """A sentence where there is no rationale."""
    return [] if spec.rationale.strip() else ["The answer has no rationale."]


def orderable(spec: TextSpec) -> tuple[str, ...]:
    """Nothing is shuffled."""
    return ()


def blank(spec: TextSpec, order: Sequence[str]) -> dict[str, Any]:
    """Whether a command is wanted."""
    return {"command": spec.command}


def _command(text: str) -> commands.Command:
    try:
        return commands.parse(text)
    except commands.NotACommand as error:
        raise Malformed(str(error)) from error


def _accepts(form: str, text: str) -> bool:
    match = _EXPRESSION.fullmatch(form)
    if match is None:
        return _simple(form).casefold() == text.casefold()
    if len(text) > LONGEST_FOR_PATTERN or _troubles(form, match["pattern"]):
        return False
    return re.fullmatch(match["pattern"], text, re.IGNORECASE if match["flags"] else 0) is not None


def _troubles(form: str, pattern: str) -> list[str]:
    """Why a pattern cannot be used. The learner's text is bounded, and so must be the ways to go through it."""
    if trouble := regexes.problem(pattern):
        return [f"“{form}” {trouble}."]
    if not regexes.is_cheap(pattern, LONGEST_FOR_PATTERN):
        return [f"“{form}” could take too long: use fewer repeats (* + {{n,m}}), or write the forms out."]
    return []


def _simple(text: str) -> str:
    """A text without the accidents of typing: quotation marks, dashes and blanks of any kind are the plain ones."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_TYPED)).split())


_SPEC = TextSpec(("us-east-1", "US East (N. Virginia)", r"/use1-az\d/i"), rationale="The first region.")
_COMMAND = TextSpec(
    ("aws s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Enabled",),
    command=True,
    rationale="It can be suspended, not taken away.",
)
_TAGS = TextSpec(
    ("aws ec2 create-tags --resources i-1 i-2 --tags Key=Name,Value=web 'Key=Team,Value=a b'",),
    True,
    "Tags are a list.",
)
_COPY = TextSpec(
    ("aws s3 cp site s3://www --recursive --exclude '*' --include '*.html'",), True, "Filters have an order."
)
EXAMPLES = (
    Example(_SPEC, {"answer": ["  US-East-1 "]}, 1.0),
    Example(_SPEC, {"answer": ["us east (n.\u00a0virginia)"]}, 1.0),
    Example(_SPEC, {"answer": ["USE1-az4"]}, 1.0),
    Example(_SPEC, {"answer": ["us-east-2"]}, 0.0),
    Example(_SPEC, {"answer": ["use1-az44"]}, 0.0),
    Example(_SPEC, {"answer": ["use1-az4" * 60]}, 0.0),
    Example(
        _COMMAND,
        {
            "answer": [
                "aws s3api put-bucket-versioning \\\n --versioning-configuration='{\"Status\": \"Enabled\"}' --bucket 'logs'"
            ]
        },
        1.0,
    ),
    Example(
        _COMMAND,
        {
            "answer": [
                "$ aws --output json s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Enabled"
            ]
        },
        1.0,
    ),
    Example(
        _TAGS,
        {"answer": ['aws ec2 create-tags --tags "Value=a b,Key=Team" Key=Name,Value=web --resources i-2 i-1']},
        1.0,
    ),
    Example(
        _TAGS,
        {
            "answer": [
                'aws ec2 create-tags --resources i-1 i-2 --tags \'[{"Key":"Name","Value":"web"},{"Key":"Team","Value":"a b"}]\''
            ]
        },
        1.0,
    ),
    Example(_COPY, {"answer": ['aws s3 cp --recursive --exclude "*" --include "*.html" site s3://www']}, 1.0),
    Example(_COPY, {"answer": ['aws s3 cp --recursive --include "*.html" --exclude "*" site s3://www']}, 0.0),
    Example(_COPY, {"answer": ['aws s3 cp s3://www site --recursive --exclude "*" --include "*.html"']}, 0.0),
    Example(_TAGS, {"answer": ["aws ec2 create-tags --resources i-1 --tags Key=Name,Value=web"]}, 0.0),
    Example(_COMMAND, {"answer": ["aws s3api get-bucket-versioning --bucket logs"]}, 0.0),
    Example(
        _COMMAND,
        {"answer": ["aws s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Suspended"]},
        0.0,
    ),
    Example(
        _COMMAND,
        {
            "answer": [
                "aws --region eu-west-1 s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Enabled"
            ]
        },
        0.0,
    ),
    Example(_SPEC, {"answer": [""]}, None),
    Example(_SPEC, {"answer": ["a", "b"]}, None),
    Example(_SPEC, {"answer": ["x" * 501]}, None),
    Example(_SPEC, {"answer": ["us\x00east"]}, None),
    Example(_COMMAND, {"answer": ["s3api put-bucket-versioning"]}, None),
    Example(_COMMAND, {"answer": ["aws s3api put-bucket-versioning --bucket 'logs"]}, None),
    Example(_COMMAND, {"answer": ["aws s3 ls | sh"]}, None),
    Example(_COMMAND, {"answer": ["aws s3"]}, None),
    Example(_COMMAND, {"answer": ["aws s3 ls " + "x" * 4000]}, None),
)
