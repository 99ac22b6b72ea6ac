"""Lessons and sandboxes in step: what lessons have run, runs; and what does not is told with its line.

Here the first such lesson of each course; all of them in `make lesson-test`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import settings

from courses.content import Lesson, load_catalog
from courses.content.blocks import read_blocks
from courses.content.items import source_lines
from courses.content.source import Problems
from courses.lesson_proof import prove_lesson
from labs.sandboxes import Provider, Ref
from labs.sandboxes.runner import Runner
from labs.selectors import PLAYGROUND, get_lab
from tests.labs.conftest import SandboxHost

pytestmark = pytest.mark.stack
COURSES = load_catalog(settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=Path(settings.STATICFILES_DIRS[0]))
RUNNABLE = [[lesson for lesson in course.lessons if lesson.runnable.blocks] for course in COURSES.values()]
LESSONS = [lessons[0] for lessons in RUNNABLE if lessons]


@dataclass
class Host:
    """The tests' sandbox host, as the proof wants one."""

    provider: Provider
    runner: Runner
    make_ref: Callable[[str], Ref]


@pytest.fixture
def host(sandbox_host: SandboxHost, provider: Provider, runner: Runner) -> Host:
    return Host(provider, runner, sandbox_host.make_sandbox)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_the_blocks_of_a_lesson_do_what_it_says(host: Host, lesson: Lesson) -> None:
    assert [str(one) for one in prove_lesson(lesson, host, get_lab(PLAYGROUND)).problems] == []


def told(host: Host, text: str) -> list[str]:
    problems = Problems()
    runnable = read_blocks(source_lines(text, path="x.md", first_line=1, problems=problems), "x.md", problems)
    assert not problems
    lesson = replace(LESSONS[0], runnable=runnable, path="x.md")
    return [str(one) for one in prove_lesson(lesson, host, get_lab(PLAYGROUND)).problems]


def test_blocks_share_a_shell_and_find_their_files(host: Host) -> None:
    text = """
```sh run
NAME=shared-by-two
aws s3api create-bucket --bucket $NAME
```

```json file=tags.json
{"TagSet": [{"Key": "made", "Value": "here"}]}
```

```sh run
aws s3api put-bucket-tagging --bucket $NAME --tagging file://tags.json
aws s3api get-bucket-tagging --bucket $NAME --query 'TagSet[0].Value' --output text
```

```output
here
```

```sh run fails
aws s3api head-bucket --bucket $NAME-not
```

```output
...404...
```

```sh run
ID=$(aws sts get-caller-identity --query Account --output text)
aws s3 ls
```

```output
<date> <time> shared-by-two
```
"""
    assert told(host, text) == []


def test_what_goes_wrong_is_told_with_its_line_and_the_rest_still_runs(host: Host) -> None:
    text = """
```sh run
aws s3api head-bucket --bucket nobody-has-this
```

```sh run fails
aws sts get-caller-identity
```

```sh run
aws s3api list-buckets --query 'length(Buckets)'
```

```output
7
```
"""
    failed, through, differs = told(host, text)
    assert failed.startswith("x.md:3: courses.E080 `aws s3api head-bucket --bucket nobody-has-this` failed: ")
    assert through.startswith("x.md:7: courses.E081 the block is meant to fail, and went through")
    assert differs.startswith("x.md:15: courses.E083 the output differs: here it is '0', and the lesson says '7'")
