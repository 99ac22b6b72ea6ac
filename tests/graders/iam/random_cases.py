"""Random requests and policies for both evaluators; small vocabularies, so that statements meet requests."""

from graders.iam import ANONYMOUS, Document, Policies, Policy, Principal, Request, parse
from graders.iam.evaluate import evaluate
from graders.iam.principals import root
from tests.graders.iam.cast import OURS, THEIRS

USERS = {
    "alice": Principal("user", OURS, f"arn:aws:iam::{OURS}:user/team/alice"),
    "bob": Principal("user", THEIRS, f"arn:aws:iam::{THEIRS}:user/bob"),
    "app": Principal("role", OURS, f"arn:aws:iam::{OURS}:role/team/app", "run"),
    "far": Principal("role", THEIRS, f"arn:aws:iam::{THEIRS}:role/far", "run"),
    "root": root(OURS),
    "there": root(THEIRS),
    "sns": Principal("service", service="sns.amazonaws.com"),
    "anonymous": ANONYMOUS,
}
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetObjectAcl"]
ACTION_PATTERNS = [*ACTIONS, "*", "s3:*", "s3:Get*", "S3:getobject", "s3:?etObject", "s3:*Object*", "ec2:*"]
ARNS = ["arn:aws:s3:::acme", "arn:aws:s3:::acme/q1.csv", "arn:aws:s3:::acme/alice/x", "arn:aws:s3:::acme/b/q2.csv"]
ARN_PATTERNS = [
    "*", "arn:aws:s3:::acme", "arn:aws:s3:::acme/*", "arn:aws:s3:::acme*", "arn:aws:s3:::*/q?.csv", "arn:aws:s3:*:*:acme/*",
    "arn:aws:s3:::acme/${aws:username}/*", "arn:aws:s3:::other/*", "arn:aws:sqs:*:*:*",
]  # fmt: skip
CONDITIONS = [
    ("Bool", "aws:SecureTransport", ["true", "false", True, False]),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "0.0.0.0/0", "128.0.0.0/1", "2001:db8::/32"]),
    ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "0.0.0.0/0"]),
    ("StringEquals", "s3:prefix", ["a", "b", "${aws:username}"]),
    ("StringNotEquals", "s3:prefix", ["a", "b"]),
    ("StringLike", "s3:prefix", ["a*", "?b", "*"]),
    ("StringNotLike", "s3:prefix", ["a*", "*"]),
    ("StringEqualsIgnoreCase", "S3:PREFIX", ["A", "B"]),
    ("StringEquals", "aws:PrincipalAccount", [OURS, THEIRS]),
    ("StringNotEquals", "aws:PrincipalAccount", [OURS]),
    ("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{OURS}:role/*", "arn:aws:iam::*:user/*"]),
    ("ArnNotEquals", "aws:PrincipalArn", [f"arn:aws:iam::{OURS}:role/team/app"]),
    ("NumericLessThan", "s3:max-keys", ["10", 20]),
    ("NumericNotEquals", "s3:max-keys", ["10"]),
    ("DateGreaterThan", "aws:CurrentTime", ["2026-06-01T00:00:00+00:00", "2027-06-01T00:00:00+00:00"]),
    ("Null", "s3:prefix", ["true", "false"]),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"]),
    ("ForAnyValue:StringLike", "aws:TagKeys", ["a*", "c"]),
    ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a", "b"]),
]
CONTEXT = {
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceIp": ["203.0.113.9", "8.8.8.8", "2001:db8::1"],
    "s3:prefix": ["a", "ab", "b", "alice"],
    "s3:max-keys": ["5", "10", "15"],
    "aws:CurrentTime": ["2026-11-20T00:00:00+00:00", "2028-01-01T00:00:00+00:00"],
    "aws:TagKeys": [("a",), ("a", "b"), ("c", "a"), ("abc",)],
}
NAMED = [
    *(one.arn for one in USERS.values() if one.arn), *(one.session_arn for one in USERS.values() if one.kind == "role"),
    OURS, THEIRS,
]  # fmt: skip


