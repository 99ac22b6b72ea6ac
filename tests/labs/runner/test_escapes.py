"""The ways in which a plain `aws` gives a shell, a file or a network, each tried through a block and denied."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.content import Block
from labs.sandboxes import Unavailable, jail
from labs.sandboxes.forking import ENVIRONMENT
from labs.sandboxes.runner import Runner, ensure_runner
from tests.labs.runner.conftest import Aws, Shell

pytestmark = pytest.mark.skipif(
    bool(jail.missing_layers()), reason=f"this kernel has no {' and no '.join(jail.missing_layers())} to hold a block"
)


def test_the_whole_jail_is_closed(runner: Runner) -> None:
    status = runner.status()["jail"]
    assert status["closed"]
    # Where Python lies in root's own folder, another user cannot read it: then it is a root without capabilities.
    if os.geteuid() == 0:
        assert ("no-capabilities" if status["warnings"] else "uid") in status["layers"]
    assert all("run as our own user" in one for one in status["warnings"])
    assert "seccomp" in status["layers"]


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/1/environ", "/proc/self/environ", "/proc/1/cmdline", "SECRET"])
@pytest.mark.parametrize("scheme", ["file://", "fileb://"])
def test_a_file_of_the_server_is_not_read_as_a_parameter(
    sh: Shell, aws: Aws, secret: Path, path: str, scheme: str
) -> None:
    path = str(secret) if path == "SECRET" else path
    report = sh(f"aws sns publish --topic-arn arn:aws:sns:us-east-1:210987654321:x --message {scheme}{path}")
    assert not report.ok
    assert "Permission denied" in report.steps[0].stderr
    assert aws.calls == []


@pytest.mark.parametrize(
    "command",
    [
        "aws s3 cp {path} s3://b/k",
        "aws s3api put-object --bucket b --key k --body {path}",
        "aws s3 sync {folder} s3://b",
        "aws s3 cp --recursive {folder} s3://b",
        "aws sts get-caller-identity --cli-input-json file://{path}",
        "aws lambda create-function --function-name f --role r --runtime python3.11 --handler h --zip-file fileb://{path}",
        "aws cloudformation package --template-file {path} --s3-bucket b",
    ],
)
def test_a_file_of_the_server_is_not_sent(sh: Shell, aws: Aws, secret: Path, command: str) -> None:
    assert not sh(command.format(path=secret, folder=secret.parent)).ok
    assert b"crown" not in b"".join([*aws.objects.values(), *(call.body for call in aws.calls)])


def test_a_link_to_a_file_of_the_server_leads_nowhere(sh: Shell, aws: Aws) -> None:
    # The CLI cannot make a link, but it can be told to follow what is there.
    assert not sh("aws s3 cp ../../../etc/passwd s3://b/k").ok
    assert aws.objects == {}


@pytest.mark.parametrize("target", ["/tmp/skylab-escape", "../escape", "/var/tmp/skylab-escape", "/dev/shm/escape"])
def test_nothing_is_written_outside(sh: Shell, aws: Aws, target: str) -> None:
    aws.objects["/b/k"] = b"x"
    report = sh(f"aws s3 cp s3://b/k {target}")
    assert not report.ok
    assert not Path("/", target.lstrip("./")).exists()


ALIAS = "[toplevel]\npwned = !echo pwned\n"
CONFIG = (
    "[default]\ncredential_process = /bin/sh -c 'echo pwned > pwned'\ncli_history = enabled\n"
    "[plugins]\ncli_legacy_plugin_path = .\npwned = pwned\n"
)


def test_an_alias_does_not_run(sh: Shell, aws: Aws) -> None:
    aws.objects["/b/alias"] = ALIAS.encode()
    report = sh("aws s3 cp s3://b/alias .aws/cli/alias\naws pwned")
    assert report.steps[-1].line == 2
    assert not report.ok
    assert report.steps[-1].stdout == ""


def test_a_config_with_a_credential_process_or_a_plugin_is_not_read(sh: Shell, aws: Aws) -> None:
    aws.objects["/b/config"] = CONFIG.encode()
    aws.objects["/b/pwned.py"] = b"open('pwned', 'w').write('x')"
    report = sh(
        "aws s3 cp s3://b/config .aws/config\naws s3 cp s3://b/config .aws/credentials\n"
        "aws s3 cp s3://b/pwned.py pwned.py\naws sts get-caller-identity\naws s3 cp pwned s3://b/out"
    )
    assert [step.exit_code for step in report.steps[:4]] == [0, 0, 0, 0]
    assert "does not exist" in report.steps[4].stderr
    assert all("AKIAIOSFODNN7EXAMPLE" in call.authorization for call in aws.calls)


@pytest.mark.parametrize(
    "text",
    [
        "aws configure set credential_process /bin/sh",
        "aws configure list",
        "aws history list",
        "aws help",
        "aws s3 help",
        "aws s3 ls --profile x",
        "aws s3 ls --endpoint-url http://169.254.169.254",
        "aws s3 ls --ca-bundle /etc/passwd",
    ],
)
def test_what_a_block_never_needs_is_refused_before_it_runs(sh: Shell, text: str) -> None:
    (step,) = sh(text).steps
    assert step.exit_code == 2
    assert "not supported in a lab's blocks" in step.stderr


@pytest.mark.parametrize("name", ["--endpoint-url", "--endpoint", "--endpoint-u"])
def test_another_endpoint_is_never_called_however_it_is_spelled(sh: Shell, aws: Aws, name: str) -> None:
    report = sh(f"X={name}\naws sts get-caller-identity $X http://127.0.0.1:9")
    # Ours is called, or nothing: what was asked for is a port where nobody is.
    assert report.ok or "refused" not in report.steps[-1].stderr
    assert "Could not connect" not in report.steps[-1].stderr


def test_a_pager_does_not_start(sh: Shell) -> None:
    report = sh("X=help\naws s3 $X")
    assert not report.ok
    assert "PATH" not in report.steps[-1].stdout


@pytest.mark.parametrize("name", ["configure", "history"])
def test_configure_is_dead_even_by_a_variable(sh: Shell, name: str) -> None:
    assert not sh(f"X={name}\naws $X list").ok


def in_the_jail(code: str, gateway: int = 9) -> subprocess.CompletedProcess[str]:
    """Run code in the jail of a run, as if the AWS CLI had been taken over; the gateway is at that port."""
    script = (
        "import pathlib, sys, time\n"
        "from labs.sandboxes.runner.run import Place, in_child\n"
        "from labs.sandboxes.links import resolve\n"
        "place = Place.make(pathlib.Path(sys.argv[1], 'place'), None, 'required')\n"
        f"def taken_over(send):\n    import os, socket, subprocess\n    send({{'said': repr({code})}})\n"
        "print(in_child(taken_over, place, resolve(sys.argv[2]), deadline=time.monotonic() + 20))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", script, folder, f"http://127.0.0.1:{gateway}"]
        return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['true'])",
        "os.fork()",
        "open('/etc/passwd').read()",
        "os.listdir('/')",
        "open('/tmp/escape', 'w')",
        "socket.create_connection(('127.0.0.1', 22), 1)",
        "socket.create_connection(('169.254.169.254', 80), 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX)",
        "os.kill(os.getppid(), 9)",
        "os.memfd_create('x')",
    ],
)
def test_taken_over_code_gets_no_further(code: str) -> None:
    said = in_the_jail(code).stdout
    assert "'said'" not in said
    assert "PermissionError" in said


@pytest.fixture
def listeners() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two servers on this machine: one plays the gateway, the other is nobody's business."""
    with socket.create_server(("127.0.0.1", 0)) as gateway, socket.create_server(("127.0.0.1", 0)) as neighbour:
        gateway.settimeout(5)
        neighbour.setblocking(False)
        yield gateway, neighbour


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('127.0.0.1', {port}), 1)",
        "socket.socket().sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', {port}))",
        "socket.socket(socket.AF_INET6)",
    ],
)
def test_no_socket_can_be_made_to_the_gateway_s_port_or_any_other(
    listeners: tuple[socket.socket, socket.socket], code: str
) -> None:
    port = listeners[0].getsockname()[1]
    for one in listeners:
        said = in_the_jail(code.format(port=one.getsockname()[1]), port).stdout
        assert "PermissionError" in said
        one.setblocking(False)
        with pytest.raises(BlockingIOError):
            one.accept()


