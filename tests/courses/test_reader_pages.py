"""The pages that are read: the map, a lesson's drawings, words and commands, the glossary, sheets; places are kept."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from courses import services
from courses.models import LessonPlace
from labs import islands
from tests.courses.conftest import NOW, REPOSITORY, Catalog
from tests.courses.test_lessons import DRAWING, GLOSSARY, RUN

LESSON = "/courses/buckets/second/"
PLACE = "/courses/buckets/second/place/"

pytestmark = pytest.mark.usefixtures("site", "db")


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def signed_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


# --- A lesson --------------------------------------------------------------------------------------------------------


def test_a_drawing_stands_in_the_page_and_says_what_it_shows(client: Client, site: Catalog) -> None:
    site.write("images/box.svg", DRAWING)
    site.replace("lessons/second.md", "Nothing asked here.", '![A "box" & more](box.svg "How it is drawn")')
    shown = page(client, LESSON)
    assert '<svg role="img" aria-label="A &quot;box&quot; &amp; more" width="100" height="50"' in shown
    assert 'fill="var(--fig-blue, #d8e8fb)"' in shown
    assert "<figcaption>How it is drawn</figcaption>" in shown
    assert "<p><figure" not in shown


def test_a_picture_has_a_twin_for_the_dark(client: Client, site: Catalog) -> None:
    for name in ("shot.png", "shot.dark.png"):
        (site.course / "images").mkdir(exist_ok=True)
        (site.course / "images" / name).write_bytes(b"\x89PNG")
    site.replace("lessons/second.md", "Nothing asked here.", "![A console](shot.png)")
    shown = page(client, LESSON)
    assert re.search(r'<img [^>]*shot\.png[^>]* class="only-light">', shown)
    assert re.search(r'<img src="[^"]*shot\.dark\.png" alt="A console" class="only-dark"', shown)


def test_a_word_is_described_by_its_definition(client: Client, site: Catalog) -> None:
    (site.root / "glossary.md").write_text(GLOSSARY)
    site.replace("lessons/second.md", "Nothing asked here.", "A [zone](../../glossary.md#az) fails.")
    shown = page(client, LESSON)
    assert re.search(r'<a class="term" aria-describedby="def-az" [^>]*href="/glossary/#az"[^>]*>zone</a>', shown)
    assert '<div class="definition-card" id="def-az" popover>' in shown
    assert "<strong>data centres</strong>" in shown
    assert "def-region" not in shown  # what another term names is in the glossary


def test_a_lesson_with_commands_says_where_they_run(client: Client, site: Catalog, monkeypatch: Any) -> None:
    assert "run-blocks.js" not in page(client, "/courses/buckets/first/")
    site.write("lessons/second.md", RUN)
    monkeypatch.setattr(islands, "built", lambda: False)
    shown = page(client, LESSON)
    assert "run-blocks.js" in shown and '"why_not"' in shown and "dist/engine" not in shown
    monkeypatch.setattr(islands, "built", lambda: True)
    shown = page(client, LESSON)
    assert "dist/engine" in shown
    assert not re.search(r"<script[^>]*dist/engine", shown)  # it comes with the first Run


def test_a_page_to_read_loads_little_script(client: Client, site: Catalog) -> None:
    site.write("lessons/second.md", RUN)
    scripts = re.findall(r'<script [^>]*src="/static/([^"]+)"', page(client, LESSON))
    assert "js/run-blocks.js" in scripts
    own = [REPOSITORY / "static" / name for name in scripts]
    files = [one if one.exists() else Path(str(finders.find(name))) for one, name in zip(own, scripts, strict=True)]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 40_000


def test_a_lesson_names_what_comes_before_it(client: Client, site: Catalog) -> None:
    site.replace("lessons/second.md", "minutes: 5", "minutes: 5\nprerequisites: [first]\nsummary: In short.")
    shown = page(client, LESSON)
    assert re.search(r'Read before this: <a href="/courses/buckets/first/">The first lesson</a>', shown)
    assert "In short." in shown


# --- Where one is ----------------------------------------------------------------------------------------------------


def test_the_place_is_kept_and_offered_again(client: Client, bob: Any) -> None:
    assert "data-place" not in page(client, LESSON)
    signed_in(client, bob)
    assert f'data-place="{PLACE}"' in page(client, LESSON)
    assert client.post(PLACE, {"anchor": "text-end", "percent": "40"}).status_code == 204
    assert client.post(PLACE, {"anchor": "text-end", "percent": "30"}).status_code == 204
    assert LessonPlace.objects.get().percent == 40  # the furthest
    shown = page(client, LESSON)
    assert "You were at <b>End</b>, 40 % in." in shown and 'href="#text-end"' in shown
    services.mark_read(user=bob, course_slug="buckets", lesson_slug="second", now=NOW)
    assert "You were at" not in page(client, LESSON)


@pytest.mark.parametrize(
    "sent", [{}, {"percent": "x"}, {"percent": "101"}, {"percent": "-1"}, {"percent": "5", "anchor": "a" * 201}]
)
def test_what_is_no_place_is_not_kept(client: Client, bob: Any, sent: dict[str, str]) -> None:
    assert signed_in(client, bob).post(PLACE, sent).status_code == 422
    assert not LessonPlace.objects.exists()


def test_a_place_is_for_those_who_signed_in_and_for_lessons_there_are(client: Client, bob: Any) -> None:
    assert client.post(PLACE, {"percent": "5"})["Location"].startswith("/accounts/login/")
    signed_in(client, bob)
    assert client.get(PLACE).status_code == 405
    assert client.post("/courses/buckets/nope/place/", {"percent": "5"}).status_code == 404
    strict = signed_in(Client(enforce_csrf_checks=True), bob)
    assert strict.post(PLACE, {"percent": "5"}).status_code == 403


# --- The map ---------------------------------------------------------------------------------------------------------


def test_the_map_says_where_one_is_and_what_comes_next(client: Client, bob: Any, eve: Any) -> None:
    signed_in(client, bob).post("/courses/buckets/enrol/")
    client.post(PLACE, {"anchor": "", "percent": "60"})
    shown = page(client, "/courses/buckets/")
    here = shown[shown.index('aria-current="step"') :]
    assert here.index("The second lesson") < here.index("You are here") < here.index("60 % read")
    assert "Next: The first lesson" in shown
    assert "0 of 2 read" in shown
    assert "You are here</span>" not in page(signed_in(Client(), eve), "/courses/buckets/")


def test_a_lesson_of_the_map_names_what_comes_before_and_all_its_labs(client: Client, site: Catalog) -> None:
    site.replace(
        "lessons/second.md",
        "minutes: 5",
        "minutes: 5\nprerequisites: [first]\nlevel: associate\nlabs: [private-bucket-one-reader]",
    )
    shown = page(client, "/courses/buckets/")
    assert re.search(r'After <a class="above" href="/courses/buckets/first/">The first lesson</a>', shown)
    assert "5 min, associate" in shown
    assert shown.count("Lab: 4 tasks") == 1  # at the first lesson that has it


def test_all_courses_stand_on_one_map(client: Client, site: Catalog, bob: Any) -> None:
    other = site.root / "after"
    (other / "lessons").mkdir(parents=True)
    (other / "lessons/third.md").write_text((site.course / "lessons/second.md").read_text())
    yaml = (site.course / "course.yaml").read_text().replace("title: Buckets", "title: Afterwards")
    (other / "course.yaml").write_text(
        yaml.replace("[first, second]", "[third]") + "prerequisites: [buckets]\norder: 900\n"
    )
    shown = page(client, "/courses/")
    assert shown.index("Buckets") < shown.index("Afterwards") < shown.index('After <a href="/courses/buckets/">')
    signed_in(client, bob).post("/courses/buckets/first/read/")
    shown = page(client, "/courses/")
    assert "Go on: A private bucket with one reader" in shown
    assert "Take before this" in page(client, "/courses/after/")
    assert 'aria-current="page">Afterwards' in page(client, "/courses/after/")


# --- To look things up -----------------------------------------------------------------------------------------------


def test_the_glossary_lists_terms_and_the_lessons_that_use_them(client: Client, site: Catalog) -> None:
    assert "There are no terms yet" in page(client, "/glossary/")
    (site.root / "glossary.md").write_text(GLOSSARY)
    site.replace("lessons/second.md", "Nothing asked here.", "A [zone](../../glossary.md#az) fails.")
    shown = page(client, "/glossary/")
    assert "2 terms" in shown
    assert '<dt id="az">Availability Zone <span class="muted">also AZ, zone</span></dt>' in shown
    assert 'href="/glossary/#region"' in shown
    assert f'In <a href="{LESSON}">The second lesson</a>' in shown
    assert client.post("/glossary/").status_code == 405


def test_a_sheet_is_listed_and_read(client: Client, site: Catalog) -> None:
    site.write(
        "sheets/classes.md", "---\ntitle: Classes\nsummary: All of them.\nas_of: 2026-11\n---\n\n| a |\n|---|\n| b |\n"
    )
    assert 'href="/courses/buckets/sheets/classes/"' in page(client, "/courses/buckets/")
    shown = page(client, "/courses/buckets/sheets/classes/")
    assert "All of them." in shown and "<td>b</td>" in shown
    assert client.get("/courses/buckets/sheets/nope/").status_code == 404


def test_a_picture_is_sent_and_can_do_nothing(client: Client, site: Catalog) -> None:
    site.write("images/box.svg", DRAWING)
    answer = client.get(reverse("course_image", args=["buckets", "box.svg"]))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "sandbox" in answer["Content-Security-Policy"] and "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"<svg")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["nope.svg", "..%2fcourse.yaml", "course.yaml", ".svg", "box.svg.html"])
def test_nothing_but_pictures_of_the_folder_is_sent(client: Client, site: Catalog, name: str) -> None:
    site.write("images/box.svg.html", "<script>")
    assert client.get(f"/courses/buckets/images/{name}").status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(client: Client, site: Catalog) -> None:
    (site.course / "images").mkdir()
    (site.course / "images/out.svg").symlink_to(site.course / "course.yaml")
    assert client.get("/courses/buckets/images/out.svg").status_code == 404