def some(random, values, most=2):
    found = random.sample(values, random.randint(1, most))
    return found[0] if len(found) == 1 and random.random() < 0.5 else found


def a_condition(random):
    found = {}
    for operator, key, values in random.sample(CONDITIONS, random.choice([0, 0, 1, 1, 2])):
        if operator != "Null" and random.random() < 0.25:
            operator += "IfExists"
        found.setdefault(operator, {})[key] = some(random, values, min(2, len(values)))
    return found


def a_principal(random):
    if random.random() < 0.35:
        return random.choice(["*", {"AWS": "*"}])
    return {"Service": "sns.amazonaws.com"} if random.random() < 0.15 else {"AWS": some(random, NAMED, 3)}


def a_statement(random, *, of_resource, denies=0.25):
    found = {"Effect": "Deny" if random.random() < denies else "Allow"}
    found["Action" if random.random() < 0.85 else "NotAction"] = some(random, ACTION_PATTERNS)
    found["Resource" if random.random() < 0.85 else "NotResource"] = some(random, ARN_PATTERNS)
    if condition := a_condition(random):
        found["Condition"] = condition
    if of_resource and found["Effect"] == "Deny" and random.random() < 0.2:
        found["NotPrincipal"] = {"AWS": random.sample(NAMED, random.randint(1, 5))}
    elif of_resource:
        found["Principal"] = a_principal(random)
    return found


def a_policy(random, *, of_resource=False, most=3, denies=0.25):
    return [a_statement(random, of_resource=of_resource, denies=denies) for _ in range(random.randint(1, most))]


def wide(random, of_resource=False):
    """A limit: mostly full access, with something more."""
    full = {"Effect": "Allow", "Action": "*", "Resource": "*", **({"Principal": "*"} if of_resource else {})}
    more = a_policy(random, of_resource=of_resource, most=2) if random.random() < 0.6 else []
    return [full, *more] if random.random() < 0.75 or not more else more


def a_case(random):
    """One case as naive.py wants it."""
    who = USERS[random.choice(list(USERS))]

    def maybe(chance, make):
        return make() if random.random() < chance else None

    held = who.kind in ("user", "role")
    return {
        "who": who,
        "caller": {"kind": who.kind, "account": who.account, "arn": who.arn, "session": who.session,
                   "name": who.service or who.name},
        "action": random.choice(ACTIONS),
        "resource": random.choice(ARNS),
        "context": {key.lower(): random.choice(values) for key, values in CONTEXT.items() if random.random() < 0.6},
        "owner": OURS,
        "identity": a_policy(random) if held and random.random() < 0.8 else [],
        "resource_policy": a_policy(random, of_resource=True) if random.random() < 0.7 else [],
        "boundary": maybe(0.25, lambda: wide(random)) if held else None,
        "session_policy": maybe(0.25, lambda: wide(random)) if who.kind == "role" else None,
        "scps": [wide(random) for _ in range(random.choice([0, 0, 0, 1, 2]))],
        "rcp": a_policy(random, of_resource=True, denies=1) if random.random() < 0.1 else [],
        "endpoint": maybe(0.1, lambda: wide(random, of_resource=True)),
        "key": random.random() < 0.2,
    }  # fmt: skip


def ours(case):
    """The engine's verdict on a case."""

    def document(statements, kind="identity"):
        return (
            parse({"Version": "2012-10-17", "Statement": statements}, kind)
            if statements
            else Document("2012-10-17", ())
        )

    policies = Policies(
        case["owner"],
        (Policy("identity", document(case["identity"])),),
        (Policy("resource", document(case["resource_policy"], "resource")),),
        None if case["boundary"] is None else document(case["boundary"]),
        None if case["session_policy"] is None else document(case["session_policy"]),
        resource_decides=case["key"],
        service_control=tuple((Policy("SCP", document(level)),) for level in case["scps"]),
        resource_control=(Policy("RCP", document(case["rcp"], "resource")),),
        endpoint=None if case["endpoint"] is None else Policy("endpoint", document(case["endpoint"], "resource")),
    )
    return evaluate(Request(case["who"], case["action"], case["resource"], case["context"]), policies)
