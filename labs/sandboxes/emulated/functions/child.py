"""The runtime: what runs in the child, from the closed door to the handler's last word.

Errors are shaped as AWS's Python runtime shapes them:
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html, and the runtime itself (awslambdaric.bootstrap).
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import json
import logging
import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NoReturn

from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.functions import door, sdk
from labs.sandboxes.emulated.functions.clock import CALL, Clock
from labs.sandboxes.emulated.functions.code import BadPackage, Paths, search_path, unpack
from labs.sandboxes.emulated.functions.process import Job
from labs.sandboxes.emulated.functions.wire import Inbox, frame

__all__ = ["main"]

RESPONSE_BYTES: Final = 6_291_556
_KEPT: Final = frozenset({"boto3", "botocore", "s3transfer", "urllib3", *sys.stdlib_module_names})


class _Fault(Exception):
    """What goes wrong before the handler is called, in AWS's words."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, trace or []


def main(talk: socket.socket, job: Job, folder: Path) -> None:
    """Run the function of `job`. Ends the process, one way or another, where the handler does not."""
    here = Path.cwd() / folder
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    runtime = _Runtime(talk, job, here)
    try:
        (here / "tmp").mkdir(mode=0o700)
        unpack(job.code, here / "task")
        (here / "opt").mkdir(mode=0o700)
        for layer in job.layers:
            unpack(layer, here / "opt")
        problem: _Fault | None = None
    except BadPackage as error:
        problem = _Fault("Runtime.Unknown", str(error))
    door.scrub()
    os.chdir(here / "task" if (here / "task").is_dir() else here)
    door.close(here, memory=job.memory + job.mapped, seconds=max(1, int(job.seconds) + 1))
    runtime.begin()
    runtime.run(problem)


