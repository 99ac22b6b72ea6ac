"""A second evaluator, naive on purpose: written from AWS's rules alone, over plain JSON, sharing no code with the engine.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

A case is a dict: caller (kind, account, arn, session, name), action, resource, context (lower-case keys), owner,
identity, resource_policy, boundary, session_policy, scps (levels), rcp, endpoint, key (only the resource grants).
"""

import ipaddress
import re
from datetime import datetime


def as_list(value):
    return value if isinstance(value, list) else [value]


def wild(pattern, text):
    """`*` any run, `?` one character."""
    body = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(body, text, re.DOTALL) is not None


def arn(pattern, text):
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(given) == 6 and all(wild(a, b) for a, b in zip(wanted, given, strict=True))


def fill(pattern, context):
    """Put values in the place of ${key}; None when a key has none. No value here holds a wildcard."""
    missing = [name for name in re.findall(r"\$\{([^}]+)\}", pattern) if not isinstance(context.get(name.lower()), str)]
    if missing:
        return None
    return re.sub(r"\$\{([^}]+)\}", lambda match: context[match[1].lower()], pattern)


def compare(operator, wanted, given):
    match operator:
        case "StringEquals":
            return wanted == given
        case "StringEqualsIgnoreCase":
            return wanted.lower() == given.lower()
        case "StringLike":
            return wild(wanted, given)
        case "ArnLike" | "ArnEquals":
            return arn(wanted, given)
        case "Bool":
            return str(wanted).lower() == given.lower()
        case "IpAddress":
            address, network = ipaddress.ip_address(given), ipaddress.ip_network(wanted)
            return address.version == network.version and address in network
        case "NumericLessThan":
            return float(given) < float(wanted)
        case "NumericEquals":
            return float(given) == float(wanted)
        case "DateGreaterThan":
            return datetime.fromisoformat(given) > datetime.fromisoformat(wanted)
    raise AssertionError(operator)


NEGATIVE = {
    "StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike", "NotIpAddress": "IpAddress", "NumericNotEquals": "NumericEquals",
}  # fmt: skip


def condition_met(name, key, values, context):
    quantifier, _, operator = name.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    value = context.get(key.lower())
    if operator == "Null":
        return any((value is None) == (str(one).lower() == "true") for one in as_list(values))
    negative = operator in NEGATIVE
    if value is None:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negative and quantifier != "ForAnyValue"

    def one(given):
        wanted = (fill(text, context) if isinstance(text, str) else text for text in as_list(values))
        equal = any(text is not None and compare(NEGATIVE.get(operator, operator), text, given) for text in wanted)
        return equal != negative

    given = list(value) if isinstance(value, tuple) else [value]
    if quantifier == "ForAllValues":
        return all(one(each) for each in given)
    if quantifier == "ForAnyValue":
        return any(one(each) for each in given)
    return all(one(each) for each in given) if negative else any(one(each) for each in given)


def session_arn(caller):
    return f"arn:aws:sts::{caller['account']}:assumed-role/{caller['name']}/{caller['session']}"


def root(account):
    return f"arn:aws:iam::{account}:root"


def meant(principal, caller):
    """How a Principal means the caller: "", "account", "everybody", "role" or "self"."""
    entries = [("AWS", "*")] if principal == "*" else [(k, v) for k, vs in principal.items() for v in as_list(vs)]
    found = set()
    for kind, value in entries:
        if kind == "Service":
            found.add("self" if caller["kind"] == "service" and caller["name"] == value else "")
        elif value == "*":
            found.add("everybody")
        elif caller["kind"] in ("user", "role", "root"):
            if value in (caller["account"], root(caller["account"])):
                found.add("account")
            if value == caller["arn"]:
                found.add("role" if caller["kind"] == "role" else "account" if caller["kind"] == "root" else "self")
            if caller["kind"] == "role" and value == session_arn(caller):
                found.add("self")
    return next((one for one in ("self", "role", "account", "everybody") if one in found), "")


def covers(statement, case, context):
    action, resource = case["action"].lower(), case["resource"]
    named = [wild(one.lower(), action) for one in as_list(statement.get("Action", statement.get("NotAction")))]
    if any(named) != ("Action" in statement):
        return False
    patterns = [fill(one, context) for one in as_list(statement.get("Resource", statement.get("NotResource")))]
    if any(one is not None and arn(one, resource) for one in patterns) != ("Resource" in statement):
        return False
    return all(
        condition_met(name, key, values, context)
        for name, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def matches(policy, effect, case, context):
    """How the statements of a policy (a list of statements) that cover the request mean the caller."""
    found = []
    for statement in policy or []:
        if statement["Effect"] != effect or not covers(statement, case, context):
            continue
        if "NotPrincipal" in statement:
            chain = [root(case["caller"]["account"]), case["caller"]["arn"]]
            if case["caller"]["kind"] == "role":
                chain.append(session_arn(case["caller"]))
            listed = [root(one) if one.isdigit() else one for one in as_list(statement["NotPrincipal"]["AWS"])]
            spared = case["caller"]["kind"] in ("user", "role", "root") and all(one in listed for one in chain)
            if not spared or case["boundary"] is not None:
                found.append("everybody")
        else:
            how = meant(statement["Principal"], case["caller"]) if "Principal" in statement else "self"
            if how:
                found.append(how)
    return found


def whole_context(case):
    caller, context = case["caller"], dict(case["context"])
    context["aws:resourceaccount"] = case["owner"]
    if caller["kind"] in ("user", "role", "root"):
        context["aws:principalarn"], context["aws:principalaccount"] = caller["arn"], caller["account"]
        context["aws:principalisawsservice"] = "false"
    if caller["kind"] == "user":
        context["aws:username"] = caller["name"]
    if caller["kind"] == "service":
        context["aws:principalisawsservice"] = "true"
    if caller["kind"] == "anonymous":
        context["aws:principalaccount"] = "anonymous"
    return context


def allowed(case):
    """Whether AWS lets the request through."""
    context, caller = whole_context(case), case["caller"]
    signed = caller["kind"] in ("user", "role", "root")
    scps = case["scps"] if signed else []
    everything = [case["identity"], case["resource_policy"], case["boundary"], case["session_policy"]]
    everything += [*scps, case["rcp"], case["endpoint"]]
    if any(matches(policy, "Deny", case, context) for policy in everything):
        return False
    if not all(matches(level, "Allow", case, context) for level in scps):
        return False
    if case["endpoint"] is not None and not matches(case["endpoint"], "Allow", case, context):
        return False
    granted = matches(case["resource_policy"], "Allow", case, context)
    if not signed:
        return bool(granted)
    same = caller["account"] == case["owner"]
    if same and "self" in granted:
        return True
    within = all(
        policy is None or matches(policy, "Allow", case, context)
        for policy in (case["boundary"], case["session_policy"])
    )
    identity = bool(matches(case["identity"], "Allow", case, context))
    if caller["kind"] == "root":
        return bool(granted) or (same and not case["key"])
    if not same:
        return bool(granted) and identity and within
    if "role" in granted or "everybody" in granted:
        return within
    if case["key"] and not granted:
        return False
    return identity and within
