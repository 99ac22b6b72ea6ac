"""Exam files: what they say, what an author is told where one is wrong, and what is told once it is out of date."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.http import Http404

from courses import selectors
from courses.checks import exam_definitions_are_current
from courses.content import ContentError, Course, Domain, Exam, ExamLab, catalog_problems, load_catalog, load_course
from courses.exams.assembly import assemble
from graders.items import LabSpec
from tests.courses.conftest import Catalog

EXAM = """\
---
title: The exam
code: TST-1
summary: One question and a lab.
minutes: 30
pass_mark: 700
cut: 0.65
domains:
  secure: 60
  resilient: 40
sections:
  - name: questions
    title: Questions
    count: 2
    unscored: 1
    types: {choice: 50, response: 50}
    difficulty: {easy: 30, medium: 50, hard: 20}
  - name: practice
    title: Labs
    minutes: 20
    labs:
      - {lab: private-bucket-one-reader, domain: secure, points: 4, minutes: 20}
banks: [bank]
attempts: {maximum: 3, cool_down_days: 1, counts: last}
requires: {secure: 80}
valid_from: 2026-01-01
valid_to: 2027-01-01
verified_on: 2026-11-20
source_url: https://docs.aws.amazon.com/
---

Read this **first**.
"""
BANK = """\
### Which is kept? {#kept .choice domain=secure difficulty=0.8}

- [x] This
  > CANARY-KEPT
- [ ] That
  > It is not.

### Which two? (Select TWO.) {#two .response domain=resilient}

- [x] One
  > Yes.
- [x] Two
  > Yes.
- [ ] Three
  > No.

### Which is tried out? {#tried .choice domain=secure status=pilot}

- [x] This
  > It is.
- [ ] That
  > It is not.

### Which is not ready? {#draft .choice domain=secure status=draft}

- [x] This
  > It is.
- [ ] That
  > It is not.
