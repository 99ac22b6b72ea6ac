"""`aws … help`: the CLI's own pages as plain text, with the descriptions and examples fetched when asked for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import awscli.clidocs
import awscli.handlers
import awscli.help
import awscli.topictags
from awscli.customizations import addexamples
from awscli.help import WindowsHelpRenderer
from skylab_shell import host
from skylab_shell.loader import unpacked

TEXTS = Path("/cli/texts/awscli")


class PlainRenderer(WindowsHelpRenderer):  # type: ignore[misc]
    """Text to the standard output; a terminal scrolls, and `| less` and `| grep` work."""

    # What docutils thinks of the pages' markup is nothing that a reader could mend.
    _DEFAULT_DOCUTILS_SETTINGS_OVERRIDES = {
        **WindowsHelpRenderer._DEFAULT_DOCUTILS_SETTINGS_OVERRIDES,
        "report_level": 5,
        "warning_stream": False,
    }

    def _convert_doc_content(self, contents: bytes) -> str:
        text = super()._convert_doc_content(contents)
        return text.decode() if isinstance(text, bytes) else text

    def _send_output_to_pager(self, output: str) -> None:
        sys.stdout.write(re.sub(r"\n{3,}", "\n\n", output))


def fetch_texts() -> None:
    """Put the texts that all pages share where the CLI looks for them."""
    if TEXTS.exists():
        return
    for name, text in unpacked(host.pack("help/_texts.bin") or b"").items():
        (TEXTS / name).parent.mkdir(parents=True, exist_ok=True)
        (TEXTS / name).write_text(text, "utf-8")


def examples_of(event_class: str) -> str | None:
    """Return the examples of a command: `s3api.create-bucket`, in RST."""
    service, _, _rest = event_class.partition(".")
    data = host.pack(f"help/examples-{service}.bin")
    return None if data is None else unpacked(data).get(f"{event_class.replace('.', '/')}.rst")


def add_examples(help_command: Any, **_: Any) -> None:
    text = examples_of(help_command.event_class)
    if text:
        help_command.doc.style.h2("Examples")
        help_command.doc.write(text)


def install() -> None:
    awscli.__file__ = str(TEXTS / "__init__.py")
    awscli.clidocs.GLOBAL_OPTIONS_FILE = str(TEXTS / "examples" / "global_options.rst")
    awscli.clidocs.GLOBAL_OPTIONS_SYNOPSIS_FILE = str(TEXTS / "examples" / "global_synopsis.rst")
    topics = TEXTS / "topics"
    awscli.topictags.TopicTagDB.__init__.__defaults__ = (None, str(topics / "topic-tags.json"), str(topics))
    awscli.help.get_renderer = PlainRenderer
    addexamples.add_examples = add_examples
    awscli.handlers.add_examples = add_examples  # it was taken by name already
