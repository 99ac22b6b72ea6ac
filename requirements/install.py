"""Make .venv from a lock file. Needs Python 3.11 or newer and nothing else: no pip, no uv, no ensurepip.

    python3 requirements/install.py base    what `make run` needs
    python3 requirements/install.py dev     and what `make test` and `make check` need

A stamp in .venv remembers the lock's hash, so that a second call costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
ORDER = ("base", "dev")  # each holds all of the one before


def newer_python() -> str | None:
    """Return another interpreter on PATH that is new enough, or None."""
    return next((path for minor in (13, 12, 11) if (path := shutil.which(f"python3.{minor}"))), None)


def wanted(lock: str) -> str:
    """Return what the stamp holds when this lock is installed."""
    content = (LOCKS / f"{lock}.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return hashlib.sha256(content).hexdigest()


def installed(lock: str) -> bool:
    """Return whether .venv already holds this lock, or a larger one."""
    for name in ORDER[ORDER.index(lock) :]:
        stamp = VENV / f"lock-{name}"
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted(name):
            return True
    return False


def run(*command: str | Path, what: str, cure: str) -> None:
    """Run a step, or stop with what failed and what to do about it."""
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_LINK_MODE": "copy"}
    if subprocess.run([str(word) for word in command], env=environment, cwd=ROOT).returncode:
        sys.exit(f"\nmake: {what} failed; its own words are above.\n      {cure}")


def install(lock: str) -> None:
    """Make the environment and install the lock into it."""
    if not PYTHON.exists():
        # Without pip: Debian's python3 has no ensurepip, and we bring our own.
        venv.EnvBuilder(with_pip=False, clear=VENV.exists()).create(VENV)
    for name in ORDER:
        (VENV / f"lock-{name}").unlink(missing_ok=True)
    uv = shutil.which("uv") or str(VENV / "bin" / "uv")
    offline = "Is the package registry reachable? A proxy or a mirror is set with PIP_INDEX_URL (and UV_DEFAULT_INDEX)."
    if not Path(uv).exists():
        pip = next(LOCKS.glob("pip-*.whl")) / "pip"
        print("Installing the installer (uv) …", flush=True)
        run(
            PYTHON, pip, "install", "-q", "--require-hashes", "-r", LOCKS / "uv.txt", what="Installing uv", cure=offline
        )
    print(f"Installing the packages of requirements/{lock}.txt …", flush=True)
    run(
        *(uv, "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", LOCKS / f"{lock}.txt"),
        what="Installing the packages",
        cure=offline,
    )
    run(
        *(uv, "pip", "install", "-q", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", ROOT),
        what="Installing Skylab itself",
        cure="pyproject.toml is the place to look.",
    )
    (VENV / f"lock-{lock}").write_text(wanted(lock))


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        if other := newer_python():
            os.execv(other, [other, *sys.argv])
        sys.exit(
            f"Skylab needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make run PYTHON=python3.12"
        )
    if not installed(sys.argv[1]):
        install(sys.argv[1])
