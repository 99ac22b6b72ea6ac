"""Webhooks against a real HTTP server: what arrives, signed how; what is refused; what happens where nobody answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from courses.models import Notice
from labs import jobs, outbox
from labs.models import AuditEntry, Job, OutboxEvent
from skylab.api import posting, webhooks
from skylab.api.models import Delivery, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bobs_class")]
JSON = {"content_type": "application/json"}
ROOT = Path(__file__).resolve().parents[3]


class Listener:
    """A server of somebody else's: it keeps what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.headers = 204, {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    settings.WEBHOOK_ALLOW = ["127.0.0.1/32"]
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def happen(user: Any, **data: Any) -> OutboxEvent:
    return outbox.record(kind="lab.completed", user=user, subject="s-1", data=data, at=timezone.now())


def deliver(now: Any = None) -> None:
    """Do what the worker does: tell the listeners, and run what is due."""
    now = now or timezone.now()
    outbox.tell(now=now)
    for pk in list(Job.objects.filter(kind="webhook", state="ready", not_before__lte=now).values_list("pk", flat=True)):
        jobs.run(pk, clock=lambda: now)


# --- Arriving -------------------------------------------------------------------------------------------------------


def test_an_event_arrives_signed_as_the_standard_says(bob: Any, ada: Any, listener: Listener) -> None:
    hook = webhooks.make(user=ada, url=listener.url, now=timezone.now())
    happen(bob, lab="queues", score=10)
    deliver()
    path, headers, body = listener.got[0]
    assert path == "/hook?a=b"
    told = json.loads(body)
    assert (told["type"], told["data"]) == (
        "lab.completed",
        {"user": bob.pk, "subject": "s-1", "lab": "queues", "score": 10},
    )
    sent = Delivery.objects.get()
    assert headers["webhook-id"] == str(sent.pk)
    expected = webhooks.signature(hook.secret, sent.pk, int(headers["webhook-timestamp"]), body.decode())
    assert headers["webhook-signature"] == expected
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert (sent.state, sent.status, sent.attempts) == ("arrived", 204, 1)


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """The example of the Standard Webhooks specification's reference libraries."""
    found = webhooks.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_what_is_wanted_and_only_once(bob: Any, ada: Any, listener: Listener) -> None:
    webhooks.make(user=ada, url=listener.url, kinds=["exam.started"], now=timezone.now())
    happen(bob)
    deliver()
    assert listener.got == []
    outbox.record(kind="exam.started", user=bob, subject="a", data={}, at=timezone.now())
    for _ in range(3):
        deliver()
    assert len(listener.got) == 1


def test_an_event_of_what_was_taken_back_is_none(bob: Any) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        happen(bob)
        raise ZeroDivisionError
    assert not OutboxEvent.objects.exists()


def test_who_does_not_teach_any_more_hears_nothing(bob: Any, ada: Any, listener: Listener) -> None:
    webhooks.make(user=ada, url=listener.url, now=timezone.now())
    happen(bob)
    outbox.tell(now=timezone.now())
    ada.role = "learner"
    ada.save()
    deliver()
    happen(bob)
    deliver()
    assert listener.got == []
    assert [one.state for one in Delivery.objects.all()] == ["failed"]


def test_who_teaches_hears_of_their_own_learners_and_of_themselves(
    bob: Any, eve: Any, ada: Any, olga: Any, bobs_class: Any
) -> None:
    for one in (ada, olga):
        webhooks.make(user=one, url="https://hooks.example/x", now=timezone.now())
    for one in (bob, eve, ada):
        happen(one)
    bobs_class.memberships.update(left_at=timezone.now())
    told = Delivery.objects.order_by("event").values_list("webhook__user__username", "event__user__username")
    outbox.tell(now=timezone.now())
    assert sorted(told) == [("ada", "ada"), ("olga", "ada"), ("olga", "bob"), ("olga", "eve")]
    bobs_class.memberships.update(left_at=None)
    happen(bob)
    outbox.tell(now=timezone.now())
    assert ("ada", "bob") in told.all()


