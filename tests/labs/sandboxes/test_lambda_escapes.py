"""What a function may try: the cell answers on, and nothing of the sandbox's own is to be had."""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes import keys

spec = importlib.util.spec_from_file_location("lambda_kit", Path(__file__).with_name("test_lambda.py"))
assert spec
assert spec.loader
kit = sys.modules.setdefault("lambda_kit", importlib.util.module_from_spec(spec))
spec.loader.exec_module(kit)
make = kit.make
FINDER = '''
import sys
def seek():
    """Find the sandbox's modules and secrets, from the frames up."""
    found, frame = [], sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            secret = getattr(getattr(value, "spec", value), "secret", None)
            if isinstance(secret, bytes):
                found.append(secret.hex())
            if isinstance(value, dict) and isinstance(value.get("spec"), dict):
                found.append(str(value["spec"].get("secret")))
        frame = frame.f_back
    return found
'''


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("import os\ndef handler(e, c): os._exit(7)", "Runtime.ExitError", "exit status 7"),
        ("import os, signal\ndef handler(e, c): os.kill(os.getpid(), 9)", None, ""),
        ("def handler(e, c):\n    while True: pass", "Sandbox.Timedout", "timed out after 1.00 seconds"),
        ("def handler(e, c): return len(bytearray(1 << 30))", "Runtime.ExitError", "signal: killed"),
        ("def handler(e, c):\n    held = []\n    while True: held.append(bytes(1 << 20))", "Runtime.ExitError", "killed"),
        ("def handler(e, c): return handler(e, c)", "RecursionError", "maximum recursion depth"),
        ("import ctypes\ndef handler(e, c): ctypes.string_at(0)", "Runtime.ExitError", "segmentation fault"),
        ("import os\ndef handler(e, c): os.closerange(0, 1000)", None, ""),
        ("import os, signal\ndef handler(e, c): os.kill(0, signal.SIGSTOP)", None, ""),
        ("import select\ndef handler(e, c): select.select([], [], [])", "Sandbox.Timedout", "timed out"),
    ],
)  # fmt: skip
def test_the_cell_survives_it(box: Any, make: Any, source: str, kind: str | None, said: str) -> None:
    make(source, Timeout=1)
    error = kit.call(box)
    if kind:
        assert error["errorType"] == kind
        assert said in error["errorMessage"]
    make("def handler(e, c): return 'well'", name="other")
    assert kit.call(box, name="other") == "well"


def test_a_hundred_megabytes_of_output_are_read_and_forgotten(box: Any, make: Any) -> None:
    source = "def handler(e, c):\n    for _ in range(100): print('x' * (1 << 20))\n    return 'done'"
    make(source, Timeout=5)
    before = _private(box.cell.pid)
    assert kit.call(box) == "done"
    assert _private(box.cell.pid) - before < 8_000
    events = box("logs", "FilterLogEvents", logGroupName="/aws/lambda/f")["events"]
    assert any("more bytes of output are not kept here" in each["message"] for each in events)


@pytest.mark.parametrize(
    "data",
    [
        b"garbage" * 100,
        struct.pack(">II", 1 << 31, 1 << 31) + b"x",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 12, 0) + b'{"op":"kill"',
        struct.pack(">II", 15, 0) + b'{"op": "answer"',
        struct.pack(">II", 13, 0) + b'{"op":"call"}',
    ],
)
def test_garbage_in_the_pipe_ends_the_function_alone(box: Any, make: Any, data: bytes) -> None:
    source = f"""
import os, socket, stat
def handler(event, context):
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, {data!r})
        except OSError:
            pass
    return "still here"
"""
    make(source, Timeout=1)
    kit.call(box)
    box("s3", "ListBuckets")
    make("def handler(e, c): return 'well'", name="other")
    assert kit.call(box, name="other") == "well"


@pytest.mark.parametrize(
    "attempt",
    [
        "os.fork()",
        "os.execv('/bin/sh', ['sh'])",
        "subprocess.run(['id'])",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "urllib.request.urlopen('http://example.com')",
        "open('/etc/passwd').read()",
        "open(os.environ['LAMBDA_TASK_ROOT'] + '/x', 'w')",
        "os.listdir('..')",
        "os.listdir('../..')",
        "open('../../escaped', 'w')",
        "os.kill(os.getppid(), 9)",
        "ctypes.CDLL(None, use_errno=True).prctl(1, 0) == 0 or 1 / 0",
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
        "os.symlink('/etc/passwd', '/tmp/p') or open('/tmp/p').read()",
        "_thread.start_new_thread(print, ())",
    ],
)
def test_what_is_beyond_its_folder_is_closed(box: Any, make: Any, attempt: str) -> None:
    source = f"""
import _thread, ctypes, os, resource, socket, subprocess, urllib.request
def handler(event, context):
    try:
        got = {attempt}
    except BaseException as error:
        return "refused"
    return repr(got)[:200]
"""
    make(source)
    if attempt == "os.listdir('..')":
        assert set(json.loads(kit.call(box).replace("'", '"'))) == {"tmp", "task", "opt"}  # its own folder
    else:
        assert kit.call(box) == "refused"


