"""GIFT read. Questions stand apart by blank lines, as Moodle has it; a backslash takes a character's meaning away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from courses.interchange import limits
from courses.interchange.build import SANDBOX, Builder, Found, decimal_of, entries_of, matching_of, options_of
from courses.interchange.from_html import to_markdown
from courses.interchange.limits import decoded
from courses.interchange.marks import arrow_unguarded, as_markdown, has_tags, unguarded
from courses.interchange.report import Imported
from graders.items import ChoiceSpec, NumberSpec, OrderingSpec, ResponseSpec, Spec, TextSpec

_MARK = re.compile(r"\[(?P<kind>id|tag):(?P<value>(?:\\\]|[^\]]){1,300}?)\]")
_TITLE = re.compile(r"::(?P<title>(?:\\.|[^\\])*?)::", re.DOTALL)
_FORMAT = re.compile(r"\[(?P<format>html|moodle|plain|markdown)\]")
_SHARE = re.compile(r"%(?P<share>-?\d{1,3}(?:\.\d{1,7})?)%")
_ORDER = re.compile(r">\s*(?P<count>\d{0,3})(?P<words>(?:[ \t]+[A-Za-z_0-9]+)*)[ \t]*\n(?P<lines>.*)", re.DOTALL)
_TRUTH = re.compile(r"^\s*(?P<word>TRUE|T|FALSE|F)\s*(?:#(?P<rest>.*))?$", re.DOTALL)
_FULL = Decimal("99.9")


def read(data: bytes, name: str) -> Imported:
    """Return the items of a GIFT file. Raises Unreadable."""
    builder, category = Builder("gift", name), ""
    for block in _blocks(decoded(data, name)):
        if block.category:
            category = block.category
        if not block.text.strip():
            continue
        text = block.text.strip()
        head = _TITLE.match(text)
        title = _unescaped(head["title"]).strip() if head else ""
        item = builder.begin(block.id, title, block.line, block.tags)
        found = Found(id=block.id, title=title, tags=block.tags, line=block.line)
        _Question(builder, item, found, category, block.line).read(text[head.end() :] if head else text)
    return builder.imported()


@dataclass
class _Block:
    text: str
    line: int
    id: str
    tags: list[str]
    category: str


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the questions: what stands between blank lines, with the marks of its comments."""
    block = _Block("", 0, "", [], "")
    lines: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        bare = line.strip()
        if bare.startswith("//"):
            for mark in _MARK.finditer(bare):
                value = mark["value"].replace("\\]", "]").strip()
                if mark["kind"] == "id":
                    block.id = block.id or value
                else:
                    block.tags.append(value)
        elif bare.startswith("$CATEGORY:"):
            block.category = bare.removeprefix("$CATEGORY:").strip()
        elif bare:
            block.line = block.line or number
            lines.append(line)
        else:
            block.text = "\n".join(lines)
            if block.text or block.category:
                yield block
            block, lines = _Block("", 0, "", [], ""), []


