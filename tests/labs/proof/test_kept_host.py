"""A host that is kept warm is used by every proof, until the code of the sandbox is newer than it."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from pytest_django import Settings

from labs import proof_host
from labs.acting import boto_account
from labs.proof.account import with_kept_clients
from labs.sandboxes import Credentials, Unavailable

pytestmark = pytest.mark.stack


class Empty:
    """The body of an answer with nothing in it."""

    def stream(self) -> Iterator[bytes]:
        yield b"<PublicAccessBlockConfiguration/>"


class Warm(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"warm": true}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def kept(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The note of a host that says it is warm; to begin a new one would be told as None."""
    server = HTTPServer(("127.0.0.1", 0), Warm)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.RUN_DIR = tmp_path
    note = tmp_path / "proof-host.json"
    note.write_text(
        json.dumps({"folder": str(tmp_path), "endpoint": f"http://127.0.0.1:{server.server_port}", "sandboxes": 3})
    )

    def none() -> AbstractContextManager[None]:
        return nullcontext(None)

    monkeypatch.setattr(proof_host, "new_host", none)
    yield note
    server.shutdown()
    server.server_close()


def test_proofs_share_the_host_and_never_a_sandbox(kept: Path) -> None:
    with proof_host.proof_host() as first, proof_host.proof_host() as second:
        assert first.endpoint == second.endpoint
        assert [host.make_ref("us-east-1").number for host in (first, second, first)] == [1, 2, 3]
        with pytest.raises(Unavailable, match="start it again"):
            second.make_ref("us-east-1")


def test_it_is_left_alone_once_the_code_is_newer_or_it_is_gone(kept: Path) -> None:
    now = kept.stat().st_mtime
    os.utime(kept, (0, 0))
    with proof_host.proof_host() as host:
        assert host is None
    os.utime(kept, (now, now))
    kept.write_text('{"folder": "/nowhere", "endpoint": "http://127.0.0.1:9", "sandboxes": 3}')
    with proof_host.proof_host() as host:
        assert host is None


def test_a_lab_of_another_region_has_its_sandbox_there(kept: Path) -> None:
    with sqlite3.connect(kept.with_name("proof.sqlite3")) as database:
        database.execute("CREATE TABLE labs_sandbox (number INTEGER, region TEXT)")
        database.execute("INSERT INTO labs_sandbox VALUES (1, 'us-east-1'), (2, 'us-east-1')")
    with proof_host.proof_host() as host:
        assert [host.make_ref(region).region for region in ("us-east-1", "eu-west-1")] == ["us-east-1", "eu-west-1"]
    rows = database.execute("SELECT region FROM labs_sandbox ORDER BY number").fetchall()
    database.close()
    assert rows == [("us-east-1",), ("eu-west-1",)]


def test_the_clients_of_an_earlier_account_reach_the_next_ones_host() -> None:
    urls: list[str] = []

    def answer(request: AWSRequest, **_: object) -> AWSResponse:
        urls.append(request.url)
        return AWSResponse(request.url, 200, {}, Empty())

    for number in ("111122223333", "444455556666"):
        credentials = Credentials("AKIA", "secret", None, "us-east-1", "http://127.0.0.1:9", number)
        account = with_kept_clients(boto_account(credentials), "grader")
        client = account.client("s3control")
        if not urls:
            client.meta.events.register("before-send.s3-control", answer)
        client.get_public_access_block(AccountId=number)
    assert urls == ["http://127.0.0.1:9/v20180820/configuration/publicAccessBlock"] * 2
