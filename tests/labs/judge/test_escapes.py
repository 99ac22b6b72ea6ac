"""The ways in which an author's Python attacks the server, each tried: denied in the jail, and done without it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest

from graders import CheckCall, Outcome
from graders.run import OURS
from labs.judge import Judge, verdict
from labs.sandboxes import jail
from labs.sandboxes.forking import ENVIRONMENT
from tests.labs.judge.conftest import SECRET, Aws, Court, own
from tests.labs.judge.test_judge import KEEPS, expect, keeps

pytestmark = pytest.mark.skipif(
    bool(jail.missing_layers()), reason=f"this kernel has no {' and no '.join(jail.missing_layers())} to hold a check"
)
ROOT = Path(__file__).resolve().parents[3]

ATTEMPTS = [
    # files
    "open('/etc/passwd').read()",
    "open('{secret}').read()",
    "open('/proc/self/environ').read()",
    "open(f'/proc/{os.getppid()}/environ').read()",
    "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "open('{root}/manage.py').read()",
    "open('{root}/labs/catalog/rds-multi-az/lab.md').read()",
    "os.listdir('{root}')",
    "os.listdir('/')",
    "os.listdir('/tmp')",
    "os.listdir('/proc')",
    # writing
    "open('{folder}/mine', 'w')",
    "open('/dev/shm/mine', 'w')",
    "os.mkdir('{folder}/mine')",
    "os.unlink('{secret}')",
    "os.rename('{secret}', '{secret}2')",
    "os.symlink('/etc/passwd', '{folder}/link')",
    "os.memfd_create('x')",
    # programs, processes, threads
    "subprocess.run(['/bin/true'])",
    "os.posix_spawn('/bin/true', ['true'], dict())",
    "os.fork() or os._exit(0)",
    "threading.Thread(target=print).start()",
    "os.kill(os.getppid(), 0)",
    "os.kill(1, 0)",
    "os.pidfd_open(os.getppid())",
    # others of our own user, where we have no uid to change to
    "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (1000, 1000))",
    "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    "os.sched_setaffinity(os.getppid(), [0])",
    "os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))",
    # the network
    "socket.create_connection(('127.0.0.1', {neighbour}), 1)",
    "socket.create_connection(('127.0.0.1', {gateway}), 1)",
    "socket.socket().sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', {neighbour}))",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "socket.socket(socket.AF_INET6)",
    "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "socket.socket(socket.AF_UNIX).connect('{judge}')",
    # its own limits
    "os.sched_setaffinity(0, {{0}}) or resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
    "resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
    "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))",
    "len(bytearray(600 << 20))",
    "[bytearray(10 << 20) for _ in range(60)] and 1",
]
DENIED = ("PermissionError", "MemoryError", "not allowed to raise", "can't start new thread", "Permission denied")


@pytest.mark.parametrize("expression", ATTEMPTS)
def test_it_is_denied_by_the_jail_and_by_nothing_else(
    court: Court, open_court: Court, expression: str, secret: Path, neighbour: tuple[int, socket.socket]
) -> None:
    for court_, done in ((court, False), (open_court, True)):
        places = {
            "{secret}": str(secret),
            "{folder}": str(secret.parent),
            "{root}": str(ROOT),
            "{neighbour}": str(neighbour[0]),
            "{gateway}": str(court_.aws.port),
            "{judge}": str(court_.judge.socket_path),
            "{{": "{",
            "}}": "}",
        }
        filled = expression
        for place, value in places.items():
            filled = filled.replace(place, value)
        result, reason = court_.attempt(filled)
        if done:
            assert (result.outcome, result.found[:7]) == (Outcome.FAILED, "did it:"), reason
        else:
            assert result.outcome is Outcome.ERROR, result.found
            assert any(word in reason for word in DENIED), reason
    assert neighbour[1]


def test_no_byte_reaches_a_neighbour(court: Court, neighbour: tuple[int, socket.socket]) -> None:
    port, listener = neighbour
    court.attempt(f"socket.socket().sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', {port}))")
    court.attempt(f"socket.create_connection(('127.0.0.1', {port}), 1)")
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    "body",
    [
        "import urllib3\nraise Fail(urllib3.PoolManager().request('GET', 'http://127.0.0.1:{port}/kept').data.decode())",
        "from botocore.session import Session\n"
        "s3 = Session().create_client('s3', 'us-east-1', endpoint_url='http://127.0.0.1:{port}',"
        " aws_access_key_id='a', aws_secret_access_key='b')\n"
        "raise Fail(str(s3.get_bucket_versioning(Bucket='kept')))",
    ],
)
def test_whatever_address_it_calls_it_reaches_the_gateway(
    court: Court, aws: Aws, neighbour: tuple[int, socket.socket], body: str
) -> None:
    port, listener = neighbour
    result, _ = court.one(body.format(port=port))
    assert "Enabled" in result.found
    assert len(aws.paths) == 1
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_streams_to_the_gateway_are_counted(court: Court) -> None:
    body = (
        "from urllib3.util import connection\nkept = []\n"
        "try:\n    while True:\n        kept.append(connection.create_connection(('x', 1), 1))\n"
        "except ConnectionRefusedError:\n    raise Fail(str(len(kept)))"
    )
    assert court.one(body, streams=5)[0].found == "5"


# --- secrets


def test_its_environment_holds_nothing_of_ours(court: Court) -> None:
    result, _ = court.attempt("sorted(os.environ)")
    assert result.found == f"did it: {sorted(ENVIRONMENT)!r}"


def test_its_memory_holds_no_environment_of_ours(court: Court, judge: Judge) -> None:
    environment = Path(f"/proc/{judge.status()['pid']}/environ").read_text()
    assert SECRET not in environment
    assert "SECRET" not in environment


def test_it_has_none_of_our_code_that_knows_settings(court: Court) -> None:
    names = ("django", "celery", "skylab", "courses", "labs.models", "labs.providers", "labs.content")
    result, _ = court.attempt(f"[one for one in {names!r} if one in sys.modules]")
    assert result.found == "did it: []"
    result, _ = court.attempt("[one for one in sys.modules if one.startswith('graders.checks.')]")
    assert result.found == "did it: []"
    for name in ("skylab.settings", "labs.models", "labs.content"):
        result, reason = court.attempt(f"__import__({name!r})")
        assert result.outcome is Outcome.ERROR
        assert "PermissionError" in reason or "ModuleNotFoundError" in reason


def test_nothing_is_open_but_its_own_pipe_and_its_line(court: Court) -> None:
    body = (
        "import os\nfound = []\nfor one in range(200):\n    try:\n        os.fstat(one)\n        found.append(one)\n"
        "    except OSError:\n        pass\nraise Fail(str(found))"
    )
    assert court.one(body)[0].found == "[0, 1, 2, 3, 4]"


# --- limits

LOOPS = [
    "while True: pass",
    "import time\ntime.sleep(60)",
    "import signal\nfor one in range(1, 65):\n    try: signal.signal(one, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\nwhile True: pass",
    "import os, time\nos.close(3)\ntime.sleep(60)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "account.client('s3')\nimport re\nre.fullmatch('(a+)+b', 'a' * 60)",
    "class Forever(Exception):\n    def __str__(self):\n        while True: pass\nraise Forever",
    "class Forever:\n    def __del__(self):\n        while True: pass\none = Forever()\ndel one",
]


@pytest.mark.parametrize("body", LOOPS)
def test_what_never_ends_is_ended_and_the_others_are_judged(court: Court, body: str) -> None:
    began = time.monotonic()
    calls = [CheckCall("lab.one"), keeps("kept"), keeps("lost")]
    results = court(calls, own(body, head=KEEPS), check_seconds=1)
    assert [one.outcome for one in results] == ["error", "passed", "failed"]
    assert results[0].found == OURS
    assert time.monotonic() - began < 3


def test_top_level_code_that_never_ends_is_ended_too(court: Court) -> None:
    (result,) = court([CheckCall("lab.one")], "while True: pass\n", check_seconds=0.3)
    assert result.outcome is Outcome.ERROR
    assert "it took more than 0." in court.log.text


def test_many_that_never_end_do_not_hold_the_job(court: Court) -> None:
    began = time.monotonic()
    calls = [CheckCall("lab.one")] * 20
    results = court(calls, own("while True: pass"), check_seconds=0.3, seconds=0.8)
    assert {one.outcome for one in results} == {"error"}
    assert time.monotonic() - began < 2
    assert "the checks before it took all the time there is" in court.log.text


def test_more_calls_than_a_job_may_have_are_not_judged(court: Court) -> None:
    results = court([keeps("kept")] * 3, KEEPS, calls=2)
    assert [one.outcome for one in results] == ["passed", "passed", "error"]


def test_a_catastrophic_pattern_costs_its_own_check_only(court: Court) -> None:
    slow = CheckCall(
        "expect",
        {"call": "s3.get_bucket_versioning", "with": {"Bucket": "kept"}, "that": f"'{'a' * 60}'", "matches": "(a+)+b"},
        title="slow",
    )
    results = court([slow, expect("kept")], check_seconds=1)
    assert [one.outcome for one in results] == ["error", "passed"]


def test_what_it_prints_goes_nowhere(court: Court, judge: Judge) -> None:
    log = judge.socket_path.with_suffix(".log")
    before = log.stat().st_size
    body = "import os, sys\nfor _ in range(1024):\n    os.write(1, bytes(1 << 20))\nprint('hello', file=sys.stderr)"
    assert court.one(body)[0].outcome is Outcome.PASSED
    assert log.stat().st_size == before


@pytest.mark.parametrize("amount", ["b'x' * (70 << 10)", "b'x' * (1 << 30 - 5)"])
def test_an_answer_that_is_too_long_ends_it(court: Court, amount: str) -> None:
    result, reason = court.one(f"import os\ndata = {amount}\nwhile True: os.write(3, data)")
    assert result.outcome is Outcome.ERROR
    assert "it answered more than 65536 bytes" in reason


def test_its_sentences_are_cut_and_cleaned(court: Court) -> None:
    result, _ = court.one("raise Fail('a\\x00\\x1b[31m\\u202eb' + 'c' * 100_000, needed='x' * 100_000)")
    assert result.found.startswith("a[31mbccc")
    assert len(result.found) <= len(result.needed) == verdict.TEXT


# --- ends of all kinds


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise BaseException('no')", "BaseException: no"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("import sys\nsys.exit()", "SystemExit"),
        ("import os\nos._exit(0)", "it did not answer"),
        ("import os\nos.abort()", "it was ended by SIGABRT"),
        ("import ctypes\nctypes.string_at(0)", "it was ended by SIGSEGV"),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", "it "),
        ("import sys\nsys.modules.clear()\n1 / 0", ""),
        ("import os\nos.close(4)\naccount.read('s3', 'list_buckets')", ""),
    ],
)
def test_however_it_ends_it_is_an_error_of_that_check(court: Court, body: str, reason: str) -> None:
    result, said = court.one(body, check_seconds=1)
    assert (result.outcome, result.found) == (Outcome.ERROR, OURS)
    assert reason in said


# --- forging

PASSED = json.dumps({"outcome": "passed"})
FORGERS = [
    f"for one in range(256):\n    try: os.write(one, {PASSED.encode()!r})\n    except OSError: pass\nos._exit(0)",
    "import graders.run, graders\ngraders.run.run = graders.run = lambda *a: 1 / 0",
    "import graders.account\ngraders.account.BotoAccount.read = lambda *a, **k: dict(Status='Enabled')",
    "import graders.expect\ngraders.expect.COMPARISONS['is'] = ('to be', lambda *a: True)",
    "import graders\nFail.__init__ = None\ngraders.Fail = None",
    "import builtins\nbuiltins.isinstance = lambda *a: True",
]


@pytest.mark.parametrize("body", FORGERS)
def test_another_check_is_judged_as_if_the_forger_were_not_there(court: Court, body: str) -> None:
    source = own(f"import os\n{body}", head=KEEPS)
    calls = [CheckCall("lab.one"), keeps("lost"), keeps("kept"), expect("lost"), CheckCall("lab.one"), expect("kept")]
    for _ in range(2):  # nor is the next job another
        outcomes = [one.outcome for one in court(calls, source)]
        assert (outcomes[1:4], outcomes[5]) == (["failed", "passed", "failed"], "passed")


SAYINGS = [
    {"outcome": "skipped"},
    {"outcome": "PASSED"},
    {"outcome": ["passed"]},
    {"outcome": {"a": 1}},
    {"outcome": "failed", "found": 5},
    {"outcome": "failed", "found": {"a": "b"}},
    ["passed"],
    "passed",
    1e308,
    None,
]


@pytest.mark.parametrize(
    "data",
    [*(json.dumps(one) for one in SAYINGS), "", "[" * 60_000, PASSED * 2, PASSED + "x", "\xff", '{"outcome": NaN}'],
)
def test_an_answer_that_is_no_verdict_is_an_error(data: str) -> None:
    assert verdict.read(data.encode("latin-1"), 5).outcome is Outcome.ERROR


def test_only_outcome_and_sentences_are_taken_from_it(court: Court) -> None:
    lie = {
        "outcome": "failed", "found": "no", "check": "s3.other", "title": "Mine", "milliseconds": 10**9,
        "templates": {"found": "{x}"}, "values": {"x": "y"}, "reason": "z",
    }  # fmt: skip
    result, _ = court.one(f"import os\nos.write(3, {json.dumps(lie).encode()!r})\nos._exit(0)")
    assert (result.check, result.title, result.outcome, result.found) == ("lab.one", "lab.one", "failed", "no")
    assert (result.templates, result.values) == ({}, {})
    assert result.milliseconds < 10_000


def test_a_verdict_of_passed_says_nothing_more(court: Court) -> None:
    said = verdict.from_dict({"outcome": "passed", "found": "You passed, and your neighbour too"}, 1)
    assert said.found == ""


def test_what_a_job_did_to_its_own_process_is_gone_with_it(court: Court) -> None:
    first, _ = court.attempt("setattr(sys, 'mine', 1) or os.getpid()")
    second, _ = court.attempt("(hasattr(sys, 'mine'), os.getpid())")
    assert "False" in second.found
    assert first.found != second.found