class _Question:
    """One question on its way to an item."""

    def __init__(self, builder: Builder, name: str, found: Found, category: str, line: int) -> None:
        self.builder, self.losses, self.name, self.found = builder, builder.losses, name, found
        self.category, self.line = category, line
        self.format = "moodle"

    def read(self, text: str) -> None:
        found = self.found
        if len(text) > limits.TEXT_CHARACTERS:
            self.builder.leave_out(f"it has more than {limits.TEXT_CHARACTERS:,} characters")
            return
        if (mark := _FORMAT.match(text.lstrip())) is not None:
            self.format, text = mark["format"], text.lstrip()[mark.end() :]
        braces = list(_bare(text, "{}"))
        if not braces:
            self.description(text)
            return
        if len(braces) != 2 or text[braces[0]] != "{":
            why = "a brace has no partner before the next blank line" if len(braces) == 1 else "more than one {…}"
            self.builder.leave_out(f"{why}: write \\{{ and \\}} for braces that are text")
            return
        before, inner, after = text[: braces[0]], text[braces[0] + 1 : braces[1]], text[braces[1] + 1 :]
        found.stem = self.converted(before, self.format, "stem")
        if after.strip():
            found.stem = f"{found.stem} \\_\\_\\_\\_\\_ {self.converted(after, self.format, 'stem')}".strip()
            self.losses.add("stem", "changed", "the gap within the text became a line; the answers stand below")
        answers = inner.strip() if not inner.lstrip().startswith(">") else inner.lstrip()
        if not answers:
            self.builder.leave_out("an essay is read by people; it has no equal here")
            return
        found.spec = self.spec(answers)
        if found.spec is not None:
            if self.category and found.tag("domain") is None:
                self.losses.add("category", "lost", f"“{self.category[:200]}”: name a domain in the item's attributes")
            self.builder.add(self.name, found)

    def description(self, text: str) -> None:
        if self.found.tag(SANDBOX) is not None:
            self.builder.add(self.name, self.found)
        elif self.found.tag("case") is not None and self.found.tag("part") is None:
            self.found.stem = self.converted(text, self.format, "stem")
            self.found.tags = [tag for tag in self.found.tags if not tag.startswith("case:")]
            self.builder.begin_case(self.name, self.found)
        else:
            self.builder.leave_out("a text that asks nothing; put it into the stem of the items that it is for")

    def spec(self, answers: str) -> Spec | None:
        """Return the spec of what stands in the braces; None where it was left out."""
        if order := _ORDER.fullmatch(answers):
            return self.ordering(order["lines"])
        answers, self.found.general = self.general(answers)
        if truth := _TRUTH.match(answers):
            return self.truth(truth)
        if answers.startswith("#"):
            return self.number(answers[1:])
        parts = self.parts(answers)
        if not parts:
            self.builder.leave_out("the answers begin neither with = nor with ~")
            return None
        if all(mark == "=" and "->" in text for mark, text in parts):
            return self.matching([text for _, text in parts])
        if all(mark == "=" for mark, _ in parts):
            return self.short(parts)
        return self.options(parts)

    def general(self, answers: str) -> tuple[str, str]:
        """Return the answers without the feedback on the whole question, and that."""
        at = next((at for at in _bare(answers, "#") if answers.startswith("####", at)), None)
        if at is None:
            return answers, ""
        return answers[:at].rstrip(), self.shown(answers[at + 4 :], "general feedback")

    def parts(self, answers: str) -> list[tuple[str, str]]:
        """Return the answers with the mark that each begins with."""
        at = list(_bare(answers, "=~"))
        if not at or answers[: at[0]].strip():
            return []
        ends = [*at[1:], len(answers)]
        return [(answers[start], answers[start + 1 : end].strip()) for start, end in zip(at, ends, strict=True)]

    def feedback(self, text: str, field: str) -> tuple[str, str]:
        """Return an answer without its feedback, and that."""
        at = next(_bare(text, "#"), None)
        return (text, "") if at is None else (text[:at].strip(), self.shown(text[at + 1 :], field))

    def weighed(self, text: str) -> tuple[Decimal | None, str]:
        """Return an answer's share in percent (None: it says none), and what stands after it."""
        share = _SHARE.match(text)
        return (Decimal(share["share"]), text[share.end() :].strip()) if share else (None, text)

    # --- The types ----------------------------------------------------------------------------------------------

    def truth(self, truth: re.Match[str]) -> Spec:
        right = truth["word"].startswith("T")
        whys = ["", ""]
        if truth["rest"]:
            wrong, _, good = _split_once(truth["rest"], "#")
            whys = [self.shown(good, "spec.options[0].rationale"), self.shown(wrong, "spec.options[1].rationale")]
        rows = [("True", right, whys[0 if right else 1]), ("False", not right, whys[1 if right else 0])]
        return ChoiceSpec(options_of(rows))

    def options(self, parts: list[tuple[str, str]]) -> Spec | None:
        weighed = [(mark, *self.weighed(text)) for mark, text in parts]
        several = not any(mark == "=" for mark, _, _ in weighed)
        right = [share > 0 if several and share else mark == "=" for mark, share, _ in weighed]
        if not any(right):
            self.builder.leave_out("no answer is right")
            return None
        rows, count = [], sum(right)
        for at, (_, share, text) in enumerate(weighed):
            words, why = self.feedback(text, f"spec.options[{at}].rationale")
            rows.append((self.shown(words, f"spec.options[{at}].text"), right[at], why))
            if share and share > 0 and (not right[at] or abs(share - Decimal(100) / count) > Decimal("0.1")):
                self.losses.add(
                    "scoring", "changed", f"{share:g} % for an answer: an option is right in full, or wrong"
                )
        made = options_of(rows, self.found.tags)
        if several and count == 1:
            return ChoiceSpec(made)
        if not several and count > 1:
            self.losses.add("type", "changed", "one of several right answers was to be picked; now all of them are")
        return ResponseSpec(made) if count > 1 else ChoiceSpec(made)

    def short(self, parts: list[tuple[str, str]]) -> Spec | None:
        accepted, whys = [], []
        for _, text in parts:
            share, text = self.weighed(text)
            words, why = self.feedback(text, "spec.rationale")
            words = self.words(words)
            if share is not None and share < _FULL:
                self.losses.add("scoring", "lost", f"the answer “{words[:100]}” with {share:g} % of the points")
                continue
            if "*" in words.replace("\\*", ""):
                self.losses.add(
                    "spec.accepted", "changed", f"“{words[:100]}”: the * stood for any letters; it is a * now"
                )
            accepted.append(words.replace("\\*", "*"))
            whys.append(why)
        if not accepted:
            self.builder.leave_out("no answer earns full marks")
            return None
        why = "\n\n".join(dict.fromkeys(one for one in whys if one))
        return TextSpec(tuple(dict.fromkeys(accepted)), self.found.tag("command") is not None, why)

    def number(self, answers: str) -> Spec | None:
        parts = [text for mark, text in self.parts(answers.strip()) if mark == "="] or [answers]
        for other in parts[1:]:
            self.losses.add("scoring", "lost", f"another answer, {_unescaped(other)[:60]}")
        share, text = self.weighed(parts[0].strip())
        text, why = self.feedback(text, "spec.rationale")
        text = _unescaped(text).strip()
        if share is not None and share < _FULL:
            self.losses.add("scoring", "changed", f"{share:g} % for the answer: it is right in full now")
        low, dots, high = text.partition("..")
        value, margin = decimal_of(low.partition(":")[0]), decimal_of(low.partition(":")[2] or "0")
        if dots and (bottom := decimal_of(low)) is not None and (top := decimal_of(high)) is not None:
            value, margin = (bottom + top) / 2, abs(top - bottom) / 2
        if value is None or margin is None or margin < 0:
            self.builder.leave_out(f"“{text[:60]}” is no number")
            return None
        return NumberSpec(value, margin, self.found.tag("unit") or "", why)

    def matching(self, parts: list[str]) -> Spec | None:
        rows: list[tuple[str, str, str]] = []
        for text in parts:
            prompt, _, answer = text.partition("->")
            answer, why = self.feedback(answer.strip(), "feedback")
            if why:
                self.losses.add("feedback", "lost", f"“{why[:200]}”: pairs have none in GIFT")
            words = self.words(answer)
            shown = self.shown(prompt, f"spec.prompts[{len(rows)}].text", arrows=True)
            rows.append((shown, words if self.format == "markdown" else as_markdown(words), ""))
        if not any(prompt for prompt, _, _ in rows) or not all(answer for _, answer, _ in rows):
            self.builder.leave_out("a pair without an answer, or no pair at all")
            return None
        return matching_of(rows, self.found.tags)

    def ordering(self, lines: str) -> Spec:
        steps: list[tuple[str, str]] = []
        for line in lines.split("\n"):
            if bare := line.strip():
                bare = bare[1:] if bare.startswith("\\//") else bare
                steps.append((self.converted(bare, self.format, f"spec.steps[{len(steps)}].text"), ""))
        return OrderingSpec(entries_of(steps))

    # --- Texts --------------------------------------------------------------------------------------------------

    def words(self, text: str) -> str:
        """Return a text that is no markup: a format before it is taken off."""
        text = text.strip()
        return _unescaped(_FORMAT.sub("", text, count=1) if _FORMAT.match(text) else text).strip()

    def shown(self, text: str, field: str, *, arrows: bool = False) -> str:
        """Return as Markdown a text with or without its format; it is the question's where it has none."""
        text, kind = text.strip(), self.format
        if mark := _FORMAT.match(text):
            kind, text = mark["format"], text[mark.end() :]
        return self.converted(text, kind, field, arrows=arrows)

    def converted(self, text: str, kind: str, field: str, *, arrows: bool = False) -> str:
        """Return as Markdown a text of a format."""
        text = _unescaped(text).strip()
        if kind == "markdown":
            if has_tags(text):
                self.losses.add(field, "changed", "HTML within Markdown is shown as text here: write it in Markdown")
            return unguarded(arrow_unguarded(text) if arrows else text)
        if kind == "plain":
            return as_markdown(text)
        return to_markdown(text.replace("\n", "<br>") if kind == "moodle" else text, self.losses, field)


def _bare(text: str, characters: str) -> Iterator[int]:
    """Yield the places of characters that no backslash stands before."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] in characters:
            yield at
        at += 1


def _split_once(text: str, character: str) -> tuple[str, str, str]:
    at = next(_bare(text, character), None)
    return (text, "", "") if at is None else (text[:at], character, text[at + 1 :])


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\~=#{}:n])", lambda found: "\n" if found[1] == "n" else found[1], text)
