"""The shell in the browser does what bash, the AWS CLI and Python do: tests/e2e/terminal/*.yaml, in a real Chromium.

The page is a lab's own, with its own Content-Security-Policy; only the terminal that would draw on it is kept away, so
that the lines run in an engine of the test's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from skylab.stack import ROOT, Stack
from tests.e2e.looking import listen
from tests.e2e.working import exports, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("terminal")]

CASES = Path(__file__).parent / "terminal"
DIST = ROOT / "static" / "dist"
LAB = "private-bucket-one-reader"
START = r"""async ([address, env]) => {
  const { createEngine } = await import(address);
  window.stages = [];
  window.changed = [];
  window.engine = createEngine({
    env,
    files: { "/home/learner/given.txt": "given\n" },
    commands: {
      check: async (argv, { cwd, stdin }) => ({ stdout: `checked ${argv.join(",")} in ${cwd}${stdin && `: ${stdin}`}\n` }),
    },
    onStatus: (stage) => window.stages.push(stage),
  });
  engine.fs.changed.addEventListener("change", ({ path }) => changed.push(path));
  await engine.ready;
}"""


def engine_address() -> str:
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        pytest.fail("static/dist is not built: `make frontend` says why")
    return f"/static/dist/{json.loads(manifest.read_text())['engine.js']}"


def open_lab(page: Page, site: Stack, user: str = "learner") -> dict[str, str]:
    """Start (or find) a lab, its page without its own terminal; return the environment of its sandbox."""
    page.route(re.compile(r"/dist/terminal-[^/]*\.js"), lambda route: route.abort())
    page.goto(f"{site.url}/labs/{LAB}/")
    if page.locator("header a[href*=login]").count():
        sign_in(page, site, user)
        page.goto(f"{site.url}/labs/{LAB}/")
    page.locator("main form[action*=start] button, main a[href*='/labs/sessions/']").first.click()
    page.wait_for_selector("#snippet-bash", state="attached", timeout=60_000)
    return exports(page)


@pytest.fixture(scope="module")
def shell(browser: Browser, site: Stack) -> Iterator[Page]:
    """A page with an engine, for all tests here: what is loaded once stays."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    listen(page, complaints, besides="WebAssembly")  # a test below asks for it on the page, to see it refused
    page.evaluate(START, [engine_address(), open_lab(page, site)])
    yield page
    context.close()
    assert not complaints, complaints


def run(page: Page, line: str, **options: Any) -> dict[str, Any]:
    return dict(page.evaluate("([line, options]) => engine.exec(line, options)", [line, options]))


def differs(case: dict[str, Any], got: dict[str, Any]) -> str:
    """Return what is not as the case has it; "" where all is."""
    if case.get("incomplete"):
        return "" if got["incomplete"] else f"was run: {got}"
    if got["incomplete"]:
        return "wants more lines"
    wrong = []
    if "rc_not" in case:
        wrong += ["status"] * (got["exitCode"] == case["rc_not"])
    elif not case.get("any_rc"):
        wrong += ["status"] * (got["exitCode"] != case.get("rc", 0))
    if "out" in case:
        wrong += ["output"] * (got["stdout"] != case["out"])
    if "like" in case:
        wrong += ["output"] * (not re.search(case["like"], got["stdout"], re.MULTILINE))
    if "err" in case:
        wrong += ["errors"] * (not re.search(case["err"], got["stderr"]))
    elif got["stderr"]:
        wrong.append("errors")
    return f"{' and '.join(wrong)}: {got}" if wrong else ""


@pytest.mark.parametrize("name", ["shell", "aws"])
def test_lines_do_what_they_do_in_bash(shell: Page, name: str) -> None:
    cases = yaml.safe_load((CASES / f"{name}.yaml").read_text())
    wrong = {}
    for number, case in enumerate(cases):
        said = differs(case, run(shell, case["do"]))
        if said:
            wrong[f"{number}. {case['do']}"] = said
    assert not wrong, "\n\n".join(f"{line}\n    {said}" for line, said in wrong.items())


def test_the_files_say_enough() -> None:
    """The promise of these files: lines, commands, services."""
    lines = [case["do"] for name in ("shell", "aws") for case in yaml.safe_load((CASES / f"{name}.yaml").read_text())]
    services = {found for line in lines for found in re.findall(r"\baws ([a-z][a-z0-9-]+) [a-z]", line)}
    assert sum("aws " not in line for line in lines) >= 80
    assert sum("aws " in line for line in lines) >= 60
    assert len(services) >= 25, services


