"""Make the lock files anew: names, versions and hashes for every platform, and no addresses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"base": ["--extra", "postgres"], "dev": ["--extra", "postgres", "--extra", "dev"], "uv": [], "node": []}


def main() -> None:
    uv = shutil.which("uv", path=str(ROOT / ".venv" / "bin")) or shutil.which("uv")
    if not uv:
        sys.exit("uv is not installed; `make dev` brings it.")
    for name, extras in LOCKS.items():
        source = f"requirements/{name}.in" if (ROOT / "requirements" / f"{name}.in").exists() else "pyproject.toml"
        subprocess.run(
            [
                *(uv, "pip", "compile", "--quiet", "--generate-hashes", "--universal", "--python-version", "3.11"),
                *("--no-emit-index-url", "--no-emit-find-links", "--no-header", *extras),
                *(source, "-o", f"requirements/{name}.txt"),
            ],
            cwd=ROOT,
            check=True,
        )


if __name__ == "__main__":
    main()
