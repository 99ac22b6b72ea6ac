"""A small course of its own for each test, written as an author would, with words in its key that must never leak."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[2]

COURSE = """\
title: Buckets
summary: Who reads what.
level: foundational
objectives:
  - Decide who reads a bucket
domains: {secure: Security, resilient: Resilience}
modules:
  - title: First
    lessons: [first, second]
    labs: [private-bucket-one-reader]
"""

FIRST = """\
---
title: The first lesson
minutes: 10
objectives:
  - Say who reads a bucket
as_of: 2026-11
lab: private-bucket-one-reader
links:
  - title: The manual
    url: https://docs.aws.amazon.com/s3/
---

Text with a link to [the second](second.md#end) and a note[^1].

![A bucket](/static/courses/buckets/bucket.svg)

### Which one keeps a bucket private? {#private .choice domain=secure points=2}

- [x] Block Public Access
  > CANARY-WHY-RIGHT
- [ ] A longer name
  > CANARY-WHY-WRONG
- [ ] Encryption
  > CANARY-WHY-ALSO-WRONG

Between the items.

### Which two deny? (Select TWO.) {#deny .response domain=secure}

Think of *policies*.

- [x] An explicit deny

  > CANARY-DENY
- [ ] An allow
  > CANARY-ALLOW
- [x] Silence,
  and nothing more
  > CANARY-SILENCE

### How many nines has S3 Standard by design? {#nines .number domain=resilient}

~~~answer
99.99 ± 0.005 %
~~~

> CANARY-NINES

[^1]: The note.
"""

SECOND = """\
---
title: The second lesson
minutes: 5
objectives: [Know the end]
as_of: 2026-11-20
---

## End

Nothing asked here.
"""

BANK = """\
### Which is kept for the exam? {#bank-one .choice domain=secure}

- [x] This
  > CANARY-BANK
- [ ] That
  > CANARY-BANK-TOO
"""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect id="r" fill="url(#g)"/><use href="#r"/></svg>'


class Catalog:
    """The folders of one test, and the means to change a file."""

    def __init__(self, base: Path) -> None:
        self.root, self.labs, self.static = base / "courses", base / "labs", base / "static"
        self.course = self.root / "buckets"

    def write(self, path: str, text: str) -> None:
        """Write a file of the course."""
        file = self.course / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a file of the course in one place."""
        text = (self.course / path).read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new, 1))

    @property
    def folders(self) -> dict[str, Path]:
        """Return what load_catalog wants besides the root."""
        return {"labs": self.labs, "static": self.static}


@pytest.fixture
def files(tmp_path: Path) -> Catalog:
    """A catalog with one good course, two lessons, three items and a bank of one."""
    catalog = Catalog(tmp_path)
    catalog.write("course.yaml", COURSE)
    catalog.write("lessons/first.md", FIRST)
    catalog.write("lessons/second.md", SECOND)
    catalog.write("items/bank.md", BANK)
    images = catalog.static / "courses" / "buckets"
    images.mkdir(parents=True)
    (images / "bucket.svg").write_text(SVG)
    shutil.copytree(REPOSITORY / "labs/catalog/private-bucket-one-reader", catalog.labs / "private-bucket-one-reader")
    return catalog


@pytest.fixture
def site(files: Catalog, settings: Any) -> Catalog:
    """The same catalog as the site's."""
    settings.COURSE_CATALOG = files.root
    settings.LAB_CATALOG = files.labs
    settings.STATICFILES_DIRS = [files.static]
    return files
