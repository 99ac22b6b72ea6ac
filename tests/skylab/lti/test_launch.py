"""The whole path between a platform and us, both over HTTP; whose account is whose; frames, choosing, rosters, keys."""

from __future__ import annotations

import html
import http.cookiejar
import re
import urllib.request
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from django.test import Client
from django.utils import timezone

from courses.exams import badge
from courses.models import LessonRead
from courses.services.badge_keys import BadKey
from labs import jobs
from labs.models import Job, LabSession
from skylab.accounts.models import User
from skylab.lti import keys, models, resources, tasks
from skylab.lti.services import grades, registering, roster
from tests.e2e.scenes import grade, lab_of_catalog, make_session
from tests.skylab.lti.conftest import LAB, LIN, TEA, arrive, register, target
from tests.skylab.lti.learning_platform import KeyPair, Person, Platform, fetched, running

LESSON = "/courses/aws-foundations/s3-access/"


class Browser:
    """A browser without script: cookies, redirects, the forms of pages."""

    def __init__(self) -> None:
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.at, self.page = "", ""

    def go(self, url: str, form: dict[str, str] | None = None) -> Browser:
        data = urlencode(form).encode() if form is not None else None
        headers = {"Referer": self.at} if self.at else {}
        with self.opener.open(urllib.request.Request(url, data, headers), timeout=30) as answer:
            self.at, self.page = answer.url, answer.read().decode()
        return self

    def send(self, button: str) -> Browser:
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.page, re.DOTALL)
        action, inner = next((url, inner) for url, inner in forms if button in inner)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inner))
        return self.go(
            urljoin(self.at, html.unescape(action)), {name: html.unescape(value) for name, value in fields.items()}
        )


def work(now: Any = None) -> None:
    """Do what the worker does: look, and run the jobs that are due."""
    now = now or timezone.now()
    grades.sweep(since=None, now=now)
    for job in Job.objects.filter(state=Job.State.READY, not_before__lte=now):
        assert jobs.run(job.pk, clock=lambda: now)


def solve(user: Any, outcomes: tuple[str, ...] = ()) -> LabSession:
    """Leave what a lab's grading leaves: the rows of the services, without a sandbox."""
    lab = lab_of_catalog(LAB)
    session = make_session(user, state="ended", lab=lab)
    outcomes = outcomes or ("passed",) * len(lab.tasks)
    found = grade(session, lab, outcomes)
    LabSession.objects.filter(pk=session.pk).update(score=found.score or 0, points=found.points or lab.points)
    session.refresh_from_db()
    return session


@pytest.mark.django_db(transaction=True)
def test_the_whole_path(live_server: Any, settings: Any, campus_key: KeyPair) -> None:
    settings.BASE_URL = live_server.url.replace("localhost", "127.0.0.1")
    with running(keys=[campus_key], people={LIN.sub: LIN}) as campus:
        campus.tool_jwks = fetched(f"{live_server.url}/lti/keys.json")
        campus.redirect_uris = (f"{settings.BASE_URL}/lti/launch/",)
        register(campus)
        browser = Browser()
        # The learner opens the link in their course, and makes an account on the way.
        browser.go(campus.begin(f"{settings.BASE_URL}/lti/login/", LIN, target(f"/labs/{LAB}/")))
        assert "Welcome from Campus" in browser.send("Go on").page
        assert browser.send("Make a new account").at == target(f"/labs/{LAB}/")
        learner = User.objects.get()
        assert learner.username in browser.page and (learner.first_name, learner.email) == ("Lin", "")
        # They work in the lab; what it is worth is told there, with the tasks.
        lab = lab_of_catalog(LAB)
        first = solve(learner, ("passed", *("failed",) * (len(lab.tasks) - 1)))
        work()
        points, comment = campus.grade_of(LIN)
        assert points == pytest.approx(first.score) and 0 < points < lab.points
        assert comment.startswith(f"1 of {len(lab.tasks)} tasks passed.") and f"Passed: {lab.tasks[0].title}" in comment
        # The platform is down when they do better: nothing is lost, and it is not asked all the time.
        campus.down = 503
        solve(learner)
        for _ in range(3):
            work()
        owed = models.Result.objects.get()
        assert owed.attempts == 1 and owed.due_at > timezone.now() and "503" in owed.error
        assert campus.grade_of(LIN)[0] == points
        work(owed.due_at)
        again = models.Result.objects.get()
        assert again.attempts == 2 and again.due_at - owed.due_at == 2 * grades.FIRST_WAIT
        campus.down = 0
        work(again.due_at)
        assert campus.grade_of(LIN) == (lab.points, campus.grade_of(LIN)[1])
        assert campus.grade_of(LIN)[1].startswith(f"{len(lab.tasks)} of {len(lab.tasks)}")
        # The next time they are let in as who they are, and the same is not told twice.
        told = sum(len(kept) for kept in campus.scores.values())
        second = Browser().go(campus.begin(f"{settings.BASE_URL}/lti/login/", LIN, target(LESSON)))
        assert second.send("Go on").at == target(LESSON) and learner.username in second.page
        work()
        assert sum(len(kept) for kept in campus.scores.values()) == told and campus.refusals == []


