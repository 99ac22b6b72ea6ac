"""One run of blocks, in two processes: one that is jailed and does everything, and one that watches it and answers.

    supervise (forked from the warm server)  <- pipe, a JSON line for each step -  the worker (forked, jailed)
       '-- TCP --> the gateway               <- streams, as many as it asks for -

The worker has no sockets but the streams that it is handed (labs/sandboxes/links.py), and no names to look up.
The commands of a run share it, and so the AWS CLI's driver: a fork for each would cost three times as much.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import urllib3.util.connection

from labs.sandboxes.forking import kill, let_go
from labs.sandboxes.jail import Jail, JailUnavailable, Mode, die_with_parent, python_paths
from labs.sandboxes.links import Address, Exits, asker, resolve
from labs.sandboxes.runner import shell, tools
from labs.sandboxes.runner.client import Step
from labs.sandboxes.runner.warm import WarmCli

MAX_OUTPUT = 1024 * 1024  # bytes that a run may write to stdout and stderr
MAX_FILE = 32 * 1024 * 1024
STREAMS = 2000  # to the gateway, in a whole run; a command has a new one at least
SYSTEM_FILES = ("/etc/ssl", "/lib", "/lib64", "/usr/lib")
OUT, CONTROL = 3, 4
BROKE, NOT_RUN, TOO_LONG = 1, 2, 124

Message = dict[str, Any]
Send = Callable[[Message], None]


@dataclass(frozen=True)
class Place:
    """Where a run happens: its own directory, its uid (None: ours), and how strict its jail is."""

    directory: Path
    uid: int | None
    mode: Mode

    @classmethod
    def make(cls, directory: Path, uid: int | None, mode: Mode) -> Place:
        """Make the directory; what a run that was killed left there is removed."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(0o700)
        if uid is not None:
            os.chown(directory, uid, uid)
        return cls(directory, uid, mode)

    def remove(self) -> None:
        """Remove the directory with all in it."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def enter(self) -> list[str]:
        """Go there, and into the jail of a run: it reads Python, writes here, opens no socket, and starts nothing."""
        os.chdir(self.directory)
        tempfile.tempdir = os.environ["TMPDIR"] = str(self.directory)
        jail = Jail(
            read=[*python_paths(), *SYSTEM_FILES],
            write=[self.directory],
            memory=1 << 30,
            cpu_seconds=30,
            file_size=MAX_FILE,
            open_files=256,
            uid=self.uid,
            threads=True,  # `aws s3 cp` transfers in threads
        )
        layers = jail.enter(self.mode)
        die_with_parent()  # after the jail: the kernel forgets it when the uid changes
        return layers


def supervise(cli: WarmCli, place: Place, request: Message) -> Message:
    """Run a request in a jailed child, and return what the client gets: {"ok": …, "steps": […]}. Raises OSError."""
    deadline = time.monotonic() + float(request["timeout"])
    gateway = resolve(str(request["credentials"]["endpoint_url"]))
    messages, reason = in_child(lambda send: Worker(cli, request, send).work(), place, gateway, deadline=deadline)
    return reported(messages, reason, late=time.monotonic() >= deadline)


def reported(messages: Sequence[Message], reason: str, *, late: bool) -> Message:
    """Return what the client gets, of what a worker said and why it was stopped ("": it was not)."""
    steps = [message["step"] for message in messages if "step" in message]
    if reason:
        # The step that it was in when it was stopped.
        line, source = next((message["begin"] for message in reversed(messages) if "begin" in message), (0, ""))
        code = TOO_LONG if late else BROKE
        steps.append(asdict(Step(line, source, code, "", f"{reason}\n", 0)))
    return {"ok": not any(step["exit_code"] for step in steps), "steps": steps}


class Worker:
    """Runs the statements of one request. Lives in the jail."""

    def __init__(self, cli: WarmCli, request: Message, send: Send) -> None:
        self.cli = cli
        self.credentials: dict[str, Any] = request["credentials"]
        self.blocks: list[dict[str, Any]] = request["blocks"]
        self.files: dict[str, str] = request.get("files", {})
        self.go_on: bool = request.get("go_on", False)
        self.send = send
        self.variables: dict[str, str] = {}
        self.output_left = MAX_OUTPUT
        self.stdout, self.stderr = _Capture(1), _Capture(2)

    def work(self) -> None:
        """Run all, up to the first step that fails; or, asked to go on, each block up to its first such step."""
        for name, data in self.files.items():
            self._write(name, base64.b64decode(data), 0)
        blocks: list[list[shell.Statement]] = []
        for block in self.blocks:
            try:
                blocks.append(shell.parse(block["text"], int(block["line"])))
            except shell.ShellError as error:  # then nothing runs: half a start state is worse than none
                self.send({"step": asdict(Step(error.line, "", NOT_RUN, "", f"{error}\n", 0))})
                return
        self.cli.use(
            access_key_id=self.credentials["access_key_id"],
            secret_access_key=self.credentials["secret_access_key"],
            session_token=self.credentials.get("session_token"),
            region=self.credentials["region"],
            url=self.credentials["endpoint_url"],
        )
        for statements in blocks:
            if not self._block(statements) and not self.go_on:
                return

    def _block(self, statements: Sequence[shell.Statement]) -> bool:
        """Run a block up to the first step that fails; return whether none did."""
        for statement in statements:
            self.send({"begin": [statement.line, statement.source]})
            step = self._step(statement)
            self.send({"step": asdict(step)})
            if step.exit_code:
                return False
        return True

    def _step(self, statement: shell.Statement) -> Step:
        began = time.monotonic()
        code, stdout, stderr = 0, "", ""
        try:
            match statement:
                case shell.Assign():
                    self.variables[statement.name] = shell.one(statement.value, self.variables)
                case shell.WriteFile():
                    body = shell.one(statement.body, self.variables).encode()
                    self._write(shell.one(statement.file, self.variables), body, statement.line)
                case shell.Tool():
                    tools.use(statement.name, shell.many(statement.words, self.variables), statement.line)
                case shell.Aws():
                    words = shell.many(statement.words, self.variables)
                    shell.refuse(words, statement.line)  # a variable may hide what the parser would have seen
                    code, stdout, stderr = self._aws(words)
                    if statement.into and not code:
                        self.variables[statement.into] = stdout.rstrip("\n")
        except shell.ShellError as error:
            code, stderr = NOT_RUN, f"{error}\n"
        except OSError as error:
            code, stderr = BROKE, f"line {statement.line}: {error}\n"
        milliseconds = round((time.monotonic() - began) * 1000)
        return Step(statement.line, statement.source, code, stdout, stderr, milliseconds)

    @staticmethod
    def _write(name: str, data: bytes, line: int) -> None:
        if not shell.is_own_file(name):
            raise shell.ShellError(line, f"{name} is outside the block's own directory", "use a plain file name")
        Path(name).write_bytes(data)

    def _aws(self, words: list[str]) -> tuple[int, str, str]:
        code = self.cli.main(words)
        stdout, stderr = self.stdout.take(), self.stderr.take()
        self.output_left -= len(stdout) + len(stderr)
        if self.output_left < 0:
            return BROKE, "", f"skylab: the run wrote more than {MAX_OUTPUT} bytes\n"
        return code, stdout.decode(errors="replace"), stderr.decode(errors="replace")


class _Capture:
    """A standard stream that goes to a file without a name, and is taken after each command."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        file = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        data = os.pread(self.descriptor, MAX_OUTPUT + 1, 0)
        os.ftruncate(self.descriptor, 0)
        return data


