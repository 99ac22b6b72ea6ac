"""What must hold for every policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from graders.iam import ANONYMOUS, Document, Policies, Policy, Principal, Reason, Request, decide, parse
from graders.iam.decide import Answer
from graders.iam.patterns import ANY, ONE, glob

OURS = "111122223333"
ALICE = Principal("user", OURS, f"arn:aws:iam::{OURS}:user/alice")
BOB = Principal("user", "444455556666", "arn:aws:iam::444455556666:user/bob")
ROLE = Principal("role", OURS, f"arn:aws:iam::{OURS}:role/app", "run")
KEYS = ("aws:SecureTransport", "aws:SourceIp", "aws:PrincipalArn")

conditions = st.fixed_dictionaries(
    {},
    optional={
        "Bool": st.fixed_dictionaries({"aws:SecureTransport": st.sampled_from(["true", "false"])}),
        "NotIpAddress": st.fixed_dictionaries({"aws:SourceIp": st.sampled_from(["8.0.0.0/8", "0.0.0.0/1"])}),
        "ArnNotEqualsIfExists": st.fixed_dictionaries({"aws:PrincipalArn": st.sampled_from([ALICE.arn, ROLE.arn])}),
    },
)
principals = st.sampled_from(
    ["*", {"AWS": ALICE.arn}, {"AWS": OURS}, {"AWS": ROLE.arn}, {"AWS": [BOB.arn, ROLE.session_arn]}]
)


def statements(effect, *, of_resource):
    parts = {
        "Effect": st.just(effect) if effect else st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "S3:GETOBJECT"]),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::acme/*", "arn:aws:s3:::acme", "arn:aws:s3:::*/q?.csv"]),
        "Condition": conditions,
    }
    return st.fixed_dictionaries(parts | ({"Principal": principals} if of_resource else {}))


requests = st.builds(
    Request,
    st.sampled_from([ANONYMOUS, ALICE, BOB, ROLE]),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
    st.sampled_from(["arn:aws:s3:::acme", "arn:aws:s3:::acme/q1.csv"]),
    st.fixed_dictionaries(
        {},
        optional={
            "aws:SecureTransport": st.sampled_from(["true", "false"]),
            "aws:SourceIp": st.sampled_from(["8.8.8.8", "200.1.1.1"]),
        },
    ),
)
identities = st.lists(statements(None, of_resource=False), max_size=3)
resources = st.lists(statements(None, of_resource=True), max_size=3)


def policies(identity, resource):
    def document(items, kind):
        return parse({"Version": "2012-10-17", "Statement": items}, kind) if items else Document("2012-10-17", ())

    return Policies(
        OURS, (Policy("i", document(identity, "identity")),), (Policy("r", document(resource, "resource")),)
    )


def allowed(request, identity, resource):
    return decide(request, policies(identity, resource)).allowed


ASK = settings(max_examples=150, deadline=None)


@ASK
@given(requests, identities, resources)
def test_a_deny_of_everything_wins(request, identity, resource):
    everything = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    assert not allowed(request, identity, [*resource, everything])


@ASK
@given(requests, identities, resources, st.randoms(use_true_random=False))
def test_order_never_matters(request, identity, resource, random):
    mixed, other = list(identity), list(resource)
    random.shuffle(mixed)
    random.shuffle(other)
    assert allowed(request, identity, resource) == allowed(request, mixed, other)


@ASK
@given(requests, identities, resources, statements("Allow", of_resource=False), statements("Allow", of_resource=True))
def test_another_allow_never_takes_away(request, identity, resource, more, other):
    if allowed(request, identity, resource):
        assert allowed(request, [*identity, more], [*resource, other])


@ASK
@given(requests, identities, resources, statements("Deny", of_resource=False), statements("Deny", of_resource=True))
def test_another_deny_never_adds(request, identity, resource, more, other):
    if not allowed(request, identity, resource):
        assert not allowed(request, [*identity, more], [*resource, other])


@ASK
@given(requests, identities, resources)
def test_the_order_of_single_values_and_lists_is_the_same(request, identity, resource):
    def listed(items):
        return [item | {"Action": [item["Action"]], "Resource": [item["Resource"]]} for item in items]

    assert allowed(request, identity, resource) == allowed(request, listed(identity), listed(resource))


@ASK
@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_glob_agrees_with_a_slow_definition(pattern, text):
    def slow(pattern, text):
        if not pattern:
            return not text
        if pattern[0] == "*":
            return slow(pattern[1:], text) or (bool(text) and slow(pattern, text[1:]))
        return bool(text) and pattern[0] in ("?", text[0]) and slow(pattern[1:], text[1:])

    assert glob(pattern.replace("*", ANY).replace("?", ONE), text) == slow(pattern, text)


def test_many_stars_cost_no_time():
    assert not glob((ANY + "a") * 200 + "b", "a" * 2000)


def layered(limits, identity, resource):
    """A boundary and one level of an organization over a user's request."""
    base = policies(identity, resource)
    documents = [parse({"Version": "2012-10-17", "Statement": items}, "identity") for items in limits]
    return replace(base, boundary=documents[0], service_control=((Policy("scp", documents[1]),),))


