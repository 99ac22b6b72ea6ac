"""What an author may write, and what they are told where it is wrong: file, line, cause and remedy."""

from __future__ import annotations

import os
from datetime import date

import pytest

from courses.content import ContentError, Item, Reference, Text, catalog_problems, load_catalog, load_course

from .conftest import SVG, Catalog

FIRST, SECOND, YAML = "lessons/first.md", "lessons/second.md", "course.yaml"


def test_a_good_course_is_read_whole(files: Catalog) -> None:
    course = load_course(files.course, **files.folders)
    assert (course.slug, course.title, course.minutes) == ("buckets", "Buckets", 15)
    assert [lesson.slug for lesson in course.lessons] == ["first", "second"]
    assert course.labs == ("private-bucket-one-reader",)
    assert list(course.items) == ["private", "deny", "nines"]
    assert [item.id for item in course.bank] == ["bank-one"]
    first = course.lessons[0]
    assert first.as_of == date(2026, 11, 1)
    assert [link.url for link in first.links] == ["https://docs.aws.amazon.com/s3/"]
    assert first.references == {
        "second.md#end": Reference("lesson", "second", "end"),
        "/static/courses/buckets/bucket.svg": Reference("image", "bucket.svg"),
    }


def test_text_and_items_keep_the_order_of_the_author(files: Catalog) -> None:
    first = load_course(files.course, **files.folders).lessons[0]
    assert [type(segment) for segment in first.segments] == [Text, Item, Text, Item, Item, Text]
    between = first.segments[2]
    assert isinstance(between, Text)
    assert between.markdown.strip() == "Between the items."


