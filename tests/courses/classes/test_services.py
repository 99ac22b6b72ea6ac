"""Making classes, letting people in: an invitation once, a key as often as it says, nobody by guessing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.http import Http404

from courses.classes import assigned, limits, secrets, services, who
from courses.models import Cohort, EnrolmentKey, Invitation, Membership
from labs import jobs
from labs.models import Job
from tests.courses.classes.conftest import NOW

SOON = NOW + timedelta(hours=1)


def invite(cohort: Cohort, ada: Any, **more: Any) -> str:
    return services.invite_by_link(cohort=cohort, actor=ada, now=NOW, **more)[1]


class TestWho:
    def test_instructors_see_their_own_and_operators_all(
        self, bobs_class: Cohort, ada: Any, grace: Any, olga: Any, bob: Any
    ) -> None:
        assert who.get_cohort_for(ada, bobs_class.pk) == bobs_class == who.get_cohort_for(olga, bobs_class.pk)
        for stranger in (grace, bob):
            with pytest.raises(Http404):
                who.get_cohort_for(stranger, bobs_class.pk)
        assert who.may_read(ada, bob.pk) and who.may_read(olga, bob.pk)
        assert not who.may_read(grace, bob.pk) and not who.may_read(bob, ada.pk)

    def test_who_has_left_is_not_looked_at_any_more(self, bobs_class: Cohort, ada: Any, bob: Any) -> None:
        assert services.leave(cohort=bobs_class, user=bob, now=SOON)
        assert not who.may_read(ada, bob.pk) and not list(who.my_cohorts(bob))
        assert not services.leave(cohort=bobs_class, user=bob, now=SOON)


class TestInvitations:
    def test_a_link_lets_one_person_in_once(self, bobs_class: Cohort, ada: Any, eve: Any, olga: Any) -> None:
        token = invite(bobs_class, ada)
        assert services.accept_invitation(token=token, user=eve, now=SOON) == bobs_class
        assert Membership.objects.filter(cohort=bobs_class, user=eve, left_at=None).exists()
        with pytest.raises(services.NoWayIn):  # a replay
            services.accept_invitation(token=token, user=olga, now=SOON)

    def test_nothing_that_is_kept_is_the_link_or_the_key(self, bobs_class: Cohort, ada: Any) -> None:
        token = invite(bobs_class, ada)
        _, key = services.set_key(cohort=bobs_class, actor=ada, now=NOW)
        kept = json.dumps([*Invitation.objects.values(), *EnrolmentKey.objects.values()], default=str)
        assert token not in kept and key not in kept and key.replace("-", "") not in kept

    def test_one_that_is_over_taken_back_or_forged_says_the_same(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        over, back = invite(bobs_class, ada, days=1), invite(bobs_class, ada)
        row = Invitation.objects.get(token_hash=secrets.token_hash(back))
        assert services.revoke_invitation(cohort=bobs_class, invitation_id=row.pk, now=NOW)
        told = set()
        hashed = Invitation.objects.get(token_hash=secrets.token_hash(over)).token_hash
        for token in (over, back, "x" * 43, "", hashed):  # the hash that a stolen database holds opens nothing
            with pytest.raises(services.NoWayIn) as refused:
                services.accept_invitation(token=token, user=eve, now=NOW + timedelta(days=2))
            told.add(str(refused.value))
        assert len(told) == 1 and not Membership.objects.filter(user=eve).exists()

    def test_who_is_in_already_does_not_use_it_up(self, bobs_class: Cohort, ada: Any, bob: Any, eve: Any) -> None:
        token = invite(bobs_class, ada)
        for known in (bob, ada):
            with pytest.raises(services.AlreadyIn):
                services.accept_invitation(token=token, user=known, now=SOON)
        assert services.accept_invitation(token=token, user=eve, now=SOON)

    def test_an_invitation_of_another_class_cannot_be_taken_back(
        self, bobs_class: Cohort, ada: Any, grace: Any
    ) -> None:
        invite(bobs_class, ada)
        other = services.create_cohort(actor=grace, name="Other", now=NOW)
        row = Invitation.objects.get()
        assert not services.revoke_invitation(cohort=other, invitation_id=row.pk, now=NOW)

    def test_by_mail_the_worker_draws_the_link(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        made = services.invite_by_mail(
            cohort=bobs_class, addresses=["Eve@example.com", "eve@example.com"], actor=ada, now=NOW
        )
        assert len(made) == 1
        job = Job.objects.get(kind=services.MAIL)
        assert set(job.payload) == {"invitation"}
        assert jobs.run(job.pk)
        (sent,) = mail.outbox
        assert sent.to == ["eve@example.com"]
        token = sent.body.split("/classes/invitations/")[1].split("/")[0]
        assert services.accept_invitation(token=token, user=eve, now=NOW) == bobs_class

    @pytest.mark.parametrize("addresses", [[], ["nobody"], ["a@example.com", "b@example.com\nBcc: c@example.com"]])
    def test_what_is_no_address_invites_nobody(self, bobs_class: Cohort, ada: Any, addresses: list[str]) -> None:
        with pytest.raises(services.Unreadable):
            services.invite_by_mail(cohort=bobs_class, addresses=addresses, actor=ada, now=NOW)
        assert not Invitation.objects.exists()

    def test_trying_is_limited(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        for _ in range(20):
            with pytest.raises(services.NoWayIn):
                services.join_by_key(key="0000", user=eve, now=NOW)
        with pytest.raises(limits.TooOften):
            services.accept_invitation(token=invite(bobs_class, ada), user=eve, now=NOW)


class TestKeys:
    def test_a_key_is_read_as_people_type_it(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        _, key = services.set_key(cohort=bobs_class, actor=ada, now=NOW)
        typed = " " + key.lower().replace("-", " ").replace("0", "o").replace("1", "l") + "\n"
        assert services.join_by_key(key=typed, user=eve, now=NOW) == bobs_class

    def test_it_ends_and_is_used_up_and_replaced(self, bobs_class: Cohort, ada: Any, eve: Any, olga: Any) -> None:
        _, first = services.set_key(cohort=bobs_class, actor=ada, now=NOW)
        _, key = services.set_key(cohort=bobs_class, actor=ada, now=NOW, days=1, max_uses=1)
        with pytest.raises(services.NoWayIn):
            services.join_by_key(key=first, user=eve, now=NOW)
        with pytest.raises(services.NoWayIn):
            services.join_by_key(key=key, user=eve, now=NOW + timedelta(days=2))
        services.join_by_key(key=key, user=eve, now=NOW)
        with pytest.raises(services.NoWayIn):
            services.join_by_key(key=key, user=olga, now=NOW)

    def test_who_left_comes_in_again_and_an_archived_class_lets_nobody_in(
        self, bobs_class: Cohort, ada: Any, bob: Any, eve: Any
    ) -> None:
        _, key = services.set_key(cohort=bobs_class, actor=ada, now=NOW)
        services.leave(cohort=bobs_class, user=bob, now=NOW)
        services.join_by_key(key=key, user=bob, now=SOON)
        assert Membership.objects.get(user=bob).left_at is None
        services.archive_cohort(cohort=bobs_class, now=SOON)
        with pytest.raises(services.NoWayIn):
            services.join_by_key(key=key, user=eve, now=SOON)
        with pytest.raises(Http404):
            who.get_open_cohort_for(ada, bobs_class.pk)


def test_a_class_keeps_an_instructor(bobs_class: Cohort, ada: Any, grace: Any, bob: Any) -> None:
    with pytest.raises(services.LastInstructor):
        services.remove_instructor(cohort=bobs_class, user_id=ada.pk)
    services.add_instructor(cohort=bobs_class, username="GRACE")
    services.remove_instructor(cohort=bobs_class, user_id=ada.pk)
    assert not who.may_read(ada, bob.pk) and who.may_read(grace, bob.pk)
    with pytest.raises(services.Unreadable):
        services.add_instructor(cohort=bobs_class, username="bob")


def test_an_assignment_of_nothing_twice_or_out_of_order_is_refused(bobs_class: Cohort, ada: Any) -> None:
    known = {"cohort": bobs_class, "actor": ada, "now": NOW}
    lab = {"kind": "lab", "slug": "private-bucket-one-reader"}
    for wrong in (
        {"kind": "lab", "slug": "nothing"},
        {"kind": "module", "slug": "aws-foundations/none"},
        {"kind": "x", "slug": "y"},
    ):
        with pytest.raises(assigned.NotAssignable):
            assigned.assign(**known, **wrong)
    with pytest.raises(assigned.NotAssignable):
        assigned.assign(**known, **lab, opens_at=SOON, due_at=NOW)
    first = assigned.assign(**known, **lab)
    with pytest.raises(assigned.NotAssignable):
        assigned.assign(**known, **lab)
    assigned.remove_assignment(assignment=first, now=NOW)
    assert assigned.assign(**known, **lab).pk != first.pk