def test_after_a_change_of_the_secret_both_sign_for_a_day(bob: Any, ada: Any, listener: Listener) -> None:
    now = timezone.now()
    old = webhooks.make(user=ada, url=listener.url, now=now).secret
    new = webhooks.change_secret(user=ada, webhook_id=Webhook.objects.get().pk, now=now).secret
    assert old != new
    for at, keys in ((now, [new, old]), (now + timedelta(days=1, minutes=1), [new])):
        happen(bob)
        deliver(at)
        _, headers, body = listener.got[-1]
        stamp = int(headers["webhook-timestamp"])
        expected = [webhooks.signature(key, headers["webhook-id"], stamp, body.decode()) for key in keys]
        assert headers["webhook-signature"].split() == expected


def test_every_process_listens_not_only_those_that_serve_pages() -> None:
    """A worker never reads the addresses of the site: what it told to nobody would be lost."""
    code = "import django; django.setup(); from labs import jobs, outbox"
    code += "; print(len(outbox._listeners), 'webhook' in jobs._handlers)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
    assert done.stdout.split() == ["1", "True"], done.stderr


# --- Failing --------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_later_and_later_under_the_same_id(bob: Any, ada: Any, listener: Listener) -> None:
    webhooks.make(user=ada, url=listener.url, now=timezone.now())
    listener.status = 500
    happen(bob)
    now, waits = timezone.now(), []
    deliver(now)
    for _ in webhooks.BACKOFF:
        due = Job.objects.get(kind="webhook").not_before
        waits.append(due - now)
        now = due
        deliver(now)
    for wait, least in zip(waits, webhooks.BACKOFF, strict=True):
        assert least <= wait <= least * (1 + webhooks.JITTER)
    sent = Delivery.objects.get()
    assert (sent.state, sent.attempts, sent.status) == ("failed", len(webhooks.BACKOFF) + 1, 500)
    assert Job.objects.get(kind="webhook").state == "done"
    assert len({headers["webhook-id"] for _, headers, _ in listener.got}) == 1
    assert len({body for _, _, body in listener.got}) == 1

    listener.status = 200
    webhooks.replay(user=ada, webhook_id=sent.webhook_id, delivery_id=sent.pk, now=now)
    deliver(now)
    sent.refresh_from_db()
    assert (sent.state, listener.got[-1][1]["webhook-id"]) == ("arrived", str(sent.pk))
    assert Webhook.objects.get().failing_since is None


def test_where_nothing_arrives_for_days_it_is_switched_off_and_its_owner_told(
    bob: Any, ada: Any, listener: Listener
) -> None:
    hook = webhooks.make(user=ada, url=listener.url, now=timezone.now())
    listener.status = 503
    now = timezone.now()
    happen(bob)
    deliver(now)
    hook.refresh_from_db()
    assert hook.disabled_at is None
    happen(bob)
    deliver(now + webhooks.PATIENCE + timedelta(seconds=1))
    hook.refresh_from_db()
    assert hook.disabled_at is not None
    assert "switched off" in Notice.objects.get(user=ada).subject
    assert AuditEntry.objects.filter(act="webhook.disabled").exists()
    before = len(listener.got)
    happen(bob)
    deliver(now + webhooks.PATIENCE + timedelta(days=9))
    assert len(listener.got) == before
    with pytest.raises(webhooks.Disabled):
        webhooks.replay(user=ada, webhook_id=hook.pk, delivery_id=Delivery.objects.first().pk, now=now)  # type: ignore[union-attr]


