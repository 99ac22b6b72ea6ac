"""The help of the site is docs/learner.md, section by section: one text for those who read it here and in git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown.extensions.toc import slugify_unicode

from labs.markdown import render

PAGE = "learner"
_SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?://|#|/)[^)]*\)")  # to other files of the docs: they are not on the site
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n*")


@dataclass(frozen=True)
class Section:
    """A section of the help."""

    page: str
    anchor: str
    title: str
    markdown: str

    @property
    def url(self) -> str:
        return f"{reverse('help')}#{self.anchor}"

    @property
    def html(self) -> SafeString:
        return render(self.markdown, top=3, prefix=f"help-{self.anchor}")


def sections() -> tuple[Section, ...]:
    """Return the help; nothing where this installation came without its docs."""
    path = settings.BASE_DIR / "docs" / f"{PAGE}.md"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=2)
def _read(path: Path, _: int) -> tuple[Section, ...]:
    parts: list[str] = _SECTION.split(path.read_text(encoding="utf-8"))[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return tuple(
        Section(PAGE, slugify_unicode(title, "-"), title, _LINK.sub(r"\1", _PICTURE.sub("", text)).strip())
        for title, text in pairs
    )