def test_the_catalog_of_the_site_has_no_problem() -> None:
    from django.conf import settings as site

    problems = catalog_problems(site.COURSE_CATALOG, labs=site.LAB_CATALOG, static=site.STATICFILES_DIRS[0])
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        # front matter
        (FIRST, "---\ntitle", "title", "first.md:1: courses.E002 there is no front matter"),
        (SECOND, "2026-11-20\n---", "2026-11-20", "second.md:1: courses.E002 the front matter is not closed"),
        (
            FIRST,
            "minutes: 10",
            "minuts: 10",
            "first.md:3: courses.E004 the key minuts is not known (did you mean minutes?)",
        ),
        (FIRST, "minutes: 10\n", "", "courses.E005 the key minutes is missing"),
        (FIRST, "minutes: 10", "minutes: ten", "first.md:3: courses.E006 minutes: "),
        (FIRST, "as_of: 2026-11", "as_of: 2026-13", "first.md:6: courses.E006 as_of: "),
        (FIRST, "as_of: 2026-11", "as_of: last week", "(as 2026-11 or 2026-11-20)"),
        (FIRST, "title: The first lesson", "title: a: b: c", "first.md:2: courses.E003 "),
        (FIRST, "title: The first lesson", "title: a\ntitle: b", "first.md:3: courses.E003 title is written twice"),
        (FIRST, "url: https", "url: javascript", "first.md:10: courses.E006 links.0.url"),
        (
            FIRST,
            "url: https",
            "urk: https",
            "first.md:10: courses.E004 the key links.0.urk is not known (did you mean url?)",
        ),
        (
            YAML,
            "title: First",
            "titel: First",
            "course.yaml:8: courses.E004 the key modules.0.titel is not known (did you mean title?)",
        ),
        (YAML, "level: foundational\n", "", "course.yaml:1: courses.E005 the key level is missing"),
        (YAML, "title: Buckets", "- title", "course.yaml"),
        # what must be there
        (
            YAML,
            "[first, second]",
            "[first, secnd]",
            "course.yaml:9: courses.E010 there is no lesson secnd (did you mean second?)",
        ),
        (YAML, "[first, second]", "[first]", "second.md:1: courses.E011 the lesson second is in no module"),
        (
            YAML,
            "[first, second]",
            "[first, second, first]",
            "course.yaml:9: courses.E013 the lesson first is listed twice",
        ),
        (
            YAML,
            "[private-b",
            "[privat-b",
            "course.yaml:10: courses.E012 there is no lab privat-bucket-one-reader (did you mean private-b",
        ),
        (FIRST, "lab: private", "lab: privat", "first.md:7: courses.E012 there is no lab privat-bucket-one-reader"),
        # links and images
        (
            FIRST,
            "second.md#end",
            "secnd.md",
            "first.md:13: courses.E014 secnd.md: there is no such lesson (did you mean second?)",
        ),
        (FIRST, "second.md#end", "/labs/nowhere/", "courses.E014 /labs/nowhere/: there is no such lab"),
        (
            FIRST,
            "second.md#end",
            "/courses/buckets/third/",
            "courses.E014 /courses/buckets/third/: there is no such lesson",
        ),
        (FIRST, "second.md#end", "/etc/passwd", "courses.E014 /etc/passwd leads nowhere"),
        (FIRST, "second.md#end", "javascript:alert", "courses.E014 javascript:alert leads nowhere"),
        (FIRST, "[the second](second.md#end)", "[the second][s]\n\n[s]: thrd.md", "first.md:15: courses.E014 thrd.md"),
        (
            FIRST,
            "bucket.svg",
            "buckt.svg",
            "first.md:15: courses.E015 the image buckt.svg is missing (did you mean bucket.svg?)",
        ),
        (
            FIRST,
            "buckets/bucket.svg",
            "other/bucket.svg",
            "courses.E015 the image /static/courses/other/bucket.svg is not one of the course's",
        ),
        (FIRST, "bucket.svg", "../../js/x.svg", "is not one of the course's"),
        (FIRST, "bucket.svg", "bucket.html", "courses.E015 the image bucket.html is of no known type"),
        (
            FIRST,
            "![A bucket]",
            "![]",
            "first.md:15: courses.E018 the image /static/courses/buckets/bucket.svg has no description",
        ),
        # items
        (FIRST, "{#private .choice", "{.choice", "first.md:17: courses.E020 the item has no id"),
        (
            FIRST,
            "{#private .choice",
            "{#private .choise",
            "first.md:17: courses.E021 the item type .choise is not known (did you mean choice?)",
        ),
        (
            FIRST,
            "domain=secure points",
            "domian=secure points",
            "courses.E022 domian=secure is not understood here (did you mean domain?)",
        ),
        (FIRST, "points=2", "points=two", "courses.E023 points=two is not a number of points"),
        (FIRST, "points=2", "points=0", "courses.E023"),
        (
            FIRST,
            "domain=secure points",
            "domain=secur points",
            "courses.E028 the domain secur is not one of the course's (did you mean secure?)",
        ),
        (FIRST, "{#deny", "{#private", "first.md:28: courses.E024 the item id private is used twice"),
        (FIRST, "{#deny", "{#bank-one", "courses.E024 the item id bank-one is used twice"),
        (FIRST, "- [ ] A longer", "- [x] A longer", "first.md:17: courses.E026 private: "),
        (FIRST, "- [x] Block", "- [ ] Block", "courses.E026 private: "),
        (FIRST, "  > CANARY-WHY-WRONG\n", "", "courses.E026 private: Option “A longer name” has no rationale."),
        (FIRST, "(Select TWO.)", "(Select THREE.)", "first.md:28: courses.E026 deny: "),
        (FIRST, "(Select TWO.) ", "", "courses.E026 deny: "),
        (FIRST, "- [ ] Encryption", "- [ ] A longer name", "courses.E026 private: Two options have the same"),
        (
            FIRST,
            "{#private .choice domain=secure points=2}",
            "",
            "first.md:19: courses.E027 options stand here that belong to no item",
        ),
        (FIRST, "99.99 ± 0.005 %", "many", "first.md:43: courses.E025 nines: the answer is not a number"),
        (
            FIRST,
            "~~~answer\n99.99 ± 0.005 %\n~~~",
            "",
            "first.md:41: courses.E025 the item nines has nothing to answer",
        ),
        (FIRST, "> CANARY-NINES", "", "courses.E026 nines: The answer has no rationale."),
        (FIRST, "± 0.005 %\n~~~\n", "± 0.005 %\n", "first.md:43: courses.E017 the fence that opens here is not closed"),
        (FIRST, "### Which one keeps a bucket private?", "###", "first.md:17: courses.E020 the item asks nothing"),
    ],
)
def test_a_mistake_names_its_line_and_its_remedy(files: Catalog, path: str, old: str, new: str, told: str) -> None:
    files.replace(path, old, new)
    problems = [str(problem) for problem in catalog_problems(files.root, **files.folders)]
    assert any(told in problem for problem in problems), problems
    assert load_catalog(files.root, **files.folders) == {}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (FIRST, "as_of: 2026-11", "as_of: 2026-11-05"),
        (FIRST, "second.md#end", "/courses/buckets/second/"),
        (FIRST, "second.md#end", "./second.md"),
        (FIRST, "second.md#end", "/labs/private-bucket-one-reader/"),
        (FIRST, "second.md#end", "../../../../labs/catalog/private-bucket-one-reader/lab.md"),
        (FIRST, "second.md#end", "https://example.com/a(b)"),
        (FIRST, "second.md#end", "#end"),
        (FIRST, "Between the items.", "`[x](nowhere.md)` and `![](none.png)`"),
        (FIRST, "Between the items.", "```md\n[x](nowhere.md)\n### No item {#no .choice}\n- [x] no option\n```"),
        (FIRST, "Between the items.", "## A heading {#with-anchor}"),
        (FIRST, "Think of *policies*.", "```json\n{}\n```"),
        (FIRST, "99.99 ± 0.005 %", "11"),
        (FIRST, "99.99 ± 0.005 %", "-3.5 +/- 0.5 GB"),
        (FIRST, " domain=secure points=2", ""),
        (FIRST, "- [x] Block", "* [X] Block"),
        (YAML, "domains: {secure: Security, resilient: Resilience}\n", ""),
    ],
)
def test_what_is_right_is_let_be(files: Catalog, path: str, old: str, new: str) -> None:
    files.replace(path, old, new)
    assert [str(problem) for problem in catalog_problems(files.root, **files.folders)] == []


