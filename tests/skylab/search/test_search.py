"""What is found, in which order, and what never is: the same on SQLite and PostgreSQL (test_postgres.py)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import selectors as courses
from courses.content import Item
from skylab.search import sources as all_sources
from skylab.search.models import Document, Index
from skylab.search.selectors import search
from skylab.search.services import refresh
from skylab.search.sources import Content, Source

NOBODY = AnonymousUser()


def source(
    ref: str, title: str, headings: str = "", text: str = "", *, kind: str = "lesson", version: str = "1"
) -> Source:
    return Source(f"{kind}/{ref}", kind, f"{ref}{version}", f"/{ref}/", lambda: Content(title, headings, text))


def index(*found: Source) -> Any:
    return refresh(now=timezone.now(), find=lambda: found)


def refs(query: str, **how: Any) -> list[str]:
    return [hit.url.strip("/") for hit in search(query, NOBODY, **how).hits]


@pytest.mark.django_db
class TestOrder:
    def test_a_title_comes_before_a_heading_and_a_heading_before_the_text(self) -> None:
        filler = "one two three four five six seven eight nine ten"
        index(
            source("text", "Other", filler, f"{filler} snapshot {filler}"),
            source("heading", "Other", f"{filler} snapshot", filler),
            source("title", f"Of a snapshot {filler}", filler, filler),
            source("nothing", "Other", filler, filler),
        )
        assert refs("snapshot") == ["title", "heading", "text"]

    def test_what_is_called_as_it_was_typed_is_first(self) -> None:
        index(
            source("much", "Snapshot snapshot snapshot", "snapshot", "snapshot"),
            source("named", "Snapshot", "", "nothing more"),
        )
        assert refs("snapshot")[0] == "named"

    def test_kinds_narrow_it_down(self) -> None:
        index(source("a", "Snapshot"), source("b", "Snapshot", kind="lab"))
        assert refs("snapshot", kinds=["lab"]) == ["b"]
        assert len(refs("snapshot", kinds=["none of them"])) == 2

    def test_as_many_as_asked_for(self) -> None:
        index(*(source(str(number), "Snapshot") for number in range(5)))
        assert len(refs("snapshot", limit=3)) == 3


@pytest.mark.django_db
class TestWords:
    @pytest.fixture(autouse=True)
    def texts(self) -> None:
        index(
            source("policy", "Bucket policies", "", "Who may call GetObject"),
            source("group", "Security groups", "", "What reaches a port"),
        )

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            *(("bucket", ["policy"]), ("buckets", ["policy"]), ("policy", ["policy"]), ("secur", ["group"])),
            *(("getobj", ["policy"]), ("object", ["policy"]), ("bucket port", []), ("PORT", ["group"])),
        ],
    )
    def test_beginnings_plurals_and_parts_of_names(self, query: str, found: list[str]) -> None:
        told = search(query, NOBODY)
        assert [hit.url.strip("/") for hit in told.hits if not told.loose] == found

    def test_a_slip_of_the_finger_is_forgiven_and_told(self) -> None:
        told = search("buckte polciy", NOBODY)
        assert [hit.url for hit in told.hits] == ["/policy/"] and told.meant.startswith("bucket ")

    def test_where_nothing_has_all_words_some_are_good_enough_and_it_is_said(self) -> None:
        told = search("bucket port", NOBODY)
        assert {hit.url for hit in told.hits} == {"/policy/", "/group/"} and told.loose

    @pytest.mark.parametrize(
        "query", ["", "   ", "***", '"', "a' OR 1=1 --", "NEAR(", "x" * 5000, "\x00", "AND OR NOT", "col:umn", "%_"]
    )
    def test_nothing_that_is_typed_breaks_it(self, query: str) -> None:
        assert search(query, NOBODY).query == query

    def test_what_was_found_is_marked_and_escaped(self, client: Client) -> None:
        index(source("x", "<script>alert(1)</script> bucket", "", "<img src=x onerror=alert(1)> bucket"))
        page = client.get(reverse("search"), {"q": "bucket"}).content.decode()
        assert "<mark>bucket</mark>" in page and "&lt;script&gt;" in page
        assert "<script>alert" not in page and "<img src=x" not in page


@pytest.mark.django_db
class TestRefresh:
    def test_only_what_changed_is_read_again(self) -> None:
        first = index(source("a", "Apple"), source("b", "Pear"))
        assert (first.documents, first.read, first.gone) == (2, 2, 0)
        assert not index(source("a", "Apple"), source("b", "Pear")).changed
        again = index(source("a", "Cherry", version="2"), source("c", "Plum"))
        assert (again.documents, again.read, again.gone) == (2, 2, 1)
        assert refs("cherry") == ["a"] and refs("apple") == [] and refs("pear") == [] and refs("plum") == ["c"]

    def test_a_text_that_cannot_be_read_leaves_the_index_as_it_was(self) -> None:
        index(source("a", "Apple"))

        def fail() -> Content:
            raise RuntimeError("broken")

        with pytest.raises(RuntimeError):
            index(Source("lesson/b", "lesson", "b", "/b/", fail))
        assert refs("apple") == ["a"]

    def test_without_an_index_nothing_is_found(self) -> None:
        Index.objects.all().delete()
        assert search("apple", NOBODY).hits == ()

    def test_the_command_says_what_it_did(self, capsys: Any) -> None:
        call_command("search_index")
        call_command("search_index", "--all")
        first, again = capsys.readouterr().out.splitlines()
        assert first.split(":")[0] == again.split(":")[0] and ": 0 read" not in again


@pytest.mark.django_db
class TestOfTheCatalog:
    @pytest.fixture(autouse=True)
    def whole(self) -> None:
        refresh(now=timezone.now())

    def test_lessons_labs_exams_help_and_pages_are_there_and_their_addresses_answer(
        self, client: Client, bob: Any
    ) -> None:
        client.force_login(bob)
        kinds = set(Document.objects.values_list("kind", flat=True))
        assert {"lesson", "lab", "exam", "course", "item", "help", "page"} <= kinds <= set(all_sources.KINDS)
        for url in set(Document.objects.values_list("url", flat=True)):
            assert client.get(url.partition("#")[0]).status_code == 200, url

    def test_no_key_no_option_and_nothing_that_only_exams_ask(self) -> None:
        kept = "\n".join(f"{one.title}\n{one.text}\n{one.headings}" for one in Document.objects.all()).lower()
        stems = {one.text for one in Document.objects.filter(kind="item")}
        for course in courses.catalog():
            shown = {item.id for item in course.items.values() if item.shown}
            for item in course.bank:
                if item.id not in shown:
                    assert f"item/{course.slug}/{item.id}" not in {one.ref for one in Document.objects.all()}
                    assert all(item.stem.strip()[:60] not in stem for stem in stems)
            for item in [*course.bank, *course.items.values()]:
                for told in _secrets(item):
                    assert told.lower() not in kept, f"{item.id}: {told}"

    def test_no_hint_and_no_solution_of_a_lab(self) -> None:
        from labs import selectors as labs
        from skylab.search.words import plain

        # A lesson may well teach the command that a lab wants.
        kept = "\n".join(Document.objects.filter(kind="lab").values_list("text", flat=True))
        for lab in labs.catalog():
            for task in lab.tasks:
                for hint in task.hints:
                    assert plain(hint.text)[:50] not in kept
                for block in task.solutions:  # a document in it may be one that the lab hands out
                    commands = [line.strip() for line in block.text.splitlines() if line.lstrip().startswith("aws ")]
                    assert max(commands, key=len, default="no command") not in kept

    def test_what_mastery_locks_is_named_and_not_quoted(self, bob: Any, monkeypatch: Any) -> None:
        lesson = Document.objects.filter(kind="lesson").first()
        assert lesson
        course, slug = lesson.ref.split("/")[1:]
        Document.objects.filter(ref__startswith=f"lesson/{course}/{slug}").update(gate=f"{course}/{slug}")
        Document.objects.filter(url__contains=f"/{slug}/#").update(gate=f"{course}/{slug}")
        monkeypatch.setattr("skylab.search.selectors.lesson_lock", lambda *_, **__: ("something is lacking",))
        told = search(lesson.title, bob)
        (hit,) = [one for one in told.hits if one.url == lesson.url]
        assert hit.locked and hit.excerpt == ()
        assert not [one for one in told.hits if one.kind == "item" and f"/{slug}/#" in one.url]


def _secrets(item: Item) -> list[str]:
    """Return rationales: sentences that tell which option is right."""
    return [option.rationale.strip()[:60] for option in item.options if len(option.rationale.strip()) > 30]


@pytest.mark.django_db
class TestPages:
    def test_the_page_takes_a_reader_from_nothing_to_something(self, client: Client) -> None:
        index(source("a", "Snapshot", "", "What a snapshot keeps."))
        for query, said in (
            ("", "Find it by a word"),
            ("snapsht", "for <b>snapshot</b>"),
            ("zzzz", "Nothing found for"),
        ):
            assert said in client.get(reverse("search"), {"q": query}).content.decode()
        assert client.post(reverse("search")).status_code == 405

    def test_suggestions_are_pieces(self, client: Client) -> None:
        index(source("a", "A snapshot"))
        told = json.loads(client.get(reverse("search_suggest"), {"q": "snap"}).content)
        (hit,) = told["hits"]
        assert hit["url"] == "/a/" and hit["pieces"] == [["A ", False], ["snapshot", True]]
        assert json.loads(client.get(reverse("search_suggest")).content) == {"hits": [], "meant": ""}