@pytest.fixture
def linked(client: Client, campus: Platform) -> User:
    """Lin, who came in with a new account to the lab."""
    arrived = arrive(client, campus)
    client.post(f"{arrived['Location']}new/")
    return User.objects.get(first_name="Lin")


class TestScores:
    def test_the_column_of_the_platform_is_used_where_there_is_one(self, client: Client, campus: Platform) -> None:
        mine = campus.make({"label": "Week 3", "scoreMaximum": 50, "resourceLinkId": "link-1"})
        client.post(f"{arrive(client, campus)['Location']}new/")
        session = solve(User.objects.get())
        work()
        assert campus.grade_of(LIN)[0] == pytest.approx(50 * session.score / session.points)
        assert list(campus.lineitems) == [mine["id"]] and campus.refusals == []

    def test_a_column_that_we_made_is_found_again(self, linked: User, campus: Platform) -> None:
        solve(linked)
        work()
        models.ResourceLink.objects.update(lineitem_url="")
        models.Result.objects.update(sent_digest="", due_at=timezone.now())
        work()
        assert len(campus.lineitems) == 1 and len(next(iter(campus.scores.values()))) == 2

    def test_one_that_was_removed_there_is_made_anew(self, linked: User, campus: Platform) -> None:
        solve(linked, ("failed",) * 9)
        work()
        campus.lineitems.clear()
        solve(linked)
        work()
        work(models.Result.objects.get().due_at)
        assert len(campus.lineitems) == 1 and campus.grade_of(LIN)[0] == lab_of_catalog(LAB).points

    def test_the_later_one_wins_though_clocks_go_back(self, linked: User, campus: Platform) -> None:
        now = timezone.now()
        solve(linked, ("passed",) + ("failed",) * 9)
        work(now)
        solve(linked)
        grades.sweep(since=None, now=now - timedelta(minutes=5))
        assert grades.send(models.Result.objects.get().pk, now=now - timedelta(minutes=5))
        kept = next(iter(campus.scores.values()))
        assert [one["timestamp"] for one in kept] == sorted(one["timestamp"] for one in kept) and len(kept) == 2
        assert campus.refusals == []

    def test_a_token_that_is_not_taken_any_more_is_got_anew(self, linked: User, campus: Platform) -> None:
        solve(linked, ("passed",) + ("failed",) * 9)
        work()
        campus.tokens.clear()
        solve(linked)
        work()
        assert campus.grade_of(LIN)[0] == lab_of_catalog(LAB).points

    def test_a_lab_that_is_open_is_on_its_way(self, linked: User, campus: Platform) -> None:
        session = make_session(linked, lab=lab_of_catalog(LAB))
        LabSession.objects.filter(pk=session.pk).update(score=1)
        work()
        told = next(iter(campus.scores.values()))[-1]
        assert (told["activityProgress"], told["gradingProgress"]) == ("InProgress", "Pending")

    def test_a_lesson_that_was_read(self, client: Client, linked: User, campus: Platform) -> None:
        arrived = arrive(client, campus, path=LESSON, link="link-2")
        client.get(arrived["Location"])
        _, course, lesson = LESSON.strip("/").split("/")
        LessonRead.objects.create(user=linked, course_slug=course, lesson_slug=lesson, read_at=timezone.now())
        work()
        assert campus.grade_of(LIN) == (1.0, "Marked as read.")

    def test_who_teaches_there_has_no_score(self, client: Client, campus: Platform) -> None:
        client.post(f"{arrive(client, campus, TEA)['Location']}new/")
        solve(User.objects.get())
        work()
        assert campus.scores == {} and not models.Result.objects.exists()

    def test_only_hosts_that_an_operator_registered_are_asked(self, linked: User, campus: Platform) -> None:
        models.ResourceLink.objects.update(lineitem_url="http://127.0.0.1:1/inside")
        solve(linked)
        work()
        owed = models.Result.objects.get()
        assert "not registered" in owed.error and owed.due_at - timezone.now() > timedelta(hours=5)

    def test_the_sweep_finds_who_did_something_since(self, linked: User, campus: Platform) -> None:
        now = timezone.now()
        assert tasks.sweep_in_turn(since=now, now=now) and not tasks.sweep_in_turn(since=now, now=now)
        solve(linked)
        tasks.sweep_in_turn(since=now, now=now + tasks.EVERY)
        assert Job.objects.filter(kind=grades.SEND, state=Job.State.READY).count() == 1


