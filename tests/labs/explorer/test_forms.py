"""Forms: what stands in them, read leniently while one types and strictly to be saved; nothing typed is ever lost."""

from __future__ import annotations

from typing import Any

import pytest

from labs.explorer.forms import Form, Option, flat
from labs.explorer.model import (
    Bytes,
    Choice,
    Choices,
    Cidr,
    Content,
    Cron,
    Group,
    Json,
    Lines,
    Number,
    Pairs,
    Pick,
    Picks,
    Policy,
    Repeat,
    Switch,
    Text,
)

GOOD = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


def read(
    *fields: Any, strict: bool = True, files: Any = None, options: Any = None, **typed: Any
) -> tuple[dict[str, Any], list[str]]:
    """Return the values of a form and its complaints; `typed` has __ for a dot."""
    data = {name.replace("__", "."): value if isinstance(value, list) else [value] for name, value in typed.items()}
    form = Form(fields, data, files=files, options=options)
    values = form.values(strict=strict)
    return values, [mark for one in form.all() for mark in one.marks]


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (Text("x", "X"), "  web ", "web"),
        (Text("x", "X", long=True), "a\r\nb", "a\nb"),
        (Number("x", "X"), "42", 42),
        (Number("x", "X", whole=False), "0.5", 0.5),
        (Choice("x", "X", ("a", ("b", "B"))), "b", "b"),
        (Choices("x", "X", ("a", "b")), ["a", "b"], ["a", "b"]),
        (Picks("x", "X", "iam:policy", free=True), ["one", "two\nthree"], ["one", "two", "three"]),
        (Switch("x", "X"), "on", True),
        (Json("x", "X"), '{"a": [1, null]}', {"a": [1, None]}),
        (Json("x", "X", text=True), '{"a":\n 1}', '{"a": 1}'),
        (Policy("x", "X"), GOOD.replace(" ", "\n"), GOOD),
        (Lines("x", "X"), "one\n\n two ", ["one", "two"]),
        (Content("x", "X"), "text", b"text"),
        (Cidr("x", "X"), "10.0.0.0/16", "10.0.0.0/16"),
        (Cidr("x", "X", v6=True), "fd00::/8", "fd00::/8"),
        (Cron("x", "X"), "cron(0 12 * * ? *)", "cron(0 12 * * ? *)"),
    ],
)
def test_what_is_typed_is_read(field: Any, typed: Any, value: Any) -> None:
    assert read(field, x=typed) == ({"x": value}, [])


