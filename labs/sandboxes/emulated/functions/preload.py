"""What functions import from Python's library, imported once in the zygote: shared, fast, and there where a cell's uid
finds no way to the library's files (an interpreter in somebody's home).
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
from typing import Final

__all__ = ["preload"]

_MODULES: Final = (
    "abc", "argparse", "array", "ast", "asyncio", "base64", "binascii", "bisect", "calendar", "cmath", "cmd",
    "codecs", "collections", "collections.abc", "colorsys", "concurrent.futures", "concurrent.futures.thread",
    "configparser", "contextlib", "contextvars", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib",
    "dis", "email", "email.message", "email.mime.multipart", "email.mime.text", "email.policy", "email.utils",
    "enum", "errno", "fileinput", "fnmatch", "fractions", "functools", "gc", "getpass", "gettext", "glob",
    "graphlib", "gzip", "hashlib", "heapq", "hmac", "html", "html.parser", "http", "http.client", "http.cookies",
    "imaplib", "importlib.metadata", "importlib.resources", "inspect", "io", "ipaddress", "itertools", "json",
    "json.tool", "keyword", "linecache", "locale", "logging", "logging.config", "logging.handlers", "lzma", "bz2",
    "math", "mimetypes", "multiprocessing", "numbers", "operator", "os", "pathlib", "pickle", "pkgutil", "platform",
    "plistlib", "poplib", "pprint", "queue", "quopri", "random", "re", "reprlib", "sched", "secrets", "select",
    "selectors", "shelve", "shlex", "shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl",
    "stat", "statistics", "string", "stringprep", "struct", "subprocess", "sys", "sysconfig", "tarfile", "tempfile",
    "textwrap", "threading", "time", "timeit", "token", "tokenize", "traceback", "types", "typing", "unicodedata",
    "unittest", "unittest.mock", "urllib", "urllib.error", "urllib.parse", "urllib.request", "urllib.robotparser",
    "uu", "uuid", "warnings", "wave", "weakref", "xml.dom.minidom", "xml.etree.ElementTree", "xml.sax",
    "xml.sax.saxutils", "xmlrpc.client", "zipfile", "zipimport", "zlib", "zoneinfo",
)  # fmt: skip
_ENCODINGS: Final = (
    "ascii", "cp437", "cp1252", "idna", "iso8859-1", "iso8859-15", "latin-1", "punycode", "raw_unicode_escape", "utf-16",
    "utf-16-le", "utf-32", "utf-7", "utf-8", "utf-8-sig", "unicode_escape", "base64", "hex",
)  # fmt: skip


def preload() -> None:
    """Import them all."""
    for name in _MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in _ENCODINGS:
        codecs.lookup(name)
