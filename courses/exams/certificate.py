"""A certificate as a PDF: one page, its font embedded, with the address (and its QR code) where anybody can check it.

A name is drawn as it is written, or not at all: where the fonts have no letters for it, or its script joins, stacks or
reorders letters in a way that this page cannot do, the page says so and sends the reader to where the name stands in full.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

FONT = Path(__file__).resolve().parents[1] / "fonts" / "DejaVuSans.ttf"

_INK, _SOFT, _ACCENT, _LINE = HexColor("#16202e"), HexColor("#4f5b6b"), HexColor("#1c5fae"), HexColor("#b9c6d8")
# Scripts that are written by joining, stacking or reordering letters: glyphs one after the other would be wrong.
_SHAPED = (
    *("ARABIC", "SYRIAC", "THAANA", "NKO", "MANDAIC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI"),
    *("ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "TIBETAN", "MYANMAR", "KHMER", "THAI", "LAO"),
    *("BALINESE", "JAVANESE", "HANGUL JUNGSEONG", "HANGUL JONGSEONG"),
)


@dataclass(frozen=True)
class Facts:
    """What a certificate says. `name` "" : the holder shows none."""

    name: str
    title: str
    code: str
    issuer: str
    issued_on: date
    credential: str
    verify: str  # the address to check it at


@dataclass(frozen=True)
class _Run:
    font: str
    text: str


def undrawable(text: str, fonts: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the characters of a text that a certificate cannot draw rightly, each once, in order."""
    composed = unicodedata.normalize("NFC", text)
    mixed = _right_to_left(composed) and not all(_turnable(one) for one in composed)
    return tuple(dict.fromkeys(one for one in composed if not _drawable(one, fonts) or (mixed and not _turnable(one))))


def describe(characters: Sequence[str]) -> str:
    """Return characters with their code points and names, for a sentence; the first three of many."""
    named = [f"{one} (U+{ord(one):04X} {unicodedata.name(one, 'unnamed')})" for one in characters[:3]]
    return ", ".join(named) + (f" and {len(characters) - 3} more" if len(characters) > 3 else "")


def draw(facts: Facts, fonts: Sequence[Path] = ()) -> bytes:
    """Return the certificate, a PDF of one A4 page. fonts: TrueType files to draw with where our own has no letter."""
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=landscape(A4), invariant=1, lang="en")
    page.setTitle(f"Certificate: {facts.title}")
    page.setAuthor(facts.issuer)
    page.setSubject(f"Credential {facts.credential}")
    width, height = landscape(A4)
    page.setStrokeColor(_LINE)
    page.setLineWidth(1)
    page.rect(10 * mm, 10 * mm, width - 20 * mm, height - 20 * mm)
    page.setStrokeColor(_ACCENT)
    page.setLineWidth(3)
    page.line(10 * mm, height - 10 * mm, width - 10 * mm, height - 10 * mm)

    def line(text: str, y: float, size: float, colour: HexColor = _INK, smallest: float = 7) -> None:
        _centred(page, text, y * mm, size, colour, fonts, smallest)

    line(facts.issuer, 182, 14, _ACCENT)
    line("Certificate", 160, 34)
    missing = undrawable(facts.name, fonts)
    if facts.name and not missing:
        line("This certifies that", 144, 13, _SOFT)
        line(facts.name, 127, 28)
        line("passed the practice exam", 113, 13, _SOFT)
    else:
        line("This certifies that the holder of this credential", 135, 13, _SOFT)
        line("passed the practice exam", 121, 13, _SOFT)
    line(facts.title, 97, 24)
    line(facts.code, 86, 13, _SOFT)
    if missing:
        said = (
            "The holder’s name is written with letters that this page cannot draw: "
            + "".join(f"U+{ord(one):04X} " for one in missing[:6]).strip()
        )
        line(said + ".", 74, 9, _SOFT)
        line("It stands in full where the credential is checked.", 69, 9, _SOFT)

    qr = QrCodeWidget(facts.verify, barLevel="M", barWidth=26 * mm, barHeight=26 * mm, barBorder=0)
    _modules(page, qr, 24 * mm, 26 * mm, 26 * mm)
    page.setFillColor(_INK)
    left = 58 * mm
    for y, size, text, colour in (
        (45, 11, f"{facts.issued_on:%Y-%m-%d}", _INK),
        (38, 9, f"Credential {facts.credential}", _SOFT),
        (32, 9, "Whether it is valid, and not revoked since, is told at", _SOFT),
        (26.5, 9, facts.verify, _ACCENT),
    ):
        _at(page, _runs(text, fonts), left, y * mm, size, colour)
    page.linkURL(facts.verify, (left, 25 * mm, width - 20 * mm, 31 * mm), relative=0)
    line("A practice exam. It is not a certification by Amazon Web Services, nor endorsed by it.", 15, 8, _SOFT)
    page.showPage()
    page.save()
    return buffer.getvalue()


