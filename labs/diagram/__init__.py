"""The sandbox drawn: what is in it, what that is connected to, and questions that are answered on the picture.

`sketch(account, services)` reads an account, `draw(sketch, …)` gives every thing its place, `ask(account, sketch, …)`
answers. Nothing here knows of Django: views and templates make HTML and SVG of it (labs/views/diagram.py).
"""

from labs.diagram.drawing import Drawing, Mark, draw
from labs.diagram.model import Frame, Link, Sketch, Thing
from labs.diagram.questions import Answer, Asked, Choice, ask, choices, ends
from labs.diagram.reading import sketch

__all__ = [
    "Answer",
    "Asked",
    "Choice",
    "Drawing",
    "Frame",
    "Link",
    "Mark",
    "Sketch",
    "Thing",
    "ask",
    "choices",
    "draw",
    "ends",
    "sketch",
]
