"""What moto computes anew at each call, computed once: the same answers, for a fraction of the processor's time.

A call that reads a list of databases spent three quarters of its time on looking for names and on writing XML. What is
here replaces a function of moto's by one of the same results (tests/labs/sandboxes/test_lighter.py holds the two side
by side); what it keeps is about models and classes, never about a sandbox.
"""

from __future__ import annotations

from functools import cache, lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

import xmltodict
from moto.core import loaders, responses, serialize, utils
from moto.core.base_backend import BackendDict
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.routing import SmithyRule
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import MISSING, get_value

from labs.sandboxes.emulated.world import WORLD

__all__ = ["install", "request_of", "unparse"]


def install() -> None:
    """Replace them. Before the first call, once a process."""
    # botocore's folders were listed for each model, code made to build urls with, every method of a service looked at for
    # each call (which costs milliseconds, and in a cell the memory of all that is looked at).
    loader = loaders.create_loader()
    utils.create_loader = lambda: loader
    responses.method_names_from_class = cache(lambda kind: frozenset(utils.method_names_from_class(kind)))
    responses.camelcase_to_underscores = lru_cache(maxsize=4096)(utils.camelcase_to_underscores)
    SmithyRule._compile_builder = lambda self, append_unknown=True: _no_url
    ResponseSerializer.get_value = _member
    ResponseSerializer._serialize_type_structure = _structure
    serialize.xmltodict = SimpleNamespace(unparse=unparse)
    BackendDict.__getitem__ = _backends_of
    responses.gen_amzn_requestid_long = _request_id


def _no_url(self: Any, **values: Any) -> tuple[str, str]:
    raise NotImplementedError("these rules find operations, and build no urls")


def _request_id(headers: dict[str, Any]) -> str:
    """Give an answer the id of its call, which the gateway and the journal have too, and not 52 more random letters."""
    headers["x-amzn-requestid"] = WORLD.request_id
    return WORLD.request_id


# --- State --------------------------------------------------------------------------------------------------------

_find_or_make: Final = BackendDict.__getitem__


def _backends_of(self: Any, account: str) -> Any:
    """Return an account's state of a service. moto locks, and compares all services with this one, before it looks."""
    found = dict.get(self, account)
    return _find_or_make(self, account) if found is None else found


# --- From moto's objects to an answer's members -------------------------------------------------------------------


class _Names:
    """Under which names objects of a class may have a member, and what then happens to its value."""

    __slots__ = ("attributes", "names", "transforms")

    def __init__(self, picker: Any, value: Any, key: str, shape: Any) -> None:
        context = AttributePickerContext(obj=value, key=key, shape=shape)
        self.names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
        kind = value.__class__
        # Neither an index nor made-up attributes nor paths: then get_value() is getattr().
        dotted = any("." in name for name in self.names)
        self.attributes = not (dotted or hasattr(kind, "__getitem__") or hasattr(kind, "__getattr__"))
        # A transform is for whatever ends so: most need not be compared with the whole path.
        self.transforms = [
            (ending, transform)
            for ending, transform in picker.response_transformers.items()
            if f".{key}".endswith(f".{ending}".rpartition(".")[2])
        ]


def _member(self: Any, value: Any, key: str, shape: Any) -> Any:
    """Return what an object has for a member, under any of the names that it may have there (ResponseSerializer.get_value).

    The names are a matter of the member and of the object's class: they are kept with the member's shape.
    """
    picker = self._value_picker
    if picker.__class__ is not XFormedAttributePicker:
        return _members_of_others(self, value, key, shape)
    kept = shape.__dict__.get("_skylab_names")
    if kept is None:
        kept = shape._skylab_names = {}
    # Whose member it is, is told to a shape by the first who writes the structure.
    place = (key, value.__class__, "parent" in shape.__dict__, id(picker.response_transformers))
    known = kept.get(place)
    if known is None:
        known = kept[place] = _Names(picker, value, key, shape)
    found = None
    if value.__class__ is dict:
        for name in known.names:
            if name in value:
                found = value[name]
                break
    elif known.attributes:
        for name in known.names:
            found = getattr(value, name, MISSING)
            if found is not MISSING:
                break
        else:
            found = None
    else:
        for name in known.names:
            found = get_value(value, name, MISSING)
            if found is not MISSING:
                break
        else:
            found = None
    if known.transforms:
        path = f"{'.'.join(self.path)}.{key}"
        for ending, transform in known.transforms:
            if path.endswith(ending):
                return transform(found)
    return found


