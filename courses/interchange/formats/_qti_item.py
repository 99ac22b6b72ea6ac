"""One item as a QTI 2.2 tree: declarations, body, response processing (all or nothing, as in our exams), feedback."""

from __future__ import annotations

from collections.abc import Sequence

from courses.interchange import to_html
from courses.interchange.build import general_of
from courses.interchange.report import Losses
from courses.interchange.xmltree import Node, element
from graders.items import (
    ChoiceSpec,
    Entry,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    ResponseSpec,
    Spec,
    TextSpec,
)

_WHY = "WHY"


def item_node(name: str, stem: str, spec: Spec | None, points: float, losses: Losses, where: str) -> Node:
    """Return an <assessmentItem>; without a spec it has nothing to answer."""
    field = "stem" if where == "spec" else f"{where.removesuffix('.spec')}.stem"
    body = element("itemBody", *to_html.blocks(stem, losses, field))
    attributes = {"identifier": name if name[:1].isalpha() else f"item-{name}", "title": name}
    attributes |= {"adaptive": "false", "timeDependent": "false"}
    if spec is None:
        return Node("assessmentItem", attributes, [body])
    match spec:
        case ChoiceSpec() | ResponseSpec():
            declared, interaction = _choice(spec, losses, where)
        case OrderingSpec():
            declared, interaction = _order(spec, losses, where)
        case MatchingSpec():
            declared, interaction = _match(spec, losses, where)
        case NumberSpec():
            declared = _response("single", "float", [f"{spec.value:f}"])
            interaction = _entry(f" {spec.unit}" if spec.unit else "")
        case TextSpec():
            declared, interaction = _response("single", "string", spec.accepted[:1]), _entry("")
        case _:
            raise TypeError(f"no interaction for a {type(spec).__name__}")
    body.children.append(interaction)
    feedback, modal = _feedback(spec, losses, where)
    outcomes = [
        element(
            "outcomeDeclaration",
            element("defaultValue", element("value", "0")),
            identifier="SCORE",
            cardinality="single",
            baseType="float",
            normalMaximum=f"{points:g}",
        )
    ]
    processing = element("responseProcessing", _scoring(spec, points))
    if feedback:
        several = isinstance(spec, ResponseSpec)
        outcomes.append(
            element(
                "outcomeDeclaration",
                identifier="FEEDBACK",
                cardinality="multiple" if several else "single",
                baseType="identifier",
            )
        )
        processing.children.append(element("setOutcomeValue", feedback, identifier="FEEDBACK"))
    return Node("assessmentItem", attributes, [declared, *outcomes, body, processing, *modal])


def _response(cardinality: str, base: str, values: Sequence[str]) -> Node:
    right = element("correctResponse", *(element("value", one) for one in values))
    return element("responseDeclaration", right, identifier="RESPONSE", cardinality=cardinality, baseType=base)


def _choice(spec: ChoiceSpec | ResponseSpec, losses: Losses, where: str) -> tuple[Node, Node]:
    right = [_name("o", one) for one in spec.options if one.correct]
    several = isinstance(spec, ResponseSpec)
    choices = [
        Node(
            "simpleChoice",
            {"identifier": _name("o", one)} | ({"fixed": "true"} if one.fixed else {}),
            to_html.inline(one.text, losses, f"{where}.options[{at}].text"),
        )
        for at, one in enumerate(spec.options)
    ]
    interaction = element(
        "choiceInteraction",
        *choices,
        responseIdentifier="RESPONSE",
        shuffle="true",
        maxChoices=str(len(right) if several else 1),
    )
    return _response("multiple" if several else "single", "identifier", right), interaction


def _order(spec: OrderingSpec, losses: Losses, where: str) -> tuple[Node, Node]:
    named = [(f"steps[{at}]", one) for at, one in enumerate(spec.steps)]
    named += [(f"distractors[{at}]", one) for at, one in enumerate(spec.distractors)]
    choices = [
        Node("simpleChoice", {"identifier": _name("s", one)}, to_html.inline(one.text, losses, f"{where}.{field}.text"))
        for field, one in named
    ]
    count = str(len(spec.steps))
    bounds = {"minChoices": count, "maxChoices": count} if spec.distractors else {}
    interaction = element("orderInteraction", *choices, responseIdentifier="RESPONSE", shuffle="true", **bounds)
    return _response("ordered", "identifier", [_name("s", one) for one in spec.steps]), interaction


