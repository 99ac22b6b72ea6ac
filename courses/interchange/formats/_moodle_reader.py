"""Moodle XML read: every question type that has an equal among ours; the others are left out, by name."""

from __future__ import annotations

from decimal import Decimal

from courses.interchange import limits
from courses.interchange.build import SANDBOX, Builder, Found, decimal_of, entries_of, matching_of, options_of
from courses.interchange.from_html import to_markdown
from courses.interchange.limits import Unreadable
from courses.interchange.marks import as_markdown, has_tags, unguarded
from courses.interchange.report import Imported, Losses
from courses.interchange.xmltree import Node, parse
from graders.items import ChoiceSpec, NumberSpec, OrderingSpec, ResponseSpec, Spec, TextSpec

_FULL = Decimal("99.9")
_STANDARD = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
_USUAL = (  # what a new question of Moodle's says there
    "your answer is correct",
    "your answer is partially correct",
    "your answer is incorrect",
)


def read(data: bytes, name: str) -> Imported:
    """Return the items of a question bank. Raises Unreadable."""
    root = parse(data, name)
    if root.tag != "quiz":
        raise Unreadable(f"{name}:{root.line}: <{root.tag}> begins the file, not <quiz>: this is no Moodle XML.")
    builder = Builder("moodle", name)
    category = ""
    for node in root.all("question"):
        if node.get("type") == "category":
            category = _words(node, "category")
            continue
        title, wanted = _words(node, "name"), _words(node, "idnumber", inner=False)
        tags = [one.text.strip() for found in node.all("tags") for one in found.all("tag")]
        item = builder.begin(wanted, title, node.line, tags)
        _Question(node, builder, item, Found(id=wanted, title=title, tags=tags, line=node.line), category).read()
    return builder.imported()


def _words(node: Node, tag: str, *, inner: bool = True) -> str:
    found = node.first(tag, "text") if inner else node.first(tag)
    return found.text.strip() if found else ""


