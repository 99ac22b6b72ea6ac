"""Regrading by its pages and by its command: the way from the item to the effect to the end, and who may go it."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from courses.content import Item
from courses.models import ItemVersion, Notice, Regrade
from tests.courses.conftest import Catalog

from .results import BOTH, CASE, LAB, NUMBER, ORDER, OTHER, PAIRS, SLUG, TEXT

if TYPE_CHECKING:
    from courses.models import Cohort
    from skylab.accounts.models import User
from .test_regrades import FIRST, apply, history, key, scored

pytestmark = pytest.mark.django_db


class TestPages:
    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[SLUG, *more])

    @pytest.fixture
    def teacher(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_only_who_teaches(self, bob: User, eve: User) -> None:
        scored(bob, 6)
        client = Client()
        client.force_login(eve)
        pages = [self.url("regrade"), self.url("regrade_item", FIRST), self.url("regrade_done", 1)]
        acts = [self.url("regrade_preview", FIRST), self.url("regrade_apply", FIRST)]
        assert [client.get(url).status_code for url in pages] == [404] * 3
        assert [client.post(url, {"option": "drop", "reason": "x"}).status_code for url in acts] == [404] * 2
        assert [Client().get(url).status_code for url in pages] == [302] * 3
        assert [client.get(url).status_code for url in acts] == [405] * 2
        assert not Regrade.objects.exists()

    def test_an_exam_that_nobody_sat_and_one_that_does_not_exist(self, teacher: Client, site: Catalog) -> None:
        assert teacher.get(reverse("regrade", args=["nothing"])).status_code == 404
        assert teacher.get(self.url("regrade_item", "0" * 64)).status_code == 404

    def test_a_candidate_reads_it_once_on_any_page(self, bob: User, eve: User, ada: User) -> None:
        scored(bob, 6)
        apply("new_key", ada, key("o"))
        mine, other = Client(), Client()
        mine.force_login(bob)
        other.force_login(eve)
        assert "was 720 and is 617" in mine.get("/catalog/").content.decode()
        assert "was 720" not in other.get("/catalog/").content.decode()
        notice = reverse("notice_seen", args=[Notice.objects.get().pk])
        other.post(notice)
        assert "was 720 and is 617" in mine.get("/catalog/").content.decode()
        assert mine.get(notice).status_code == 405
        assert mine.post(notice, {"next": "/catalog/"})["Location"] == "/catalog/"
        assert mine.post(notice, {"next": "https://evil.example/"})["Location"] == "/"
        assert "was 720" not in mine.get("/catalog/").content.decode()

    def test_from_the_list_to_the_effect_to_the_end(self, bob: User, teacher: Client) -> None:
        attempt = scored(bob, 6)
        assert "q0" in teacher.get(self.url("regrade")).content.decode()
        page = teacher.get(self.url("regrade_item", FIRST)).content.decode()
        assert 'name="key" value="y" checked' in page and "Accept also" in page
        effect = teacher.post(self.url("regrade_preview", FIRST), {"option": "new_key", "key": "o"})
        assert "falls below" in effect.content.decode()
        assert not Regrade.objects.exists()
        diff = effect.context["diff"]
        form = {"option": "new_key", "change": effect.context["packed"], "expected": diff.digest}
        unfounded = teacher.post(self.url("regrade_apply", FIRST), {**form, "reason": " "})
        assert unfounded.status_code == 422 and "Give the reason" in unfounded.content.decode()
        done = teacher.post(self.url("regrade_apply", FIRST), {**form, "reason": "Wrong key."}, follow=True)
        assert done.status_code == 200 and "Wrong key." in done.content.decode() and "617" in done.content.decode()
        assert history(attempt) == [(720, True), (617, False)]

    def test_by_name_those_only_whose_work_one_may_read(
        self, bob: User, eve: User, ada: User, olga: User, bobs_class: Cohort
    ) -> None:
        for one in (bob, eve):
            scored(one, 6)
        change = apply("new_key", ada, key("o"))
        named = {}
        for user in (ada, olga):
            client = Client()
            client.force_login(user)
            done = client.get(self.url("regrade_done", change.pk)).content.decode()
            effect = client.post(self.url("regrade_preview", FIRST), {"option": "drop"}).content.decode()
            for page in (done, effect):
                assert page.count("617") >= 2
            named[user] = [[f">{one}</a>" in page for one in ("bob", "eve")] for page in (done, effect)]
        assert named == {ada: [[True, False]] * 2, olga: [[True, True]] * 2}

    def test_a_change_that_makes_no_sense_comes_back_with_its_form(self, bob: User, teacher: Client) -> None:
        scored(bob, 6)
        answer = teacher.post(self.url("regrade_preview", FIRST), {"option": "new_key", "key": "y"})
        assert answer.status_code == 422 and "in force already" in answer.content.decode()
        answer = teacher.post(self.url("regrade_apply", FIRST), {"option": "drop", "change": "[", "reason": "x"})
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("item", "fields", "change"),
        [
            (BOTH, {"option": "new_key", "key": ["a", "c"]}, {"a", "c"}),
            (ORDER, {"option": "new_key", "key-s2": "1", "key-s1": "2", "key-s4": "3"}, ["s2", "s1", "s4"]),
            (PAIRS, {"option": "new_key", "key-l1": "r2", "key-l2": "r1"}, [["l1", "r2"], ["l2", "r1"]]),
            (NUMBER, {"option": "new_key", "key": "4", "key-within": "0.5"}, ("4", "0.5")),
            (TEXT, {"option": "new_key", "key": "dir\n\n ls -l "}, ["dir", "ls -l"]),
            (CASE, {"option": "new_key", "key-a": "a-n", "key-b": "b-y"}, ["a-n", "b-y"]),
        ],
    )
    def test_every_type_has_its_fields(
        self, bob: User, teacher: Client, item: Item, fields: dict[str, Any], change: Any
    ) -> None:
        scored(bob, 6, more=[(item, None)])
        page = teacher.get(self.url("regrade_item", item.revision)).content.decode()
        assert all(f'name="{name}"' in page for name in fields if name != "option" and not name.endswith("-s4"))
        effect = teacher.post(self.url("regrade_preview", item.revision), fields)
        assert effect.status_code == 200, effect.context["problem"]
        spec = effect.context["diff"].change["spec"]
        match item.type:
            case "response":
                found: Any = {one["id"] for one in spec["options"] if one["correct"]}
            case "ordering":
                found = [one["id"] for one in spec["steps"]]
            case "matching":
                found = spec["pairs"]
            case "number":
                found = (spec["value"], spec["tolerance"])
            case "text":
                found = spec["accepted"]
            case _:
                found = [next(one["id"] for one in part["spec"]["options"] if one["correct"]) for part in spec["parts"]]
        assert found == change

    def test_an_answer_of_each_type_can_be_accepted_by_its_fields(self, bob: User, teacher: Client) -> None:
        scored(bob, 6, more=[(ORDER, None), (PAIRS, None), (CASE, None), (LAB, None)][:3])
        for item, fields, answer in (
            (ORDER, {"also-s2": "1", "also-s1": "2"}, {"answer": ["s2", "s1"]}),
            (PAIRS, {"also-l1": "r2"}, {"answer": ["l1=r2"]}),
            (CASE, {"also-b": "b-n"}, {"answer-b": ["b-n"]}),
        ):
            data = {"option": "accept_also", **fields}
            effect = teacher.post(self.url("regrade_preview", item.revision), data)
            assert effect.status_code == 200 and effect.context["diff"].change == {"answer": answer}


class TestCommand:
    def run(self, *words: str) -> str:
        out = StringIO()
        call_command("regrade", SLUG, "q0", *words, stdout=out)
        return out.getvalue()

    def test_it_shows_and_only_with_apply_it_does(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6)
        said = self.run("--drop")
        assert "bob" in said and "720 -> 674" in said and "falls below" in said and "Nothing was changed" in said
        assert not Regrade.objects.exists()
        said = self.run("--drop", "--apply", "--actor", "ada", "--reason", "Ambiguous.")
        assert "Applied" in said
        assert history(attempt) == [(720, True), (674, False)]
        assert "scored already" in self.run("--drop", "--apply", "--actor", "ada", "--reason", "Ambiguous.")
        assert len(history(attempt)) == 2

    def test_answers_and_keys_are_json(self, bob: User, ada: User, tmp_path: Any) -> None:
        scored(bob, 6)
        assert "720 -> 720" not in self.run("--accept-also", json.dumps(OTHER))
        file = tmp_path / "key.json"
        file.write_text(json.dumps(key("o")["spec"]))
        assert "720 -> 617" in self.run("--new-key", str(file))

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--accept-also", "{"], "is no JSON"),
            (["--new-key", "/no/such/file"], "cannot be read"),
            (["--drop", "--apply", "--reason", "x"], "--actor"),
            (["--drop", "--apply", "--actor", "nobody", "--reason", "x"], "nobody"),
            (["--drop", "--apply", "--actor", "bob", "--reason", "x"], "does not teach"),
            (["--drop", "--apply", "--actor", "ada"], "Give the reason"),
        ],
    )
    def test_mistakes_are_told(self, bob: User, ada: User, words: list[str], said: str) -> None:
        scored(bob, 6)
        with pytest.raises(CommandError, match=said):
            self.run(*words)
        assert not Regrade.objects.exists()

    def test_an_item_that_was_never_served_is_told(self, bob: User) -> None:
        scored(bob, 6)
        with pytest.raises(CommandError, match="served no item zz"):
            call_command("regrade", SLUG, "zz", "--drop")
        assert ItemVersion.objects.count() == 12
