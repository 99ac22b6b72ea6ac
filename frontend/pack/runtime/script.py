"""`python3`: -c, -m, a file or the standard input, in the interpreter that the CLI has, with boto3."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
import traceback
import types
import zipfile
from pathlib import Path
from typing import Any

from skylab_shell import host
from skylab_shell.cli import place

BOTO3 = "/cli/boto3"
USAGE = "usage: python3 [-c CODE | -m MODULE | FILE | -] [ARGUMENT …]\n"


class Boto3:
    """Fetches boto3 when it is imported for the first time."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "boto3" and not Path(BOTO3).exists():
            data = host.pack("boto3.zip")
            if data is not None:
                zipfile.ZipFile(io.BytesIO(data)).extractall(BOTO3)
                sys.path.append(BOTO3)
        return None


def install() -> None:
    sys.meta_path.insert(0, Boto3())


def run(argv: list[str], env: dict[str, str], cwd: str, stdin: Any) -> tuple[bytes, bytes, int]:
    """Run `python3 ARGV`; what it imported from the learner's folders is forgotten at its end."""
    arguments = list(argv)
    while arguments and arguments[0] in ("-u", "-B", "-E", "-s", "-I", "-q"):
        arguments.pop(0)
    known, path = set(sys.modules), list(sys.path)
    main_module = sys.modules.get("__main__")
    with place(env, cwd, bytes(stdin)) as (out, err):
        try:
            status = _run(arguments, bytes(stdin))
        except SystemExit as leaving:
            code = leaving.code
            if isinstance(code, str):
                sys.stderr.write(f"{code}\n")
            status = code if isinstance(code, int) else int(code is not None)
        except BaseException:
            _print_error()
            status = 1
        finally:
            sys.path[:] = path + ([BOTO3] if BOTO3 in sys.path and BOTO3 not in path else [])
            for name in set(sys.modules) - known:
                file = getattr(sys.modules[name], "__file__", None) or ""
                if file.startswith(("/home/", "/tmp/")):  # noqa: S108 - of this one learner's own browser
                    del sys.modules[name]
            if main_module is not None:
                sys.modules["__main__"] = main_module
    return out.getvalue(), err.getvalue(), int(status or 0)


def _run(arguments: list[str], stdin: bytes) -> int:
    first = arguments[0] if arguments else "-"
    if first in ("-V", "--version", "-VV"):
        sys.stdout.write(f"Python {sys.version.split()[0]}\n")
        return 0
    if first in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    if first == "-c":
        if len(arguments) < 2:
            sys.stderr.write(f"Argument expected for the -c option\n{USAGE}")
            return 2
        sys.argv = ["-c", *arguments[2:]]
        sys.path.insert(0, "")
        _execute(arguments[1], "<string>")
        return 0
    if first == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return 0
    if first == "-":
        if not stdin.strip() and not arguments:
            sys.stderr.write(
                "python3: this one takes programs, not a conversation: python3 -c 'CODE', python3 FILE, or <<EOF\n"
            )
            return 2
        sys.argv = ["-", *arguments[1:]]
        sys.path.insert(0, "")
        _execute(stdin.decode("utf-8", "replace"), "<stdin>")
        return 0
    if first.startswith("-"):
        sys.stderr.write(f"unknown option {first}\n{USAGE}")
        return 2
    file = Path(first)
    if not file.is_file():
        problem = "[Errno 21] Is a directory" if file.is_dir() else "[Errno 2] No such file or directory"
        sys.stderr.write(f"python3: can't open file '{Path.cwd() / first}': {problem}\n")
        return 2
    sys.argv = arguments
    sys.path.insert(0, str(file.resolve().parent))
    _execute(file.read_text("utf-8"), first)
    return 0


def _execute(code: str, name: str) -> None:
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __file__=name)
    sys.modules["__main__"] = module
    exec(compile(code, name, "exec"), module.__dict__)  # noqa: S102 - the learner's own program, in the learner's browser


def _print_error() -> None:
    """Print a traceback without our own frames."""
    kind, value, trace = sys.exc_info()
    while trace is not None and "skylab_shell" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    with contextlib.suppress(Exception):
        traceback.print_exception(kind, value, trace)