def test_it_ends_with_its_time_even_where_it_has_stopped_itself(box: Any, make: Any) -> None:
    source = "import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.SIGSTOP)"
    make(source, Timeout=1)
    kit.call(box)
    box("sts", "GetCallerIdentity")
    until = time.monotonic() + 5
    while _children(box.cell.pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert _children(box.cell.pid) == []


def test_it_finds_neither_the_sandboxs_secret_nor_its_peoples_keys(box: Any, make: Any) -> None:
    source = (
        FINDER
        + """
import gc
def handler(event, context):
    strings = [each for each in gc.get_objects() if isinstance(each, (str, bytes))]
    modules = [name for name in sys.modules if name in ("labs", "moto", "graders")]
    try:
        world = sys.modules["labs.sandboxes.emulated.world"].WORLD
        found = [world.spec.secret.hex(), world.spec.account_id, len(world.sessions)]
    except KeyError:
        found = []
    return [seek(), modules, found]
"""
    )
    make(source)
    found, modules, world = kit.call(box)
    assert modules == []
    assert box.spec.secret.hex() not in json.dumps([found, world])
    assert all(set(each) <= {"0", "\0"} for each in found)
    assert not world or world[1] != box.spec.account_id


def test_a_forged_secret_signs_nothing(box: Any, make: Any) -> None:
    learner = keys.mint_access_key(box.spec.number, keys.LEARNER_SERIAL)
    source = f"""
import boto3, botocore.exceptions
def handler(event, context):
    client = boto3.client("iam", aws_access_key_id="{learner}", aws_secret_access_key="guessed")
    try:
        return client.list_users()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
"""
    make(source)
    assert kit.call(box) == "SignatureDoesNotMatch"


def test_files_of_one_call_are_gone_in_the_next(box: Any, make: Any) -> None:
    source = "import os\ndef handler(e, c):\n    open('/tmp/left', 'w').close()\n    return os.listdir('/tmp')"
    make(source)
    assert kit.call(box) == ["left"]
    assert kit.call(box) == ["left"]


def test_a_full_disk_ends_the_function(box: Any, make: Any) -> None:
    source = """
def handler(event, context):
    for number in range(100):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(15 << 20))
"""
    make(source, Timeout=5, MemorySize=256)
    assert kit.call(box)["errorType"] in ("Runtime.ExitError", "OSError")


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _private(pid: int) -> int:
    """Return kB of memory of its own."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))


def test_an_answer_that_is_nested_too_deep_hurts_nobody(box: Any, make: Any) -> None:
    """Its destination's record, which the cell reads, is where it would."""
    source = """
import os, socket, stat, struct
def handler(event, context):
    head, body = b'{"op":"done","gone":NaN}', b'[' * 200000
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, struct.pack(">II", len(head), len(body)) + head + body)
        except OSError:
            pass
"""
    make(source, Timeout=1)
    to = {"OnSuccess": {"Destination": f"arn:aws:sqs:us-east-1:{box.spec.account_id}:nowhere"}}
    box("lambda", "PutFunctionEventInvokeConfig", FunctionName="f", DestinationConfig=to)
    box("lambda", "Invoke", FunctionName="f", InvocationType="Event", Payload=b"{}")
    box("lambda", "Invoke", FunctionName="f", Payload=b"{}")
    make("def handler(e, c): return 'well'", name="other")
    assert kit.call(box, name="other") == "well"


def test_a_copy_of_the_sandbox_runs_functions_too(box: Any, yard: Any, make: Any) -> None:
    from dataclasses import replace

    from labs.sandboxes.emulated.forks import fork
    from labs.sandboxes.emulated.tool import Tool

    make("def handler(e, c): return 'copied'")
    number = keys.FIRST_FORK + 7
    spec = replace(box.spec, number=number, grader_access_key=keys.mint_access_key(number, keys.GRADER_SERIAL))
    at = box.learner.at + box.learner.seq
    copy = yard.run(fork(box.cell, spec, at=at, seconds=30))
    tool = Tool(lambda asked: yard.run(copy.call(asked)), keys.mint_access_key(number, keys.LEARNER_SERIAL), at=at)
    tool.seq = box.learner.seq
    answer = tool("lambda", "Invoke", FunctionName="f", Payload=b"{}")
    assert json.loads(answer["Payload"]) == "copied"
    yard.run(copy.close())
