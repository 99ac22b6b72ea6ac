"""The jail behind the fixes: a real cell whose zygote left the door open, and the same attacks end all the same.

P1-P6 of the threat model. Here a template does run Python; what that Python can do is the question.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused
from labs.sandboxes.jail import missing_layers

pytestmark = pytest.mark.skipif(bool(missing_layers()), reason="this kernel has no Landlock or no seccomp")
CANARY = "canary-of-the-house"


@pytest.fixture(scope="module")
def open_yard(yard: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A fleet whose zygote lets templates run Python, and SNS and Firehose post."""
    script = str(Path(__file__).with_name("open_zygote.py"))
    without = "M1 M13 M14,M2 M3 M4 M20 M22"
    made = type(yard)(tmp_path_factory.mktemp("open"), command=(script, without))
    yield made
    made.stop()


@pytest.fixture
def broken(open_yard: Any) -> Iterator[Any]:
    """A sandbox whose learner can run Python in it."""
    made = open_yard.open()
    yield made
    made.close()


def _run(box: Any, code: str) -> str:
    """Run Python in the cell and return what it said, by way of a template's description."""
    wrapped = f"(lambda: {code})()"
    body = json.dumps({"Resources": {}})[:-1] + f", Description: !!python/object/apply:eval [{json.dumps(wrapped)}]}}"
    return str(box("cloudformation", "GetTemplateSummary", TemplateBody=body)["Description"])


def test_the_door_is_open(broken: Any) -> None:
    assert _run(broken, "str(6 * 7)") == "42"


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').mkdir({folder!r} + '/made')",
        "open({folder!r} + '/made', 'w')",
        "__import__('os').system('touch ' + {folder!r} + '/made') and 1 / 0",
        "__import__('subprocess').run(['touch', {folder!r} + '/made'])",
        "__import__('shutil').copy('/etc/hostname', {folder!r} + '/made')",
    ],
)
def test_p1_python_in_a_cell_writes_no_file_outside(broken: Any, tmp_path: Path, code: str) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(Refused, match="500 InternalFailure"):
        _run(broken, code.format(folder=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code", ["open({secret!r}).read()", "__import__('os').listdir({folder!r})", "__import__('os').open({secret!r}, 0)"]
)
def test_p2_python_in_a_cell_reads_no_secret(broken: Any, tmp_path: Path, code: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    secret.chmod(0o666)
    with pytest.raises(Refused) as refused:
        _run(broken, code.format(secret=str(secret), folder=str(tmp_path)))
    assert CANARY.encode() not in refused.value.response.body


@pytest.mark.parametrize("pid", ["zygote", "1", "us"])
def test_p2_python_in_a_cell_sees_no_other_process(broken: Any, pid: str) -> None:
    number = {"zygote": broken.yard.fleet.report()["zygote"], "us": os.getpid()}.get(pid, pid)
    for name in ("environ", "mem", "maps", "cmdline"):
        with pytest.raises(Refused, match="500 InternalFailure"):
            _run(broken, f"open('/proc/{number}/{name}', 'rb').read(1)")
    with pytest.raises(Refused, match="500 InternalFailure"):
        _run(broken, f"__import__('os').kill({number}, 0)")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(0.2)
        yield made


def _hits(listener: socket.socket) -> int:
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return 0
    return 1


def test_p3_p5_sns_reaches_nobody(broken: Any, listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/moto-api/reset"
    topic = broken("sns", "CreateTopic", Name="t")["TopicArn"]
    broken("sns", "Subscribe", TopicArn=topic, Protocol="http", Endpoint=url)
    token = broken.inbox()[0]["body"]["Token"]
    broken("sns", "ConfirmSubscription", TopicArn=topic, Token=token)
    with pytest.raises(Refused, match="500 InternalFailure"):
        broken("sns", "Publish", TopicArn=topic, Message="hello")
    assert _hits(listener) == 0
    assert len(broken("sns", "ListTopics")["Topics"]) == 1


def test_p4_firehose_reaches_nobody(broken: Any, listener: socket.socket) -> None:
    destination = {
        "EndpointConfiguration": {"Url": f"http://127.0.0.1:{listener.getsockname()[1]}/", "Name": "e"},
        "S3Configuration": {"RoleARN": "arn:aws:iam::111122223333:role/r", "BucketARN": "arn:aws:s3:::b"},
    }
    broken("firehose", "CreateDeliveryStream", DeliveryStreamName="d", HttpEndpointDestinationConfiguration=destination)
    with pytest.raises(Refused, match="500 InternalFailure"):
        broken("firehose", "PutRecord", DeliveryStreamName="d", Record={"Data": b"hello"})
    assert _hits(listener) == 0


@pytest.mark.parametrize(
    "code",
    [
        "__import__('socket').create_connection(('127.0.0.1', {port}), 2)",
        "__import__('socket').socket(2, 2).sendto(b'x', ('127.0.0.1', {port}))",
        "__import__('socket').socket(1, 1)",
        "__import__('socket').create_server(('127.0.0.1', 0))",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1:{port}/')",
    ],
)
def test_p6_python_in_a_cell_opens_no_socket(broken: Any, listener: socket.socket, code: str) -> None:
    with pytest.raises(Refused, match="500 InternalFailure"):
        _run(broken, code.format(port=listener.getsockname()[1]))
    assert _hits(listener) == 0


def test_python_in_a_cell_runs_no_program_and_no_thread(broken: Any) -> None:
    for code in (
        "__import__('os').execv('/bin/true', ['true'])",
        "__import__('_thread').start_new_thread(print, ())",
        "__import__('os').setuid(0)",
        "__import__('os').memfd_create('x')",
    ):
        with pytest.raises(Refused, match="500 InternalFailure"):
            _run(broken, code)
    assert _run(broken, "str(__import__('os').getpid())") == str(broken.cell.pid)


def test_python_in_a_cell_that_copies_itself_does_not_outlive_it(broken: Any) -> None:
    """A cell may fork (copies.py): what it leaves behind becomes the zygote's, which ends it."""
    pid = int(_run(broken, "str(__import__('os').fork() or __import__('select').select([], [], [], 60))"))
    assert Path(f"/proc/{pid}").exists()
    broken.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline


def test_a_cell_that_breaks_takes_nobody_along(broken: Any, open_yard: Any) -> None:
    other = open_yard.open()
    with pytest.raises(Exception, match="ended during a call"):
        _run(broken, "__import__('os')._exit(1)")
    assert not broken.cell.alive
    assert other("sts", "GetCallerIdentity")["Account"] == other.spec.account_id
    other.close()