def test_all_problems_are_told_at_once(files: Catalog) -> None:
    files.replace(FIRST, "minutes: 10", "minutes: ten")
    files.replace(FIRST, "points=2", "points=two")
    files.replace(FIRST, "bucket.svg", "none.svg")
    files.replace(YAML, "level: foundational", "levle: foundational")
    with pytest.raises(ContentError) as caught:
        load_course(files.course, **files.folders)
    assert [problem.id for problem in caught.value.problems] == [
        f"courses.E{number:03}" for number in (5, 4, 6, 15, 23)
    ]


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        "<rect\nonclick=alert(1) />",
        "<foreignObject/>",
        '<image href="https://evil.example/x.png"/>',
        '<use xlink:href="data:image/svg+xml;base64,AA#x"/>',
        '<a href="javascript:alert(1)"/>',
        "<style>@import url(//evil.example);</style>",
        '<rect fill="url(https://evil.example/#g)"/>',
    ],
)
def test_an_image_that_could_act_is_refused(files: Catalog, inside: str) -> None:
    (files.static / "courses/buckets/bucket.svg").write_text(SVG.replace("<rect", f"{inside}<rect"))
    problems = catalog_problems(files.root, **files.folders)
    assert [(problem.id, problem.line) for problem in problems] == [("courses.E016", 15)]


def test_a_file_that_is_not_text_is_told(files: Catalog) -> None:
    (files.course / SECOND).write_bytes(b"---\ntitle: \xff\n---\n")
    (files.course / "course.yaml").unlink()
    told = [str(problem) for problem in catalog_problems(files.root, **files.folders)]
    assert any("courses.E031 the course has no course.yaml" in one for one in told)
    assert any("second.md:1: courses.E001 the file is not UTF-8 (byte 11)" in one for one in told)


@pytest.mark.parametrize("name", ["Third Lesson", "enrol", "items", "ü"])
def test_a_name_that_cannot_be_an_address_is_told(files: Catalog, name: str) -> None:
    files.write(f"lessons/{name}.md", (files.course / SECOND).read_text())
    assert "courses.E030" in {problem.id for problem in catalog_problems(files.root, **files.folders)}


def test_one_broken_course_leaves_the_others(files: Catalog) -> None:
    (files.root / "empty").mkdir()
    assert list(load_catalog(files.root, **files.folders)) == ["buckets"]
    assert [problem.id for problem in catalog_problems(files.root, **files.folders)] == ["courses.E031"]


def test_the_catalog_is_kept_until_a_file_changes(files: Catalog) -> None:
    first = load_catalog(files.root, **files.folders)["buckets"]
    assert load_catalog(files.root, **files.folders)["buckets"] is first
    files.replace(SECOND, "The second lesson", "Another title!!!!")
    os.utime(files.course / SECOND, ns=(1, 1))
    assert load_catalog(files.root, **files.folders)["buckets"].lessons[1].title == "Another title!!!!"


def test_an_image_that_goes_away_is_noticed(files: Catalog) -> None:
    assert load_catalog(files.root, **files.folders)
    (files.static / "courses/buckets/bucket.svg").unlink()
    assert [problem.id for problem in catalog_problems(files.root, **files.folders)] == ["courses.E015"]
