"""The docs are complete: every setting, command and word of make has its place."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_setting_has_a_heading_and_every_heading_a_setting() -> None:
    source = "".join(path.read_text() for path in (ROOT / "platform" / "skylab").glob("*.py"))
    read = set(re.findall(r"""\benv(?:_bool|_int|_list)?\(\s*"([A-Z_]+)\"""", source))
    read |= {"WORKER_CONCURRENCY"}
    headings = set(re.findall(r"^### ([A-Z_]+)$", (ROOT / "docs" / "operator.md").read_text(), re.MULTILINE))
    assert read == headings


def test_every_word_of_make_is_explained() -> None:
    words = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    docs = (ROOT / "docs" / "developer.md").read_text()
    assert [word for word in words if f"`make {word}" not in docs] == []


def test_every_relative_link_of_the_docs_leads_somewhere() -> None:
    broken: list[str] = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        # What stands in code is an example.
        text = re.sub(r"^(`{3,}).*?^\1|`[^`\n]+`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        own = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
        broken += [f"{page.relative_to(ROOT)}: {target}" for target in own if not (page.parent / target).exists()]
    assert broken == []