class TestWhoseAccount:
    def test_an_address_that_a_platform_claims_finds_nobodys_account(
        self, client: Client, campus: Platform, bob: User
    ) -> None:
        arrived = arrive(client, campus, email=bob.email, given_name="bob")
        client.post(f"{arrived['Location']}new/")
        made = models.Identity.objects.get().user
        assert made != bob and made.email == "" and not made.has_usable_password() and made.role == User.Role.LEARNER

    def test_who_is_signed_in_links_their_account(self, client: Client, campus: Platform, bob: User) -> None:
        client.force_login(bob)
        page = client.get(arrive(client, campus)["Location"])
        assert "Link bob" in page.content.decode() and not models.Identity.objects.exists()
        assert client.post(f"{page.wsgi_request.path}link/")["Location"] == f"/labs/{LAB}/"
        assert models.Identity.objects.get().user == bob
        fresh = Client()
        fresh.get(arrive(fresh, campus)["Location"])
        assert fresh.session["_auth_user_id"] == str(bob.pk)

    def test_an_instructor_there_is_a_learner_here(self, client: Client, campus: Platform) -> None:
        arrived = arrive(client, campus, TEA)
        client.post(f"{arrived['Location']}new/")
        made = User.objects.get()
        assert not made.teaches and not made.is_staff
        assert client.get("/instructor/").status_code == 404 == client.get("/lti/platforms/").status_code
        context = models.Context.objects.get(context_id="course-1")
        assert client.get(f"/lti/contexts/{context.pk}/").status_code == 200
        other = models.Context.objects.create(deployment=context.deployment, context_id="course-2")
        assert client.get(f"/lti/contexts/{other.pk}/").status_code == 404

    def test_a_learner_there_sees_no_roster(self, client: Client, linked: User) -> None:
        assert client.get(f"/lti/contexts/{models.Context.objects.get().pk}/").status_code == 404

    def test_who_teaches_or_operates_here_signs_in_at_our_own_door(
        self, campus: Platform, ada: User, olga: User
    ) -> None:
        for user in (ada, olga):
            models.Identity.objects.update_or_create(
                issuer=campus.url, sub=LIN.sub, defaults={"user": user, "linked_at": timezone.now()}
            )
            client = Client()
            answer = client.get(arrive(client, campus)["Location"])
            assert answer["Location"].startswith("/accounts/login/") and "_auth_user_id" not in client.session
            posted = client.post(answer["Location"].partition("next=")[2] + "new/")
            assert posted["Location"].startswith("/accounts/login/") and "_auth_user_id" not in client.session

    def test_one_who_has_a_second_factor_does_too(self, client: Client, campus: Platform, bob: User) -> None:
        from allauth.mfa.models import Authenticator

        Authenticator.objects.create(user=bob, type=Authenticator.Type.TOTP, data={})
        models.Identity.objects.create(issuer=campus.url, sub=LIN.sub, user=bob, linked_at=timezone.now())
        client.get(arrive(client, campus)["Location"])
        assert "_auth_user_id" not in client.session

    def test_a_launch_opens_once_and_in_its_browser_only(self, client: Client, campus: Platform, linked: User) -> None:
        location = arrive(client, campus)["Location"]
        assert Client().get(location).status_code == 404
        client.get(location)
        client.logout()
        client.get(location)  # the browser's way back, on a machine that others use
        assert "_auth_user_id" not in client.session

    def test_a_link_of_ones_own_can_be_undone(self, client: Client, campus: Platform, linked: User, eve: User) -> None:
        mine = models.Identity.objects.get()
        others = Client()
        others.force_login(eve)
        others.post(f"/lti/unlink/{mine.pk}/")
        assert models.Identity.objects.exists()
        client.force_login(linked)
        assert campus.url in client.get("/settings/").content.decode()
        client.post(f"/lti/unlink/{mine.pk}/")
        assert not models.Identity.objects.exists()

    def test_one_that_is_gone_is_nobodys(self, client: Client, campus: Platform, linked: User) -> None:
        linked.is_active = False
        linked.save()
        fresh = Client()
        page = fresh.get(arrive(fresh, campus)["Location"])
        assert page.status_code == 200 and "_auth_user_id" not in fresh.session


