"""Command lines by what they mean: what is the same, what is another command, and what nobody can make expensive."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders import commands, shorthand
from graders.items import Malformed, TextSpec
from graders.items import all as types

LIST = "aws ec2 describe-instances --filters Name=tag:Env,Values=prod,test Name=state,Values=running --max-items 5"
POLICY = "aws iam put-user-policy --user-name ada --policy-name p --policy-document"
DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("aws s3api create-bucket --bucket b --acl private", "aws s3api create-bucket --acl private --bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket=b"),
        ("aws s3api create-bucket --bucket b", "  aws   s3api\tcreate-bucket  --bucket 'b' "),
        ("aws s3api create-bucket --bucket b", "$ aws s3api create-bucket \\\n  --bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket \\  \r\n  --bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket b --output table --no-cli-pager"),
        ("aws s3api create-bucket --bucket b", "aws --debug s3api --color off create-bucket --bucket b"),
        (
            "aws s3api create-bucket --bucket b --region eu-west-1",
            "aws --region eu-west-1 s3api create-bucket --bucket b",
        ),
        (
            "aws s3api create-bucket --bucket b --region eu-west-1",
            "aws --region=eu-west-1 s3api create-bucket --bucket b",
        ),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket a --bucket b"),
        ("aws ec2 stop-instances --instance-ids i-1 i-2", "aws ec2 stop-instances --instance-ids i-2 i-1"),
        ("aws ec2 stop-instances --instance-ids i-1 i-2", """aws ec2 stop-instances --instance-ids '["i-1", "i-2"]'"""),
        ("aws ec2 stop-instances --instance-ids i-1", """aws ec2 stop-instances --instance-ids '["i-1"]'"""),
        ("aws ec2 run-instances --image-id a --dry-run", "aws ec2 run-instances --dry-run --image-id a"),
        ("aws ec2 reboot --no-dry-run", "aws ec2 reboot --dry-run --no-dry-run"),
        (LIST, LIST.replace("prod,test", "test,prod")),
        (LIST, LIST.replace("Name=state,Values=running", "Values=running,Name=state")),
        (LIST, LIST.replace("Name=state,Values=running", """'{"Name": "state", "Values": "running"}'""")),
        (LIST, LIST.replace("Values=prod,test", "Values=[prod,test]")),
        ("aws x y --n 1 --set a=1,b=true", """aws x y --n 1 --set '{"b": true, "a": 1}'"""),
        ("""aws x y --set "a={b=[c,d]},e='f,g'" """, """aws x y --set '{"a": {"b": ["c", "d"]}, "e": "f,g"}'"""),
        (f"{POLICY} '{DOCUMENT}'", f"{POLICY} '{DOCUMENT.replace(' ', '')}'"),
        (f"{POLICY} '{DOCUMENT}'", POLICY + ' "' + DOCUMENT.replace('"', '\\"') + '"'),
        ("aws s3 cp a s3://b --recursive", "aws s3 cp --recursive a s3://b"),
        ("aws s3 cp a s3://b --acl private", "aws s3 cp --acl private a s3://b"),
        (
            "aws lambda invoke --function-name f --payload '{}' out.json",
            "aws lambda invoke out.json --payload {} --function-name f",
        ),
        ("aws ec2 wait instance-running --instance-ids i-1", "aws ec2 wait instance-running --instance-ids=i-1"),
        ("aws configure set region eu-west-1", "aws configure  set  region 'eu-west-1'"),
        ("aws logs tail /aws/lambda/f --follow --since 1h", "aws logs tail --since 1h --follow /aws/lambda/f"),
        ("aws x y --text 'a | b; c'", 'aws x y --text "a | b; c"'),
        ("aws x y --text ''", 'aws x y --text ""'),
    ],
)
def test_these_say_the_same(one: str, other: str) -> None:
    assert commands.same(commands.parse(one), commands.parse(other))
    assert not commands.same(commands.parse(one), commands.parse(f"{other} --another-option x"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("aws s3api create-bucket --bucket b", "aws s3api delete-bucket --bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3control create-bucket --bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket c"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket B"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket b"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket b --region eu-west-1"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket b --profile other"),
        ("aws s3api create-bucket --bucket b", "aws s3api create-bucket --bucket b extra"),
        ("aws s3api list-buckets --query 'Buckets[].Name'", "aws s3api list-buckets"),
        ("aws s3api list-buckets --output json", "aws s3api list-buckets"),
        ("aws ec2 stop-instances --instance-ids i-1 i-2", "aws ec2 stop-instances --instance-ids i-1"),
        ("aws ec2 stop-instances --instance-ids i-1 i-2", "aws ec2 stop-instances --instance-ids 'i-1 i-2'"),
        ("aws ec2 run-instances --dry-run", "aws ec2 run-instances --no-dry-run"),
        ("aws ec2 run-instances --dry-run", "aws ec2 run-instances"),
        (LIST, LIST.replace("running", "stopped")),
        (LIST, LIST.replace("Name=state,", "Name=zone,")),
        (f"{POLICY} '{DOCUMENT}'", f"{POLICY} '{DOCUMENT.replace('Allow', 'Deny')}'"),
        ("""aws x y --command '["a", "b"]'""".replace("--command", "--set k="), "aws x y --set k=[b,a]"),
        ("aws s3 cp a s3://b", "aws s3 cp s3://b a"),
        ("aws s3 sync a s3://b --delete", "aws s3 sync a s3://b"),
        ("aws ec2 wait instance-running --instance-ids i-1", "aws ec2 wait instance-stopped --instance-ids i-1"),
        ("aws configure set region eu-west-1", "aws configure get region eu-west-1"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert not commands.same(commands.parse(one), commands.parse(other))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "begins with aws"),
        ("kubectl get pods", "begins with aws"),
        ("aws", "the service and the operation"),
        ("aws s3", "the service and the operation"),
        ("aws --region", "--region has no value"),
        ("aws s3 --region eu-west-1", "the operation too"),
        ("aws S3 ls", "the service and the operation"),
        ("aws s3 ls 'x", "not closed"),
        ("aws s3 ls \\", "not closed"),
        ("aws s3 ls | grep x", "without pipes"),
        ("aws s3 ls; aws s3 rm s3://b", "without pipes"),
        ("aws s3 ls && rm -rf x", "without pipes"),
        ("aws s3 ls > out", "without pipes"),
        ("aws s3 ls $(whoami)", "without pipes"),
        ("aws s3 ls \x00", "control character"),
        ("aws s3 ls " + "x" * 4000, "longer than 4000"),
    ],
)
def test_what_is_no_command_is_told_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(commands.NotACommand, match=told) as error:
        commands.parse(text)
    assert str(error.value).endswith(".")


PIECES = [
    "aws",
    " s3api",
    " ",
    "--x",
    "=",
    "'",
    '"',
    "\\",
    "\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    "a=b",
    "--",
    "$",
    "`",
    ";",
    "é",
    "\u2028",
]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_any_text_is_a_command_or_none_and_is_the_same_as_itself(text: str, prefixed: bool) -> None:
    try:
        found = commands.parse(f"aws s3api create-bucket {text}" if prefixed else text)
    except commands.NotACommand:
        return
    assert commands.same(found, found)
    hash(found)


@pytest.mark.parametrize(
    "text",
    [
        "aws x y --v " + "[" * 3900,
        "aws x y --v " + '{"a":' * 700,
        "aws x y --v " + "a={" * 1200,
        "aws x y --v a=" + "[" * 3900,
        "aws x y --v " + "a=b," * 900,
        "aws x y --v " + "'" * 3900,
        "aws x y --v " + "\\\n" * 1900,
        "aws x y " + "--a " * 900,
        "aws x y --v " + "\\" * 3800,
        "aws x y --v a=" + "," * 3900,
        "aws x y --v " + "a" * 3900 + "=",
        "aws x y --v a= " + " " * 3900 + "=",
    ],
    ids=str,
)
def test_hostile_text_is_read_at_once(text: str) -> None:
    began = time.process_time()
    try:
        commands.same(commands.parse(text), commands.parse("aws x y --v a=b"))
    except commands.NotACommand:
        pass
    assert time.process_time() - began < 1  # some milliseconds; what goes wrong here takes minutes


@pytest.mark.parametrize(
    "text", ["(a+)+$", "a{0,16}" * 20, "(?:(?:a?){16}){16}b", "(a|a)*b", "[a-z]*[a-z]*[a-z]*[a-z]*x"]
)
def test_an_expression_that_could_take_long_is_refused_and_never_used(text: str) -> None:
    spec = TextSpec(("a", f"/{text}/"), rationale="so")
    assert any("could take" in one for one in types()["text"].mistakes(spec, "?"))
    began = time.process_time()
    assert types()["text"].score("a" * 199 + "!", spec) == 0
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("form", "typed", "right"),
    [
        ("/use1-az\\d/", "use1-az4", True),
        ("/use1-az\\d/", "USE1-az4", False),
        ("/use1-az\\d/i", "USE1-az4", True),
        ("/use1-az\\d/", "use1-az44", False),
        ("/a|b/", "ab", False),
        ("/(ap|eu)-[a-z]+-\\d/", "eu-west-1", True),
        ("/a\\/b/", "a/b", True),
        ("/var/log/", "/VAR/log/", True),  # a bar within: no expression, a path
        ("/24", "/24", True),
        ("a  b", "A\u00a0b", True),
        ("don't", "don’t", True),
    ],
)
def test_an_accepted_form_is_words_or_an_expression_for_all_of_the_answer(form: str, typed: str, right: bool) -> None:
    kind = types()["text"]
    spec = TextSpec(("first", form), rationale="so")
    assert kind.mistakes(spec, "?") == []
    assert kind.score(kind.parse({"answer": [typed]}, spec), spec) == right


def test_a_command_that_cannot_be_read_is_malformed_before_it_is_scored() -> None:
    with pytest.raises(Malformed, match="begins with aws"):
        types()["text"].parse({"answer": ["gcloud storage ls"]}, TextSpec(("aws s3 ls",), True, "so"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=b", {"a": "b"}),
        ("a=b,c=d", {"a": "b", "c": "d"}),
        ("a=b,c,d=e", {"a": ["b", "c"], "d": "e"}),
        ("a=[b,c],d=e", {"a": ["b", "c"], "d": "e"}),
        ("a={b=c,d=[e]},f=", {"a": {"b": "c", "d": ["e"]}, "f": ""}),
        ("a='b,c',d=\"e=f\"", {"a": "b,c", "d": "e=f"}),
        ("a=b=c", {"a": "b=c"}),
        ("ParameterKey=K,ParameterValue=https://x/?y", {"ParameterKey": "K", "ParameterValue": "https://x/?y"}),
        ("plain", "plain"),
        ("x y = z", "x y = z"),
        ("a=b,a=c", "a=b,a=c"),
        ("a={b=c", "a={b=c"),
        ("=b", "=b"),
        ("a='b", "a='b"),
        ("Tags[?Key=='x']", "Tags[?Key=='x']"),
    ],
)
def test_shorthand_is_a_structure_or_stands_for_itself(text: str, found: object) -> None:
    assert shorthand.parse(text, otherwise=text) == found
