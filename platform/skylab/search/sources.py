"""What can be found: whatever may be read by somebody who looks for it.

Never here: items that only exams draw from, keys, options and rationales of any item, hints and solutions of labs,
drafts, and content that its own checks refuse. What mastery locks is found by its name, and shown without an excerpt.
Items of practice banks are left out as well: they have no page to lead to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.urls import NoReverseMatch, reverse

from courses import selectors as courses
from courses.content import Course, Item, Lesson
from labs import present
from labs import selectors as labs
from labs.content import Lab
from skylab.pages import help_pages
from skylab.search import words

# What there is, in the order of the filter, with its name for people.
KINDS: Final = {
    "lesson": "Lessons",
    "lab": "Labs",
    "exam": "Exams",
    "course": "Courses",
    "item": "Questions",
    "sheet": "Sheets",
    "term": "Glossary",
    "help": "Help",
    "page": "Pages",
}
SCHEME: Final = "1"  # grows when the same source makes another document
PAGES: Final = (
    ("catalog", "Catalog", "courses labs exams filter level service time"),
    ("exam_list", "Exams", "mock exam sit attempt"),
    ("practice", "Practice", "drill review due spaced repetition"),
    ("skills", "Skills", "mastery domains strengths weaknesses evidence"),
    ("progress", "Progress", "what I have done"),
    ("certificates", "Certificates and badges", "open badge verify pdf"),
    ("notices", "Notices", "notifications bell messages"),
    ("glossary", "Glossary", "words terms definitions what means"),
    ("settings", "Settings", "time zone language theme dark high contrast shortcuts accommodations preferences"),
    ("account_email", "E-mail addresses", "account mail"),
    ("account_change_password", "Change password", "account"),
    ("mfa_index", "Two-factor sign-in", "authenticator mfa totp security key recovery codes"),
    ("export_data", "Download my data", "export privacy gdpr"),
    ("verify_any", "Check a certificate or badge", "verify credential"),
)


class Content(NamedTuple):
    """What a document says."""

    title: str
    headings: str = ""
    text: str = ""


@dataclass(frozen=True)
class Source:
    """A document to be. `read` is called only where the digest is not the one that is kept."""

    ref: str
    kind: str
    digest: str
    url: str
    read: Callable[[], Content]
    place: str = ""
    gate: str = ""


def sources() -> Iterator[Source]:
    """Yield all that can be found."""
    for course in courses.catalog():
        yield from _of_course(course)
    for lab in labs.catalog():
        yield _lab(lab)
    yield from _terms()
    yield from _help()
    yield from _pages()


def _of_course(course: Course) -> Iterator[Source]:
    yield Source(
        ref=f"course/{course.slug}",
        kind="course",
        digest=_digest(course.title, course.summary, *course.objectives, *(one.title for one in course.modules)),
        url=reverse("course", args=[course.slug]),
        read=lambda: Content(
            course.title,
            " · ".join(module.title for module in course.modules),
            words.plain(" ".join([course.summary, *course.objectives])),
        ),
    )
    for module in course.modules:
        for lesson in module.lessons:
            gate = f"{course.slug}/{lesson.slug}" if module.requires else ""
            yield _lesson(course, lesson, gate)
            yield from (_item(course, lesson, item, gate) for item in lesson.items)
    for sheet in course.sheets:
        yield Source(
            ref=f"sheet/{course.slug}/{sheet.slug}",
            kind="sheet",
            digest=_digest(sheet.title, sheet.summary, sheet.text.markdown, course.title),
            url=reverse("sheet", args=[course.slug, sheet.slug]),
            read=lambda sheet=sheet: Content(  # type: ignore[misc]
                sheet.title,
                words.headings(sheet.text.markdown),
                words.plain(f"{sheet.summary}\n\n{sheet.text.markdown}"),
            ),
            place=course.title,
        )
    for exam in course.exams:
        yield Source(
            ref=f"exam/{exam.slug}",
            kind="exam",
            digest=_digest(exam.revision),
            url=reverse("exam", args=[exam.slug]),
            read=lambda exam=exam: Content(  # type: ignore[misc]
                f"{exam.title} ({exam.code})",
                " · ".join(domain.title for domain in exam.domains.values()),
                words.plain(f"{exam.summary} {exam.intro}"),
            ),
            place=course.title,
        )


def _lesson(course: Course, lesson: Lesson, gate: str) -> Source:
    def read() -> Content:
        text = "\n\n".join(one.markdown for one in lesson.segments if not isinstance(one, Item))
        return Content(lesson.title, words.headings(text), words.plain("\n".join([text, *lesson.objectives])))

    return Source(
        ref=f"lesson/{course.slug}/{lesson.slug}",
        kind="lesson",
        digest=_digest(lesson.revision, course.title, gate),
        url=reverse("lesson", args=[course.slug, lesson.slug]),
        read=read,
        place=course.title,
        gate=gate,
    )


def _item(course: Course, lesson: Lesson, item: Item, gate: str) -> Source:
    """Return an item by what it asks, and nothing else: options tell of the key."""

    def read() -> Content:
        asked = words.plain(item.stem)
        return Content(asked if len(asked) <= 120 else f"{asked[:119]}…", "", asked)

    return Source(
        ref=f"item/{course.slug}/{item.id}",
        kind="item",
        digest=_digest(item.id, item.stem, course.title, lesson.title, gate),
        url=f"{reverse('lesson', args=[course.slug, lesson.slug])}#{item.id}",
        read=read,
        place=f"{course.title}, {lesson.title}",
        gate=gate,
    )


def _lab(lab: Lab) -> Source:
    def read() -> Content:
        shown = present.sample(lab)
        tasks = " · ".join(task.title for task in shown.tasks)
        text = " ".join([shown.summary, shown.intro, *(task.text for task in shown.tasks)])
        return Content(shown.title, f"{tasks} · {' '.join(shown.services)}", words.plain(text))

    return Source(
        ref=f"lab/{lab.slug}",
        kind="lab",
        digest=_digest(lab.revision),
        url=reverse("lab", args=[lab.slug]),
        read=read,
        place=f"Lab, {lab.minutes} min",
    )


def _terms() -> Iterator[Source]:
    for term in courses.glossary():
        yield Source(
            ref=f"term/{term.id}",
            kind="term",
            digest=_digest(term.name, *term.also, term.means),
            url=f"{reverse('glossary')}#{term.id}",
            read=lambda one=term: Content(one.name, " · ".join(one.also), words.plain(one.means)),  # type: ignore[misc]
            place="Glossary",
        )


def _help() -> Iterator[Source]:
    for section in help_pages.sections():
        yield Source(
            ref=f"help/{section.page}/{section.anchor}",
            kind="help",
            digest=_digest(section.title, section.markdown),
            url=section.url,
            read=lambda one=section: Content(  # type: ignore[misc]
                one.title, words.headings(one.markdown), words.plain(one.markdown)
            ),
            place="Help",
        )


def _pages() -> Iterator[Source]:
    for name, title, about in PAGES:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        yield Source(
            f"page/{name}",
            "page",
            _digest(title, about, url),
            url,
            lambda t=title, a=about: Content(t, a, ""),  # type: ignore[misc]
        )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join([SCHEME, *parts]).encode()).hexdigest()
