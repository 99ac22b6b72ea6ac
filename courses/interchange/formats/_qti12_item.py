"""One <item> of QTI 1.2: what it asks, and from its response processing what is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from courses.interchange.build import Builder, Found, decimal_of, entries_of, matching_of, options_of
from courses.interchange.from_html import to_markdown
from courses.interchange.marks import as_markdown
from courses.interchange.xmltree import Node
from graders.items import ChoiceSpec, NumberSpec, OrderingSpec, ResponseSpec, Spec, TextSpec

_RESPONSES = ("response_lid", "response_str", "response_num", "response_grp", "response_xy", "response_extension")
_ON_THE_WHOLE = ("correct_fb", "general_incorrect_fb", "general_fb")
_NO_EQUAL = {
    "essay_question": "an essay is read by people",
    "file_upload_question": "an upload is read by people",
    "calculated_question": "a formula with drawn values",
    "fill_in_multiple_blanks_question": "several gaps in one text",
    "multiple_dropdowns_question": "several menus in one text",
    "categorization_question": "categories",
    "hot_spot_question": "a place in a picture",
    "text_only_question": "a text that asks nothing; put it into the stem of the items that it is for",
}


@dataclass
class _Rule:
    """A respcondition: what it gives, what must and must not hold (response, value), the feedback that it shows."""

    score: Decimal
    wanted: list[tuple[str, str]]
    feedback: list[str]
    node: Node


def read_item(node: Node, builder: Builder) -> None:
    """Add an item, or note why there is none."""
    meta = {
        one.first("fieldlabel").text.strip(): one.first("fieldentry").text.strip()  # type: ignore[union-attr]
        for one in node.walk("qtimetadatafield")
        if one.first("fieldlabel") and one.first("fieldentry")
    }
    wanted, title = node.get("ident"), node.get("title").strip()
    name = builder.begin(wanted, title, node.line)
    found = Found(id=wanted, title="" if title.lower() in ("question", "") else title, line=node.line)
    found.points = meta.get("points_possible", "")
    _Item(node, name, found, meta.get("question_type", ""), builder).read()


class _Item:
    def __init__(self, node: Node, name: str, found: Found, kind: str, builder: Builder) -> None:
        self.node, self.name, self.found, self.kind, self.builder = node, name, found, kind, builder
        self.losses = builder.losses
        self.presentation = node.first("presentation") or Node("presentation")
        self.responses = list(self.presentation.walk(*_RESPONSES))
        self.rules = [_rule(one) for one in node.walk("respcondition")]
        self.replies: dict[str, list[str]] = {}  # the feedback on each option, by its ident
        for rule in self.rules:
            if len(rule.wanted) == 1:
                self.replies.setdefault(rule.wanted[0][1], []).extend(rule.feedback)
        self.shown = {one.get("ident"): one for one in node.walk("itemfeedback")}

    def read(self) -> None:
        if self.kind in _NO_EQUAL:
            self.builder.leave_out(f"{_NO_EQUAL[self.kind]}: it has no equal here")
            return
        self.found.stem = self.text(_outside(self.presentation), "stem")
        self.found.spec = self.spec()
        if self.found.spec is None:
            return
        self.found.general = self.feedback("general_fb", "general feedback")
        for ident in ("correct_fb", "general_incorrect_fb"):
            if words := self.feedback(ident, ident):
                self.losses.add(ident, "lost", f"“{words[:200]}”: an item has a rationale for each option instead")
        self.builder.add(self.name, self.found)

    def spec(self) -> Spec | None:
        lists = [one for one in self.responses if one.tag in ("response_lid", "response_grp")]
        if not self.responses:
            self.builder.leave_out("there is nothing to answer")
            return None
        if len(lists) > 1 or self.kind == "matching_question":
            return self.matching(lists)
        if len(lists) == 1 and len(self.responses) == 1:
            return self.ordering(lists[0]) if lists[0].get("rcardinality") == "Ordered" else self.options(lists[0])
        if len(self.responses) > 1 or self.responses[0].tag in ("response_xy", "response_extension"):
            self.builder.leave_out("this kind of question has no equal here")
            return None
        fib = next(self.responses[0].walk("render_fib"), None)
        is_number = self.responses[0].tag == "response_num" or bool(
            fib and fib.get("fibtype") in ("Decimal", "Integer")
        )
        if self.kind == "numerical_question" or (not self.kind and is_number):
            return self.number()
        if fib and fib.get("rows", "1") not in ("", "1") and not any(rule.wanted for rule in self.rules):
            self.builder.leave_out("an essay is read by people: it has no equal here")
            return None
        return self.short()

    # --- The types ----------------------------------------------------------------------------------------------

    def options(self, response: Node) -> Spec | None:
        labels = [one.get("ident") for one in response.walk("response_label")]
        nodes = {one.get("ident"): one for one in response.walk("response_label")}
        several = response.get("rcardinality") == "Multiple" or self.kind == "multiple_answers_question"
        scored = [rule for rule in self.rules if rule.score > 0 and rule.wanted]
        if not scored:
            self.builder.leave_out("no option is marked right")
            return None
        best = max(rule.score for rule in scored)
        if several and len(scored) > 1 and all(len(rule.wanted) == 1 for rule in scored):
            right = {rule.wanted[0][1] for rule in scored}  # each right option adds its share
        elif several:
            right = {value for rule in scored if rule.score == best for _, value in rule.wanted}
        else:
            right = {value for rule in scored if rule.score == best for _, value in rule.wanted}
            if any(rule.score < best for rule in scored):
                self.losses.add("scoring", "changed", "an option with a part of the points is wrong now")
        rows = []
        for at, label in enumerate(dict.fromkeys(labels)):
            text = self.text(nodes[label].walk("material"), f"spec.options[{at}].text")
            rows.append((text, label in right, self.feedback_on(label, f"spec.options[{at}].rationale")))
        options = options_of(rows)
        count = sum(one.correct for one in options)
        if count == 0:
            self.builder.leave_out("the option that is marked right is not there")
            return None
        if count > 1 and not several:
            self.losses.add("type", "changed", "one of several right answers was to be picked; now all of them are")
        return ResponseSpec(options) if count > 1 else ChoiceSpec(options)

    def matching(self, lists: list[Node]) -> Spec | None:
        texts: dict[str, str] = {}
        for label in (one for response in lists for one in response.walk("response_label")):
            if label.get("ident") not in texts:
                texts[label.get("ident")] = self.text(label.walk("material"), "spec.answers")
        right = {respident: value for rule in self.rules if rule.score > 0 for respident, value in rule.wanted}
        rows = []
        for at, response in enumerate(lists):
            prompt = self.text(_outside(response, inner=True), f"spec.prompts[{at}].text")
            answer = texts.get(right.get(response.get("ident"), ""))
            if not prompt or not answer:
                self.builder.leave_out(f"line {at + 1} has no text, or no answer that is right")
                return None
            rows.append(
                (prompt, answer, self.feedback_on(right[response.get("ident")], f"spec.prompts[{at}].rationale"))
            )
        used = {answer for _, answer, _ in rows}
        rows += [("", text, "") for text in dict.fromkeys(texts.values()) if text and text not in used]
        return matching_of(rows)

    def ordering(self, response: Node) -> Spec | None:
        nodes = {one.get("ident"): one for one in response.walk("response_label")}
        scored = [rule for rule in self.rules if rule.score > 0 and rule.wanted]
        order = [value for _, value in scored[0].wanted if value in nodes] if scored else []
        if len(order) < 2:
            self.builder.leave_out("the right order is not told")
            return None
        rest = [ident for ident in nodes if ident not in order]
        rows = [
            (self.text(nodes[ident].walk("material"), f"spec.steps[{at}].text"), self.feedback_on(ident, "feedback"))
            for at, ident in enumerate([*order, *rest])
        ]
        entries = entries_of(rows)
        return OrderingSpec(entries[: len(order)], entries[len(order) :])

    def number(self) -> Spec | None:
        for rule in self.rules:
            exact = next((decimal_of(one.text) for one in rule.node.walk("varequal")), None)
            low = next((decimal_of(one.text) for one in rule.node.walk("vargte", "vargt")), None)
            high = next((decimal_of(one.text) for one in rule.node.walk("varlte", "varlt")), None)
            if rule.score <= 0 or (exact is None and (low is None or high is None)):
                continue
            if any(rule.node.walk("vargt", "varlt")):
                self.losses.add("spec.tolerance", "changed", "the edges of the range are right now, too")
            if exact is not None and (low is None or high is None):
                low = high = exact
            assert low is not None and high is not None
            value = exact if exact is not None and abs((high - exact) - (exact - low)) == 0 else (low + high) / 2
            others = sum(1 for other in self.rules if other.score > 0 and other is not rule)
            if others:
                self.losses.add("scoring", "lost", f"{others} more answers: an item has one number")
            return NumberSpec(value, max(high - value, Decimal(0)), "", self.rule_feedback(rule, "spec.rationale"))
        self.builder.leave_out("no number is marked right")
        return None

    def short(self) -> Spec | None:
        scored = [rule for rule in self.rules if rule.score > 0 and rule.wanted]
        accepted = [value.strip() for rule in scored for _, value in rule.wanted if value.strip()]
        if not accepted:
            self.builder.leave_out("no answer is marked right")
            return None
        if any(one.get("case").lower() == "yes" for rule in scored for one in rule.node.walk("varequal")):
            self.losses.add("scoring", "changed", "capitals and small letters were told apart; here they are not")
        whys = [self.rule_feedback(rule, "spec.rationale") for rule in scored]
        return TextSpec(tuple(dict.fromkeys(accepted)), False, "\n\n".join(dict.fromkeys(one for one in whys if one)))

    # --- Feedback and texts -------------------------------------------------------------------------------------

    def feedback(self, ident: str, field: str) -> str:
        """Return the text of an <itemfeedback>."""
        return self.text(self.shown[ident].walk("material"), field) if ident in self.shown else ""

    def feedback_on(self, label: str, field: str) -> str:
        """Return what is shown to who picks an option."""
        names = [one for one in self.replies.get(label, ()) if one not in _ON_THE_WHOLE]
        return "\n\n".join(
            dict.fromkeys(self.feedback(name, field) for name in [*names, *_conventional(label, names)])
        ).strip()

    def rule_feedback(self, rule: _Rule, field: str) -> str:
        names = [one for one in rule.feedback if one not in _ON_THE_WHOLE]
        return "\n\n".join(self.feedback(name, field) for name in names).strip()

    def text(self, materials: Iterator[Node], field: str) -> str:
        """Return the Markdown of <material> elements."""
        done = []
        for material in materials:
            for one in material.children:
                if isinstance(one, str):
                    continue
                if one.tag in ("matimage", "mataudio", "matvideo", "matapplet", "matapplication"):
                    what = one.get("uri") or one.get("label") or one.tag
                    self.losses.add(field, "lost", f"{one.tag} {what[:200]}: files are not taken over", line=one.line)
                elif one.tag == "matbreak":
                    continue
                elif one.tag == "mattextxhtml" or any(isinstance(child, Node) for child in one.children):
                    done.append(to_markdown(_as_html(one), self.losses, field))
                elif one.get("texttype", "text/plain").lower() in ("text/html", "text/xhtml"):
                    done.append(to_markdown(one.text, self.losses, field))
                else:
                    done.append("\n".join(line for line in as_markdown(one.text.strip()).split("\n")))
        return "\n\n".join(one for one in done if one.strip()).strip()


def _conventional(label: str, told: list[str]) -> list[str]:
    """Canvas names the feedback on an option after it, also where no rule shows it."""
    return [] if told else [f"{label}_fb"]


def _outside(node: Node, *, inner: bool = False) -> Iterator[Node]:
    """Yield the materials that stand in a node and in none of its responses (`inner`: of a response, none of its labels)."""
    stop = ("render_choice", "render_fib", "render_extension", "ims_render_object") if inner else _RESPONSES
    stack = [one for one in reversed(node.children) if isinstance(one, Node)]
    while stack:
        one = stack.pop()
        if one.tag == "material":
            yield one
        elif one.tag not in stop:
            stack += [child for child in reversed(one.children) if isinstance(child, Node)]


def _as_html(node: Node) -> str:
    pieces = []
    for one in node.children:
        if isinstance(one, str):
            pieces.append(escape(one, quote=False))
        else:
            attributes = "".join(f' {name}="{escape(value)}"' for name, value in one.attributes.items())
            pieces.append(f"<{one.tag}{attributes}>{_as_html(one)}</{one.tag}>")
    return "".join(pieces)


def _rule(node: Node) -> _Rule:
    score = Decimal(0)
    for setvar in node.all("setvar"):
        value = decimal_of(setvar.text) or Decimal(0)
        if setvar.get("action", "Set") in ("Set", "Add"):
            score += value
    wanted: list[tuple[str, str]] = []
    stack = [one for one in reversed(node.children) if isinstance(one, Node)]
    while stack:
        one = stack.pop()
        if one.tag == "varequal":
            wanted.append((one.get("respident"), one.text.strip()))
        elif one.tag != "not":
            stack += [child for child in reversed(one.children) if isinstance(child, Node)]
    return _Rule(score, wanted, [one.get("linkrefid") for one in node.all("displayfeedback")], node)