def test_what_the_page_gives_is_there_and_what_changes_is_told(shell: Page) -> None:
    assert run(shell, "cat ~/given.txt")["stdout"] == "given\n"
    assert run(shell, "echo in | check a 'b c'")["stdout"] == "checked a,b c in /home/learner: in\n\n"
    shell.evaluate("() => { changed.length = 0; }")
    run(
        shell, 'echo x > told.txt; aws s3 ls > listed.txt; python3 -c \'open("made.txt", "w").write("m")\'; rm told.txt'
    )
    told = set(shell.evaluate("() => changed"))
    assert {"/home/learner/told.txt", "/home/learner/listed.txt", "/home/learner/made.txt"} <= told
    shell.evaluate("() => engine.fs.write('/home/learner/deep/er/w.txt', 'written')")
    assert (
        run(shell, "cat deep/er/w.txt; python3 -c 'print(open(\"deep/er/w.txt\").read())'")["stdout"]
        == "writtenwritten\n"
    )
    listed = shell.evaluate("() => engine.fs.list('/home/learner/deep')")
    assert listed == [{"name": "er", "isDirectory": True}]


def test_ctrl_c_ends_a_command_and_keeps_everything_else(shell: Page) -> None:
    run(shell, "echo kept > kept.txt; KEPT=1; aws --version > /dev/null")
    stopped = shell.evaluate(
        """async () => {
          const running = engine.exec("python3 -c 'while True: pass'; echo after");
          setTimeout(() => engine.interrupt(), 100);
          return running;
        }"""
    )
    assert (stopped["exitCode"], stopped["stdout"]) == (130, "")
    assert (
        run(shell, "echo $KEPT; cat kept.txt; aws sts get-caller-identity --query 'length(Account)'")["stdout"]
        == "1\nkept\n12\n"
    )
    asleep = shell.evaluate(
        """async () => {
          const running = engine.exec("while true; do sleep 0.01; done; echo after");
          setTimeout(() => engine.interrupt(), 50);
          return running;
        }"""
    )
    assert (asleep["exitCode"], asleep["stdout"]) == (130, "")
    assert run(shell, "echo on")["stdout"] == "on\n"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ech", "echo"),
        ("aws dyn", "dynamodb"),
        ("aws s3", "s3api"),
        ("aws s3api create-b", "create-bucket"),
        ("aws s3 c", "cp"),
        ("aws ec2 run-instances --image", "--image-id"),
        ("aws ec2 run-instances --instance-type t3.mic", "t3.micro"),
        ("X=$(aws iam create-r", "create-role"),
        ("aws s3 ls | aws iam list-", "list-users"),
        ("aws iam create-role --assume-role-policy-document file://giv", "file://given.txt"),
        ("aws s3 ls --out", "--output"),
        ("aws s3 ls --output ya", "yaml"),
        ("aws dynamodb wait table-e", "table-exists"),
        ("cat giv", "given.txt"),
    ],
)
def test_tab_completes(shell: Page, typed: str, wanted: str) -> None:
    found = shell.evaluate("(line) => engine.complete(line, line.length)", typed)
    assert wanted in [candidate["text"] for candidate in found["candidates"]]
    assert typed[found["start"] :] == typed[-len(typed[found["start"] :]) :]
    assert wanted.startswith(typed[found["start"] : found["end"]])


def test_a_page_may_not_compile_and_the_worker_may(shell: Page) -> None:
    """'wasm-unsafe-eval' is the worker's alone."""
    refused = shell.evaluate(
        "() => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => '', (error) => error.name)"
    )
    assert refused == "CompileError"
    policies = shell.evaluate(
        """async (worker) => {
          const policy = async (address) => (await fetch(address)).headers.get("content-security-policy");
          return [await policy(worker), await policy(location.href)];
        }""",
        f"/static/dist/{json.loads((DIST / 'manifest.json').read_text())['worker.js']}",
    )
    assert "'wasm-unsafe-eval'" in policies[0] and "connect-src 'self'" in policies[0]
    assert (
        "wasm" not in policies[1] and "worker-src 'self'" in policies[1] and "script-src 'self';" in policies[1] + ";"
    )