def test_nobody_at_home_and_no_http_are_failures_not_faults(ada: Any, bob: Any, settings: Any) -> None:
    settings.WEBHOOK_ALLOW = ["127.0.0.0/8"]
    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as rude:
        closed.bind(("127.0.0.1", 0))

        def say_nonsense() -> None:
            link, _ = rude.accept()
            link.sendall(b"220 mail.example ESMTP\r\n")
            link.close()

        threading.Thread(target=say_nonsense, daemon=True).start()
        for port in (closed.getsockname()[1], rude.getsockname()[1]):
            with pytest.raises(OSError):
                posting.post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_who_answers_a_byte_at_a_time_has_no_longer_than_others(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOW = ["127.0.0.1/32"]
    monkeypatch.setattr(posting, "SECONDS", 0.4)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip() -> None:
            link, _ = slow.accept()
            with link:
                try:
                    while not over.wait(0.05):
                        link.sendall(b"H")
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(OSError):
            posting.post(f"http://127.0.0.1:{slow.getsockname()[1]}/", b"{}", {})
        over.set()
        thread.join(5)


# --- What is ours ---------------------------------------------------------------------------------------------------

OURS = [
    "https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://[::1]/", "https://[fe80::1]/",
    "https://[fd00:ec2::254]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[::]/",
    "https://[2002:7f00:1::]/", "https://224.0.0.1/", "http://93.184.216.34/", "ftp://example.com/", "https://",
    "https://user:word@example.com/", "file:///etc/passwd", "https://exa mple.com/", "https://example.com:99999/",
]  # fmt: skip


@pytest.mark.parametrize("url", OURS)
def test_an_address_of_ours_is_refused_when_it_is_given(ada: Any, call: Callable[[Any], Client], url: str) -> None:
    answer = call(ada).post("/api/v1/webhooks/", {"url": url}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_webhook"), answer.content
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_name_that_leads_to_us_is_refused_when_it_is_sent(host: str, listener: Listener, settings: Any) -> None:
    settings.WEBHOOK_ALLOW = []
    with pytest.raises((posting.Refused, OSError)):
        posting.post(f"https://{host}:{listener.port}/", b"{}", {})
    assert listener.got == []


def test_a_name_that_leads_elsewhere_the_second_time_is_asked_once(
    listener: Listener, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what was checked is what is connected to."""
    asked, connected = [], []
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *_: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError("not today")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    settings.WEBHOOK_ALLOW = []
    with pytest.raises(OSError):
        posting.post(f"https://rebind.example:{listener.port}/", b"{}", {})
    assert (asked, connected) == (["rebind.example"], ["93.184.216.34"])


def test_of_several_addresses_of_a_name_none_may_be_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", (one, 443)) for one in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(posting.Refused):
        posting.resolve("mixed.example", 443)


def test_a_redirect_is_not_followed(bob: Any, ada: Any, listener: Listener) -> None:
    webhooks.make(user=ada, url=listener.url, now=timezone.now())
    listener.status, listener.headers = 302, {"Location": f"http://127.0.0.1:{listener.port}/inside"}
    happen(bob)
    deliver()
    assert [path for path, _, _ in listener.got] == ["/hook?a=b"]
    assert "redirect" in Delivery.objects.get().problem


def test_no_proxy_of_the_environment_is_asked(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert posting.post(listener.url, b"{}", {}).status == 204


# --- Whose ----------------------------------------------------------------------------------------------------------


def test_a_learner_has_none_and_a_colleagues_is_not_there(
    bob: Any, ada: Any, olga: Any, call: Callable[[Any], Client]
) -> None:
    assert call(bob).post("/api/v1/webhooks/", {"url": "https://example.com/"}, **JSON).status_code == 404
    made = call(ada).post("/api/v1/webhooks/", {"url": "https://example.com/"}, **JSON)
    assert made.status_code == 201
    address = f"/api/v1/webhooks/{made.json()['id']}/"
    assert "secret" not in call(ada).get(address).json()
    for method in ("get", "delete"):
        assert getattr(call(olga), method)(address).status_code == 404
    off = call(ada).put(address, {"url": "https://example.com/x", "kinds": ["lab.started"], "enabled": False}, **JSON)
    assert off.json()["enabled"] is False
    assert call(ada).delete(address).status_code == 204
    assert [one.act for one in AuditEntry.objects.order_by("number")] == [
        "webhook.made",
        "webhook.changed",
        "webhook.deleted",
    ]


def test_the_pages_make_show_switch_and_delete(ada: Any, call: Callable[[Any], Client]) -> None:
    client = call(ada)
    page = client.post("/settings/webhooks/", {"url": "https://example.com/x", "kinds": ["lab.started"]})
    secret = page.content.decode().split('id="new-secret">')[1].split("<")[0]
    hook = Webhook.objects.get()
    assert secret == hook.secret
    assert secret not in client.get("/settings/webhooks/").content.decode()
    address = f"/settings/webhooks/{hook.pk}/"
    assert client.get(address).status_code == 200
    client.post(f"{address}off/")
    assert Webhook.objects.get().disabled_at
    client.post(f"{address}on/")
    assert Webhook.objects.get().disabled_at is None
    client.post(f"{address}secret/")
    assert Webhook.objects.get().secret != secret
    assert client.post(f"{address}replay/", {"delivery": "x"}).status_code == 404
    client.post(f"{address}delete/")
    assert not Webhook.objects.exists()
    assert client.post("/settings/webhooks/", {"url": "https://127.0.0.1/"}).status_code == 422
