"""What holds for every template and script: nothing from elsewhere, nothing inline, nothing missing, nothing heavy."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]
READING_BUDGET = 40_000  # bytes of JavaScript, compressed, on a page that is read


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    assert get_template(name)


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_neither_a_request_nor_a_person(name: str) -> None:
    assert "<h1>" in get_template(name).render()


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_template_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href|action|hx-\w+|srcset)\s*=\s*["']?\s*(?:https?:)?//""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_template_has_nothing_that_the_content_security_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "a style attribute"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "an event handler"
    assert "javascript:" not in text and "hx-on" not in text and "js:" not in text
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text), "an inline script"


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_what_a_template_names_is_there(path: Path) -> None:
    text = path.read_text()
    for name in re.findall(r"""\{% static ['"]([^'"]+)['"] %\}""", text):
        # What frontend/ builds is not there before it is built; the page says so, and goes without.
        assert name.startswith("dist/") or finders.find(name), name
    icons = (ROOT / "static/img/icons.svg").read_text()
    for name in re.findall(r"""\{% icon ["']([a-z-]+)["']""", text):
        assert f'<symbol id="{name}"' in icons, name


# Within a platform's frame none of our cookies comes but the launch's, which stands for the token; and what is sent to
# the platform must not carry ours.
WITHOUT_TOKEN = {"choose.html", "chosen.html"}


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_form_that_changes_something_carries_its_csrf_token(path: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), flags=re.DOTALL):
        framed = path.parent.name == "lti" and path.name in WITHOUT_TOKEN
        assert ("{% csrf_token %}" in form) is not framed, form[:120]


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda path: path.name)
def test_styles_and_scripts_fetch_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"https?://|@import|url\(", text)


@pytest.mark.parametrize("path", [one for one in STYLES if one.name != "tokens.css"], ids=lambda path: path.name)
def test_only_the_tokens_name_a_colour(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert not re.findall(r"(?:light-dark|rgba?|hsla?|oklch)\(|#(?:[0-9a-fA-F]{3}){1,2}\b", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_evaluates_no_text_and_writes_no_html(path: Path) -> None:
    assert not re.search(
        r"\beval\(|new Function|innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write", path.read_text()
    )


@pytest.mark.parametrize(
    "address",
    ["/", "/catalog/", "/accounts/login/", "/courses/aws-foundations/", "/courses/aws-foundations/s3-access/"],
)
def test_a_page_that_is_read_has_little_javascript(client: Client, db: None, address: str) -> None:
    page = client.get(address).content.decode()
    scripts = re.findall(r'<script[^>]* src="/static/([^"]+)"', page)
    size = sum(len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in scripts)
    assert scripts and size <= READING_BUDGET


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: Client, db: None) -> None:
    policy = client.get(reverse("home"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy and "http" not in policy
