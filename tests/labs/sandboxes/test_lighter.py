"""What replaces functions of moto's gives what they give: the two side by side."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import xmltodict
from moto.core import serialize
from moto.core.request import Request
from moto.core.serialize import ResponseSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model

from labs.sandboxes.emulated import lighter

HOST = "s3.us-east-1.amazonaws.com"


PATHS = (
    "/",
    "/a",
    "/a/b%20c",
    "/a/b%2Fc",
    "/b//x",
    "/b/%E2%82%AC",
    "/b/ü",
    "/b/a+b",
    "/b/%3F%23",
    "/b/..",
    "/b/%FF%0A",
    "/b/[x]|",
)
QUERIES = ("", "a=b", "list-type=2&prefix=a%2Fb", "policy", "x=%E2%82%AC&y=a+b", "a=b?c=d")


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        (
            {"content-type": "text/plain", "x-amz-meta-a_b": "1", "Authorization": "AWS4 x", "content-length": "77"},
            b"abc",
        ),
        ({"content-type": "application/x-www-form-urlencoded", "x-amz-meta-y": "ü"}, b"Action=A&B=%20c"),
        ({"x-amz-acl": "private", "x_amz_acl": "public-read"}, b"{}"),
    ],
)
def test_a_request_is_the_one_that_moto_makes(method: str, headers: dict[str, str], body: bytes) -> None:
    headers = {**headers, "Host": HOST}
    for path, query in product(PATHS, QUERIES):
        url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
        theirs = Request.from_primitives(method, url, headers, body)
        ours = lighter.request_of(method, HOST, path, query, headers, body)
        assert _told(ours) == _told(theirs)
        assert dict(ours.values.lists()) == dict(theirs.values.lists())
        assert ours.data == theirs.data


def _told(request: Request) -> tuple[Any, ...]:
    own = ("wsgi.input", "wsgi.errors", "werkzeug.request")
    environ = {name: value for name, value in request.environ.items() if name not in own}
    return environ, request.path, request.raw_path, request.raw_url, request.url, sorted(request.headers)


def test_two_keys_that_differ_after_a_semicolon_are_two() -> None:
    # moto's own way takes what follows a semicolon for a parameter of the url.
    assert lighter.request_of("GET", HOST, "/bucket/a;b", "", {}, b"").path == "/bucket/a;b"


DOCUMENTS: list[dict[str, Any]] = [
    {"a": None},
    {"a": ""},
    {"a": "x<y>&\"'\r\n\t]]>ü€"},
    {"a": {"@xmlns": 'http://x/?a=1&b="2"', "@n": None, "@m": 3, "b": 1, "c": True, "d": 1.5, "e": b"\xff"}},
    {"a": {"b": [], "c": [1, None, "", {"d": "e"}], "f": ({"g": 1}, "h"), "i": {}, "j": [{}]}},
    {"a": {"#text": "text", "@b": "c"}},
    {"a": {"#text": None, "b": {"#text": ""}}},
    {"a": OrderedDict([("z", 1), ("y", ("1", "2"))])},
    {"a": {"#comment": "said", "b": "c"}},
    {"a": {"b": {"@xmlns": {"": "u", "p": "v"}}}},
]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_xml_is_what_xmltodict_writes(document: dict[str, Any], short: bool, whole: bool) -> None:
    theirs = xmltodict.unparse(document, full_document=whole, short_empty_elements=short, pretty=False)
    assert lighter.unparse(document, full_document=whole, short_empty_elements=short, pretty=False) == theirs


@pytest.mark.parametrize("document", [{"a": [1, 2]}, {"a": 1, "b": 2}, {"a b": 1}, {"a": {"<": 1}}, {"a": {"@x y": 1}}])
def test_what_is_no_document_is_refused_as_before(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as theirs:
        xmltodict.unparse(document)
    with pytest.raises(ValueError) as ours:
        lighter.unparse(document)
    assert str(ours.value) == str(theirs.value)


def test_it_writes_prettily_where_it_is_asked_to() -> None:
    assert lighter.unparse({"a": {"b": 1}}, pretty=True) == xmltodict.unparse({"a": {"b": 1}}, pretty=True)


class DBInstance:
    """Named as moto's models are: by the whole name, by a part of it, as a property, by an alias."""

    class Meta:
        serialization_aliases = {"Engine": "what_it_runs"}

    def __init__(self, name: str) -> None:
        self.identifier = name
        self.what_it_runs = "postgres"
        self.allocated_storage = 20
        self.MultiAZ = True
        self.instance_create_time = datetime(2026, 1, 2, tzinfo=UTC)
        self.db_parameter_groups = [{"DBParameterGroupName": "p", "ParameterApplyStatus": "in-sync"}]
        self.tags = [{"Key": "k", "Value": "<v>"}]

    @property
    def db_instance_class(self) -> str:
        return "db.t3.micro"

    @property
    def port(self) -> int:
        raise AttributeError("not yet")


class Made(dict[str, Any]):
    """A dict that is none."""

    def __missing__(self, key: str) -> Any:
        if key == "engine_version":
            return "16"
        raise KeyError(key)


RESULTS = {
    "objects": {"DBInstances": [DBInstance("a"), DBInstance("b")], "Marker": "m"},
    "dicts": {"DBInstances": [{"DBInstanceIdentifier": "a", "db_instance_class": "c", "Engine": None}, {}]},
    "a dict of another kind": {
        "DBInstances": [Made(DBInstanceIdentifier="a", Endpoint={"Address": "x", "Port": 5432})]
    },
    "nothing": None,
    "an empty list": {"DBInstances": []},
}


@pytest.mark.parametrize(
    "transformers",
    [
        {},
        {
            "DBInstance.Engine": lambda value: value and value.upper(),
            "Marker": lambda value: None,
            "torage": lambda value: 7,
        },
    ],
)
@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_serialized_as_by_moto(name: str, transformers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> str:
        model = get_service_model("rds").operation_model("DescribeDBInstances")
        picker = XFormedAttributePicker(response_transformers=transformers)
        made = serialize.QuerySerializer(operation_model=model, value_picker=picker).serialize(RESULTS[name])
        return str(made["body"])

    theirs = written()
    monkeypatch.setattr(ResponseSerializer, "get_value", lighter._member)
    monkeypatch.setattr(ResponseSerializer, "_serialize_type_structure", lighter._structure)
    assert written() == theirs
    assert written() == theirs  # with the names that it knows by now
