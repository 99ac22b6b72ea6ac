"""Cases worked in AWS's own documentation; each table names its page."""

import json

import pytest

from graders.iam import ANONYMOUS, Policies, Policy, Principal, Reason, Request, decide, parse
from graders.iam.principals import root

OURS, THEIRS = "111122223333", "444455556666"
ALICE = Principal("user", OURS, f"arn:aws:iam::{OURS}:user/alice", unique_id="AIDAALICE123")
STAR = Principal("user", OURS, f"arn:aws:iam::{OURS}:user/*")
ROLE = Principal(
    "role", OURS, f"arn:aws:iam::{OURS}:role/team/app", "run1", unique_id="AROAAPP12345", tags={"team": "blue"}
)
BOB = Principal("user", THEIRS, f"arn:aws:iam::{THEIRS}:user/bob")
SNS = Principal("service", service="sns.amazonaws.com")
OBJECT = "arn:aws:s3:::acme/q1.csv"


def document(*statements, kind="identity", version="2012-10-17"):
    return parse(json.dumps({"Version": version, "Statement": list(statements)}), kind)


def say(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::acme/*", principal=None, condition=None, **more):
    found = {"Effect": effect, "Action": action, "Resource": resource, **more}
    if principal:
        found["Principal"] = principal
    if condition:
        found["Condition"] = condition
    return {key: value for key, value in found.items() if value is not None}


def ask(who=ALICE, identity=(), resource=(), boundary=None, session=None, action="s3:GetObject", arn=OBJECT, **rest):
    context = rest.pop("context", {})
    policies = Policies(
        OURS,
        (Policy("identity", document(*identity)),) if identity else (),
        (Policy("resource", document(*resource, kind="resource")),) if resource else (),
        document(*boundary) if boundary is not None else None,
        document(*session) if session is not None else None,
        **rest,
    )
    return decide(Request(who, action, arn, context), policies)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
LOGIC = {
    "nothing is an implicit deny": (False, {}),
    "an identity allow": (True, {"identity": [say()]}),
    "a resource allow in the account": (True, {"resource": [say(principal={"AWS": ALICE.arn})]}),
    "a deny beats an allow": (False, {"identity": [say(), say("Deny")]}),
    "a deny of the resource beats identity": (
        False,
        {"identity": [say()], "resource": [say("Deny", principal="*")]},
    ),
    "a deny of identity beats the resource": (
        False,
        {"identity": [say("Deny")], "resource": [say(principal={"AWS": ALICE.arn})]},
    ),
    "root may all": (True, {"who": root(OURS)}),
    "root may be denied by the resource": (False, {"who": root(OURS), "resource": [say("Deny", principal="*")]}),
    "the account delegates, it does not grant": (
        False,
        {"resource": [say(principal={"AWS": f"arn:aws:iam::{OURS}:root"})]},
    ),
    "the account's number is the account's root": (
        True,
        {"who": ROLE, "resource": [say(principal={"AWS": OURS})], "identity": [say()]},
    ),
    "delegating to the account takes nothing from what everybody has": (
        True,
        {"resource": [say(principal="*"), say(principal={"AWS": OURS})]},
    ),
    "a role by its ARN": (True, {"who": ROLE, "resource": [say(principal={"AWS": ROLE.arn})]}),
    "a role by its session": (True, {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn})]}),
    "another session": (
        False,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn.replace("run1", "run2")})]},
    ),
    "a role by its unique id": (True, {"who": ROLE, "resource": [say(principal={"AWS": "AROAAPP12345"})]}),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
BOUNDARIES = {
    "a boundary grants nothing": (False, {"boundary": [say()]}),
    "identity within its boundary": (True, {"identity": [say()], "boundary": [say(action="s3:*")]}),
    "identity beyond its boundary": (False, {"identity": [say()], "boundary": [say(action="ec2:*")]}),
    "a boundary's deny": (False, {"identity": [say()], "boundary": [say(), say("Deny")]}),
    "a grant to the user's ARN is not limited": (
        True,
        {"resource": [say(principal={"AWS": ALICE.arn})], "boundary": [say(action="ec2:*")]},
    ),
    "a grant to the role's ARN is limited": (
        False,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.arn})], "boundary": [say(action="ec2:*")]},
    ),
    "a grant to the session's ARN is not limited": (
        True,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn})], "boundary": [say(action="ec2:*")]},
    ),
    "a deny beats the grant to the user's ARN": (
        False,
        {"resource": [say(principal={"AWS": ALICE.arn})], "boundary": [say("Deny")]},
    ),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
SESSIONS = {
    "a session policy grants nothing": (False, {"who": ROLE, "session": [say()]}),
    "identity and session": (True, {"who": ROLE, "identity": [say(action="s3:*")], "session": [say()]}),
    "identity without session": (False, {"who": ROLE, "identity": [say()], "session": [say(action="s3:PutObject")]}),
    "role ARN limited by the session": (
        False,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.arn})], "session": [say(action="s3:PutObject")]},
    ),
    "session ARN adds to the session": (
        True,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn})], "session": [say(action="ec2:*")]},
    ),
}
FED = Principal("federated-user", OURS, ALICE.arn, "visitor")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
FEDERATED_USERS = {
    "what the user and the session both allow": (True, {"who": FED, "identity": [say()], "session": [say()]}),
    "what only the user may": (False, {"who": FED, "identity": [say()], "session": [say(action="ec2:*")]}),
    "what only the session allows": (False, {"who": FED, "session": [say()]}),
    "without a session policy nothing": (False, {"who": FED, "identity": [say()]}),
    "but what a resource grants to it": (
        True,
        {"who": FED, "identity": [say()], "resource": [say(principal={"AWS": FED.session_arn})]},
    ),
    "what a resource grants to the user, within the session": (
        True,
        {"who": FED, "session": [say()], "resource": [say(principal={"AWS": ALICE.arn})]},
    ),
    "what a resource grants to the user, beyond the session": (
        False,
        {"who": FED, "session": [say(action="ec2:*")], "resource": [say(principal={"AWS": ALICE.arn})]},
    ),
    "it has no user name": (
        False,
        {"who": FED, "identity": [say(condition={"StringEquals": {"aws:username": "alice"}})], "session": [say()]},
    ),
    "its ARN is the session's": (
        True,
        {
            "who": FED,
            "identity": [say(condition={"ArnEquals": {"aws:PrincipalArn": FED.session_arn}})],
            "session": [say()],
        },
    ),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
CROSS = {
    "both sides": (True, {"who": BOB, "identity": [say()], "resource": [say(principal={"AWS": THEIRS})]}),
    "only the resource": (False, {"who": BOB, "resource": [say(principal={"AWS": BOB.arn})]}),
    "only the identity": (False, {"who": BOB, "identity": [say()]}),
    "the star and the identity": (True, {"who": BOB, "identity": [say()], "resource": [say(principal="*")]}),
    "a foreign root needs the resource": (False, {"who": root(THEIRS)}),
    "a foreign root with the resource": (True, {"who": root(THEIRS), "resource": [say(principal={"AWS": THEIRS})]}),
    "restricted public buckets": (
        False,
        {"who": BOB, "identity": [say()], "resource": [say(principal={"AWS": THEIRS})], "restrict_public": True},
    ),
    "restricted public buckets spare the account": (True, {"identity": [say()], "restrict_public": True}),
    "a key needs its own grant": (False, {"identity": [say()], "resource_decides": True}),
    "a key that delegates": (
        True,
        {"identity": [say()], "resource": [say(principal={"AWS": OURS})], "resource_decides": True},
    ),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
PRINCIPALS = {
    "the star is anonymous": (True, {"who": ANONYMOUS, "resource": [say(principal="*")]}),
    "AWS star is anonymous": (True, {"who": ANONYMOUS, "resource": [say(principal={"AWS": "*"})]}),
    "an account is not": (False, {"who": ANONYMOUS, "resource": [say(principal={"AWS": OURS})]}),
    "restricted public buckets keep the anonymous out": (
        False,
        {"who": ANONYMOUS, "resource": [say(principal="*")], "restrict_public": True},
    ),
    "a service": (True, {"who": SNS, "resource": [say(principal={"Service": "sns.amazonaws.com"})]}),
    "another service": (False, {"who": SNS, "resource": [say(principal={"Service": "s3.amazonaws.com"})]}),
    "a list of principals": (True, {"resource": [say(principal={"AWS": [BOB.arn, ALICE.arn]})]}),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
CHAIN = [f"arn:aws:iam::{OURS}:root", ROLE.arn, ROLE.session_arn]
GRANTED = [say()]


def spared(*arns):
    return say("Deny", NotPrincipal={"AWS": list(arns)})


NOT_PRINCIPAL = {
    "user and account are spared": (True, {"identity": GRANTED, "resource": [spared(CHAIN[0], ALICE.arn)]}),
    "the user without the account is not": (False, {"identity": GRANTED, "resource": [spared(ALICE.arn)]}),
    "another user is denied": (False, {"identity": GRANTED, "resource": [spared(CHAIN[0], BOB.arn)]}),
    "account, role and session are spared": (True, {"who": ROLE, "identity": GRANTED, "resource": [spared(*CHAIN)]}),
    "without the session denied": (False, {"who": ROLE, "identity": GRANTED, "resource": [spared(*CHAIN[:2])]}),
    "without the role denied": (False, {"who": ROLE, "identity": GRANTED, "resource": [spared(CHAIN[0], CHAIN[2])]}),
    "with a boundary always denied": (
        False,
        {"identity": GRANTED, "boundary": [say(action="*", resource="*")], "resource": [spared(CHAIN[0], ALICE.arn)]},
    ),
    "with Allow it lets the anonymous in": (
        True,
        {"who": ANONYMOUS, "resource": [say(NotPrincipal={"AWS": ALICE.arn})]},
    ),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
ELEMENTS = {
    "actions ignore case": (True, {"identity": [say(action="S3:getobject")]}),
    "star in an action": (True, {"identity": [say(action="s3:Get*")]}),
    "question mark in an action": (True, {"identity": [say(action="s3:Get?bject")]}),
    "a dot is a dot": (False, {"identity": [say(action="s3:GetO.ject")]}),
    "NotAction": (True, {"identity": [say(action=None, NotAction="iam:*")]}),
    "NotAction names it": (False, {"identity": [say(action=None, NotAction="s3:*")]}),
    "NotResource": (False, {"identity": [say(resource=None, NotResource="arn:aws:s3:::acme/*")]}),
    "NotResource elsewhere": (True, {"identity": [say(resource=None, NotResource="arn:aws:s3:::other/*")]}),
    "the bucket is not its objects": (False, {"identity": [say(resource="arn:aws:s3:::acme")]}),
    "a star crosses slashes": (True, {"identity": [say(resource="arn:aws:s3:::ac*")]}),
    "resources keep case": (False, {"identity": [say(resource="arn:aws:s3:::Acme/*")]}),
    "a star stays in its segment": (
        False,
        {
            "identity": [say(action="sqs:*", resource="arn:aws:sqs:*:in")],
            "action": "sqs:SendMessage",
            "arn": "arn:aws:sqs:us-east-1:111122223333:in",
        },
    ),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
HOME = "arn:aws:s3:::acme/${aws:username}/*"
VARIABLES = {
    "the user's own folder": (True, {"identity": [say(resource=HOME)], "arn": "arn:aws:s3:::acme/alice/x"}),
    "another's folder": (False, {"identity": [say(resource=HOME)], "arn": "arn:aws:s3:::acme/bob/x"}),
    "a role has no user name": (
        False,
        {"who": ROLE, "identity": [say(resource=HOME)], "arn": "arn:aws:s3:::acme/app/x"},
    ),
    "a user named star is no wildcard": (
        False,
        {"who": STAR, "identity": [say(resource=HOME)], "arn": "arn:aws:s3:::acme/bob/x"},
    ),
    "a tag": (
        True,
        {"who": ROLE, "identity": [say(resource="arn:aws:s3:::acme/${aws:PrincipalTag/team}/*")],
         "arn": "arn:aws:s3:::acme/blue/x"},
    ),
    "a default": (
        True,
        {"identity": [say(resource="arn:aws:s3:::acme/${aws:PrincipalTag/team, 'none'}/*")],
         "arn": "arn:aws:s3:::acme/none/x"},
    ),
    "an escaped star": (
        False,
        {"identity": [say(resource="arn:aws:s3:::acme/${*}")]},
    ),
    "an escaped star is a star": (
        True,
        {"identity": [say(resource="arn:aws:s3:::acme/${*}")], "arn": "arn:aws:s3:::acme/*"},
    ),
}  # fmt: skip
CASES = {
    f"{table}: {name}": case
    for table, cases in {
        "logic": LOGIC,
        "boundary": BOUNDARIES,
        "session": SESSIONS,
        "federated user": FEDERATED_USERS,
        "cross": CROSS,
        "principal": PRINCIPALS,
        "NotPrincipal": NOT_PRINCIPAL,
        "elements": ELEMENTS,
        "variables": VARIABLES,
    }.items()
    for name, case in cases.items()
}
for case in NOT_PRINCIPAL.values():
    for statement in case[1].get("resource", []):
        statement.pop("Principal", None)


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_documentation(name):
    allowed, question = CASES[name]
    decision = ask(**question)
    assert decision.allowed is allowed, decision
    assert decision.sentence.startswith("allowed" if allowed else "denied")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
CONDITIONS = [
    (True, "StringEquals", "k", "a", {"k": "a"}),
    (False, "StringEquals", "k", "a", {"k": "A"}),
    (False, "StringEquals", "k", "a*", {"k": "ab"}),
    (True, "StringEqualsIgnoreCase", "k", "a", {"k": "A"}),
    (True, "StringLike", "k", "a*c?", {"k": "abbcd"}),
    (True, "StringEquals", "K", ["x", "a"], {"k": "a"}),
    (False, "StringEquals", "k", "a", {}),
    (True, "StringNotEquals", "k", "a", {}),
    (False, "StringNotEquals", "k", ["a", "b"], {"k": "b"}),
    (True, "StringNotLike", "k", "a*", {"k": "b"}),
    (True, "StringEqualsIfExists", "k", "a", {}),
    (False, "StringEqualsIfExists", "k", "a", {"k": "b"}),
    (True, "ArnNotEqualsIfExists", "k", "arn:aws:iam::1:role/a", {}),
    (True, "NumericLessThan", "k", "10", {"k": "9.5"}),
    (False, "NumericLessThan", "k", "1.2", {}),
    (True, "NumericGreaterThanEquals", "k", 10, {"k": "10"}),
    (False, "NumericEquals", "k", "1", {"k": "one"}),
    (True, "DateGreaterThan", "k", "2026-01-01T00:00:00Z", {"k": "2026-06-01T00:00:00Z"}),
    (True, "DateLessThan", "k", "2026-01-01T00:00:00Z", {"k": "1700000000"}),
    (True, "Bool", "k", "TRUE", {"k": "true"}),
    (True, "Bool", "k", False, {"k": "false"}),
    (False, "Bool", "k", "false", {}),
    (True, "BoolIfExists", "k", "false", {}),
    (True, "IpAddress", "k", "203.0.113.0/24", {"k": "203.0.113.9"}),
    (True, "IpAddress", "k", "203.0.113.9", {"k": "203.0.113.9"}),
    (True, "IpAddress", "k", "0.0.0.0/0", {"k": "8.8.8.8"}),
    (False, "IpAddress", "k", "0.0.0.0/0", {"k": "2001:db8::1"}),
    (True, "IpAddress", "k", "2001:db8::/32", {"k": "2001:db8::1"}),
    (True, "NotIpAddress", "k", "203.0.113.0/24", {"k": "8.8.8.8"}),
    (True, "NotIpAddress", "k", "203.0.113.0/24", {}),
    (True, "ArnLike", "k", "arn:aws:iam::*:role/a*", {"k": "arn:aws:iam::1:role/app"}),
    (True, "ArnEquals", "k", "arn:aws:iam::1:role/*", {"k": "arn:aws:iam::1:role/app"}),
    (False, "ArnLike", "k", "arn:aws:*:role/app", {"k": "arn:aws:iam::1:role/app"}),
    (True, "Null", "k", "true", {}),
    (False, "Null", "k", "true", {"k": "x"}),
    (True, "Null", "k", False, {"k": "x"}),
    (True, "ForAllValues:StringEquals", "k", ["a", "b"], {"k": ("a", "b")}),
    (False, "ForAllValues:StringEquals", "k", ["a", "b"], {"k": ("a", "c")}),
    (True, "ForAllValues:StringEquals", "k", "a", {}),
    (True, "ForAnyValue:StringEquals", "k", "a", {"k": ("a", "c")}),
    (False, "ForAnyValue:StringEquals", "k", "a", {"k": ("b", "c")}),
    (False, "ForAnyValue:StringEquals", "k", "a", {}),
    (False, "ForAnyValue:StringNotEquals", "k", "a", {}),
    (True, "ForAnyValue:StringNotEquals", "k", "a", {"k": ("a", "b")}),
    (False, "StringEquals", "k", "${aws:username}", {"k": "bob"}),
    (True, "StringEquals", "k", "${aws:username}", {"k": "alice"}),
    (False, "StringLike", "k", "${aws:nothing}*", {"k": "alice"}),
]


@pytest.mark.parametrize(("holds", "operator", "key", "value", "context"), CONDITIONS)
def test_a_condition_of_the_documentation(holds, operator, key, value, context):
    decision = ask(identity=[say(condition={operator: {key: value}})], context=context)
    assert decision.allowed is holds


def test_operators_and_keys_are_anded_values_ored():
    condition = {"StringEquals": {"a": ["1", "2"], "b": "3"}, "Bool": {"c": "true"}}
    assert ask(identity=[say(condition=condition)], context={"a": "2", "b": "3", "c": "true"}).allowed
    assert not ask(identity=[say(condition=condition)], context={"a": "2", "b": "3"}).allowed
    assert not ask(identity=[say(condition=condition)], context={"a": "2", "b": "4", "c": "true"}).allowed


def test_the_old_version_knows_no_variables():
    old = parse({"Version": "2008-10-17", "Statement": [say(resource=HOME)]}, "identity")
    policies = Policies(OURS, (Policy("old", old),))
    assert not decide(Request(ALICE, "s3:GetObject", "arn:aws:s3:::acme/alice/x"), policies).allowed
    assert decide(Request(ALICE, "s3:GetObject", "arn:aws:s3:::acme/${aws:username}/x"), policies).allowed


def test_what_follows_from_the_caller_cannot_be_forged():
    condition = {"StringEquals": {"aws:PrincipalAccount": THEIRS}}
    question = {"identity": [say(condition=condition)], "context": {"aws:PrincipalAccount": THEIRS}}
    assert not ask(**question).allowed


def test_a_sessions_principal_arn_is_the_roles_with_its_path():
    assert ask(ROLE, identity=[say(condition={"ArnEquals": {"aws:PrincipalArn": ROLE.arn}})]).allowed
    assert not ask(ROLE, identity=[say(condition={"ArnEquals": {"aws:PrincipalArn": ROLE.session_arn}})]).allowed


def test_a_decision_names_its_statement_and_policy():
    decision = ask(identity=[say(), say("Deny", Sid="NoReads")])
    assert decision.reason is Reason.EXPLICIT_DENY
    assert decision.sentence == "denied by statement “NoReads” of the identity"
    assert ask(identity=[say()]).sentence == "allowed by statement 1 of the identity"
    assert ask().sentence == "denied: nothing allows it"