def test_whatever_address_is_called_the_stream_leads_to_the_gateway(
    listeners: tuple[socket.socket, socket.socket],
) -> None:
    gateway, neighbour = listeners
    call = (
        "[one.sendall(b'hello') for one in"
        f" [__import__('urllib3').util.connection.create_connection(('127.0.0.1', {neighbour.getsockname()[1]}))]]"
    )
    assert "'said'" in in_the_jail(call, gateway.getsockname()[1]).stdout
    connection, _ = gateway.accept()
    with connection:
        assert connection.recv(5) == b"hello"
    with pytest.raises(BlockingIOError):
        neighbour.accept()


def test_the_name_of_the_endpoint_is_looked_up_outside(runner: Runner, aws: Aws) -> None:
    credentials = replace(aws.credentials, endpoint_url=f"http://localhost:{aws.port}")
    assert runner.run([Block("sh", "aws sts get-caller-identity", 1)], credentials).ok
    nowhere = replace(aws.credentials, endpoint_url="http://sandbox-host.invalid:4566")
    with pytest.raises(Unavailable, match="gaierror"):
        runner.run([Block("sh", "aws sts get-caller-identity", 1)], nowhere)


def test_its_memory_holds_no_environment_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYLAB_SECRET_OF_THE_TESTS", "the-crown-jewels")
    pid = ensure_runner(tmp_path / "r.sock", jail="best").status()["pid"]
    told = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    assert sorted(one.decode() for one in told) == sorted(f"{name}={value}" for name, value in ENVIRONMENT.items())


NO_LANDLOCK = (
    "import sys; from labs.sandboxes import jail; jail.landlock_abi = lambda: 0\n"
    "sys.argv = ['runner', *sys.argv[1:]]; from labs.sandboxes.runner.__main__ import main; sys.exit(main())"
)


def test_without_landlock_a_required_jail_refuses_to_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_LANDLOCK, "--socket", str(tmp_path / "s"), "--jail", "required"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "offers no landlock" in done.stderr
    assert "SANDBOX_JAIL=best" in done.stderr


def test_without_landlock_the_best_jail_runs_and_says_so(
    tmp_path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def without_landlock(command: list[str], **options: Any) -> Any:
        return real([command[0], "-c", NO_LANDLOCK, *command[3:]], **options)

    monkeypatch.setattr(subprocess, "Popen", without_landlock)
    runner = ensure_runner(tmp_path / "s", jail="best")
    status = runner.status()["jail"]
    assert not status["closed"]
    assert status["warnings"][0] == "The jail of labs' blocks has no landlock here: use only labs that you trust."
    assert Shell(runner, aws)("aws s3 ls").ok