class _Question:
    """One question on its way to an item."""

    def __init__(self, node: Node, builder: Builder, name: str, found: Found, category: str) -> None:
        self.node, self.builder, self.name, self.found, self.category = node, builder, name, found, category
        self.losses: Losses = builder.losses
        text = node.first("questiontext")
        # Answers to match or to type have no format of their own: they are written as the question is.
        self.is_markdown = text is not None and text.get("format") == "markdown"

    def read(self) -> None:
        kind, found = self.node.get("type"), self.found
        if found.tag(SANDBOX) is None:
            found.stem = self.formatted(self.node.first("questiontext"), "stem")
        if kind == "description":
            if found.tag("case") is not None and found.tag("part") is None:
                found.tags = [tag for tag in found.tags if not tag.startswith("case:")]
                self.builder.begin_case(self.name, found)
            elif found.tag(SANDBOX) is not None:
                self.builder.add(self.name, found)
            else:
                self.builder.leave_out("a text that asks nothing; put it into the stem of the items that it is for")
            return
        readers = {
            "multichoice": self.multichoice,
            "truefalse": self.truefalse,
            "numerical": self.numerical,
            "shortanswer": self.shortanswer,
            "matching": self.matching,
            "ordering": self.ordering,
        }
        if kind not in readers:
            self.builder.leave_out(f"the question type {kind[:40] or '(none)'} has no equal here")
            return
        found.spec = readers[kind]()
        if found.spec is None:
            return
        grade = self.node.first("defaultgrade")
        found.points = grade.text if grade else ""
        found.general = self.formatted(self.node.first("generalfeedback"), "general feedback")
        self.tell_the_rest()
        self.builder.add(self.name, found)

    def tell_the_rest(self) -> None:
        """Note what our items have no place for."""
        if self.category and self.found.tag("domain") is None:
            self.losses.add("category", "lost", f"“{self.category[:200]}”: name a domain in the item's attributes")
        for tag in _STANDARD:
            words = self.formatted(self.node.first(tag), tag)
            if words and words.lower().rstrip("!. ") not in _USUAL:
                self.losses.add(tag, "lost", f"“{words[:200]}”: an item has a rationale for each option instead")
        if hints := [one for one in self.node.all("hint") if one.text.strip()]:
            self.losses.add("hints", "lost", f"{len(hints)} hints: an item has none")
        if (hidden := self.node.first("hidden")) and hidden.text.strip() == "1":
            self.losses.add("hidden", "changed", "it was hidden; give it status=retired")
        for file in self.node.walk("file"):
            self.losses.add("file", "lost", f"{file.get('name')[:100]}: files are not taken over", line=file.line)

    # --- The types ----------------------------------------------------------------------------------------------

    def multichoice(self) -> Spec | None:
        rows, partial = [], False
        single = (self.node.first("single") or Node("single", {}, ["true"])).text.strip().lower() in ("true", "1")
        answers = self.node.all("answer")
        shares = [self.share(answer) for answer in answers]
        best = max(shares, default=Decimal(0))
        right = [share >= best if single else share > 0 for share in shares]
        if best <= 0:
            self.builder.leave_out("no answer earns anything")
            return None
        equal = Decimal(100) if single else Decimal(100) / sum(right)
        for at, answer in enumerate(answers):
            where = f"spec.options[{at}]"
            text = self.formatted(answer, f"{where}.text")
            rows.append((text, right[at], self.formatted(answer.first("feedback"), f"{where}.rationale")))
            partial |= shares[at] > 0 and abs(shares[at] - equal) > Decimal("0.1")
        if partial:
            self.losses.add("scoring", "changed", "answers of different worth: a right option counts as right in full")
        shuffle = self.node.first("shuffleanswers")
        if shuffle and shuffle.text.strip().lower() in ("false", "0"):
            self.losses.add(
                "scoring", "changed", "answers kept their order; options are shuffled, save those that are fixed"
            )
        options = options_of(rows, self.found.tags)
        if not single:
            return ResponseSpec(options)
        if sum(right) > 1:
            self.losses.add("type", "changed", "one of several right answers was to be picked; now all of them are")
            return ResponseSpec(options)
        return ChoiceSpec(options)

    def truefalse(self) -> Spec | None:
        rows = []
        for at, answer in enumerate(self.node.all("answer")):
            why = self.formatted(answer.first("feedback"), f"spec.options[{at}].rationale")
            word = _words_of(answer)
            rows.append(({"true": "True", "false": "False"}.get(word.lower(), word), self.share(answer) > 0, why))
        return ChoiceSpec(options_of(rows))

    def numerical(self) -> Spec | None:
        answers = [one for one in self.node.all("answer") if self.share(one) >= _FULL]
        if not answers:
            self.builder.leave_out("no number earns full marks")
            return None
        value = decimal_of(_words_of(answers[0]))
        margin = decimal_of((answers[0].first("tolerance") or Node("")).text or "0")
        if value is None or margin is None or margin < 0:
            self.builder.leave_out(f"“{_words_of(answers[0])[:60]}” is no number")
            return None
        for other in self.node.all("answer"):
            if other is not answers[0]:
                self.losses.add("scoring", "lost", f"another answer, {_words_of(other)[:60]}", line=other.line)
        units = [one for one in self.node.walk("unit_name") if one.text.strip()]
        if len(units) > 1:
            self.losses.add(
                "spec.unit", "changed", f"{len(units)} units: the first is kept, its numbers are not converted"
            )
        why = self.formatted(answers[0].first("feedback"), "spec.rationale")
        return NumberSpec(value, margin, units[0].text.strip() if units else "", why)

    def shortanswer(self) -> Spec | None:
        accepted, whys = [], []
        for answer in self.node.all("answer"):
            words = _words_of(answer)
            if self.share(answer) < _FULL:
                self.losses.add(
                    "scoring", "lost", f"the answer “{words[:100]}” with a part of the points", line=answer.line
                )
                continue
            if "*" in words.replace("\\*", ""):
                self.losses.add(
                    "spec.accepted", "changed", f"“{words[:100]}”: the * stood for any letters; it is a * now"
                )
            accepted.append(words.replace("\\*", "*"))
            whys.append(self.formatted(answer.first("feedback"), "spec.rationale"))
        if not accepted:
            self.builder.leave_out("no answer earns full marks")
            return None
        command = self.found.tag("command") is not None
        case = self.node.first("usecase")
        if case and case.text.strip() == "1" and not command:
            self.losses.add("scoring", "changed", "capitals and small letters were told apart; here they are not")
        why = "\n\n".join(dict.fromkeys(one for one in whys if one))
        return TextSpec(tuple(dict.fromkeys(accepted)), command, why)

    def matching(self) -> Spec | None:
        rows: list[tuple[str, str, str]] = []
        for pair in self.node.all("subquestion"):
            prompt = self.formatted(pair, f"spec.prompts[{len(rows)}].text")
            answer = (pair.first("answer", "text") or Node("")).text.strip()
            rows.append((prompt, answer if self.is_markdown else as_markdown(answer), ""))
        if not any(prompt for prompt, _, _ in rows) or not all(answer for _, answer, _ in rows):
            self.builder.leave_out("a pair without an answer, or no pair at all")
            return None
        return matching_of(rows, self.found.tags)

    def ordering(self) -> Spec | None:
        answers = sorted(self.node.all("answer"), key=self.share)
        rows = []
        for at, answer in enumerate(answers):
            where = f"spec.steps[{at}]"
            text = self.formatted(answer, f"{where}.text")
            rows.append((text, self.formatted(answer.first("feedback"), f"{where}.rationale")))
        count = (self.node.first("selectcount") or Node("")).text.strip()
        if count not in ("", "0") and count != str(len(rows)):
            self.losses.add("scoring", "changed", f"{count[:10]} of the steps were shown; now all are")
        return OrderingSpec(entries_of(rows))

    # --- Texts --------------------------------------------------------------------------------------------------

    def share(self, answer: Node) -> Decimal:
        """Return an answer's percent (or an ordering's place)."""
        return decimal_of(answer.get("fraction", "0")) or Decimal(0)

    def formatted(self, node: Node | None, field: str) -> str:
        """Return as Markdown the <text> of a node, by the node's format."""
        text_node = node.first("text") if node else None
        if node is None or text_node is None:
            return ""
        text, kind = text_node.text.strip(), node.get("format", "html")
        if len(text) > limits.TEXT_CHARACTERS:
            self.losses.add(field, "changed", f"cut after {limits.TEXT_CHARACTERS:,} characters", line=text_node.line)
            text = text[: limits.TEXT_CHARACTERS]
        if kind == "markdown":
            if has_tags(text):
                self.losses.add(field, "changed", "HTML within Markdown is shown as text here: write it in Markdown")
            return unguarded(text)
        if kind == "plain_text":
            return as_markdown(text)
        if kind == "moodle_auto_format":
            text = text.replace("\n", "<br>")
        return to_markdown(text, self.losses, field)


def _words_of(answer: Node) -> str:
    return (answer.first("text") or Node("")).text.strip()
