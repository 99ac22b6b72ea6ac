"""From a call's answer at the learner's tool to the task's new look in their browser, and where the time goes.

A real stack, a headless Chromium on the lab's page, boto3 as the tool. The learner takes a bucket's policy away and
puts it back, again and again, which turns one check green and back; between two calls they rest as people do.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import statistics
import time
from datetime import UTC, datetime
from typing import Any

from bench.client import Learner
from bench.figures import Figure, percentile
from skylab.stack import Stack, running_stack

LAB = "private-bucket-one-reader"
TASK = "strangers"
FLIPS = 60
PATIENCE = 15_000
# What the page saw, in unix milliseconds: events as they came, answers as they were swapped in, the task as it changed.
WATCH = """
window.seen = [];
const note = (what, more) => seen.push([what, performance.timeOrigin + performance.now(), more]);
const Source = window.EventSource;
window.EventSource = class extends Source {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => note("event", JSON.parse(data).type));
  }
};
addEventListener("DOMContentLoaded", () => {
  document.addEventListener("htmx:afterOnLoad", ({ detail }) => note("answer", detail.pathInfo?.requestPath ?? ""));
  new MutationObserver(() => {
    const now = document.getElementById("task-TASK")?.dataset.now;
    if (now !== window.last) note("task", (window.last = now));
  }).observe(document.getElementById("tasks"), { subtree: true, childList: true, attributes: true });
});
""".replace("TASK", TASK)
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}


def measure() -> list[Figure]:
    """Flip a check's verdict 60 times by a call."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with running_stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            return _figures(*_play(stack, browser))
        finally:
            browser.close()


def _play(stack: Stack, browser: Any) -> tuple[list[dict[str, float]], list[list[Any]]]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(f"{stack.url}/accounts/login/")
    page.fill("input[name=login]", "learner")
    page.fill("input[name=password]", "skylab-demo")
    page.click("main button[type=submit]")
    page.goto(f"{stack.url}/labs/{LAB}/")
    page.click("main form[action$='/start/'] button")
    page.wait_for_selector("#tasks")
    page.wait_for_selector("live-session[data-stream=open]", state="attached", timeout=60_000)
    learner = Learner(stack.url)
    s3 = learner.keys(page.url.removeprefix(stack.url)).client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    statement = {**OPEN["Statement"][0], "Resource": f"arn:aws:s3:::{bucket}/*"}  # type: ignore[index]
    policy = json.dumps({**OPEN, "Statement": [statement]})
    calls: list[dict[str, float]] = []
    wanted = "passed"
    for turn in range(FLIPS + 2):
        begun = time.time()
        if wanted == "passed":
            s3.delete_bucket_policy(Bucket=bucket)
        else:
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        calls.append({"begun": begun, "answered": time.time()})
        page.wait_for_function(
            "([task, wanted]) => document.getElementById(`task-${task}`)?.dataset.now === wanted",
            arg=[TASK, wanted], timeout=PATIENCE,
        )  # fmt: skip
        wanted = "failed" if wanted == "passed" else "passed"
        time.sleep(random.uniform(0.4, 1.2) if turn % 8 else 4.5)  # the learner thinks: now and then a whole look comes
    gradings = _gradings(stack)
    seen = page.evaluate("seen")
    for call in calls:
        after = [each for each in seen if each[1] / 1000 >= call["begun"]]
        call["drawn"] = next(at for what, at, _ in after if what == "task") / 1000
        call["heard"] = max(at for what, at, more in after if more == "grading" and at / 1000 <= call["drawn"]) / 1000
        mine = [one for one in gradings if one["requested"] >= call["begun"] and one["finished"] <= call["drawn"]]
        call |= mine[-1] if mine else {}
    return calls[2:], seen  # the first ones warm the worker, as the first learner of a day does


def _gradings(stack: Stack) -> list[dict[str, float]]:
    database = sqlite3.connect(f"file:{stack.data / 'skylab.sqlite3'}?mode=ro", uri=True)
    rows = database.execute(
        "SELECT requested_at, finished_at, milliseconds FROM labs_grading WHERE state = 'done' ORDER BY finished_at"
    )
    return [
        {"requested": _unix(begun), "finished": _unix(done), "judging": spent / 1000} for begun, done, spent in rows
    ]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _figures(calls: list[dict[str, float]], seen: list[list[Any]]) -> list[Figure]:
    whole = [call["drawn"] - call["answered"] for call in calls]
    told = [call for call in calls if "requested" in call]
    load = f"n = {len(whole)}; load average {os.getloadavg()[0]:.1f}"
    stages = {
        "until a worker has begun (journal, bell, queue)": [one["requested"] - one["answered"] for one in told],
        "until it is judged and written (the checks that the call touches)": [
            one["finished"] - one["requested"] for one in told
        ],
        "of that, the checks": [one["judging"] for one in told],
        "until the page hears of it (commit, bell, stream)": [one["heard"] - one["finished"] for one in told],
        "until the task has its new look (its HTML, and the swap)": [call["drawn"] - call["heard"] for call in calls],
    }
    return [
        Figure("a task's new look after the call's answer, p50", statistics.median(whole) * 1000, "ms", "", load),
        Figure("the same, p95", percentile(whole, 95) * 1000, "ms", "≤ 150 ms"),
        Figure("the same, longest", max(whole) * 1000, "ms"),
        *(Figure(f"{name}, p50", statistics.median(spent) * 1000, "ms") for name, spent in stages.items()),
    ]