class _Runtime:
    def __init__(self, talk: socket.socket, job: Job, folder: Path) -> None:
        self._talk, self._job, self._folder = talk, job, folder
        self._inbox = Inbox()
        self._paths = Paths(folder)
        self._clock = Clock(job.at, job.timeout, self._late)
        self._main = os.getpid()

    def begin(self) -> None:
        """Make this process the one that functions know: its clock, paths, environment, output, and boto3's way out."""
        job = self._job
        os.environ.clear()
        os.environ.update(job.environment)
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), "utf-8", "backslashreplace", write_through=True)
        sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", 0), "utf-8", "backslashreplace", write_through=True)
        sys.path[:0] = search_path(self._folder)
        _forget_what_the_package_brings(self._folder)
        random.seed(job.seed)
        mock_random.seed(job.seed)
        sdk.connect(self._call)
        door.hide()
        self._clock.install()
        self._paths.install()
        socket.create_connection = socket.getaddrinfo = _no_internet
        _log_as_lambda(job.context["aws_request_id"])
        gc.enable()

    def run(self, problem: _Fault | None) -> NoReturn:
        """Call the handler and say what came of it."""
        try:
            if problem:
                raise problem
            handler = self._find_handler()
            event = self._event()
            result = handler(event, self._context())
            try:
                body = json.dumps(result, ensure_ascii=False, default=_as_json).encode("utf-8", "surrogatepass")
            except Exception as error:
                raise _Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
            if len(body) > RESPONSE_BYTES:
                message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
                raise _Fault("Function.ResponseSizeTooLarge", message)
            self._say(frame("done", body, gone=self._clock.gone))
        except _Fault as fault:
            self._fail(fault.kind, fault.message, fault.trace)
        except MemoryError:
            os._exit(137)  # on AWS the machine has no more, and the process is killed
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
            self._leave(code)
        except BaseException as error:
            self._fail_with(error)
        self._leave(0)

    def _leave(self, code: int) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110 - it is the learner's to break
                pass
        os._exit(code & 0xFF)

    def _find_handler(self) -> Callable[[Any, Any], Any]:
        text = self._job.handler
        module_name, dot, name = text.rpartition(".")
        if not dot or not module_name:
            message = f"Bad handler '{text}': not enough values to unpack (expected 2, got 1)"
            raise _Fault("Runtime.MalformedHandlerName", message)
        path = module_name.replace("/", ".")
        try:
            module = importlib.import_module(path)
        except ImportError as error:
            raise _Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
        except SyntaxError as error:
            line = self._paths.shown(
                f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").rstrip()}\n'
            )
            message = f"Syntax error in module '{module_name}': {error}"
            raise _Fault("Runtime.UserCodeSyntaxError", message, [line]) from error
        found = getattr(module, name, None)
        if found is None:
            raise _Fault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
        if not callable(found):
            raise _Fault("Runtime.HandlerNotFound", f"Handler '{name}' is not callable")
        return found  # type: ignore[no-any-return]

    def _event(self) -> Any:
        try:
            return json.loads(self._job.event or b"{}")
        except (ValueError, RecursionError) as error:
            raise _Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error

    def _context(self) -> Any:
        clock = self._clock

        def left() -> int:
            clock.spend(20e-6)
            return int(clock.left() * 1000)

        told = dict(self._job.context)
        client = told.pop("client_context", None)
        made = SimpleNamespace(**told, get_remaining_time_in_millis=left)
        made.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        made.client_context = client
        return made

    def _fail_with(self, error: BaseException) -> NoReturn:
        """Say what the handler raised, its frames from the function's own on."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [each for each in frames if not each.filename.endswith("/functions/child.py")]
        while own and own[0].filename.startswith("<frozen importlib"):
            own.pop(0)
        trace = [self._paths.shown(line) for line in traceback.format_list(own)]
        self._fail(type(error).__name__, str(error), trace)

    def _fail(self, kind: str, message: str, trace: list[str]) -> NoReturn:
        log = f"[ERROR] {kind}: {message}"
        if trace:
            log += "\nTraceback (most recent call last):\n" + "".join(trace).rstrip("\n")
        told: dict[str, Any] = {"errorMessage": message, "errorType": kind}
        told["requestId"] = self._job.context["aws_request_id"]
        told["stackTrace"] = trace
        body = json.dumps(told).encode()[:RESPONSE_BYTES]
        self._say(frame("done", body, error=True, log=log[:60_000], gone=self._clock.gone))
        self._leave(0)

    def _late(self) -> None:
        """The function's time is over: nothing of it runs on."""
        self._say(frame("timeout"))
        os._exit(0)

    def _call(self, head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Have the cell make a call of AWS."""
        self._clock.spend(CALL)
        at = self._job.at + self._clock.gone
        self._say(frame("call", body, at=at, **head))
        while True:
            found = self._inbox.take()
            if found is not None:
                return found
            data = self._talk.recv(1 << 18)
            if not data:
                os._exit(0)  # the cell has had enough
            self._inbox.feed(data)

    def _say(self, data: bytes) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110 - it is the learner's to break
                pass
        self._talk.sendall(data)


def _as_json(value: Any) -> Any:
    """AWS's runtime takes a Decimal beside what JSON knows."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _forget_what_the_package_brings(folder: Path) -> None:
    """Let the function import its own copies of what this process has imported already."""
    for place in (folder / "task", folder / "opt" / "python"):
        try:
            names = {each.name.partition(".")[0] for each in place.iterdir()}
        except OSError:
            continue
        for top in names - _KEPT:
            if top in sys.modules:
                for name in [each for each in sys.modules if each == top or each.startswith(f"{top}.")]:
                    del sys.modules[name]


def _no_internet(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.ENETUNREACH, "the internet is not simulated here; AWS's own services are")


def _log_as_lambda(request_id: str) -> None:
    """Give the root logger Lambda's handler and form.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    for handler in list(logging.root.handlers):
        logging.root.removeHandler(handler)
    logging.root.setLevel(logging.WARNING)
    made = logging.StreamHandler(sys.stdout)
    form = logging.Formatter(
        f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{request_id}\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    made.setFormatter(form)
    logging.root.addHandler(made)
