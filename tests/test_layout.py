"""The house stands as docs/developer.md says."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_the_source_root_does_not_hide_pythons_own_platform_module() -> None:
    assert platform.system()
    assert [path.name for path in (ROOT / "platform").iterdir() if path.is_file()] == []


def test_imports_point_one_way() -> None:
    lint = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--index-url|--find-links", text), lock


def test_templates_fetch_nothing_from_elsewhere() -> None:
    for template in tracked("templates/*.html"):
        for match in re.finditer(
            r"""<(script|link|img|iframe|source|use)[^>]*(?:src|href)=["'](?:https?:)?//""", template.read_text()
        ):
            raise AssertionError(f"{template}: {match.group(0)}")


def test_files_stay_small_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if (lines := len(path.read_text().splitlines())) > 500
    }
    assert long == {}
