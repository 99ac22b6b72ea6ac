"""Items in Markdown, each type: what an author writes, and what they are told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.checks import WARNING, run_checks
from django.core.management import call_command

from courses.content import ContentError, Course, Item, load_course
from courses.content.items import parse_text, source_lines
from courses.content.lint import lint
from courses.content.source import Problems
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    OrderingSpec,
    ResponseSpec,
    TextSpec,
)
from tests.courses.conftest import Catalog


@pytest.fixture
def course(files: Catalog) -> Course:
    return load_course(files.course, **files.folders)


def only_item(text: str) -> Item:
    """Return the item of a text that has one and no mistake."""
    problems = Problems()
    lines = source_lines(text, path="x.md", first_line=1, problems=problems)
    segments = parse_text(lines, path="x.md", domains={}, problems=problems)
    assert problems == []
    [item] = [segment for segment in segments if isinstance(segment, Item)]
    return item


WRITTEN = {
    "choice": "### Q {#q .choice}\n\n- [x] a\n  > why a\n- [ ] b\n  > why b\n",
    "number": "### Q {#q .number}\n\n~~~answer\n1\n~~~\n> why\n",
    "response": "### Q (Select TWO.) {#q .response}\n\n- [x] a\n  > A\n- [x] b\n  > B\n- [ ] c\n  > C\n",
    "ordering": "### Q {#q .ordering}\n\n1. a\n   > A\n2. b\n\n- [ ] c\n  > C\n",
    "matching": "### Q {#q .matching}\n\n| L | R | Why |\n|---|---|---|\n| a | b | A |\n| c | d | |\n| | e | E |\n",
    "text": "### Q {#q .text}\n\n~~~answer\none\n/two/i\n~~~\n\n> why\n",
    "lab": "### Q {#q .lab lab=a-lab minutes=20}\n\nThe stem.\n",
    "case": "### Q {#q .case}\n\nScene.\n\n#### 1? {#q-1 .choice}\n\n- [x] a\n  > A\n- [ ] b\n  > B\n\n"
    "#### 2? {#q-2 .number points=2 domain=d}\n\n~~~answer\n1\n~~~\n> why\n",
}


@pytest.mark.parametrize("kind", sorted(items.all()))
def test_every_item_type_can_be_written_in_markdown(kind: str) -> None:
    item = only_item(WRITTEN[kind])
    assert item.type == kind
    assert items.all()[kind].check(item.spec, item.stem) == []


def test_a_choice_has_its_options_with_their_rationales(course: Course) -> None:
    item = course.items["private"]
    assert isinstance(item.spec, ChoiceSpec)
    assert [(one.text, one.correct, one.rationale) for one in item.options] == [
        ("Block Public Access", True, "CANARY-WHY-RIGHT"),
        ("A longer name", False, "CANARY-WHY-WRONG"),
        ("Encryption", False, "CANARY-WHY-ALSO-WRONG"),
    ]
    assert (item.domain, item.points, item.line) == ("secure", 2.0, 17)


def test_a_stem_may_go_on_below_its_heading_and_an_option_over_lines(course: Course) -> None:
    item = course.items["deny"]
    assert isinstance(item.spec, ResponseSpec)
    assert item.stem == "Which two deny? (Select TWO.)\n\nThink of *policies*."
    assert [one.text for one in item.options] == ["An explicit deny", "An allow", "Silence,\nand nothing more"]
    assert [one.rationale for one in item.options] == ["CANARY-DENY", "CANARY-ALLOW", "CANARY-SILENCE"]


@pytest.mark.parametrize(
    ("written", "value", "tolerance", "unit"),
    [
        ("11", "11", "0", ""),
        ("99.99 ± 0.005 %", "99.99", "0.005", "%"),
        ("3.5±0.5 GB", "3.5", "0.5", "GB"),
        ("-3 +/- 1", "-3", "1", ""),
        ("10 +- 1 IP addresses", "10", "1", "IP addresses"),
        ("5 GB", "5", "0", "GB"),
    ],
)
def test_a_number_has_its_tolerance_and_unit(written: str, value: str, tolerance: str, unit: str) -> None:
    spec = only_item(f"### Q {{#q .number}}\n\n~~~answer\n{written}\n~~~\n\n> why\n> so\n").spec
    assert spec == NumberSpec(Decimal(value), Decimal(tolerance), unit, "why\nso")


def test_an_option_is_known_by_its_text_and_not_by_its_place() -> None:
    one = only_item(WRITTEN["choice"])
    other = only_item("### Q {#q .choice}\n\n- [ ] b\n  > why b\n- [x] a\n  > why a\n")
    assert {option.text: option.id for option in one.options} == {option.text: option.id for option in other.options}
    assert len({option.id for option in one.options}) == 2


def test_the_revision_follows_the_content_and_not_the_place(course: Course) -> None:
    item = course.items["private"]
    assert replace(item, line=99, path="elsewhere.md").revision == item.revision
    assert replace(item, stem="Another?").revision != item.revision
    first, *others = item.options
    assert replace(item, spec=ChoiceSpec((replace(first, rationale="else"), *others))).revision != item.revision


def test_the_text_after_the_options_is_the_lessons() -> None:
    item = only_item(WRITTEN["choice"] + "\nText goes on.\n")
    assert "goes on" not in str(item)


def test_a_printed_item_does_not_tell_its_key(course: Course) -> None:
    assert "CANARY" not in repr(course.items["private"])


def problems_of(text: str, **more: Any) -> list[str]:
    problems = Problems()
    lines = source_lines(text, path="x.md", first_line=1, problems=problems)
    parse_text(lines, path="x.md", problems=problems, **({"domains": {}} | more))
    return [str(problem) for problem in problems]


def test_an_ordering_is_its_numbered_list_and_what_is_behind_boxes_belongs_nowhere() -> None:
    spec = only_item(WRITTEN["ordering"]).spec
    assert isinstance(spec, OrderingSpec)
    assert [(one.text, one.rationale) for one in spec.steps] == [("a", "A"), ("b", "")]
    assert [(one.text, one.rationale) for one in spec.distractors] == [("c", "C")]
    assert len({one.id for one in spec.entries}) == 3


def test_a_matching_is_its_table_and_a_row_with_nothing_at_the_left_belongs_nowhere() -> None:
    item = only_item(
        "### Q {#q .matching}\n\nText.\n\n| Need | Service |\n| :-- | --- |\n| one \\| two | S3 |\n| three | `x \\| y`<br>z |\n"
        "| four | S3 |\n\nText goes on.\n",
    )
    spec = item.spec
    assert isinstance(spec, MatchingSpec)
    assert item.stem == "Q\n\nText."
    assert spec.titles == ("Need", "Service")
    assert [one.text for one in spec.prompts] == ["one | two", "three", "four"]
    assert [one.text for one in spec.answers] == ["S3", "`x | y`\nz"]
    by_id = {one.id: one.text for one in (*spec.prompts, *spec.answers)}
    assert [(by_id[prompt], by_id[answer]) for prompt, answer in spec.pairs] == [
        ("one | two", "S3"), ("three", "`x | y`\nz"), ("four", "S3"),
    ]  # fmt: skip
    spec = only_item(WRITTEN["matching"]).spec
    assert isinstance(spec, MatchingSpec)
    assert [(one.text, one.rationale) for one in spec.answers] == [("b", ""), ("d", ""), ("e", "E")]
    assert [one.rationale for one in spec.prompts] == ["A", ""]


def test_a_text_has_an_accepted_form_on_each_line() -> None:
    spec = only_item("### Q {#q .text}\n\n~~~answer\n  one  \n\n/t(w)o/i\n~~~\n\n> why\n").spec
    assert spec == TextSpec(("one", "/t(w)o/i"), False, "why")
    written = "aws s3 ls \\\n  s3://a\naws s3 ls s3://a/\n"
    spec = only_item(f"### Q {{#q .text}}\n\n~~~answer command\n{written}~~~\n\n> why\n").spec
    assert spec == TextSpec(("aws s3 ls \\\n  s3://a", "aws s3 ls s3://a/"), True, "why")


def test_a_lab_is_named_in_the_heading_and_its_stem_goes_on_to_the_next() -> None:
    item = only_item(WRITTEN["lab"])
    assert (item.spec, item.stem) == (LabSpec("a-lab", 20), "Q\n\nThe stem.")


def test_a_case_has_the_items_below_it_and_ends_where_they_end() -> None:
    problems = Problems()
    lines = source_lines(WRITTEN["case"] + "\nAfter.\n\n### Other {#o .choice}\n\n- [x] a\n  > A\n- [ ] b\n  > B\n",
                         path="x.md", first_line=1, problems=problems)  # fmt: skip
    case, text, other = parse_text(lines, path="x.md", domains={"d": "D"}, problems=problems)
    assert problems == []
    assert isinstance(case, Item) and isinstance(case.spec, CaseSpec) and isinstance(other, Item)
    assert (case.stem, other.id) == ("Q\n\nScene.", "o")
    assert "After." in str(text)
    told = [(one.id, one.type, one.stem, one.points, one.domain) for one in case.spec.parts]
    assert told == [("q-1", "choice", "1?", 1.0, ""), ("q-2", "number", "2?", 2.0, "d")]


def test_a_heading_says_how_hard_an_item_is_where_it_stands_and_what_it_is_about() -> None:
    item = only_item("### Q {#q .choice difficulty=0.65 status=pilot skill=2.2.1}\n\n- [x] a\n  > A\n- [ ] b\n  > B\n")
    assert (item.difficulty, item.status, item.skill, item.shown) == (0.65, "pilot", "2.2.1", True)
    plain = only_item(WRITTEN["choice"])
    assert (plain.difficulty, plain.status, plain.skill) == (0.5, "live", "")
    # What is learned of an item, and where it is in its life, makes no other item of it.
    assert replace(plain, difficulty=0.1, status="retired", skill="x", line=9).revision == plain.revision


def test_an_option_can_be_kept_at_the_end() -> None:
    item = only_item("### Q {#q .choice}\n\n- [ ] None of these. <!-- last -->\n  > b\n- [x] a,\n  and more\n  > a\n")
    assert [(one.text, one.fixed) for one in item.options] == [("None of these.", True), ("a,\nand more", False)]


def test_an_option_may_hold_blocks_and_its_rationale_too() -> None:
    first_option = "- [x] a\n\n  ```sh\n  > x\n\n    y\n  ```\n  > why\n  >\n  > ```\n  > z\n  > ```\n"
    text = f"### Q {{#q .choice}}\n\n{first_option}\n- [ ] b\n  > B\n"
    first, _ = only_item(text).options
    assert first.text == "a\n\n```sh\n> x\n\n  y\n```"
    assert first.rationale == "why\n\n```\nz\n```"


def test_a_second_quote_is_rationale_too_and_never_shown_before_an_answer() -> None:
    first, _ = only_item("### Q {#q .choice}\n\n- [x] a\n  > one\n\n  > two\n- [ ] b\n  > B\n").options
    assert (first.text, first.rationale) == ("a", "one\n\ntwo")


def test_a_draft_may_do_without_rationales_and_a_published_item_may_not() -> None:
    text = "### Q {#q .choice status=STATUS}\n\n- [x] a\n- [ ] b\n  > B\n"
    assert problems_of(text.replace("STATUS", "draft")) == []
    for status in ("pilot", "live", "retired"):
        assert problems_of(text.replace("STATUS", status)) == [
            "x.md:1: courses.E026 q: Option “a” has no rationale. (write > and the reason below it, or status=draft)"
        ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("### Q {#q .ordering}\n\nText.\n", "x.md:1: courses.E025 the item q has nothing to answer (number its steps"),
        (
            "### Q {#q .ordering}\n\n1. a\n2. b\n\n- [x] c\n  > C\n",
            "x.md:6: courses.E032 q: a distractor of an ordering",
        ),
        ("### Q {#q .ordering}\n\n1. a\n2. b\n- [ ] c\n", "x.md:1: courses.E026 q: Distractor “c” has no rationale."),
        ("### Q {#q .matching}\n\nText.\n", "x.md:1: courses.E025 the item q has nothing to answer (write a table"),
        ("### Q {#q .matching}\n\n| a | b |\n|--|--|\n| c | |\n", "x.md:5: courses.E033 q: the row of “c” has nothing"),
        ("### Q {#q .matching}\n\n| a | b |\n|--|--|\n| c |\n", "x.md:5: courses.E033 q: the row has 1 columns"),
        (
            "### Q {#q .matching}\n\n| a | b |\n|--|--|\n| c | d |\n| | d |\n",
            "x.md:6: courses.E033 q: “d” is a distractor and stands elsewhere too",
        ),
        ("### Q {#q .text}\n\n~~~answer\n~~~\n> w\n", "x.md:1: courses.E026 q: There is no accepted form"),
        ("### Q {#q .text}\n\n~~~answer shell\na\n~~~\n> w\n", "x.md:3: courses.E025 q: shell is not understood here"),
        ("### Q {#q .text}\n\n~~~answer command\nls\n~~~\n> w\n", "x.md:1: courses.E026 q: “ls” is no command"),
        ("### Q {#q .lab minutes=20}\n", "x.md:1: courses.E025 the item q has nothing to answer (name the lab"),
        ("### Q {#q .lab lab=a-lab minutes=soon}\n", "x.md:1: courses.E023 q: minutes=soon is not a number of minutes"),
        ("### Q {#q .lab lab=a-lbb minutes=20}\n", "x.md:1: courses.E012 there is no lab a-lbb (did you mean a-lab?)"),
        ("### Q {#q .choice lab=a-lab}\n\n- [x] a\n  > A\n- [ ] b\n  > B\n", "x.md:1: courses.E022 lab=a-lab is not"),
        ("### Q {#q .case}\n\nScene.\n", "x.md:1: courses.E025 the item q has nothing to answer (write its questions"),
        ("### Q {#q .case points=2}\n\nScene.\n", "x.md:1: courses.E023 a case has no points of its own"),
        (
            "### Q {#q .case}\n\n#### 1? {#q-1 .number}\n\n~~~answer\n1\n~~~\n> w\n",
            "courses.E026 q: A case has two questions",
        ),
        (WRITTEN["case"].replace("#### 2?", "Between.\n\n#### 2?"), "x.md:12: courses.E034 q: text stands between"),
        (WRITTEN["case"].replace("#q-2", "#q-1"), "courses.E026 q: Two questions have the same id."),
        (WRITTEN["case"].replace("#q-2", "#q"), "courses.E024 q: an id is used twice in the case"),
        (
            WRITTEN["case"].replace("points=2", "status=pilot"),
            "x.md:12: courses.E022 q: the question q-2 says what only",
        ),
        (WRITTEN["case"].replace("domain=d", "domain=e"), "x.md:12: courses.E028 the domain e is not one"),
        (WRITTEN["case"].replace("  > B\n", ""), "x.md:1: courses.E026 q: q-1: Option “b” has no rationale."),
        (
            WRITTEN["choice"].replace(".choice", ".choice difficulty=2"),
            "x.md:1: courses.E023 difficulty=2 is not a share",
        ),
        (WRITTEN["choice"].replace(".choice", ".choice status=done"), "x.md:1: courses.E022 status=done is not known"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    problems = problems_of(text, domains={"d": "D"}, labs={"a-lab"})
    assert any(one.startswith(told) or told in one for one in problems), problems


def test_a_draft_in_a_lesson_is_kept_from_learners_and_keeps_its_id(files: Catalog) -> None:
    files.replace("lessons/first.md", ".choice domain=secure points=2", ".choice status=draft")
    lesson = load_course(files.course, **files.folders).lessons[0]
    assert [one.id for one in lesson.items] == ["deny", "nines"]
    files.replace("items/bank.md", "#bank-one", "#private")
    with pytest.raises(ContentError, match="the item id private is used twice"):
        load_course(files.course, **files.folders)


def test_the_id_of_a_cases_question_is_used_once_in_a_course(files: Catalog) -> None:
    files.write("items/case.md", WRITTEN["case"].replace(" domain=d", "").replace("#q-2", "#deny"))
    with pytest.raises(ContentError, match="the item id deny is used twice"):
        load_course(files.course, **files.folders)


# --- Warnings ---------------------------------------------------------------------------------------------------------


def choice_of(*texts: str, name: str = "q", right: int = 0) -> str:
    options = "".join(f"- [{'x' if at == right else ' '}] {text}\n  > why\n" for at, text in enumerate(texts))
    return f"### Q {{#{name} .choice}}\n\n{options}\n"


def warnings_of(text: str) -> list[str]:
    problems = Problems()
    lines = source_lines(text, path="x.md", first_line=1, problems=problems)
    found = parse_text(lines, path="x.md", domains={}, problems=problems)
    return [str(one) for one in lint(one for one in found if isinstance(one, Item))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (choice_of("S3", "All of the above"), "x.md:1: courses.W042 q: “All of the above” speaks of other options"),
        (choice_of("S3", "None of these."), "courses.W042"),
        (choice_of("S3", "Both options A and B"), "courses.W042"),
        (choice_of("The `Role`", "the role."), "x.md:1: courses.W043 q: “the role.” says the same as “The `Role`”"),
        (
            choice_of("A bucket policy that denies all who do not come from the endpoint, by aws:SourceVpce", "A", "B"),
            "W041",
        ),
        (WRITTEN["case"].replace("- [ ] b", "- [ ] None of these"), "x.md:1: courses.W042 q-1: "),
    ],
)
def test_what_gives_an_answer_away_is_warned_of(text: str, told: str) -> None:
    [warning] = warnings_of(text)
    assert told in warning


@pytest.mark.parametrize(
    "text",
    [
        choice_of("S3", "None of these <!-- last -->"),
        choice_of("`arn:aws:s3:::b`", "`arn:aws:s3:::b/*`"),
        choice_of("A rule for each of them", "A peering connection between the VPCs of A and B"),
        choice_of(
            "A long right option, but not by so much more than another is",
            "A wrong option that is nearly as long as it",
        ),
        choice_of("All of the above", "S3").replace(".choice", ".choice status=draft"),
    ],
)
def test_what_is_well_is_not_warned_of(text: str) -> None:
    assert warnings_of(text) == []


def test_a_file_whose_longest_options_are_right_is_warned_of_once() -> None:
    telling = [choice_of("A longer one", "short", "other", name=f"a{at}") for at in range(6)]
    fair = [choice_of("short", "A longer one", name=f"b{at}") for at in range(4)]
    assert warnings_of("".join([*telling, *fair])) == []
    [warning] = warnings_of("".join([*telling, *fair[:3]]))
    assert warning.startswith("x.md:1: courses.W040 in 6 of 9 items the longest options are the right ones")
    assert warnings_of("".join(telling)) == []  # too few to speak of a habit


def test_the_command_prints_warnings_and_does_not_fail(site: Catalog) -> None:
    site.replace("lessons/first.md", "- [ ] Encryption\n", "- [ ] None of these\n")
    out, err = StringIO(), StringIO()
    call_command("catalog", stdout=out, stderr=err)
    assert "lessons/first.md:17: courses.W042 private: " in err.getvalue()
    assert "buckets" in out.getvalue()
    [one] = [one for one in run_checks(tags=["content"]) if one.id == "courses.W042"]
    assert one.level == WARNING