def _centred(
    page: Canvas, text: str, y: float, size: float, colour: HexColor, fonts: Sequence[Path], smallest: float
) -> None:
    """Draw a line in the middle: smaller where it would not fit, and in two lines where it would grow too small."""
    runs = _runs(text, fonts)
    room = landscape(A4)[0] - 50 * mm
    wide = _width(runs, size)
    if wide > room and size * room / wide < max(smallest, size / 2) and " " in text:
        words = text.split(" ")
        at = min(range(1, len(words)), key=lambda k: abs(len(" ".join(words[:k])) - len(" ".join(words[k:]))))
        _centred(page, " ".join(words[:at]), y + size * 0.42, size * 0.7, colour, fonts, smallest)
        _centred(page, " ".join(words[at:]), y - size * 0.48, size * 0.7, colour, fonts, smallest)
        return
    size = min(size, size * room / wide) if wide else size
    _at(page, runs, (landscape(A4)[0] - _width(runs, size)) / 2, y, size, colour)


def _at(page: Canvas, runs: Sequence[_Run], x: float, y: float, size: float, colour: HexColor) -> None:
    page.setFillColor(colour)
    for run in runs:
        page.setFont(run.font, size)
        page.drawString(x, y, run.text)
        x += pdfmetrics.stringWidth(run.text, run.font, size)


def _width(runs: Sequence[_Run], size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(run.text, run.font, size)) for run in runs)


def _modules(page: Canvas, qr: QrCodeWidget, x: float, y: float, size: float) -> None:
    """Draw a QR code as squares: a verifier's camera needs the quiet zone that the page's margin gives."""
    qr.qr.make()
    count = qr.qr.getModuleCount()
    side = size / count
    page.setFillColor(HexColor("#000000"))
    for row in range(count):
        for column in range(count):
            if qr.qr.isDark(row, column):
                page.rect(x + column * side, y + size - (row + 1) * side, side, side, stroke=0, fill=1)


def _runs(text: str, fonts: Sequence[Path]) -> list[_Run]:
    """Return a text in stretches of one font each, in the order of drawing: what reads from the right is turned."""
    composed = unicodedata.normalize("NFC", text)
    if _right_to_left(composed):
        composed = "".join(_MIRRORED.get(one, one) for one in reversed(composed))
    runs: list[_Run] = []
    for one in composed:
        font = next((font for font in _families(fonts) if ord(one) in _glyphs(font)), _families(fonts)[0])
        if runs and runs[-1].font == font:
            runs[-1] = _Run(font, runs[-1].text + one)
        else:
            runs.append(_Run(font, one))
    return runs


_MIRRORED = {"(": ")", ")": "(", "[": "]", "]": "["}


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)


def _turnable(one: str) -> bool:
    """Return whether a character may stand in a line that reads from the right and is turned as a whole."""
    return unicodedata.bidirectional(one) in ("R", "WS", "ON", "CS", "ES") or one in "-.'"


def _drawable(one: str, fonts: Sequence[Path]) -> bool:
    name = unicodedata.name(one, "")
    if unicodedata.category(one)[0] == "M" or name.startswith(_SHAPED):
        return False
    return any(ord(one) in _glyphs(font) for font in _families(fonts))


def _families(fonts: Sequence[Path]) -> tuple[str, ...]:
    return _register((FONT, *fonts))


@cache
def _register(fonts: tuple[Path, ...]) -> tuple[str, ...]:
    """Make fonts known to the PDF library, under names of their own."""
    names = []
    for path in fonts:
        name = f"skylab-{path.stem}"
        try:
            pdfmetrics.registerFont(TTFont(name, str(path)))
        except TTFError as error:
            raise ValueError(
                f"{path} is no font that can be embedded: {error}. Give a TrueType file (.ttf)."
            ) from error
        names.append(name)
    return tuple(names)


@cache
def _glyphs(font: str) -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)
