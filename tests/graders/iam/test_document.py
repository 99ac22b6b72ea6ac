"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""

import json

import pytest

from graders.iam import InvalidPolicy, parse

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def broken(**changes):
    return {key: value for key, value in (GOOD | changes).items() if value is not None}


CASES = [
    ("identity", "{", "not JSON"),
    ("identity", "[]", "not a JSON object"),
    ("identity", {"a": 1}, "needs a Statement"),
    ("identity", {"Statement": []}, "needs a Statement"),
    ("identity", {"Statement": ["x"]}, "needs a Statement"),
    ("identity", {"Version": "2012-10-18", "Statement": GOOD}, "does not exist"),
    ("identity", {"Statment": GOOD, "Statement": GOOD}, "did you mean Statement?"),
    ("identity", {"Statement": broken(Effect="allow")}, "must be Allow or Deny"),
    ("identity", {"Statement": broken(Action=None)}, "exactly one of Action and NotAction"),
    ("identity", {"Statement": broken(NotAction="s3:*")}, "exactly one of Action and NotAction"),
    ("identity", {"Statement": broken(Resource=None)}, "exactly one of Resource and NotResource"),
    ("identity", {"Statement": broken(Action="GetObject")}, "service:Action"),
    ("identity", {"Statement": broken(Action=[])}, "a string or a list of strings"),
    ("identity", {"Statement": broken(Resource="acme")}, "not an ARN"),
    ("identity", {"Statement": broken(Principal="*")}, "has no Principal"),
    ("resource", {"Statement": GOOD}, "needs a Principal"),
    ("resource", {"Statement": broken(Principal={"AWS": "bob"})}, "not an account, user, role or session"),
    ("resource", {"Statement": broken(Principal={"AWS": "arn:aws:iam::111122223333:user/*"})}, "not an account"),
    ("resource", {"Statement": broken(Principal={"Aws": "*"})}, "did you mean AWS?"),
    ("resource", {"Statement": broken(Principal={"Service": "nonsense"})}, "not an AWS service"),
    ("trust", {"Statement": broken(Principal="*")}, "has no Resource"),
    ("identity", {"Statement": broken(Condition={"StringEqual": {"a": "b"}})}, "did you mean StringEquals?"),
    ("identity", {"Statement": broken(Condition={"ForEach:StringEquals": {"a": "b"}})}, "is not known"),
    ("identity", {"Statement": broken(Condition={"NullIfExists": {"a": "true"}})}, "is not known"),
    ("identity", {"Statement": broken(Condition={"IpAddress": {"aws:SourceIp": "1.2.3"}})}, "no value for IpAddress"),
    ("identity", {"Statement": broken(Condition={"NumericEquals": {"a": "x"}})}, "no value for NumericEquals"),
    ("identity", {"Statement": broken(Condition={"Bool": {"a": {}}})}, "a value or a list of values"),
    ("identity", {"Statement": broken(Condition=["Bool"])}, "must be an object"),
    ("identity", {"Statement": [broken(Sid="A"), broken(Sid="A")]}, "have the Sid A"),
    ("identity", '{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', "stands twice"),
]


@pytest.mark.parametrize(("kind", "source", "words"), CASES)
def test_what_aws_would_refuse_is_refused_with_the_reason(kind, source, words):
    with pytest.raises(InvalidPolicy) as refusal:
        parse(source if isinstance(source, str) else json.dumps(source), kind)
    assert words in str(refusal.value)


def test_all_reasons_are_told_at_once():
    with pytest.raises(InvalidPolicy) as refusal:
        parse({"Statement": broken(Effect="x", Action="y", Resource="z")}, "identity")
    assert len(refusal.value.reasons) == 3


def test_single_values_stand_for_lists_and_the_version_may_be_left_out():
    document = parse({"Statement": GOOD}, "identity")
    assert (document.version, document.statements[0].actions) == ("2008-10-17", ("s3:GetObject",))


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
def test_an_origin_access_identity_is_a_principal():
    arn = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABC"
    read = parse({"Statement": broken(Principal={"AWS": arn})}, "resource")
    assert read.statements[0].principals == (("AWS", arn),)
    with pytest.raises(InvalidPolicy, match="is not an account"):
        parse({"Statement": broken(Principal={"AWS": "arn:aws:iam::cloudfront:user/else"})}, "resource")
