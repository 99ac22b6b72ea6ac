"""What who teaches sees of an exam's figures: pages, files, pictures. The six questions, to every address."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from courses.exams.statistics import BINS, Analysis, ItemFigures, Option, analyse, pictures, tables
from courses.models import ExamAnalysis, ItemVersion, Response
from courses.services import statistics
from labs.models import Job
from tests.courses.exams.sheets import simulated, table
from tests.courses.exams.sittings import NOW, SLUG, for_a_module, sit

SUMMARY = reverse("exam_statistics", args=[SLUG])
ITEM = reverse("exam_statistics_item", args=[SLUG, "kms-wrong-key"])
WIDE = reverse("exam_statistics_csv", args=[SLUG, "wide"])
LONG = reverse("exam_statistics_csv", args=[SLUG, "long"])


@pytest.fixture(scope="module")
def _sat(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Any]]:
    with for_a_module(django_db_blocker, candidates=60) as attempts:
        yield attempts


@pytest.fixture
def sat(_sat: list[Any], db: None) -> list[Any]:
    return _sat


@pytest.fixture
def kept(sat: list[Any]) -> Analysis:
    return Analysis.from_json(statistics.compute(slug=SLUG, now=NOW + timedelta(days=1)).data)


@pytest.fixture
def teacher(client: Client, ada: Any) -> Client:
    client.force_login(ada)
    return client


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def listed(html: str, slug: str = SLUG) -> list[str]:
    """The items of the table, in its order."""
    return re.findall(rf'<th scope="row"><a href="/exams/{slug}/statistics/([\w-]+)/#', html)


@pytest.mark.usefixtures("kept")
class TestWho:
    @pytest.mark.parametrize("url", [SUMMARY, ITEM, WIDE, LONG])
    def test_who_teaches_and_nobody_else(self, client: Client, bob: Any, ada: Any, olga: Any, url: str) -> None:
        assert client.get(url).status_code == 302  # to the sign-in page
        client.force_login(bob)
        assert client.get(url).status_code == 404
        for person in (ada, olga):
            client.force_login(person)
            assert client.get(url).status_code == 200

    def test_a_learner_has_nothing_computed(self, client: Client, bob: Any) -> None:
        client.force_login(bob)
        assert client.post(SUMMARY).status_code == 404
        assert not Job.objects.filter(kind=statistics.KIND).exists()

    @pytest.mark.parametrize("url", [ITEM, WIDE, LONG])
    def test_what_is_read_takes_no_post(self, teacher: Client, url: str) -> None:
        assert teacher.post(url).status_code == 405

    @pytest.mark.parametrize(
        "url",
        [
            "/exams/no-such-exam/statistics/",
            f"/exams/{SLUG}/statistics/no-such-item/",
            f"/exams/{SLUG}/statistics/narrow.csv",
            "/exams/no-such-exam/statistics/wide.csv",
        ],
    )
    def test_what_is_not_there_is_404(self, teacher: Client, url: str) -> None:
        assert teacher.get(url).status_code == 404

    def test_pages_and_files_are_kept_by_no_cache(self, teacher: Client) -> None:
        assert all("no-store" in teacher.get(url)["Cache-Control"] for url in (SUMMARY, ITEM, WIDE))


class TestStates:
    def test_an_exam_that_nobody_sat(self, sat: list[Any], teacher: Client) -> None:
        sit(candidates=0, slug="fresh-mock")
        html = text(teacher, "/exams/fresh-mock/statistics/")
        assert "Nobody has finished this exam yet" in html and "1 attempt is under way" in html

    def test_scored_and_not_computed_yet(self, sat: list[Any], teacher: Client) -> None:
        html = text(teacher, SUMMARY)
        assert "Not computed yet" in html and "60 first attempts can be analysed" in html
        assert teacher.get(ITEM).status_code == 404 and teacher.get(WIDE).status_code == 404

    def test_asked_for_it_is_computed_by_the_worker(self, sat: list[Any], teacher: Client) -> None:
        for _ in range(2):
            assert teacher.post(SUMMARY).status_code == 302
        assert "are being computed" in text(teacher, SUMMARY)
        job = Job.objects.get(kind=statistics.KIND)
        assert statistics.jobs.run(job.pk)
        assert "240" not in text(teacher, SUMMARY) and "<dd>60</dd>" in text(teacher, SUMMARY)

    def test_too_few_are_shown_with_a_warning(self, sat: list[Any], teacher: Client) -> None:
        sit(candidates=12, slug="few-mock")
        statistics.compute(slug="few-mock", now=NOW)
        html = text(teacher, "/exams/few-mock/statistics/")
        assert "Too few candidates for a verdict" in html and "12 of the 30" in html
        assert html.count("Too few answers</span>") == len(listed(html, "few-mock")) > 20
        assert "Negative discrimination" not in html.split("<tbody>")[-1]

    def test_stale_figures_say_so(self, kept: Analysis, teacher: Client) -> None:
        assert "Scores have come since" not in text(teacher, SUMMARY)
        ExamAnalysis.objects.update(scores=1)
        assert "Scores have come since" in text(teacher, SUMMARY)

    def test_figures_of_an_older_schema_are_as_if_there_were_none(self, kept: Analysis, teacher: Client) -> None:
        ExamAnalysis.objects.update(data={"schema": 0})
        assert "Not computed yet" in text(teacher, SUMMARY)


class TestTable:
    def test_the_gravest_stand_first(self, kept: Analysis, teacher: Client) -> None:
        html = text(teacher, SUMMARY)
        assert listed(html)[0] == "kms-wrong-key"
        assert len(listed(html)) == len(kept.items)
        assert "Negative discrimination" in html and "n/a" in html

    @pytest.mark.parametrize(
        ("sort", "value"),
        [
            ("item", lambda one: one.item_id),
            ("facility", lambda one: one.facility),
            ("discrimination", lambda one: one.discrimination),
            ("n", lambda one: one.n),
            ("time", lambda one: one.seconds_median),
        ],
    )
    def test_it_is_sorted_by_the_address(self, kept: Analysis, teacher: Client, sort: str, value: Any) -> None:
        up = listed(text(teacher, f"{SUMMARY}?sort={sort}"))
        down = listed(text(teacher, f"{SUMMARY}?sort={sort}&order=down"))
        known = [one for one in kept.items if value(one) is not None]
        rest = [one.item_id for one in kept.items if value(one) is None]
        assert up == [one.item_id for one in sorted(known, key=value)] + rest
        assert down == [one.item_id for one in sorted(known, key=value, reverse=True)] + rest

    def test_na_comes_last_whichever_way(self, kept: Analysis, teacher: Client) -> None:
        for order in ("up", "down"):
            assert listed(text(teacher, f"{SUMMARY}?sort=alpha&order={order}"))[-1] == "vpc-pilot"

    def test_heads_say_what_is_sorted_and_turn_it_round(self, kept: Analysis, teacher: Client) -> None:
        html = text(teacher, f"{SUMMARY}?sort=facility&type=choice")
        assert html.count('aria-sort="ascending"') == 1
        assert "?sort=facility&amp;type=choice&amp;order=down#" in html  # and the filter stays

    def test_it_is_filtered_by_the_address(self, kept: Analysis, teacher: Client) -> None:
        def ids(query: str) -> set[str]:
            return set(listed(text(teacher, f"{SUMMARY}?{query}")))

        assert ids("flag=negative") == {"kms-wrong-key"}
        assert ids("type=matching") == {"which-stores"}
        assert ids("q=TOPIC-0&type=choice") == {f"topic-0{n}" for n in range(10)}
        assert ids("domain=secure") == {one.item_id for one in kept.items if one.domain == "secure"}
        assert ids("flag=none") == {one.item_id for one in kept.items if not one.flags}
        assert "No item is like that" in text(teacher, f"{SUMMARY}?q=nothing")

    @pytest.mark.parametrize(
        "query", ["sort=no&order=no", "sort=__class__", "flag=%00&type='\"><script>", "q=%F0%9F%98%80"]
    )
    def test_nonsense_in_the_address_does_no_harm(self, kept: Analysis, teacher: Client, query: str) -> None:
        assert "<script>" not in text(teacher, f"{SUMMARY}?{query}").partition("<main")[2]


class TestItem:
    def test_options_with_key_counts_and_letters(self, kept: Analysis, teacher: Client) -> None:
        html = text(teacher, ITEM)
        (item,) = [one for one in kept.items if one.item_id == "kms-wrong-key"]
        assert "Which key policy lets the role decrypt?" in html and html.count('aria-label="Key"') == 1
        for option in item.options:
            assert f'<td class="number">{option.count}</td>' in html
        assert "Draws the strong" in html

    def test_versions_stand_side_by_side(self, kept: Analysis, teacher: Client) -> None:
        html = text(teacher, reverse("exam_statistics_item", args=[SLUG, "topic-00"]))
        old, new = [one for one in kept.items if one.item_id == "topic-00"]
        assert html.index(old.revision[:8]) < html.index(new.revision[:8])
        assert "2 versions of this item were answered" in html and "<em>least</em>" in html
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize(
        "item_id", ["nines", "encrypt-later", "which-stores", "retail-case", "two-of-five", "vpc-pilot"]
    )
    def test_every_type_has_its_page(self, kept: Analysis, teacher: Client, item_id: str) -> None:
        html = text(teacher, reverse("exam_statistics_item", args=[SLUG, item_id]))
        assert html.count("<svg viewBox") == 2
        if item_id == "encrypt-later":
            assert "Take a snapshot → Copy it encrypted" in html
        if item_id == "retail-case":
            assert "Question 1: The first way" in html

    def test_what_candidates_typed_is_shown_as_they_typed_it(self, sat: list[Any], teacher: Client) -> None:
        evil = "<script>alert(1)</script> **bold** [x](javascript:alert(2))"
        revision = ItemVersion.objects.get(item_id="who-am-i").pk
        for attempt in sat:
            places = [place["item"] for place in attempt.form["sections"][0]["places"]]
            if revision in places:
                Response.objects.filter(attempt=attempt, place=places.index(revision)).update(answer={"answer": [evil]})
        statistics.compute(slug=SLUG, now=NOW)
        html = text(teacher, reverse("exam_statistics_item", args=[SLUG, "who-am-i"]))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; **bold**" in html
        assert "<script>alert" not in html and 'href="javascript' not in html


class TestMarkup:
    @pytest.mark.parametrize("url", [SUMMARY, ITEM])
    def test_pictures_are_well_formed_named_and_have_a_twin(self, kept: Analysis, teacher: Client, url: str) -> None:
        html = text(teacher, url)
        found = re.findall(r'<svg viewBox="0 0 640 250".*?</svg>', html, re.DOTALL)
        assert len(found) == 2
        for one in found:
            picture = ElementTree.fromstring(one)
            ids = {element.get("id") for element in picture.iter() if element.get("id")}
            assert set((picture.get("aria-labelledby") or "").split()) <= ids
            assert picture.findtext("title")
            for element in picture.iter():
                assert "style" not in element.attrib and "fill" not in element.attrib and "stroke" not in element.attrib
        assert "The same as a table" in html

    @pytest.mark.parametrize("url", [SUMMARY, ITEM])
    def test_no_inline_style_and_no_script(self, kept: Analysis, teacher: Client, url: str) -> None:
        main = text(teacher, url).partition("<main")[2].partition("</main>")[0]
        assert not re.search(r"\sstyle=|<script|\son\w+=", main)

    def test_numbers_of_a_picture_do_not_follow_the_readers_language(self, kept: Analysis, teacher: Client) -> None:
        html = teacher.get(SUMMARY, headers={"Accept-Language": "de"}).content.decode()
        for one in re.findall(r'<svg viewBox="0 0 640 250".*?</svg>', html, re.DOTALL):
            assert not re.search(r'(?:x|y|x1|y1|cx|cy|width|height)="[^"]*,', one)


class TestFiles:
    def rows(self, client: Client, url: str) -> list[dict[str, str]]:
        response = client.get(url)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(
            rf'attachment; filename="{SLUG}-statistics-2026-11-21-(wide|long)\.csv"', response["Content-Disposition"]
        )
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_wide_is_a_row_an_item_version(self, kept: Analysis, teacher: Client) -> None:
        rows = self.rows(teacher, WIDE)
        assert [row["revision"] for row in rows] == [one.revision for one in kept.items]
        for row, one in zip(rows, kept.items, strict=True):
            assert float(row["facility"]) == one.facility
            assert row["alpha_deleted"] == ("" if one.alpha_deleted is None else repr(one.alpha_deleted))
            assert [int(row[f"q{q}_n"]) for q in range(1, 6)] == list(one.quintile_n)
            assert int(row["option_1_count"]) == one.options[0].count

    def test_long_is_a_row_a_figure(self, kept: Analysis, teacher: Client) -> None:
        rows = self.rows(teacher, LONG)
        (item,) = [one for one in kept.items if one.item_id == "kms-wrong-key"]
        mine = [row for row in rows if row["item_id"] == "kms-wrong-key"]
        assert {row["value"] for row in mine if row["figure"] == "flag"} == set(item.flags)
        by_fifth = [row for row in mine if row["option"] == item.options[1].id and row["quintile"]]
        assert [int(row["value"]) for row in by_fifth] == list(item.options[1].quintiles)

    def test_no_cell_is_a_formula(self, kept: Analysis, teacher: Client) -> None:
        typed = "=cmd|' /C calc'!A0"  # a candidate did
        assert any(option.id == typed for one in kept.items for option in one.options)
        for url in (WIDE, LONG):
            response = teacher.get(url).content.decode("utf-8-sig")
            for cell in (cell for row in csv.reader(io.StringIO(response)) for cell in row):
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or float(cell) < 0
            assert f"'{typed}" in response

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_text_like_a_formula_is_escaped(self, text: str) -> None:
        assert tables.cell(text) == f"'{text}"

    def test_other_cells(self) -> None:
        assert [tables.cell(one) for one in (None, True, False, 3, -0.25, "a=b")] == [
            "",
            "true",
            "false",
            "3",
            "-0.25",
            "a=b",
        ]


class TestPictures:
    """Their geometry, without a page."""

    def test_bars_stand_on_the_axis_and_keep_their_proportions(self) -> None:
        counts = [0] * 18
        counts[3], counts[17] = 10, 5
        found = pictures.histogram(counts, 720)
        high, low = found.bars[3], found.bars[17]
        assert high.height == pytest.approx(2 * low.height, abs=0.1)
        assert all(bar.y + bar.height == pytest.approx(found.base, abs=0.1) for bar in found.bars)
        assert (high.label, low.label) == ("250–299", "950–1000")
        assert [bar.above for bar in found.bars] == [(a + b) / 2 >= 720 for a, b in pairwise(BINS)]
        assert found.bars[12].x < found.mark < found.bars[12].x + found.bars[12].width + 2

    @pytest.mark.parametrize("highest", [0, 1, 3, 4, 5, 37, 99, 100, 1234, 10**6])
    def test_the_axis_reaches_the_highest_bar(self, highest: int) -> None:
        found = pictures.histogram([highest] * 18, 720)
        assert min(bar.y for bar in found.bars) >= pictures.TOP - 0.1
        assert int(found.y_ticks[-1].text) >= highest and 3 <= len(found.y_ticks) <= 5

    def figures(self) -> ItemFigures:
        return analyse(simulated(100, pool=65)).items[0]

    def test_letters_at_the_ends_of_lines_keep_apart(self) -> None:
        found = pictures.options_by_fifth(self.figures())
        ends = sorted(line.letter_y for line in found.lines)
        assert len(ends) >= 3
        assert all(b - a >= 14.9 for a, b in pairwise(ends)) and ends[-1] <= found.base + 0.1

    def test_a_letter_stands_at_its_line_where_there_is_room(self) -> None:
        """Found by looking: letters crowded at the bottom pushed the one at the top out of the picture."""
        rows = [[1, *(int(c > i) for i in range(20))] for c in range(100)]
        picks = [
            ["a", *[""] * 20] if c % 10 else [letter, *[""] * 20] for c, letter in enumerate("bcd" * 34) if c < 100
        ]
        one = analyse(table(rows, picks=picks, options=[Option(x, x == "a") for x in "abcd"])).items[0]
        key, *others = pictures.options_by_fifth(one).lines
        assert key.letter == "A" and key.letter_y == key.dots[-1].y
        assert len(others) == 3 and all(line.letter_y <= pictures.HEIGHT - pictures.BOTTOM for line in others)

    def test_a_fifth_without_candidates_has_no_dot(self) -> None:
        one = analyse(table([[c % 2, 1] for c in range(10)])).items[0]
        assert one.quintile_n == (0, 0, 10, 0, 0)
        (line,) = pictures.facility_by_fifth(one).lines
        assert len(line.dots) == 1 and line.dots[0].label == "50%"

    def test_an_item_without_discrimination_has_no_place_on_the_map(self) -> None:
        found = analyse(table([[1, c % 2, c % 3 % 2] for c in range(40)]))
        assert [dot.label for dot in pictures.item_map(found).dots] == ["item-1", "item-2"]

    def test_letters_go_on_after_z(self) -> None:
        assert [pictures.letter(at) for at in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
