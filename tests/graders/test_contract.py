"""What holds for every check, the hundredth too."""

import importlib
import inspect
import math
import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from graders import CheckCall, Outcome, registry, run
from graders.iam import actions
from graders.operations import action_of
from graders.probe import ActingAccount
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
READS = "Get|List|Describe|BatchGet|Lookup|Test|View"
# How many cases each class of a check's tests has at least, a parametrized test's each counted.
CASES = {"TestRight": 3, "TestWrong": 3, "TestNearMiss": 1}


def source(check):
    return Path(inspect.getfile(importlib.import_module(check.function.__module__)))


def path_of_tests(check):
    path = source(check)
    return ROOT / "tests/graders/checks" / path.parent.name / f"test_{path.name}"


def cases(holder):
    """How many cases a test class has, without running them."""
    tests = [one for name, one in inspect.getmembers(holder, inspect.isfunction) if name.startswith("test")]
    return sum(math.prod(_sizes(holder) + _sizes(one)) for one in tests)


def _sizes(marked):
    marks = getattr(marked, "pytestmark", [])
    return [len(list(one.args[1])) for one in marks if one.name == "parametrize"]


def call(check):
    parameters = {one.name: ABSENT.get(one.annotation) for one in check.parameters if one.required}
    for one in check.parameters:
        if one.required and parameters[one.name] is None:
            parameters[one.name] = one.annotation.__args__[0]  # a Literal
    return CheckCall(check.name, parameters)


def account_for(check, **options):
    """An account that holds nothing; for a check that acts, one that is its own copy."""
    account = new_account(**options)
    if not check.acts:
        return account
    acting = ActingAccount(learner=account, anonymous_url=None, **account.description())
    acting.copies = lambda: nullcontext(acting)
    return acting


def test_every_file_of_the_catalogue_is_a_check():
    files = {
        f"{path.parent.name.removesuffix('_')}.{path.stem}"
        for path in (ROOT / "graders/checks").glob("*/*.py")
        if path.stem != "__init__"
    }
    assert files == set(CHECKS)


def test_the_catalogue_is_large():
    assert len(CHECKS) >= 100


def test_no_service_of_the_course_is_without_a_check():
    listed = (
        "sts cloudtrail organizations elasticache efs kinesis elasticbeanstalk budgets cognito_idp cognito_identity s3 iam "
        "ec2 elbv2 autoscaling rds dynamodb lambda apigateway kms secretsmanager ssm route53 cloudfront cloudformation "
        "codepipeline codebuild codedeploy ecs ecr stepfunctions events logs cloudwatch sns sqs"
    )
    assert set(listed.split()) <= {name.partition(".")[0] for name in CHECKS}


@pytest.mark.parametrize("name", CHECKS)
class TestCheck:
    def test_its_line_is_a_short_sentence_that_formats(self, name):
        check = CHECKS[name]
        assert check.line.endswith(".")
        assert len(check.line) <= 120
        assert "{" not in check.title(call(check).parameters)

    def test_its_permissions_are_well_formed(self, name):
        assert CHECKS[name].permissions
        verb = "[A-Z]" if CHECKS[name].acts else f"({READS})"
        for action in CHECKS[name].permissions:
            assert action == "apigateway:GET" or re.fullmatch(rf"[a-z0-9-]+:{verb}[A-Za-z0-9]+", action), action
            if action.partition(":")[0] in actions.services():
                assert actions.find(action).name == action

    def test_its_file_is_short_and_names_the_page_of_aws(self, name):
        text = source(CHECKS[name]).read_text()
        assert len(text.splitlines()) <= 200
        assert "https://docs.aws.amazon.com/" in text

    def test_it_has_tests(self, name):
        assert path_of_tests(CHECKS[name]).is_file()

    def test_its_tests_show_right_work_wrong_work_and_a_near_miss(self, name):
        path = path_of_tests(CHECKS[name])
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        found = {holder: cases(getattr(module, holder, object)) for holder in CASES}
        assert all(found[holder] >= least for holder, least in CASES.items()), found

    def test_a_call_of_its_own_parameters_is_valid(self, name):
        assert registry.validate(call(CHECKS[name])) == []

    def test_on_an_empty_account_it_fails_and_says_what_does_not_exist(self, name):
        result = run(call(CHECKS[name]), account_for(CHECKS[name]))
        assert result.outcome is Outcome.FAILED, result
        assert "does not exist" in result.found
        assert result.looked_at
        assert result.needed
        assert result.try_

    def test_it_asks_for_no_more_than_its_permissions(self, name, monkeypatch):
        asked = set()
        account = account_for(CHECKS[name])
        make = account.client
        watched = []

        def note(model, **_):
            asked.add(action_of(model.service_model.signing_name, model.name))

        def client(service, region=None):
            made = make(service, region)
            made.meta.events.register_first("before-call.*.*", note, unique_id="contract")
            watched.append(made)
            return made

        monkeypatch.setattr(account, "client", client)
        try:
            run(call(CHECKS[name]), account)
        finally:
            for one in watched:
                one.meta.events.unregister("before-call.*.*", note, unique_id="contract")
        assert asked
        assert asked <= set(CHECKS[name].permissions)
