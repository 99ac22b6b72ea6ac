"""A wrong key is found after the exam: who is concerned, what changes for them, once, by whom and why, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.http import Http404

from courses.content import Item
from courses.models import Attempt, Credential, Event, Notice, Regrade, Score
from courses.selectors.scores import report
from courses.services import credentials, regrades, scoring
from graders import items
from tests.together import together

from .results import (
    BOTH,
    CASE,
    LAB,
    LATER,
    NOW,
    NUMBER,
    ORDER,
    OTHER,
    PAIRS,
    PILOTS,
    RIGHT,
    SCORED,
    SLUG,
    TEXT,
    WRONG,
    exam,
    sat,
)

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db
FIRST = SCORED[0].revision


def key(right: str, item: Item = SCORED[0]) -> dict[str, Any]:
    """The change that makes another option the right one."""
    spec = items.dump(item.type, item.spec)
    for one in spec["options"]:
        one["correct"] = one["id"] == right
    return {"spec": spec}


def scored(user: Any, right: int = 0, **how: Any) -> Attempt:
    attempt = sat(user, right, **how)
    assert scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
    return attempt


def apply(option: str, actor: Any, change: dict[str, Any] | None = None, **more: Any) -> Regrade:
    fresh = {"exam_slug": SLUG, "item_revision": FIRST, "reason": "The key was wrong.", "now": LATER}
    return regrades.apply(**{**fresh, "option": option, "change": change, "actor": actor, **more})


def looked(option: str, change: dict[str, Any] | None = None, item: str = FIRST) -> regrades.Diff:
    return regrades.dry_run(exam_slug=SLUG, item_revision=item, option=option, change=change)


def history(attempt: Attempt) -> list[tuple[int, bool]]:
    return list(attempt.scores.order_by("version").values_list("scaled", "passed"))


class TestLooking:
    def test_a_dry_run_says_who_moves_and_writes_nothing(self, bob: User, eve: User, ada: User) -> None:
        falls, rises = scored(bob, 6), scored(eve, 6, answers={0: OTHER})
        scored(ada, 10)
        before = [list(model.objects.values_list("pk", flat=True)) for model in (Score, Event, Notice, Credential)]
        diff = looked("new_key", key("o"))
        assert len(diff.rows) == 3 and len(diff.changed) == 3
        assert [(row.attempt, row.before.passed, row.after.passed) for row in diff.moved] == [
            (falls, True, False),
            (rises, False, True),
        ]
        assert (diff.now_pass, diff.now_fail) == (1, 1)
        assert [row.after.scaled for row in diff.rows] == [930, 617, 720]  # ada, bob, eve
        assert before == [
            list(model.objects.values_list("pk", flat=True)) for model in (Score, Event, Notice, Credential)
        ]
        assert not Regrade.objects.exists()

    def test_an_attempt_without_a_score_is_scored_by_it_later(self, bob: User, ada: User) -> None:
        scored(ada, 6)
        late = sat(bob, 6, answers={0: OTHER})
        assert len(looked("credit_all").rows) == 1
        apply("credit_all", ada)
        found = scoring.score_attempt(attempt_id=late.pk, now=LATER)
        assert found and (found.version, found.scaled, found.regrade) == (1, 720, None)

    def test_an_item_that_does_not_count_changes_statistics_only(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6, pilots=(RIGHT, RIGHT))
        diff = looked("drop", item=PILOTS[0].revision)
        assert (len(diff.changed), diff.told, diff.moved) == (1, 0, [])
        apply("drop", ada, item_revision=PILOTS[0].revision)
        assert history(attempt) == [(720, True), (720, True)]
        assert attempt.scores.get(version=2).places[10]["outcome"] == "dropped"
        # The candidate is not told, and their report does not show which items did not count.
        assert not Notice.objects.exists()
        assert not report(attempt).changed

    @pytest.mark.parametrize(
        ("option", "change", "said"),
        [
            ("new_key", {}, "cannot be read"),
            ("new_key", {"spec": {"options": "x"}}, "cannot be read"),
            ("new_key", key("y"), "in force already"),
            ("new_key", key("none"), "does not fit the question"),
            ("new_key", {"spec": {"options": [{"id": "z", "text": "Z", "correct": True}]}}, "another question"),
            ("accept_also", {}, "Say which answer"),
            ("accept_also", {"answer": {"answer": []}}, "Say which answer"),
            ("accept_also", {"answer": WRONG | {"answer": ["zz"]}}, "could not give it"),
            ("accept_also", {"answer": RIGHT}, "right already"),
            ("forgive", {}, "There is no option forgive"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_a_sentence(
        self, bob: User, option: str, change: dict[str, Any], said: str
    ) -> None:
        scored(bob, 6)
        with pytest.raises(regrades.BadChange, match=said):
            looked(option, change)

    def test_a_lab_has_no_key(self, bob: User) -> None:
        attempt = sat(bob, 6, more=[(LAB, None)])
        assert attempt.pk
        for option in ("new_key", "accept_also"):
            with pytest.raises(regrades.BadChange, match="A lab has no key"):
                looked(option, {"spec": {}}, item=LAB.revision)

    def test_an_item_that_nobody_had_is_404(self, bob: User) -> None:
        with pytest.raises(Http404):
            looked("drop")
        assert regrades.served(SLUG) == []


class TestApplying:
    def test_new_key(self, bob: User, eve: User, ada: User) -> None:
        falls, rises = scored(bob, 6), scored(eve, 6, answers={0: OTHER})
        row = apply("new_key", ada, key("o"))
        assert history(falls) == [(720, True), (617, False)]
        assert history(rises) == [(617, False), (720, True)]
        new = falls.scores.get(version=2)
        assert (new.regrade, new.reason, new.created_at) == (row, "The key was wrong.", LATER)
        assert (row.actor, row.item_id, row.reason) == (ada, "q0", "The key was wrong.")
        event = Event.objects.get(attempt=falls, kind="regraded")
        assert event.actor == ada
        assert event.data["before"] == {"version": 1, "scaled": 720, "passed": True}
        assert event.data["after"] == {"version": 2, "scaled": 617, "passed": False}
        assert {one["attempt"] for one in row.moved} == {str(falls.pk), str(rises.pk)}

    def test_credentials_follow_the_score(self, bob: User, eve: User, ada: User) -> None:
        falls, rises = scored(bob, 6), scored(eve, 6, answers={0: OTHER})
        apply("new_key", ada, key("o"))
        gone, made = Credential.objects.get(attempt=falls), Credential.objects.get(attempt=rises)
        assert gone.revoked_at == LATER and "The key was wrong." in gone.revoked_reason and gone.revoked_by is None
        assert made.revoked_at is None and made.score.version == 2
        # And back again: the one that was revoked stays so, and another one is issued.
        apply("new_key", ada, key("y"), reason="It was right after all.")
        assert history(falls) == [(720, True), (617, False), (720, True)]
        assert Credential.objects.filter(attempt=falls, revoked_at=None).count() == 1
        assert Credential.objects.filter(attempt=falls).count() == 2
        assert not Credential.objects.filter(attempt=rises, revoked_at=None).exists()

    def test_what_a_person_revoked_no_regrade_brings_back(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6)
        held = credentials.valid_credential(attempt)
        credentials.revoke(credential=held, reason="Somebody else sat it.", actor=ada, now=NOW)
        apply("new_key", ada, key("o"))
        apply("new_key", ada, key("y"))
        assert history(attempt)[-1] == (720, True)
        assert not Credential.objects.filter(revoked_at=None).exists()

    def test_candidates_are_told_before_and_after_and_why(self, bob: User, eve: User, ada: User) -> None:
        scored(bob, 6)
        scored(eve, 6, answers={0: OTHER})
        scored(ada, 10, answers={0: None})
        apply("new_key", ada, key("o"))
        told = {one.user.username: one for one in Notice.objects.all()}
        assert set(told) == {"bob", "eve"}  # ada left it blank: nothing changed for her
        assert "was 720 and is 617" in told["bob"].text and "not reached any more" in told["bob"].text
        assert "was 617 and is 720" in told["eve"].text and "With that you pass" in told["eve"].text
        assert all("The reason: The key was wrong." in one.text for one in told.values())

    def test_accept_also_takes_nothing_from_anybody(self, bob: User, eve: User, ada: User) -> None:
        was_right, becomes = scored(bob, 6), scored(eve, 6, answers={0: OTHER})
        apply("accept_also", ada, {"answer": OTHER})
        assert history(was_right) == [(720, True)]
        assert history(becomes) == [(617, False), (720, True)]
        with pytest.raises(regrades.BadChange, match="accepted already"):
            apply("drop", ada)
            looked("accept_also", {"answer": OTHER})

    def test_credit_all_is_for_blanks_too(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6, answers={0: None})
        apply("credit_all", ada)
        assert history(attempt) == [(617, False), (720, True)]
        assert attempt.scores.get(version=2).places[0]["outcome"] == "credited"

    def test_drop_shrinks_the_maximum(self, bob: User, eve: User, ada: User) -> None:
        had, had_not = scored(bob, 6), scored(eve, 6, answers={0: None})
        apply("drop", ada)
        one, other = had.scores.get(version=2), had_not.scores.get(version=2)
        assert (one.raw, one.maximum, one.passed) == (5, 9, False)  # 5 of 9 is below six of ten
        assert (other.raw, other.maximum) == (5, 9)
        assert one.places[0] == {"place": 0, "earned": 0.0, "maximum": 0.0, "scored": False, "outcome": "dropped"}
        assert one.domains["secure"]["maximum"] == 5

    def test_the_later_one_wins(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6)
        for option, change, scaled in (
            ("drop", None, 674),
            ("credit_all", None, 720),
            ("new_key", key("o"), 617),
            ("accept_also", {"answer": RIGHT}, 720),
            ("new_key", key("n"), 617),
        ):
            apply(option, ada, change)
            assert history(attempt)[-1][0] == scaled, option

    def test_the_last_item_that_counts_cannot_be_dropped(self, bob: User, ada: User) -> None:
        attempt = sat(bob, 6)
        form = attempt.form
        for one in form["sections"][0]["places"][1:]:
            one["scored"] = False
        Attempt.objects.filter(pk=attempt.pk).update(form=form)
        scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
        with pytest.raises(regrades.BadChange, match="nothing to scale"):
            apply("drop", ada)
        assert not Regrade.objects.exists()

    def test_without_a_reason_nothing_happens(self, bob: User, ada: User) -> None:
        scored(bob, 6)
        with pytest.raises(regrades.NoReason):
            apply("drop", ada, reason="  ")
        assert not Regrade.objects.exists()

    def test_all_or_nothing(self, bob: User, eve: User, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        attempts = [scored(bob, 6), scored(eve, 6)]
        written = regrades._write

        def second_fails(row: Any, *rest: Any) -> None:
            if row.attempt == attempts[1]:
                raise RuntimeError("the database is gone")
            written(row, *rest)

        monkeypatch.setattr(regrades, "_write", second_fails)
        with pytest.raises(RuntimeError):
            apply("drop", ada)
        assert not Regrade.objects.exists() and not Notice.objects.exists()
        assert [history(one) for one in attempts] == [[(720, True)], [(720, True)]]

    def test_other_exams_keep_their_rules(self, bob: User, eve: User, ada: User) -> None:
        here, there = scored(bob, 6), scored(eve, 6, paper=exam(slug="elsewhere"))
        apply("new_key", ada, key("o"))
        assert (len(history(here)), len(history(there))) == (2, 1)


class TestOnce:
    def test_twice_is_once(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6)
        one = apply("new_key", ada, key("o"))
        again = apply("new_key", ada, key("o"), reason="Once more.")
        assert again == one and Regrade.objects.count() == 1
        assert len(history(attempt)) == 2 and Notice.objects.count() == 1
        assert looked("new_key", key("o")).repeats == one
        assert looked("new_key", key("o")).changed == []

    @pytest.mark.parametrize("option", ["credit_all", "drop"])
    def test_twice_is_once_whatever_the_option(self, bob: User, ada: User, option: str) -> None:
        attempt = scored(bob, 6, answers={0: None})
        assert apply(option, ada) == apply(option, ada)
        assert len(history(attempt)) == 2

    def test_what_was_looked_at_is_what_is_applied(self, bob: User, ada: User) -> None:
        scored(bob, 6)
        seen = looked("drop")
        apply("credit_all", ada)
        with pytest.raises(regrades.Outdated, match="Look at the effect once more"):
            apply("drop", ada, expected=seen.digest)
        assert apply("drop", ada, expected=looked("drop").digest).option == "drop"

    def test_a_repeated_request_gets_the_same_row(self, bob: User, ada: User) -> None:
        scored(bob, 6)
        seen = looked("drop").digest
        one = apply("drop", ada, expected=seen)
        apply("credit_all", ada)
        assert apply("drop", ada, expected=seen) == one
        assert Regrade.objects.count() == 2

    def test_there_and_back_and_there_again_are_three(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6)
        rows = [apply("new_key", ada, key(right)) for right in ("o", "y", "o")]
        assert len({row.pk for row in rows}) == 3
        assert [scaled for scaled, _ in history(attempt)] == [720, 617, 720, 617]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_one(bob: User, eve: User, ada: User) -> None:
    attempts = [scored(bob, 6), scored(eve, 6, answers={0: OTHER})]
    unscored = sat(ada, 6, answers={0: OTHER})
    regrades = [lambda: apply("new_key", ada, key("o")).pk] * 8
    *rows, score = together(*regrades, lambda: scoring.score_attempt(attempt_id=unscored.pk, now=LATER))
    assert not isinstance(score, Exception), score
    assert len(rows) == 8 and len(set(rows)) == 1
    assert [history(one) for one in attempts] == [[(720, True), (617, False)], [(617, False), (720, True)]]
    # Whoever was scored while it was applied ends up with it, too.
    assert history(unscored)[-1] == (720, True)


class TestTypes:
    """accept_also and new_key for every type that has a key."""

    CASES = [
        (BOTH, {"answer": ["a", "c"]}, {"answer": ["c", "a"]}),
        (ORDER, {"answer": ["s2", "s1", "s3"]}, {"answer": ["s2=1", "s1=2", "s3=3"]}),
        (PAIRS, {"answer": ["l1=r2", "l2=r1"]}, {"answer": ["l2=r1", "l1=r2"]}),
        (NUMBER, {"answer": ["4"]}, {"answer": ["4.0"]}),
        (TEXT, {"answer": ["/bin/dir"]}, {"answer": ["/bin/dir"]}),
        (TEXT, {"answer": ["dir"]}, {"answer": [" DIR "]}),
    ]

    @pytest.mark.parametrize(("item", "accepted", "given"), CASES)
    def test_accept_also(self, bob: User, ada: User, item: Item, accepted: Any, given: Any) -> None:
        attempt = scored(bob, 6, more=[(item, given)])
        apply("accept_also", ada, {"answer": accepted}, item_revision=item.revision)
        assert [one.raw for one in attempt.scores.order_by("version")] == [6, 7]

    def test_accept_also_in_a_part_of_a_case(self, bob: User, ada: User) -> None:
        attempt = scored(bob, 6, more=[(CASE, {"answer-a": ["a-n"], "answer-b": ["b-n"]})])
        apply("accept_also", ada, {"answer": {"answer-b": ["b-n"]}}, item_revision=CASE.revision)
        assert [one.raw for one in attempt.scores.order_by("version")] == [6, 8]