def in_child(
    function: Callable[[Send], None], place: Place, gateway: Address, *, deadline: float
) -> tuple[list[Message], str]:
    """Run a function in a forked, jailed child; return what it sent, and why it was stopped ("" if it ended by itself).

    `deadline` is on the monotonic clock: a child that passes it is killed.
    """
    reader, writer = os.pipe()
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        let_go(writer, theirs.fileno())  # the client's connection above all
        be_child(function, place)
    os.close(writer)
    theirs.close()
    data, late = _carry_and_read(reader, ours, gateway, deadline)
    os.close(reader)
    if late:
        kill(child)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    messages = [json.loads(line) for line in data.split(b"\n") if line.endswith(b"}")]
    broke = next((message["broke"] for message in messages if "broke" in message), "")
    if late:
        return messages, "skylab: the run took too long and was stopped"
    if code < 0:
        return messages, f"skylab: ended by {signal.Signals(-code).name}"
    return messages, broke or (f"skylab: ended with status {code}" if code else "")


def be_child(function: Callable[[Send], None], place: Place) -> NoReturn:
    """In a fork that has nothing open but OUT and CONTROL: do `function` in the jail, say on OUT what it sends, end."""

    def send(message: Message) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(OUT, data) :]

    code = 70
    try:
        place.enter()
        urllib3.util.connection.create_connection = asker(CONTROL)
        function(send)
        code = 0
    except JailUnavailable as error:
        send({"broke": f"skylab: {error}"})
    except BaseException as error:
        send({"broke": f"skylab: {type(error).__name__}: {error}"})
    finally:
        os._exit(code)


def _carry_and_read(pipe: int, control: socket.socket, gateway: Address, deadline: float) -> tuple[bytes, bool]:
    """Carry a child's streams, and return all that it says, and whether the deadline came first.

    Steps are few and capped, so memory is no worry.
    """
    pieces: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        exits = Exits(selector, control, gateway, STREAMS)
        selector.register(pipe, selectors.EVENT_READ, lambda _: pieces.append(os.read(pipe, 1 << 16)))
        try:
            while (left := deadline - time.monotonic()) > 0:
                for key, mask in selector.select(left):
                    key.data(mask)
                if pieces and not pieces[-1]:
                    return b"".join(pieces), False
        finally:
            exits.close()
    return b"".join(pieces), True