class TestFrames:
    def test_a_lab_opens_in_a_window_of_its_own(self, client: Client, campus: Platform) -> None:
        url = campus.begin("/lti/login/", LIN, target(f"/labs/{LAB}/"))
        page = client.get(url, headers={"Sec-Fetch-Dest": "iframe"})
        assert page.status_code == 200 and 'target="_blank"' in page.content.decode()
        assert f"frame-ancestors {campus.url}" in page["Content-Security-Policy"]
        assert "X-Frame-Options" not in page

    def test_no_other_page_may_be_framed(self, client: Client, campus: Platform, linked: User) -> None:
        for path in ("/", f"/labs/{LAB}/", "/lti/choose/", "/accounts/login/"):
            page = client.get(path)
            assert page["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


class TestChoosing:
    def chooser(self, client: Client, campus: Platform, **changes: Any) -> Any:
        return arrive(client, campus, TEA, path="/lti/choose/", link="choose", **changes)

    def test_what_was_chosen_comes_signed(self, client: Client, campus: Platform) -> None:
        page = self.chooser(client, campus)
        assert page.status_code == 200 and f"frame-ancestors {campus.url}" in page["Content-Security-Policy"]
        url = f"/lti/launches/{models.Launch.objects.get().pk}/choose/"
        assert client.post(url, {}).status_code == 422
        picked = [f"lab:{LAB}", "lesson:aws-foundations/s3-access", "exam:foundations-practical"]
        sent = client.post(url, {"pick": picked})
        assert f"form-action 'self' {campus.url}" in sent["Content-Security-Policy"]
        token = re.search(r'name="JWT" value="([^"]+)"', sent.content.decode())[1]  # type: ignore[index]
        Browser().go(f"{campus.url}/chosen", {"JWT": token})
        (told,) = campus.chosen
        items = told["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
        assert [one["lineItem"]["resourceId"] for one in items] == picked
        assert all(resources.at(one["url"]).key == key for one, key in zip(items, picked, strict=True))  # type: ignore[union-attr]
        assert told["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "campus's own: 5"
        assert (told["iss"], told["aud"]) == (campus.client_id, [campus.url]) and campus.refusals == []
        assert client.post(url, {"pick": picked}).status_code == 403  # answered already

    def test_nobody_else_answers(self, client: Client, campus: Platform) -> None:
        self.chooser(client, campus)
        url = f"/lti/launches/{models.Launch.objects.get().pk}/choose/"
        assert Client().post(url, {"pick": [f"lab:{LAB}"]}).status_code == 404


class TestRoster:
    def test_all_its_pages_are_read(self, client: Client, campus: Platform) -> None:
        campus.people |= {f"p{n}": Person(f"p{n}", "P", str(n)) for n in range(5)}
        arrive(client, campus, TEA)
        context = models.Context.objects.get()
        assert roster.read(context.pk, now=timezone.now()) == 7
        del campus.people["p0"]
        campus.people["p1"].status = "Inactive"
        assert roster.read(context.pk, now=timezone.now()) == 6
        active = set(context.members.filter(active=True).values_list("sub", flat=True))
        assert active == {"lin-1", "tea-1", "p2", "p3", "p4"}
        assert list(context.members.filter(teaches=True).values_list("sub", flat=True)) == ["tea-1"]
        assert campus.refusals == []

    def test_what_was_known_stays_where_the_platform_fails(self, client: Client, campus: Platform) -> None:
        arrive(client, campus, TEA)
        context = models.Context.objects.get()
        roster.read(context.pk, now=timezone.now())
        campus.down = 500
        roster.read(context.pk, now=timezone.now())
        context.refresh_from_db()
        assert context.members.filter(active=True).count() == 2 and "500" in context.roster_error

    def test_one_without_an_end_is_given_up(self, client: Client, campus: Platform) -> None:
        campus.page = 0
        arrive(client, campus, TEA)
        context = models.Context.objects.get()
        roster.read(context.pk, now=timezone.now())
        context.refresh_from_db()
        assert "no end" in context.roster_error


class TestOurKey:
    def test_the_next_one_is_published_before_it_is_used_and_the_old_one_after(self, db: None) -> None:
        now = timezone.now()
        first = keys.signing_key(now=now)
        keys.prepare(now=now)
        assert keys.signing_key(now=now + keys.BEFORE / 2) == first and len(keys.public_keys(now=now)) == 2
        after = now + keys.BEFORE
        second = keys.signing_key(now=after)
        assert second != first and keys.next_at() is None
        assert len(keys.public_keys(now=after + keys.AFTER / 2)) == 2
        assert len(keys.public_keys(now=after + keys.AFTER)) == 1
        assert not any("d" in one for one in keys.public_keys(now=now))

    def test_one_that_is_set_by_hand_retires_the_one_before(self, db: None, settings: Any) -> None:
        now = timezone.now()
        first, second = badge.new_key(), badge.new_key()
        settings.LTI_KEY, settings.LTI_KEY_NEXT = first, second
        assert keys.signing_key(now=now) == first and len(keys.public_keys(now=now)) == 2
        settings.LTI_KEY, settings.LTI_KEY_NEXT = second, ""
        assert keys.signing_key(now=now) == second and len(keys.public_keys(now=now)) == 2
        assert len(keys.public_keys(now=now + keys.AFTER)) == 1
        settings.LTI_KEY = "no key"
        with pytest.raises(BadKey):
            keys.signing_key(now=now)


class TestOperators:
    def test_a_platform_registers_itself_by_an_invitation_that_works_once(
        self, client: Client, campus: Platform, olga: User
    ) -> None:
        client.force_login(olga)
        page = client.post("/lti/platforms/invite/").content.decode()
        path = "/lti/register/" + re.search(r"/lti/register/([^\"]+)", page)[1]  # type: ignore[index]
        query = {
            "openid_configuration": f"{campus.url}/.well-known/openid-configuration",
            "registration_token": "one-time",
        }
        made = Client().get(path, query)
        assert made.status_code == 200 and "is registered" in made.content.decode()
        found = models.Platform.objects.get(client_id="given-1")
        assert not found.active and found.deployments.get().deployment_id == "9"
        (tool,) = campus.registered
        assert tool["jwks_uri"].endswith("/lti/keys.json") and tool["initiate_login_uri"].endswith("/lti/login/")
        assert Client().get(path, query).status_code == 422
        assert Client().get("/lti/register/made-up/", query).status_code == 422

    def test_an_invitation_fetches_from_no_plain_address_of_elsewhere(self, db: None) -> None:
        token = registering.invitation(now=timezone.now()).split("/")[-2]
        with pytest.raises(registering.BadRegistration):
            registering.register(
                token=token, configuration_url="http://169.254.169.254/x", platform_token="", now=timezone.now()
            )

    def test_the_form_registers_and_changes(self, client: Client, olga: User) -> None:
        client.force_login(olga)
        form = {
            "title": "Canvas", "issuer": "https://canvas.instructure.com", "client_id": "10", "active": "on",
            "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
            "token_url": "https://sso.canvaslms.com/login/oauth2/token",
            "jwks_url": "http://sso.canvaslms.com/api/lti/security/jwks",
            "origins": "https://school.instructure.com", "deployments": "1:abc\n\n2:def",
        }  # fmt: skip
        assert "https://" in client.post("/lti/platforms/new/", form).content.decode()
        assert not models.Platform.objects.exists()
        form["jwks_url"] = "https://sso.canvaslms.com/api/lti/security/jwks"
        made = client.post("/lti/platforms/new/", form)
        assert made.status_code == 302, made.content.decode()
        found = models.Platform.objects.get()
        assert sorted(found.deployments.values_list("deployment_id", flat=True)) == ["1:abc", "2:def"]
        client.post(f"/lti/platforms/{found.pk}/", {**form, "deployments": "2:def"})
        assert found.deployments.get().deployment_id == "2:def"

    @pytest.mark.parametrize(
        "origins", ["http://x.example", "https://x.example/path", "*", "https://*", "'self'", "https://a;b"]
    )
    def test_addresses_that_would_open_more_than_a_host_are_refused(
        self, client: Client, olga: User, origins: str
    ) -> None:
        from skylab.lti.forms import PlatformForm

        form = PlatformForm({"origins": origins})
        assert "origins" in form.errors


def test_resources_of_our_own_site_alone(db: None) -> None:
    assert resources.at(target(f"/labs/{LAB}/")).key == f"lab:{LAB}"  # type: ignore[union-attr]
    for url in (
        "/labs/x/",
        "http://127.0.0.1:8000.evil.example/",
        target("/labs/playground/"),
        target("/settings/"),
        "http:\\\\127.0.0.1:8000/",
    ):
        assert resources.at(url) is None