limits = st.tuples(*(st.lists(statements(None, of_resource=False), min_size=1, max_size=2) for _ in range(2)))
NARROWER = {
    "Action": {"*": "s3:*", "s3:*": "s3:Get*", "s3:Get*": "s3:GetObject"},
    "Resource": {"*": "arn:aws:s3:::acme/*", "arn:aws:s3:::acme/*": "arn:aws:s3:::acme/q1.csv"},
}


def narrowed(item, element):
    """The same statement with a narrower action or resource, or one more condition."""
    if element == "Condition":
        return item | {"Condition": {**item.get("Condition", {}), "StringEquals": {"aws:PrincipalAccount": OURS}}}
    return item | {element: NARROWER[element].get(item[element], item[element])}


@ASK
@given(requests, identities, resources, st.sampled_from(["Action", "Resource", "Condition"]), st.data())
def test_narrowing_an_allow_never_widens(request, identity, resource, element, data):
    both = [*identity, *resource]
    if not both or allowed(request, identity, resource):
        return
    place = data.draw(st.integers(0, len(both) - 1))
    if both[place]["Effect"] == "Allow":
        both[place] = narrowed(both[place], element)
    assert not allowed(request, both[: len(identity)], both[len(identity) :])


@ASK
@given(requests, limits, identities, resources)
def test_a_limit_never_adds(request, over, identity, resource):
    if not allowed(request, identity, resource):
        assert not decide(request, layered(over, identity, resource)).allowed


@ASK
@given(requests, limits, identities, resources)
def test_a_deny_in_any_layer_wins(request, over, identity, resource):
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    if request.principal.kind in ("anonymous",):  # has neither boundary nor organization
        return
    for place in (0, 1):
        closed = [[*items, everything] if number == place else items for number, items in enumerate(over)]
        assert not decide(request, layered(closed, identity, resource)).allowed


@ASK
@given(requests, identities, resources)
def test_the_third_answer_keeps_its_word(request, identity, resource):
    """Definite whatever the missing keys are; and where it depends, the two examples show it."""
    decision = decide(request, policies(identity, resource))
    values = {"aws:SecureTransport": ["true", "false"], "aws:SourceIp": ["8.8.8.8", "200.1.1.1", "2a02::1"]}
    missing = [key for key in values if key not in request.context]
    seen = set()
    for chosen in itertools.product(*(values[key] for key in missing)):
        told = replace(request, context={**request.context, **dict(zip(missing, chosen, strict=True))})
        seen.add(decide(told, policies(identity, resource)).allowed)
    if decision.answer is not Answer.DEPENDS:
        assert seen == {decision.allowed}
        return
    for outcome, shown in ((True, decision.possible.allowing), (False, decision.possible.denying)):
        context = {**request.context, **{key: value for key, value in shown if value is not None}}
        assert decide(replace(request, context=context), policies(identity, resource)).allowed is outcome


@ASK
@given(requests, limits, identities, resources)
def test_the_tree_agrees_with_the_verdict(request, over, identity, resource):
    decision = decide(request, layered(over, identity, resource))
    verdicts = [layer.verdict for layer in decision.explanation.layers]
    denied_aloud = decision.reason is Reason.EXPLICIT_DENY
    assert ("denies" in verdicts) is denied_aloud
    assert decision.explanation.change.endswith(".")
    assert decision.explanation.to_dict()["sentence"] == decision.explanation.sentence
