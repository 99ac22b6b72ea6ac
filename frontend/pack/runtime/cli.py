"""The AWS CLI as a function: argv, environment, input in; output, errors, status out. Each call has a driver of its own.

A driver remembers what it was told (keys, regions, handlers of an option), so none is used twice. Models are shared, and
the next driver is made while nobody waits.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import awscli.argparser
import awscli.clidriver
import awscli.customizations.overridesslcommonname
import awscli.customizations.s3.results as results
import awscli.formatter
import botocore.session
import s3transfer.futures
import yaml
from skylab_shell import pages, transport
from skylab_shell.loader import PackLoader

LOADER = PackLoader()
_next: Any = None


class YamlFormatter(awscli.formatter.FullyBufferedFormatter):  # type: ignore[misc]
    """`--output yaml`, which the CLI has from version 2 on."""

    def _format_response(self, command_name: str, response: Any, stream: Any) -> None:
        if response != {}:
            plain = json.loads(json.dumps(response, default=awscli.formatter.json_encoder))
            yaml.safe_dump(plain, stream, sort_keys=False, allow_unicode=True)


_formatter = awscli.formatter.get_formatter


def formatter(kind: str, args: Any) -> Any:
    return YamlFormatter(args) if kind == "yaml" else _formatter(kind, args)


def install() -> None:
    """Fit the CLI to a browser: no threads, no pager, no sockets, no host names of real AWS."""
    transport.install()
    pages.install()
    s3transfer.futures.BoundedExecutor.EXECUTOR_CLS = s3transfer.futures.NonThreadedExecutor
    results.ResultProcessor.start = lambda self: None
    results.ResultProcessor.join = lambda self, *_: self.run()
    # Without the advice to install version 2, which nobody here can.
    usage = awscli.argparser.USAGE
    awscli.argparser.USAGE = awscli.clidriver.USAGE = usage[usage.index("aws [options]") :]
    for module in (awscli.formatter, awscli.clidriver):
        module.get_formatter = formatter
    botocore.session.Session._register_data_loader = lambda self: self.register_component("data_loader", LOADER)
    # It would send sqs and rds to amazonaws.com, whatever AWS_ENDPOINT_URL says.
    awscli.customizations.overridesslcommonname.SSL_COMMON_NAMES.clear()


def driver() -> Any:
    session = botocore.session.Session(awscli.clidriver.EnvironmentVariables)
    awscli.clidriver._set_user_agent_for_session(session)
    awscli.clidriver.load_plugins({}, event_hooks=session.get_component("event_emitter"))
    return awscli.clidriver.CLIDriver(session=session)


def prepare() -> None:
    """Make the driver of the next call."""
    global _next
    if _next is None:
        _next = driver()


@contextlib.contextmanager
def place(env: dict[str, str], cwd: str, stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Be the process that the shell asked for."""
    out, err = io.BytesIO(), io.BytesIO()
    before = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(env)
    with contextlib.suppress(OSError):
        os.chdir(cwd)
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8", errors="surrogateescape")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", errors="surrogateescape", write_through=True)
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)
    ours = sys.stdin, sys.stdout, sys.stderr
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in ours:
            with contextlib.suppress(Exception):
                stream.flush()
                stream.detach()


def run(argv: list[str], env: dict[str, str], cwd: str, stdin: Any) -> tuple[bytes, bytes, int]:
    """Run `aws ARGV`."""
    global _next
    if "help" in argv:
        pages.fetch_texts()
        for word in [word for word in argv if not word.startswith("-")][:1]:
            LOADER.describe({"s3api": "s3"}.get(word, word))
    with place(env, cwd, bytes(stdin)) as (out, err):
        prepare()
        used, _next = _next, None
        try:
            status = used.main(argv)
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 1
        except EOFError:
            sys.stderr.write("\naws: it asks a question, and there is nobody to answer here: give it as an option.\n")
            status = 255
        except Exception:
            sys.stderr.write(traceback.format_exc())
            status = 255
    return out.getvalue(), err.getvalue(), int(status or 0)
