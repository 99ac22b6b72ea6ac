"""The layout, on accounts of any shape: nothing lies on anything else, labels stay inside, lines cross no card and no word."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest
from django.template.loader import render_to_string

from labs.diagram import Drawing, Frame, Link, Mark, Sketch, Thing, draw
from labs.diagram.routing import Rect
from labs.diagram.services import OUTSIDE
from labs.diagram.texts import width
from tests.labs.diagram.building import HOSTILE, random_sketch

SEEDS = range(20)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=[*((seed, 3) for seed in SEEDS), (0, 1), (7, 1), (11, 2)], ids=str)
def drawn(request: pytest.FixtureRequest) -> tuple[Sketch, Drawing]:
    seed, across = request.param
    sketch = random_sketch(seed)
    return sketch, draw(sketch, across=across)


def svg_of(drawing: Drawing) -> str:
    return render_to_string("labs/_diagram_svg.html", {"drawing": drawing, "base": "/x/"})


def test_every_thing_has_a_card_and_every_frame_a_box(drawn: tuple[Sketch, Drawing]) -> None:
    sketch, drawing = drawn
    assert sorted(one.thing.key for one in drawing.cards) == sorted(one.key for one in sketch.things)
    assert {one.key for one in sketch.frames} <= {one.key for one in drawing.boxes}


def test_no_two_cards_overlap(drawn: tuple[Sketch, Drawing]) -> None:
    for one, other in itertools.combinations(drawn[1].cards, 2):
        assert not one.box.overlaps(other.box), (one.thing.key, other.thing.key)


def test_boxes_hold_or_leave_each_other_alone(drawn: tuple[Sketch, Drawing]) -> None:
    for one, other in itertools.combinations(drawn[1].boxes, 2):
        apart = not one.box.overlaps(other.box)
        assert apart or one.box.holds(other.box) or other.box.holds(one.box), (one.key, other.key)


def test_a_card_stands_in_its_frame_and_in_no_other(drawn: tuple[Sketch, Drawing]) -> None:
    sketch, drawing = drawn
    boxes = {one.key: one.box for one in drawing.boxes}
    for card in drawing.cards:
        around, at = set(), card.thing.place
        while at in sketch.frame:
            around.add(at)
            at = sketch.frame[at].within
        for frame in sketch.frames:
            inside = boxes[frame.key].holds(card.box)
            assert inside if frame.key in around else not boxes[frame.key].overlaps(card.box), (
                card.thing.key,
                frame.key,
            )


def test_all_of_it_is_on_the_canvas(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    canvas = Rect(0, 0, drawing.width, drawing.height)
    assert all(canvas.holds(one.box) for one in (*drawing.cards, *drawing.boxes))
    for edge in drawing.edges:
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in edge.points)


def test_words_fit_where_they_stand(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    for card in drawing.cards:
        assert 46 + width(card.name, 13, bold=True) <= card.box.width
        assert 46 + width(card.note, 11) <= card.box.width
        for pill in card.pills:
            assert card.box.holds(Rect(pill.x, pill.y, pill.width, 18))
            assert width(pill.text, 11) <= pill.width
        assert all(a.x + a.width <= b.x for a, b in itertools.pairwise(card.pills))
    for box in drawing.boxes:
        end = box.pill.x - box.box.x if box.pill else box.box.width
        assert 16 + width(box.name, 13, bold=True) <= end
        assert 16 + width(box.note, 11) <= box.box.width


def test_lines_go_at_right_angles_through_no_card_and_no_head(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    heads = [Rect(one.box.x + 16, one.box.y + 10, round(width(one.name, 13)), 12) for one in drawing.boxes if one.name]
    walls = [*(one.box for one in drawing.cards), *heads]
    for edge in drawing.edges:
        for (ax, ay), (bx, by) in itertools.pairwise(edge.points):
            assert (ax == bx) != (ay == by)
            line = Rect(min(ax, bx), min(ay, by), max(1, abs(ax - bx)), max(1, abs(ay - by)))
            inner = Rect(line.x + (ay == by), line.y + (ax == bx), max(0, line.width - 2), max(0, line.height - 2))
            assert not any(_crosses(line, inner, wall) for wall in walls), (edge.link, line)


def _crosses(line: Rect, inner: Rect, wall: Rect) -> bool:
    """Whether a line goes through the inside of a rectangle; to end at its edge, or to run along it, is not to."""
    flat = line.height == 1
    if flat:
        return wall.y < line.y < wall.bottom and inner.x < wall.right and wall.x < inner.x + inner.width
    return wall.x < line.x < wall.right and inner.y < wall.bottom and wall.y < inner.y + inner.height


def test_labels_of_lines_cover_nothing(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    spots = [one.spot for one in drawing.edges if one.spot]
    for spot in spots:
        assert not any(spot.overlaps(card.box) for card in drawing.cards)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(spots, 2))


def test_a_line_begins_and_ends_at_its_cards(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    boxes = {one.thing.key: one.box for one in drawing.cards}
    for edge in drawing.edges:
        for key, (x, y) in ((edge.link.source, edge.points[0]), (edge.link.target, edge.points[-1])):
            box = boxes[key]
            assert (x in (box.x, box.right) and box.y < y < box.bottom) or (
                y in (box.y, box.bottom) and box.x < x < box.right
            )


def test_what_is_not_drawn_is_counted(drawn: tuple[Sketch, Drawing]) -> None:
    sketch, drawing = drawn
    drawn_pairs = {(one.link.source, one.link.target) for one in drawing.edges}
    assert drawing.undrawn == sum((one.source, one.target) not in drawn_pairs for one in sketch.links)


def test_the_svg_is_well_formed_and_each_node_has_a_name(drawn: tuple[Sketch, Drawing]) -> None:
    drawing = drawn[1]
    root = ElementTree.fromstring(svg_of(drawing))
    assert root.tag == f"{SVG}svg"
    nodes = root.findall(f".//{SVG}a")
    assert len(nodes) == len(drawing.cards)
    assert all((one.findtext(f"{SVG}title") or "").strip() for one in nodes)
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_and_nothing_else(name: str) -> None:
    frame = Frame("vpc-1", "vpc", name, note=name)
    things = (Thing("a", "bucket", name, OUTSIDE, note=name), Thing("b", "instance", name, "vpc-1"))
    drawing = draw(Sketch("1", "us-east-1", things, (frame,), (Link("a", "b", "target", name),)))
    text = svg_of(drawing)
    root = ElementTree.fromstring(text)
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert tags <= {"svg", "g", "a", "title", "rect", "text", "tspan", "use", "path", "polygon", "circle"}
    assert not {"onload", "onclick", "style"} & {key for one in root.iter() for key in one.attrib}
    assert not re.search("[\x00-\x08‮]", text)
    shown = [one.text or "" for one in root.iter(f"{SVG}text")]
    assert all(len(one) < 120 for one in shown)


def test_the_same_account_gives_the_same_drawing() -> None:
    assert svg_of(draw(random_sketch(3))) == svg_of(draw.__wrapped__(random_sketch(3)))


def test_a_path_is_drawn_first_and_marks_stand_on_their_places() -> None:
    things = tuple(Thing(key, "instance", key, OUTSIDE) for key in "abc")
    sketch = Sketch("1", "us-east-1", things, (), (Link("a", "b", "reference"),))
    drawing = draw(sketch, path=("a", "b", "c"), marks=(Mark("a", True), Mark("c", False, "shut")))
    assert [(one.link.source, one.link.target) for one in drawing.edges if one.kind == "path"] == [
        ("a", "b"),
        ("b", "c"),
    ]
    marks = {one.thing.key: one.mark for one in drawing.cards if one.mark}
    assert marks["a"].ok and not marks["c"].ok
    assert "Stops it: shut" in svg_of(drawing)