def _match(spec: MatchingSpec, losses: Losses, where: str) -> tuple[Node, Node]:
    prompts = [
        Node(
            "simpleAssociableChoice",
            {"identifier": _name("p", one), "matchMax": "1", "fixed": "true"},
            to_html.inline(one.text, losses, f"{where}.prompts[{at}].text"),
        )
        for at, one in enumerate(spec.prompts)
    ]
    answers = [
        Node(
            "simpleAssociableChoice",
            {"identifier": _name("a", one), "matchMax": str(len(spec.prompts))},
            to_html.inline(one.text, losses, f"{where}.answers"),
        )
        for one in spec.answers
    ]
    by_id = {one.id: one for one in (*spec.prompts, *spec.answers)}
    answer_of = {one.id: one for one in spec.answers}
    pairs = [f"{_name('p', by_id[prompt])} {_name('a', answer_of[answer])}" for prompt, answer in spec.pairs]
    interaction = element(
        "matchInteraction",
        element("simpleMatchSet", *prompts),
        element("simpleMatchSet", *answers),
        responseIdentifier="RESPONSE",
        shuffle="true",
        maxAssociations=str(len(spec.prompts)),
    )
    return _response("multiple", "directedPair", pairs), interaction


def _entry(after: str) -> Node:
    return element("p", element("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="40"), after)


def _name(prefix: str, one: Option | Entry) -> str:
    return f"{prefix}{''.join(letter if letter.isalnum() and letter.isascii() else '-' for letter in one.id)}"


def _scoring(spec: Spec, points: float) -> Node:
    variable = element("variable", identifier="RESPONSE")
    correct = element("correct", identifier="RESPONSE")
    if isinstance(spec, NumberSpec):
        margin = f"{spec.tolerance:f} {spec.tolerance:f}"
        test = element("equal", variable, correct, toleranceMode="absolute", tolerance=margin)
        if not spec.tolerance:
            test = element("equal", variable, correct, toleranceMode="exact")
    elif isinstance(spec, TextSpec):
        forms = [
            element("stringMatch", variable, element("baseValue", one, baseType="string"), caseSensitive="false")
            for one in spec.accepted
        ]
        test = forms[0] if len(forms) == 1 else element("or", *forms)
    else:
        test = element("match", variable, correct)
    right = element("setOutcomeValue", element("baseValue", f"{points:g}", baseType="float"), identifier="SCORE")
    wrong = element("setOutcomeValue", element("baseValue", "0", baseType="float"), identifier="SCORE")
    return element("responseCondition", element("responseIf", test, right), element("responseElse", wrong))


def _feedback(spec: Spec, losses: Losses, where: str) -> tuple[Node | None, list[Node]]:
    """Return what FEEDBACK is set to, and the texts that it shows."""
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        shown = [
            _modal(_name("o", one), one.rationale, losses, f"{where}.options[{at}].rationale")
            for at, one in enumerate(spec.options)
            if one.rationale
        ]
        return (element("variable", identifier="RESPONSE"), shown) if shown else (None, [])
    if isinstance(spec, OrderingSpec):
        for at, one in enumerate(spec.steps):
            if one.rationale:
                losses.add(
                    f"{where}.steps[{at}].rationale", "changed", "it stands in the feedback on the whole question"
                )
        if any(one.rationale for one in spec.distractors):
            losses.add(
                f"{where}.distractors", "changed", "their rationales stand in the feedback on the whole question"
            )
        text = "\n\n".join(f"{one.text}: {one.rationale}" for one in spec.entries if one.rationale)
    else:
        text = general_of(spec, losses, where)
    if not text:
        return None, []
    return element("baseValue", _WHY, baseType="identifier"), [_modal(_WHY, text, losses, f"{where}.rationale")]


def _modal(identifier: str, text: str, losses: Losses, field: str) -> Node:
    return element(
        "modalFeedback",
        *to_html.blocks(text, losses, field),
        outcomeIdentifier="FEEDBACK",
        identifier=identifier,
        showHide="show",
    )
