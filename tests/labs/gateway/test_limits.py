"""What a caller may take: the pure caps, and the rows of the threats list that the gateway closes, against the real process."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from botocore.config import Config

from labs.gateway.errors import Refusal
from labs.gateway.host import bind
from labs.gateway.limits import (
    BODY_SECONDS,
    BURST,
    LARGE,
    MAX_HELD,
    MAX_INFLATED,
    MAX_OBJECT,
    UPLOADS,
    Body,
    Bucket,
    Pace,
    check_depth,
    inflated,
)
from labs.gateway.sigv4 import Head
from labs.gateway.wire import HEAD_SECONDS, CappedHttp
from labs.sandboxes import Ref
from tests.labs.conftest import SandboxHost, wait_until


def test_a_bucket_fills_at_its_rate() -> None:
    bucket = Bucket(rate=50, burst=200)
    assert [bucket.take(1.0) for _ in range(201)] == [True] * 200 + [False]
    assert [bucket.take(1.1) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.take(0.5) is False  # a clock that went back gives nothing
    assert [bucket.take(1000.0) for _ in range(201)] == [True] * 200 + [False]


def test_bytes_count_as_calls_and_one_call_never_more_than_a_burst() -> None:
    bucket = Bucket(rate=50, burst=200)
    assert bucket.take(1.0, 150) and not bucket.take(1.0, 51) and bucket.take(1.0, 50)
    assert bucket.take(1000.0, 10_000) and not bucket.take(1000.0)


def test_who_asks_too_fast_is_told_late_but_not_all_of_a_crowd() -> None:
    async def ask() -> int:
        pace = Pace()
        assert all([await pace.take() for _ in range(int(BURST))])
        pace.bucket.rate = 0.0
        asked = [asyncio.ensure_future(pace.take()) for _ in range(MAX_HELD + 3)]
        await asyncio.sleep(0)
        at_once = sum(each.done() for each in asked)
        for each in asked:
            each.cancel()
        return at_once

    assert asyncio.run(ask()) == 3


def test_a_sandbox_uploads_few_large_bodies_at_a_time() -> None:
    async def upload() -> list[int]:
        pace, reading, go = Pace(), 0, asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal reading
            reading += 1
            await go.wait()
            return {"type": "http.request", "body": b"x", "more_body": False}

        head = Head("PUT", "/b/k", "", [("content-length", str(LARGE + 1))])
        reads = [asyncio.ensure_future(Body(head, receive).read(MAX_OBJECT, "s3", pace)) for _ in range(UPLOADS + 2)]
        for _ in range(10):
            await asyncio.sleep(0)
        first = reading
        go.set()
        await asyncio.gather(*reads)
        return [first, reading]

    assert asyncio.run(upload()) == [UPLOADS, UPLOADS + 2]


def test_gzip_is_inflated_to_its_cap_and_no_further() -> None:
    assert inflated(gzip.compress(b"hello"), "gzip") == b"hello"
    assert len(inflated(gzip.compress(bytes(MAX_INFLATED)), "gzip")) == MAX_INFLATED
    bomb = gzip.compress(bytes(300 << 20), 9)
    begun = time.monotonic()
    with pytest.raises(Refusal) as caught:
        inflated(bomb, "gzip")
    assert caught.value.status == 413 and time.monotonic() - begun < 2
    for data, encoding in (
        (b"no gzip", "gzip"),
        (gzip.compress(b"x")[:-3], "gzip"),
        (gzip.compress(b"x") + b"y", "gzip"),
        (b"", "br"),
    ):
        with pytest.raises(Refusal):
            inflated(data, encoding)


@pytest.mark.parametrize("deep", [b'{"a":' * 3000, b"[" * 65, b'{"x": "]]]]", "y": ' + b"[" * 64, b'  {"a":' * 65])
def test_deep_json_is_refused(deep: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        check_depth(deep)
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(
    "flat",
    [
        b"",
        b"Action=X",
        b"[" * 64 + b"]" * 64,
        b'{"a": "' + b"{[" * 500 + b'"}',
        b"[" + b"{}," * 500 + b"{}]",
        b'["\\"' + b"[" * 99,
    ],
)
def test_wide_json_and_brackets_in_texts_pass(flat: bytes) -> None:
    check_depth(flat)


def test_the_depth_of_an_unended_text_is_found_at_once() -> None:
    begun = time.monotonic()
    check_depth(b'["' + b'\\"' * 400_000 + b"{" * 100)
    assert time.monotonic() - begun < 2


@pytest.fixture(scope="module")
def ref(sandbox_host: SandboxHost) -> Ref:
    return sandbox_host.make_sandbox()


def connected(host: SandboxHost) -> socket.socket:
    where = urlsplit(host.base_url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=40)


def raw(host: SandboxHost, request: bytes) -> bytes:
    """Send bytes as they are and return all that comes back."""
    with connected(host) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def curl(*arguments: str) -> str:
    done = subprocess.run(["curl", "-sS", "-i", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout


def gateway_rss(host: SandboxHost) -> int:
    """Return the resident memory of the gateway process in bytes."""
    assert host.process is not None
    status = Path(f"/proc/{host.process.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


@pytest.mark.stack
@pytest.mark.parametrize(
    "path", ["/moto-api/data.json", "//moto-api/reset", "/%6doto-api/reset", "/x/../moto-api/reset"]
)
def test_m5_moto_api_is_not_there(sandbox_host: SandboxHost, ref: Ref, path: str) -> None:
    for before in ("", f"/_sandbox/{ref.account_id}"):
        answer = curl("--path-as-is", f"{sandbox_host.base_url}{before}{path}")
        assert answer.split()[1] in ("400", "404"), answer


@pytest.mark.stack
def test_m6_headers_that_name_an_account_do_nothing(sandbox_host: SandboxHost, ref: Ref) -> None:
    other = sandbox_host.make_sandbox()
    sandbox_host.client(other, "sqs").create_queue(QueueName="theirs")
    client = sandbox_host.client(ref, "sqs")

    def add(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = other.account_id

    client.meta.events.register("before-sign.sqs", add)
    assert "theirs" not in str(client.list_queues())
    row = sandbox_host.journal(ref)[-1]
    assert row["action"] == "ListQueues" and ref.account_id in row["principal"]


@pytest.mark.stack
def test_m10_the_metadata_service_is_not_there(sandbox_host: SandboxHost) -> None:
    url = f"{sandbox_host.base_url}/latest/meta-data/iam/security-credentials/"
    answer = curl("-H", "Host: 169.254.169.254", url)
    assert answer.split()[1] == "404" and "AccessKeyId" not in answer


@pytest.mark.stack
def test_m11_no_origin_is_let_in(sandbox_host: SandboxHost, ref: Ref) -> None:
    for method in ("GET", "OPTIONS"):
        answer = curl(
            *("-X", method, "-H", "Origin: https://evil.example", "-H", "Access-Control-Request-Method: PUT"),
            f"{sandbox_host.base_url}/_sandbox/{ref.account_id}/b/k",
        )
        assert "access-control-" not in answer.lower() and "evil.example" not in answer


@pytest.mark.stack
def test_m12_a_gzip_bomb_is_refused_and_costs_nothing(sandbox_host: SandboxHost, ref: Ref) -> None:
    client = sandbox_host.client(ref, "dynamodb")
    bomb = gzip.compress(bytes(300 << 20), 9)
    assert len(bomb) < 1 << 20

    def swap(request: Any, **_: Any) -> None:
        request.headers["Content-Encoding"] = "gzip"
        request.data = bomb

    client.meta.events.register("before-sign.dynamodb", swap)
    before = gateway_rss(sandbox_host)
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_tables()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert gateway_rss(sandbox_host) - before < 32 << 20


@pytest.mark.stack
def test_m15_deep_json_is_refused_at_once(sandbox_host: SandboxHost, ref: Ref) -> None:
    client = sandbox_host.client(ref, "dynamodb")

    def swap(request: Any, **_: Any) -> None:
        request.data = b'{"a":' * 3000 + b"1" + b"}" * 3000

    client.meta.events.register("before-sign.dynamodb", swap)
    begun = time.monotonic()
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_tables()
    assert caught.value.response["Error"]["Code"] == "SerializationException"
    assert time.monotonic() - begun < 3


@pytest.mark.stack
def test_m18_a_large_upload_is_refused_before_it_is_sent(sandbox_host: SandboxHost, ref: Ref, tmp_path: Path) -> None:
    s3 = sandbox_host.client(ref, "s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="large")
    url = s3.generate_presigned_url("put_object", {"Bucket": "large", "Key": "k"})
    before, begun = gateway_rss(sandbox_host), time.monotonic()
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    answer = curl("-X", "PUT", "-H", "Content-Type:", "-T", str(big), url)
    assert "413" in answer.split("\r\n")[0] and "<Code>EntityTooLarge</Code>" in answer
    assert "100 Continue" not in answer and time.monotonic() - begun < 5
    # Nor where its length is not told, and to a caller who does not ask before it sends.
    with big.open("wb") as file:
        file.truncate(64 << 20)
    answer = curl(
        "-X", "PUT", "-H", "Content-Type:", "-H", "Expect:", "-H", "Transfer-Encoding: chunked", "-T", str(big), url
    )
    assert "<Code>EntityTooLarge</Code>" in answer
    assert gateway_rss(sandbox_host) - before < 40 << 20
    small = s3.put_object(Bucket="large", Key="k", Body=bytes(MAX_OBJECT))
    assert small["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(s3.exceptions.ClientError) as caught:
        s3.put_object(Bucket="large", Key="k", Body=bytes(MAX_OBJECT + 1))
    assert caught.value.response["Error"]["Code"] == "EntityTooLarge"


@pytest.mark.stack
def test_a_sandbox_takes_64_mib_in_all(sandbox_host: SandboxHost) -> None:
    ref = sandbox_host.make_sandbox()
    s3 = sandbox_host.client(ref, "s3")
    s3.create_bucket(Bucket="full")
    for index in range(4):
        s3.put_object(Bucket="full", Key=f"k{index}", Body=bytes(MAX_OBJECT - 1024))
    with pytest.raises(s3.exceptions.ClientError, match="64 MiB"):
        s3.put_object(Bucket="full", Key="k", Body=bytes(1 << 20))
    s3.delete_object(Bucket="full", Key="k0")  # what is small still goes


@pytest.mark.stack
def test_m19_half_open_connections_hold_nobody_up(sandbox_host: SandboxHost, ref: Ref) -> None:
    sts = sandbox_host.client(ref, "sts")
    with ExitStack() as stack:
        for _ in range(500):
            connection = stack.enter_context(connected(sandbox_host))
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
        begun = time.monotonic()
        assert sts.get_caller_identity()["Account"] == ref.account_id
        assert time.monotonic() - begun < 3


@pytest.mark.stack
def test_a_head_without_end_is_cut(sandbox_host: SandboxHost) -> None:
    line = b"GET / HTTP/1.1\r\nHost: x\r\n"
    assert raw(sandbox_host, line + b"X: " + b"a" * 60_000).startswith(b"HTTP/1.1 431")
    assert raw(sandbox_host, line + b"X: a\r\n" * 20_000).startswith(b"HTTP/1.1 431")
    assert raw(sandbox_host, line + b"X: " + b"a" * 1000 + b"\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 403")


def test_a_slow_body_is_cut() -> None:
    pieces = [{"type": "http.request", "body": b"abc", "more_body": True}]

    async def receive() -> dict[str, Any]:
        if pieces:
            return pieces.pop()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    body = Body(Head("PUT", "/b/k", "", [("Content-Length", "1000")]), receive)
    with pytest.raises(Refusal) as caught:
        asyncio.run(body.read(MAX_OBJECT, "s3", Pace(), seconds=0.05))
    assert caught.value.code == "RequestTimeout"
    assert BODY_SECONDS == HEAD_SECONDS == 30


def test_a_slow_head_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.gateway.wire.HEAD_SECONDS", 0.3)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.6)  # an answer may take longer than a head
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def run() -> tuple[bytes, ...]:
        config = uvicorn.Config(app, http=CappedHttp, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        listener = bind("127.0.0.1:0")
        serving = asyncio.create_task(server.serve(sockets=[listener]))

        async def answered(request: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(request)
            answer = await asyncio.wait_for(reader.read(100), 10)
            writer.close()
            return answer

        head = b"GET / HTTP/1.1\r\nHost: x\r\n"
        found = await asyncio.gather(answered(head), answered(b""), answered(head + b"\r\n"))
        server.should_exit = True
        await serving
        return tuple(found)

    slow, silent, quick = asyncio.run(run())
    assert (slow, silent) == (b"", b"") and quick.startswith(b"HTTP/1.1 200")


@pytest.mark.stack
def test_a_websocket_is_refused(sandbox_host: SandboxHost) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n"
    assert raw(sandbox_host, request).startswith(b"HTTP/1.1 405")


@pytest.mark.stack
def test_an_upload_may_ask_first(sandbox_host: SandboxHost, ref: Ref, tmp_path: Path) -> None:
    s3 = sandbox_host.client(ref, "s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="asks")
    url = s3.generate_presigned_url("put_object", {"Bucket": "asks", "Key": "k"})
    file = tmp_path / "f"
    file.write_bytes(bytes(2 << 20))
    answer = curl("-H", "Content-Type:", "-H", "Expect: 100-continue", "-T", str(file), url)
    assert answer.startswith("HTTP/1.1 100 Continue") and "HTTP/1.1 200" in answer
    forged = curl("-H", "Content-Type:", "-H", "Expect: 100-continue", "-T", str(file), url + "0")
    assert "100 Continue" not in forged and "HTTP/1.1 403" in forged


@pytest.mark.stack
def test_no_head_makes_the_gateway_fail(sandbox_host: SandboxHost) -> None:
    """A few hundred odd requests: each is refused, none is our fault (a 500), and the process lives on."""
    odd = [
        "",
        " ",
        "x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "Basic eDp5",
        "AWS4-HMAC-SHA256 " + "," * 50,
        "\xff" * 20,
    ]
    hosts = ["", "x", "x:y", "[", "[]", "a..b", "1" * 260]
    lengths = ["", "-1", "x", "0", "1e3", "99999999999999999999", "5, 5"]
    paths = [
        "/",
        "/%",
        "/%u1234",
        "*",
        "http://x/",
        "//",
        "/?X-Amz-Signature=&X-Amz-Signature=",
        "/?AWSAccessKeyId=&Signature=&Expires=",
    ]
    for index in range(300):
        values = (odd[index % 8], hosts[index % 7], lengths[index % 7], paths[(index // 8) % 8])
        authorization, host, length, path = (each.encode("latin-1") for each in values)
        request = (
            b"POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n"
        )
        with connected(sandbox_host) as connection:
            connection.sendall(request % (path, host, authorization, length))
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        assert not answer.startswith(b"HTTP/1.1 5"), (values, answer)
    wait_until(lambda: sandbox_host.health().get("warm", False))


@pytest.mark.stack
def test_a_taken_port_says_what_to_do(sandbox_host: SandboxHost) -> None:
    import os
    import sys

    environment = {**os.environ, **sandbox_host.environment, "SANDBOX_CONTROL": str(sandbox_host.data / "other.sock")}
    done = subprocess.run(
        [sys.executable, "-m", "labs.gateway"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "cannot listen on 127.0.0.1" in done.stderr and "set SANDBOX_BIND" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.stack
def test_health_tells_the_walls_and_no_more(sandbox_host: SandboxHost) -> None:
    health = sandbox_host.health()
    assert set(health) == {"warm", "jail"} and health["jail"]["layers"]
    assert json.loads(json.dumps(health)) == health
