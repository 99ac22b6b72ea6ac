"""One fleet for all tests of the engine (a zygote takes seconds to warm), and a sandbox of its own for each test."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Tool
from tests.labs.sandboxes.people import Person, policy


def _load(name: str) -> Any:
    # Tests are imported one by one (importmode=importlib): this folder is no package.
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


yard_module = _load("yard")


@pytest.fixture(scope="session")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The fleet, warm."""
    made = yard_module.Yard(tmp_path_factory.mktemp("run"))
    yield made
    made.stop()


@pytest.fixture
def box(yard: Any) -> Iterator[Any]:
    """A sandbox of this test's own."""
    made = yard.open()
    yield made
    made.close()


@pytest.fixture
def person(box: Any) -> Person:
    """`person(allow("s3:*"))` is a user `ann` with these statements and a key."""

    def person(*statements: dict[str, Any], name: str = "ann", **more: Any) -> Tool:
        box("iam", "CreateUser", UserName=name, **more)
        if statements:
            box("iam", "PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        made = box.tool(box("iam", "CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"])
        return made

    return person


@pytest.fixture
def shelf(box: Any) -> str:
    box("s3", "CreateBucket", Bucket="shelf")
    box("s3", "PutObject", Bucket="shelf", Key="a.txt", Body=b"hello")
    return "shelf"
