"""What holds for every check, the hundredth too."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from graders import CheckCall, Outcome, registry, run
from tests.graders.conftest import new_account

ROOT = Path(__file__).parents[2]
CHECKS = {name: one for name, one in registry.all().items() if name != "expect"}
# Parameters for a call on an account that holds nothing.
ABSENT = {
    str: "zz-absent",
    int: 7,
    float: 7.0,
    bool: True,
    list[str]: ["s3:GetObject"],
    list[int]: [80],
    dict[str, str]: {"Name": "zz-absent"},
}


def source(check):
    return Path(inspect.getfile(importlib.import_module(f"graders.checks.{check.name}")))


def call(check):
    parameters = {one.name: ABSENT.get(one.annotation) for one in check.parameters if one.required}
    for one in check.parameters:
        if one.required and parameters[one.name] is None:
            parameters[one.name] = one.annotation.__args__[0]  # a Literal
    return CheckCall(check.name, parameters)


def test_every_file_of_the_catalogue_is_a_check():
    files = {
        f"{path.parent.name}.{path.stem}"
        for path in (ROOT / "graders/checks").glob("*/*.py")
        if path.stem != "__init__"
    }
    assert files == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
class TestCheck:
    def test_its_line_is_a_short_sentence_that_formats(self, name):
        check = CHECKS[name]
        assert check.line.endswith(".")
        assert len(check.line) <= 120
        assert "{" not in check.title(call(check).parameters)

    def test_its_permissions_are_well_formed(self, name):
        assert CHECKS[name].permissions
        for action in CHECKS[name].permissions:
            assert re.fullmatch(r"[a-z0-9-]+:(Get|List|Describe)[A-Za-z]+", action), action

    def test_its_file_is_short_and_names_the_page_of_aws(self, name):
        text = source(CHECKS[name]).read_text()
        assert len(text.splitlines()) <= 200
        assert "https://docs.aws.amazon.com/" in text

    def test_it_has_tests(self, name):
        service, _, short = name.partition(".")
        assert (ROOT / "tests/graders/checks" / service / f"test_{short}.py").is_file()

    def test_a_call_of_its_own_parameters_is_valid(self, name):
        assert registry.validate(call(CHECKS[name])) == []

    def test_on_an_empty_account_it_fails_and_says_what_does_not_exist(self, name):
        result = run(call(CHECKS[name]), new_account())
        assert result.outcome is Outcome.FAILED, result
        assert "does not exist" in result.found
        assert result.looked_at
        assert result.needed
        assert result.try_

    def test_it_asks_for_no_more_than_its_permissions(self, name, monkeypatch):
        asked = set()
        account = new_account(own_clients=True)
        make = account.client

        def watched(service, region=None):
            client = make(service, region)
            client.meta.events.register_first(
                "before-call.*.*", lambda model, **_: asked.add(f"{model.service_model.signing_name}:{model.name}")
            )
            return client

        monkeypatch.setattr(account, "client", watched)
        run(call(CHECKS[name]), account)
        granted = set(CHECKS[name].permissions)
        assert asked
        # An operation is not always named as its action is.
        renamed = {
            "s3:ListBuckets": "s3:ListAllMyBuckets",
            "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
            "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
        }
        assert {renamed.get(one, one) for one in asked} <= granted