def _structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a structure (ResponseSerializer._serialize_type_structure): most members of most objects are not there."""
    if type(self)._serialize_structure_member is not _plain_member:
        _structure_of_others(self, serialized, value, shape, key)
        return
    if value is None:
        return
    into = self.MAP_TYPE() if key else serialized
    for name, member in shape.members.items():
        if "parent" not in member.__dict__:  # written once: the models are memory that all cells share
            member.parent = shape
        held = self.get_value(value, name, member)
        if held is not None:
            self._serialize(into, held, member, name)
    if key:
        self._default_serialize(serialized, into, shape, key)


_plain_member: Final = ResponseSerializer._serialize_structure_member
_structure_of_others: Final = ResponseSerializer._serialize_type_structure
_members_of_others: Final = ResponseSerializer.get_value


# --- XML ----------------------------------------------------------------------------------------------------------

_valid: Final = lru_cache(maxsize=8192)(xmltodict._validate_name)
_text_of: Final = xmltodict._convert_value_to_string
_whole: Final = xmltodict.unparse


class _Unusual(Exception):
    """A document that only the original writes."""


def unparse(document: Any, *, full_document: bool = True, short_empty_elements: bool = False, **options: Any) -> str:
    """Write `document` as xmltodict.unparse() does, which goes through a SAX generator, element by element."""
    if not any(options.values()) and len(document) == 1:
        pieces = ['<?xml version="1.0" encoding="utf-8"?>\n'] if full_document else []
        ((root, value),) = document.items()
        try:
            if not (full_document and isinstance(value, (list, tuple))):
                _emit(pieces.append, root, value, short_empty_elements)
                return "".join(pieces)
        except _Unusual:
            pass
    return str(_whole(document, full_document=full_document, short_empty_elements=short_empty_elements, **options))


def _emit(write: Any, name: str, value: Any, short: bool) -> None:
    if name == "#comment":
        raise _Unusual
    _valid(name, "element")
    if isinstance(value, (str, bytes, bytearray, memoryview, dict)) or not hasattr(value, "__iter__"):
        _emit_one(write, name, value, short)
    else:
        for each in value:
            _emit_one(write, name, each, short)


def _emit_one(write: Any, name: str, value: Any, short: bool) -> None:
    attributes = text = ""
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "#text":
                text = "" if each is None else _text_of(each)
            elif isinstance(key, str) and key.startswith("@"):
                if isinstance(each, dict):
                    raise _Unusual
                _valid(key[1:], "attribute")
                attributes += f" {key[1:]}={quoteattr('' if each is None else _text_of(each))}"
            elif not (isinstance(each, list) and not each):
                children.append((key, each))
    elif value is not None:
        text = _text_of(value)
    if short and not text and not children:
        write(f"<{name}{attributes}/>")
        return
    write(f"<{name}{attributes}>")
    for key, each in children:
        _emit(write, key, each, short)
    write(f"{escape(text)}</{name}>")


# --- Requests -----------------------------------------------------------------------------------------------------


class _Request(Request):  # type: ignore[misc]
    """A request whose address is known: moto's takes it out of the environment each time that it asks."""

    raw_path = ""
    raw_url = ""


def request_of(method: str, host: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Request:
    """Return what Request.from_primitives() makes of https://{host}{path}?{query}: without the urls and headers that
    werkzeug's EnvironBuilder, made for tests, puts together and takes apart on the way. `path` and `query` are escaped.
    """
    raw = path.encode().decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "REQUEST_URI": raw,
        "RAW_URI": raw,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "HTTP_HOST": host,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": None,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    given: dict[str, str] = {}
    preserved = {}
    for name, value in headers.items():
        key = environ_key_for_header(name)
        if key != "CONTENT_LENGTH":
            given[key] = f"{given[key]}, {value}" if key in given else value
        if should_preserve_original_header_name(name):
            preserved[key] = name
    environ |= given
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    request = _Request(environ)
    request.raw_path = raw
    request.raw_url = f"https://{host}{raw}?{query}" if query else f"https://{host}{raw}"
    return request
