"""The allow-list: what a text may put into a page. Nothing in it runs, loads from elsewhere, or styles itself."""

from __future__ import annotations

import re

import nh3

from labs.markdown.shape import CALLOUTS

_TAGS = {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "div", "blockquote", "ul", "ol", "li"}
_TAGS |= {"a", "abbr", "em", "strong", "code", "span", "sub", "sup", "img", "figure", "figcaption", "pre"}
_TAGS |= {"time"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {
    "*": {"class", "id"},
    "figure": {"data-file"},
    "time": {"datetime"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
}
_VALUES = {
    "div": {"tabindex": {"0"}},
    "figure": {"data-run": {"sh"}, "data-block": {"run", "fails", "output"}},
    "pre": {"tabindex": {"0"}},
    "td": {"align": {"left", "center", "right"}},
    "th": {"align": {"left", "center", "right"}},
}
_CLASSES = {
    "a": {"footnote-ref", "footnote-backref"},
    "div": {"admonition", "footnote", "scroll", *CALLOUTS},
    "figure": {"code"},
    "p": {"admonition-title"},
    "time": {"as-of"},
}
_IDS = {"h2", "h3", "h4", "h5", "h6", "li", "sup"}
_TOKEN = re.compile(r"[a-z]{1,3}[0-9]?")
# A path of our own: no scheme, no //host, no backslash that a browser would read as a slash.
_OWN_PATH = re.compile(r"(?!//)[\w./@%+~ -]+", re.ASCII)


def clean(html: str, prefix: str) -> str:
    """Return the HTML with what the list does not name taken out, and `prefix-` before every id and in-text anchor."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        match name:
            case "class":
                return " ".join(word for word in value.split() if _class_allowed(tag, word)) or None
            case "id":
                return f"{prefix}-{value}" if tag in _IDS and value.strip() else None
            case "href" if value.startswith("#"):
                return f"#{prefix}-{value[1:]}"
            case "src":
                return value if _OWN_PATH.fullmatch(value) else None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        tag_attribute_values=_VALUES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener",
    )


def _class_allowed(tag: str, word: str) -> bool:
    if tag == "span":
        return word != "err" and bool(_TOKEN.fullmatch(word))
    return word in _CLASSES.get(tag, ())