"""
PATH = "exams/the-exam.md"
OTHER_ITEM = BANK.split("###")[1].replace("#kept", "#free").replace("CANARY-KEPT", "Free.")


@pytest.fixture
def exam_files(files: Catalog) -> Catalog:
    """The small course, with an exam, its bank, and a bank that is free for practice."""
    files.write("items/bank.md", BANK)
    files.write("items/free.md", f"###{OTHER_ITEM}")
    files.write(PATH, EXAM)
    return files


def read(files: Catalog) -> Course:
    return load_course(files.course, **files.folders)


def told(files: Catalog) -> list[str]:
    with pytest.raises(ContentError) as caught:
        read(files)
    return [str(problem) for problem in caught.value.problems]


def test_an_exam_is_read_whole(exam_files: Catalog) -> None:
    (exam,) = read(exam_files).exams
    assert (exam.slug, exam.code, exam.course, exam.minutes) == ("the-exam", "TST-1", "buckets", 30)
    assert (exam.pass_mark, exam.cut) == (700, Decimal("0.65"))
    assert exam.domains == {"secure": Domain("Security", 60), "resilient": Domain("Resilience", 40)}
    questions, labs = exam.sections
    assert (questions.count, questions.unscored, questions.places, questions.labs) == (2, 1, 3, ())
    assert labs.labs == (ExamLab("private-bucket-one-reader", "secure", 4, 20),)
    assert (labs.count, labs.minutes, exam.count, exam.unscored) == (1, 20, 3, 1)
    assert (exam.attempts.maximum, exam.attempts.cool_down_days, exam.attempts.counts) == (3, 1, "last")
    assert exam.requires == {"secure": 80}
    assert (exam.valid_from, exam.valid_to) == (date(2026, 1, 1), date(2027, 1, 1))
    assert exam.intro == "Read this **first**."
    assert exam.shortages == ()


def test_the_pool_is_what_may_be_drawn(exam_files: Catalog) -> None:
    course = read(exam_files)
    (exam,) = course.exams
    assert [item.id for item in exam.pool] == ["kept", "two", "tried", "lab-private-bucket-one-reader"]
    lab = exam.pool[-1]
    assert (lab.type, lab.spec, lab.points) == ("lab", LabSpec("private-bucket-one-reader", 20), 4)
    assert [one.pilot for one in exam.drawable] == [False, False, True, False]
    form = assemble(exam, exam.drawable, seed="s")
    assert [len(section.places) for section in form.sections] == [3, 1]


def test_a_bank_is_for_practice_only_where_the_course_says_so(exam_files: Catalog) -> None:
    assert set(read(exam_files).drill) == set(read(exam_files).items)
    exam_files.replace("course.yaml", "modules:", "practice: [free]\nmodules:")
    course = read(exam_files)
    assert set(course.drill) == {*course.items, "free"}


def test_what_is_for_practice_is_in_no_exam(exam_files: Catalog) -> None:
    exam_files.replace(PATH, "banks: [bank]\n", "")
    assert "free" in {item.id for item in read(exam_files).exams[0].pool}
    exam_files.replace("course.yaml", "modules:", "practice: [free]\nmodules:")
    assert "free" not in {item.id for item in read(exam_files).exams[0].pool}
    exam_files.replace(PATH, "valid_from", "banks: [free]\nvalid_from")
    assert [one for one in told(exam_files) if "courses.E057 there are no items in items/free.md" in one]


def test_a_bank_for_practice_must_be_there(exam_files: Catalog) -> None:
    exam_files.replace("course.yaml", "modules:", "practice: [fre]\nmodules:")
    assert [
        one for one in told(exam_files) if "course.yaml:7: courses.E057 there are no items in items/fre.md (did" in one
    ]


def test_a_definition_survives_json_and_holds_no_item(exam_files: Catalog) -> None:
    (exam,) = read(exam_files).exams
    kept = json.dumps(exam.as_json(), sort_keys=True)
    assert "CANARY" not in kept
    assert "tried" not in kept
    again = Exam.from_json(json.loads(kept))
    assert (again.revision, again.domains, again.sections) == (exam.revision, exam.domains, exam.sections)
    assert list(again.domains) == list(exam.domains)
    assert (again.cut, again.valid_to, again.attempts, again.pool) == (exam.cut, exam.valid_to, exam.attempts, ())


def test_a_revision_is_of_the_definition_alone(exam_files: Catalog) -> None:
    before = read(exam_files).exams[0].revision
    exam_files.replace("items/bank.md", "Which is kept?", "Which is kept for later?")
    assert read(exam_files).exams[0].revision == before
    exam_files.replace(PATH, "minutes: 30", "minutes: 31")
    assert read(exam_files).exams[0].revision != before


def test_what_is_lacking_is_counted(exam_files: Catalog) -> None:
    exam_files.replace(PATH, "count: 2", "count: 10")
    (exam,) = read(exam_files).exams
    assert [str(one) for one in exam.shortages][:2] == [
        "section questions, domain secure: 6 wanted, 5 items are lacking",
        "section questions, domain resilient: 4 wanted, 3 items are lacking",
    ]
    assert exam.lacking == 8


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("secure: 60", "secure: 50", "the-exam.md:8: courses.E050 the domains' weights add up to 90 (change"),
        ("secure: 60", "secur: 60", "the-exam.md:9: courses.E051 the domain secur is not one of the course's (did you"),
        ("requires: {secure", "requires: {secur", "the-exam.md:25: courses.E051 the domain secur is not one of"),
        ("domain: secure, p", "domain: secrue, p", "the-exam.md:22: courses.E051 the domain secrue is not one of the exam"),
        ("lab: private", "lab: privat", "the-exam.md:22: courses.E052 there is no lab privat-bucket-one-reader (did you"),
        ("choice: 50", "choise: 50", "the-exam.md:16: courses.E053 the item type choise is not known (did you mean choice"),
        ("choice: 50", "choice: 40", "the-exam.md:12: courses.E050 questions: the weights of types add up to 90"),
        ("hard: 20", "hard: 30", "courses.E050 questions: the weights of difficulty add up to 110"),
        ("hard: 20", "harder: 20", "the-exam.md:17: courses.E006 sections.0.difficulty.harder"),
        ("name: practice", "name: questions", "courses.E054 two sections have the name questions (give each"),
        ("    count: 2\n", "", "courses.E055 the section questions does not say how many items count (count: 50)"),
        ("    labs:\n", "    count: 2\n    labs:\n", "courses.E055 practice: 2 labs are drawn from 1 (list more labs, or"),
        ("    minutes: 20\n", "    unscored: 1\n", "courses.E055 the section practice has labs, and items too (make a"),
        ("banks: [bank]", "banks: [bnak]", "the-exam.md:23: courses.E057 there are no items in items/bnak.md (did you mean"),
        ("valid_to: 2027", "valid_to: 2025", "the-exam.md:27: courses.E058 valid_to is before valid_from (exchange"),
        ("verified_on: 2026-11-20", "verified_on: lately", "the-exam.md:28: courses.E006 verified_on: "),
        ("source_url: https", "source_url: http", "the-exam.md:29: courses.E006 source_url: "),
        ("pass_mark: 700", "pass_mark: 7000", "the-exam.md:6: courses.E006 pass_mark: "),
        ("cut: 0.65", "cut: 65", "the-exam.md:7: courses.E006 cut: "),
        ("minutes: 30\n", "", "the-exam.md:2: courses.E005 the key minutes is missing"),
        ("unscored: 1", "unscorred: 1", "the-exam.md:15: courses.E004 the key sections.0.unscorred is not known (did you"),
        ("counts: last", "counts: worst", "the-exam.md:24: courses.E006 attempts.counts: "),
        ("---\ntitle", "title", "the-exam.md:1: courses.E002 there is no front matter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_id_and_remedy(
    exam_files: Catalog, old: str, new: str, problem: str
) -> None:
    exam_files.replace(PATH, old, new)
    assert [one for one in told(exam_files) if problem in one] != []


def test_a_bank_without_the_domains_of_the_exam_is_no_error_but_a_shortage(exam_files: Catalog) -> None:
    exam_files.replace(PATH, "banks: [bank]", "banks: [free]")
    (exam,) = read(exam_files).exams
    assert exam.shortages


def test_a_course_may_hold_exams_alone(exam_files: Catalog) -> None:
    for path in ("lessons/first.md", "lessons/second.md"):
        (exam_files.course / path).unlink()
    modules = "modules:\n  - title: First\n    lessons: [first, second]\n    labs: [private-bucket-one-reader]\n"
    exam_files.replace("course.yaml", modules, "")
    course = read(exam_files)
    assert (course.lessons, len(course.exams)) == ((), 1)
    (exam_files.course / PATH).unlink()
    assert [one for one in told(exam_files) if "courses.E031 the course has no module and no exam" in one]


def test_two_courses_cannot_have_an_exam_of_one_name(exam_files: Catalog) -> None:
    other = exam_files.root / "copy"
    for path, text in (("course.yaml", "modules: []"), (PATH, EXAM), ("items/bank.md", BANK)):
        (other / path).parent.mkdir(parents=True, exist_ok=True)
        if path == "course.yaml":
            text = (exam_files.course / path).read_text().split("modules:")[0] + text
        (other / path).write_text(text)
    assert set(load_catalog(exam_files.root, **exam_files.folders)) == {"buckets"}
    (problem,) = catalog_problems(exam_files.root, **exam_files.folders)
    assert "copy/exams/the-exam.md:1: courses.E056 the exam the-exam is there twice" in str(problem)


@pytest.mark.parametrize("name", ["attempts", "Big", "two words"])
def test_an_exams_name_is_an_address(exam_files: Catalog, name: str) -> None:
    exam_files.write(f"exams/{name}.md", EXAM)
    assert [one for one in told(exam_files) if "courses.E030" in one]


# --- Out of date ------------------------------------------------------------------------------------------------


@pytest.fixture
def exam_site(exam_files: Catalog, settings: Any) -> Catalog:
    settings.COURSE_CATALOG = exam_files.root
    settings.LAB_CATALOG = exam_files.labs
    settings.STATICFILES_DIRS = [exam_files.static]
    return exam_files


@pytest.mark.parametrize(
    ("today", "ids"),
    [
        (date(2026, 11, 20), []),
        (date(2026, 11, 20) + timedelta(days=42), []),  # the last day of its validity
        (date(2027, 1, 2), ["courses.W001"]),
        (date(2026, 11, 20) + timedelta(days=90), ["courses.W001"]),
        (date(2026, 11, 20) + timedelta(days=91), ["courses.W001", "courses.W002"]),
    ],
)
def test_a_definition_out_of_date_is_a_warning(exam_site: Catalog, today: date, ids: list[str]) -> None:
    found = exam_definitions_are_current(None, today=today)
    assert [one.id for one in found] == ids
    assert all("exams/the-exam.md:1: TST-1 was " in one.msg and one.hint for one in found)
    assert not any(one.is_serious() for one in found)


def test_a_state_says_whether_an_exam_can_be_sat(exam_site: Catalog) -> None:
    state = selectors.exam_state("the-exam", today=date(2025, 12, 31))
    assert (state.sittable, state.early, state.expired) == (True, True, False)
    exam_site.replace(PATH, "count: 2", "count: 10")
    assert not selectors.exam_state("the-exam", today=date(2027, 5, 1)).sittable
    with pytest.raises(Http404):
        selectors.get_exam("no-exam")


def test_the_command_tells_what_is_lacking(exam_site: Catalog) -> None:
    out = StringIO()
    call_command("exams", "the-exam", stdout=out)
    assert out.getvalue().split("\n")[0] == "the-exam  3 + 1 unscored of 4       can be sat"
    exam_site.replace(PATH, "count: 2", "count: 10")
    with pytest.raises(SystemExit):
        call_command("exams", "the-exam", stdout=out)
    assert "8 items are lacking" in out.getvalue()
    assert "section questions, domain secure: 6 wanted, 5 items are lacking" in out.getvalue()
    with pytest.raises(SystemExit):
        call_command("exams", "no-exam", stderr=StringIO())


# --- The site's own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "minutes", "pass_mark", "weights"),
    [
        ("clf-c02", 90, 700, [24, 30, 34, 12]),
        ("saa-c03", 130, 720, [30, 26, 24, 20]),
        ("dva-c02", 130, 720, [32, 26, 24, 18]),
        ("soa-c03", 130, 720, [22, 22, 22, 16, 18]),
    ],
)
def test_the_exams_of_aws_are_as_its_guides_say(slug: str, minutes: int, pass_mark: int, weights: list[int]) -> None:
    exam = selectors.get_exam(slug)
    assert (exam.minutes, exam.pass_mark, exam.count, exam.unscored) == (minutes, pass_mark, 50, 15)
    assert list(exam.weights.values()) == weights
    assert set(exam.sections[0].types) == {"choice", "response"}


def test_one_exam_of_the_site_can_be_sat_over_and_over() -> None:
    exam = selectors.get_exam("foundations-practical")
    assert exam.shortages == ()
    used: dict[str, int] = {}
    for number in range(3):
        form = assemble(exam, exam.drawable, seed=str(number), used=used)
        assert [section.name for section in form.sections] == ["items", "labs"]
        assert [place.type for place in form.sections[1].places] == ["lab", "lab"]
        for place in form.places:
            used[place.item_id] = used.get(place.item_id, 0) + 1
    bank = [item for item in exam.pool if item.type != "lab"]
    assert len(bank) >= 60
    assert sum(item.status == "pilot" for item in bank) >= exam.unscored