@pytest.mark.parametrize(
    ("field", "nothing"),
    [
        (Text("x", "X"), None),
        (Number("x", "X"), None),
        (Choice("x", "X", ("a",)), None),
        (Pick("x", "X", "iam:role"), None),
        (Json("x", "X"), None),
        (Policy("x", "X"), None),
        (Content("x", "X"), None),
        (Cidr("x", "X"), None),
        (Group("x", "X", (Text("y", "Y"),)), None),
        (Switch("x", "X"), False),
        (Choices("x", "X", ("a",)), []),
        (Picks("x", "X", "iam:role"), []),
        (Lines("x", "X"), []),
        (Repeat("x", "X", (Text("y", "Y"),)), []),
        (Pairs("x", "X"), {}),
    ],
)
def test_what_is_left_empty_is_nothing_of_its_kind(field: Any, nothing: Any) -> None:
    assert read(field) == ({"x": nothing}, [])


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (Text("x", "X", required=True), " ", "This is needed."),
        (Number("x", "X"), "four", "“four” is not a whole number."),
        (Number("x", "X"), "1.5", "“1.5” is not a whole number."),
        (Number("x", "X", whole=False), "nan", "This is beyond all bounds."),
        (Number("x", "X", least=1, most=65535), "70000", "65535 is the most."),
        (Json("x", "X"), '{"a": 1,\n"b" 2}', "Line 2: This is not JSON: expecting ':' delimiter."),
        (Cidr("x", "X"), "10.0.0.5/16", "10.0.0.5/16 lies within 10.0.0.0/16: write that range by its first address."),
        (Cidr("x", "X"), "10.0.0.5", "Say how large the range is: 10.0.0.5/32 is this address alone."),
        (Cidr("x", "X"), "fd00::/8", "This is an IPv6 range; here it is one like 10.0.0.0/16."),
        (
            Cidr("x", "X"),
            "everywhere",
            "“everywhere” is no address range. One looks like 10.0.0.0/16; a single address ends in /32.",
        ),
        (Cron("x", "X"), "every day", "Write rate(5 minutes), or cron(0 12 * * ? *) with its six fields."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(field: Any, typed: str, said: str) -> None:
    assert read(field, x=typed)[1] == [said]


def test_a_policy_is_read_by_the_rules_of_aws_and_its_lines_are_named() -> None:
    good = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    bad = '{"Effect": "Perhaps",\n   "Action": "GetObject",\n   "Resource": "*"}'
    text = f'{{\n "Version": "2012-10-17",\n "Statement": [\n  {good},\n  {bad}\n ]\n}}'
    _, said = read(Policy("x", "X"), x=text)
    assert said == [
        "Line 5: Effect in statement 2 must be Allow or Deny, not 'Perhaps'.",
        "Line 6: Action 'GetObject' in statement 2 is not of the form service:Action.",
    ]
    assert read(Policy("x", "X", kind="resource"), x=GOOD)[1]  # a resource's policy has a Principal


def test_pairs_and_rows_come_in_the_order_that_they_stand_in() -> None:
    field = Repeat("rules", "Rules", (Number("port", "Port", required=True), Text("about", "About")), one="rule")
    values, said = read(
        field, rules__7__port="80", rules__2__port="443", rules__2__about="web", rules__9__port="", rules__9__about=""
    )
    assert (values, said) == ({"rules": [{"port": 443, "about": "web"}, {"port": 80, "about": None}]}, [])
    values, said = read(field, rules__0__about="no port")
    assert said == ["This is needed."]
    assert read(Repeat("x", "X", (Text("", ""),)), x__0__v="a", x__1__v="b")[0] == {"x": ["a", "b"]}
    tags = Pairs("tags", "Tags")
    assert read(tags, tags__0__key="team", tags__0__value="web", tags__1__key="", tags__1__value="")[0] == {
        "tags": {"team": "web"}
    }
    assert read(tags, tags__0__key="a", tags__1__key="a")[1] == ["a is there twice."]
    assert read(tags, tags__0__value="web")[1] == ["“web” has no key."]


def test_a_field_that_is_not_shown_says_nothing() -> None:
    fields = (
        Choice("to", "To", ("queue", "mail")),
        Text("queue", "Queue", required=True, when=("to", "queue")),
        Text("mail", "Mail", required=True, when=("to", "mail")),
    )
    assert read(*fields, to="mail", queue="left over", mail="a@b") == ({"to": "mail", "queue": None, "mail": "a@b"}, [])


def test_one_cannot_pick_what_is_not_there_unless_anything_goes() -> None:
    there = [Option("sg-1", "web (sg-1)")]
    assert read(Pick("x", "X", "ec2:security-group"), x="sg-2", options=lambda _: there)[1] == []  # what is set stays
    form = Form([Pick("x", "X", "ec2:security-group")], {"x": ["sg-2"]}, options=lambda _: there)
    assert [one.value for one in form.fields[0].options] == ["sg-1", "sg-2"]


def test_a_file_goes_before_what_is_typed() -> None:
    values, _ = read(Content("body", "Body", file="code.zip"), body="typed", files={"body": b"PK\x00"})
    assert values["body"] == b"PK\x00" and isinstance(values["body"], Bytes) and values["body"].name == "code.zip"


def test_a_preview_has_words_for_what_is_still_to_be_typed() -> None:
    fields = (
        Text("Name", "Name", required=True),
        Pairs("tags", "Tags", required=True),
        Number("port", "Port"),
        Policy("doc", "Document", required=True),
    )
    values, said = read(*fields, strict=False, port="eighty", doc="{")
    assert (values, said) == ({"Name": "<name>", "tags": {"<key>": "<value>"}, "port": "eighty", "doc": "{}"}, [])


FULL = (
    Text("name", "Name"),
    Switch("on", "On"),
    Pairs("tags", "Tags"),
    Lines("lines", "Lines"),
    Choices("many", "Many", ("a", "b")),
    Policy("doc", "Document"),
    Group("group", "Group", (Text("inner", "Inner"),)),
    Repeat("rows", "Rows", (Number("port", "Port"), Repeat("deep", "Deep", (Text("", ""),)))),
)
SET = {
    "name": "web",
    "on": True,
    "tags": {"team": "it's"},
    "lines": ["a", "b"],
    "many": ["b"],
    "doc": GOOD,
    "group": {"inner": "x"},
    "rows": [{"port": 80, "deep": ["one", "two"]}, {"port": 81, "deep": []}],
}


def test_what_is_set_stands_in_the_form_and_comes_back_the_same() -> None:
    form = Form(FULL, flat(FULL, SET))
    assert form.values(strict=True) == SET and form.ok


def test_a_row_that_is_added_has_the_fields_first_values() -> None:
    field = Repeat(
        "rows",
        "Rows",
        (Choice("kind", "Kind", ("a", "b"), initial="b"), Repeat("deep", "Deep", (Text("", ""),))),
        least=1,
    )
    form = Form([field], flat([field], {}))
    assert [one.raw for one in form.fields[0].blank][:1] == ["b"]
    assert form.fields[0].blank[1].blank[0].name == "f.rows.XiX.deep.XiX.v"
    assert len(form.fields[0].rows) == 1


def test_a_complaint_stands_at_its_field_or_above_the_form() -> None:
    form = Form(FULL, {})
    form.mark("name", "Too long.")
    form.mark("Nothing.Here", "Elsewhere.")
    assert form.fields[0].marks == ["Too long."] and form.problems == ["Elsewhere."] and not form.ok
