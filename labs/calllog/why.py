"""Why a call failed: the statement that refused it, what AWS wants of a value, the name that was meant.

The engine's decision of that moment is not kept. What is said of rights is decided again now, by the policies as they are
now, and says so.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from graders import Account
from graders.check import Fail
from graders.iam import ANONYMOUS, Decision, Explanation, InvalidPolicy, Principal, UnknownAction, parse
from graders.iam.ask import learner
from graders.iam.snapshot import Actor, snapshot
from graders.identities import decided
from labs.diagram.model import Thing
from labs.diagram.services import READERS
from labs.explorer import api
from labs.models import ApiCall
from labs.present import about_call

_DENIED: Final = ("AccessDenied", "Unauthorized", "AuthorizationError", "Forbidden", "NotAuthorized")
_KEYS: Final = (
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "UnrecognizedClient",
)
_ABSENT: Final = ("NoSuch", "NotFound", "NonExistent", "DoesNotExist", "Not_Found")
_PRESENT: Final = (
    "AlreadyExists",
    "AlreadyOwned",
    "AlreadyInUse",
    "Duplicate",
    "EntityAlreadyExists",
    "InUseException",
)
_IN_THE_WAY: Final = ("DependencyViolation", "DeleteConflict", "NotEmpty", "InUse", "IncorrectState", "InvalidState")
_WRONG: Final = (
    "Validation",
    "Invalid",
    "Missing",
    "Malformed",
    "Unsupported",
    "BadRequest",
    "Param",
    "Unknown",
    "IllegalLocation",
)
_REFUSED: Final = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: \"?(?P<resource>[^\s\"]+)\"?)?"
)
_DOCUMENTS: Final = {
    "PolicyDocument": "identity",
    "AssumeRolePolicyDocument": "trust",
    "Policy": "resource",
}
_MEMBERS: Final = 6


@dataclass(frozen=True)
class Why:
    """An explanation: `title` in a few words, sentences, and where rights were the matter the tree of the decision."""

    title: str
    lines: tuple[str, ...] = ()
    tree: Explanation | None = None
    near: tuple[str, ...] = ()  # names that do exist
    now: bool = False  # decided again now, by what is set now


def why(account: Account, call: ApiCall) -> Why | None:
    """Return why a call failed, or None for one that did not. Reads the account, and never raises for what is in it."""
    if not (call.error_code or call.status >= 400):
        return None
    code = call.error_code or str(call.status)
    try:
        if any(one in code for one in _DENIED) or (call.status == 403 and not any(one in code for one in _KEYS)):
            return _denied(account, call)
        if any(one in code for one in _ABSENT) or call.status == 404:
            return _absent(account, call)
    except (BotoCoreError, ClientError, Fail, InvalidPolicy, UnknownAction, ValueError) as error:
        return Why("AWS refused it", (f"What would explain it could not be read just now ({type(error).__name__}).",))
    if any(one in code for one in _KEYS):
        return Why("The key was not accepted", (_about_keys(code),))
    if any(one in code for one in _PRESENT):
        return Why("There is one of that name already", tuple(_present(call)))
    if any(one in code for one in _IN_THE_WAY):
        return Why("Something else is in the way", (_way(call),))
    if "NotImplemented" in code or call.status == 501:
        return Why("This sandbox does not play that", ("On AWS it works; here it is left out, and that is our doing.",))
    if any(one in code for one in ("Throttl", "TooMany", "SlowDown", "RequestLimit")) or call.status in (429, 503):
        return Why("Too many calls at once", ("AWS asks to wait and to try again; its tools do that by themselves.",))
    if call.status >= 500:
        return Why(
            "The sandbox failed at this call",
            ("That is our fault. Try again; if it stays, the lab's staff can see it.",),
        )
    if any(one in code for one in _WRONG) or call.status == 400:
        return _wrong(call)
    return None


# --- Rights -------------------------------------------------------------------------------------------------------


def _denied(account: Account, call: ApiCall) -> Why:
    told = _REFUSED.search(call.error_message)
    action = told["action"] if told else f"{call.service}:{call.action}"
    resource = (told["resource"] if told else "") or _resource(call)
    actor = actor_of(account, call.principal)
    if actor is None:
        return Why(
            "AWS denied it",
            (f"{call.principal or 'The caller'} is not there any more: what it had cannot be looked up.",),
        )
    decision = decided(account, actor, action, resource or "*")
    return _decided(call, decision)


def _decided(call: ApiCall, decision: Decision) -> Why:
    if decision.allowed:
        said = "Decided again with the policies as they are now it would be allowed: something has been changed since."
        return Why("Denied then, allowed now", (said,), decision.explanation, now=True)
    tree = decision.explanation
    if decision.statement is not None:
        return Why(
            f"An explicit Deny: {decision.statement.label} of the {decision.policy}", (tree.change,), tree, now=True
        )
    return Why(f"Nothing lets it through: {decision.reason}", (tree.change,), tree, now=True)


def actor_of(account: Account, arn: str) -> Actor | None:
    """Return who made a call, with the policies that they have now; a session of a role is its role."""
    if arn in ("", "anonymous"):
        return Actor(ANONYMOUS)
    people = snapshot(account)
    assumed = re.fullmatch(r"arn:aws:sts::\d+:assumed-role/([^/]+)/(.+)", arn)
    if assumed:
        role = people.role(assumed[1])
        if role is None:
            return None
        values = {name: getattr(role.principal, name) for name in role.principal.__dataclass_fields__}
        return Actor(Principal(**{**values, "session": assumed[2]}), role.identity, role.boundary, role.trust)
    if arn.endswith(":root"):
        return people.root
    known = next((one for one in people.users if one.principal.arn == arn), None)
    return known or (learner(account) if arn.endswith(":user/learner") else None)


def _resource(call: ApiCall) -> str:
    """Return the ARN that a call was about, as far as its parameters tell."""
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    if call.service == "s3" and isinstance(parameters.get("Bucket"), str):
        key = parameters.get("Key")
        return f"arn:aws:s3:::{parameters['Bucket']}" + (f"/{key}" if isinstance(key, str) else "")
    return next((one for one in parameters.values() if isinstance(one, str) and one.startswith("arn:aws:")), "")


# --- Names --------------------------------------------------------------------------------------------------------


def _absent(account: Account, call: ApiCall) -> Why:
    wanted = _wanted(call)
    names = list(dict.fromkeys(_names(account, call)))
    near = difflib.get_close_matches(wanted.lower(), [one.lower() for one in names], n=4, cutoff=0.5) if wanted else []
    shown = tuple(one for low in near for one in names if one.lower() == low)[:4]
    title = f"There is no {wanted}" if wanted else "There is no such thing"
    if shown:
        return Why(title, ("Names that do exist and look like it:",), near=shown)
    if names:
        return Why(title, ("Nothing is named like it. What exists:",), near=tuple(sorted(names)[:6]))
    return Why(
        title, (f"There is nothing of that kind in this account, in {account.region}. Another region has its own.",)
    )


def _wanted(call: ApiCall) -> str:
    """Return the name that was not found: the one that AWS quotes, else what the call was about."""
    quoted = re.search(r"(?:with name |with id |ID |')([\w.:/@+=-]{2,128})'?", call.error_message)
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    if "Key" in call.error_code and isinstance(parameters.get("Key"), str):
        return str(parameters["Key"])
    given = about_call(call)
    if quoted and (not given or quoted[1] in str(parameters)):
        return quoted[1]
    return given.rpartition(":")[2].rpartition("/")[2] or given


def _names(account: Account, call: ApiCall) -> Iterator[str]:
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    if call.service == "s3" and ("Key" in call.error_code or (call.status == 404 and "Key" in parameters)):
        listing = account.client("s3").list_objects_v2(Bucket=parameters.get("Bucket", ""), MaxKeys=500)
        yield from (one["Key"] for one in listing.get("Contents", []))
        return
    if call.service == "ec2":
        yield from _ec2_names(account, call)
    elif call.service == "rds":
        for one in account.read("rds", "describe_db_instances").get("DBInstances", []):
            yield one["DBInstanceIdentifier"]
    elif call.service in READERS:
        kinds = ("role",) if "Role" in call.action else ("user",) if "User" in call.action else ()
        for thing in READERS[call.service](account):
            if isinstance(thing, Thing) and thing.kind != "subscriber" and (not kinds or thing.kind in kinds):
                yield thing.name


_EC2: Final = {
    "sg-": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "vpc-": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnet-": ("describe_subnets", "Subnets", "SubnetId"),
    "igw-": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "rtb-": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "nat-": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "acl-": ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "eni-": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
}


def _ec2_names(account: Account, call: ApiCall) -> Iterator[str]:
    wanted = _wanted(call)
    if wanted.startswith("i-"):
        for each in account.read("ec2", "describe_instances").get("Reservations", []):
            yield from (one["InstanceId"] for one in each["Instances"])
    for prefix, (operation, key, field) in _EC2.items():
        if wanted.startswith(prefix):
            yield from (one[field] for one in account.read("ec2", operation).get(key, []))
    if "Group" in call.error_code and not wanted.startswith("sg-"):
        yield from (
            one["GroupName"] for one in account.read("ec2", "describe_security_groups").get("SecurityGroups", [])
        )


def _present(call: ApiCall) -> Iterator[str]:
    """Say which call of the log made it, where one did."""
    made = (
        ApiCall.objects.filter(sandbox_id=call.sandbox_id, epoch=call.epoch, seq__lt=call.seq, undone_by=None)
        .filter(service=call.service, action=call.action, status__lt=400)
        .order_by("-seq")
    )
    about = about_call(call)
    for one in made[:50]:
        if about and about_call(one) == about:
            yield f"Call {one.seq} of this log made it, at {one.at:%H:%M:%S} UTC. Use it, or choose another name."
            return
    if call.service == "s3":
        yield "Names of buckets are shared by all of AWS: somebody may have had it before. Choose another name."
    else:
        yield "Use the one that is there, delete it first, or choose another name."


def _about_keys(code: str) -> str:
    if "Expired" in code:
        return "Its time is over: take on the role again, and use the new key with its token."
    if "Signature" in code:
        return "The secret access key does not belong to the key id. Copy both from the Connect tab once more."
    return "There is no such key in this account. Copy the one of the Connect tab; another shell's session token spoils it."


def _way(call: ApiCall) -> str:
    if "NotEmpty" in call.error_code:
        return "Empty it first: AWS deletes nothing that still holds something."
    if "DeleteConflict" in call.error_code or "Dependency" in call.error_code:
        return (
            "Something still uses it: take that away first (what is attached to it, what refers to it), then delete it."
        )
    return (
        "It is not in a state in which this can be done. Look at its state, wait where it is changing, and try again."
    )


# --- Values -------------------------------------------------------------------------------------------------------


def _wrong(call: ApiCall) -> Why:
    """Say what AWS wants of the parameters that its message names, and of a policy what is wrong with it."""
    parameters = call.parameters if isinstance(call.parameters, dict) else {}
    lines = [f"{name}: {reason}" for name, reason in _policy_faults(call, parameters)]
    try:
        model = api.operation(call.service, xform_name(call.action))
    except api.NoSuchOperation:
        return Why("AWS wants something else", tuple(lines))
    shape = model.input_shape
    if shape is None:
        return Why("AWS wants something else", tuple(lines))
    members = shape.members
    missing = [name for name in shape.required_members if name not in parameters]
    lines += [f"{name} is missing: {_wants(members[name])}" for name in missing]
    message = call.error_message.lower()
    named = [name for name in members if name.lower() in message and name not in missing]
    lines += [
        f"{name}: {_wants(members[name])}"
        for name in (named or [] if lines else named or list(parameters))[:_MEMBERS]
        if name in members
    ]
    return Why("AWS wants something else", tuple(lines))


def _wants(shape: Any) -> str:
    """Return in words what a parameter may be: AWS's own values, lengths and sentences."""
    said = [api.plain(shape.documentation, sentences=1)] if shape.documentation else []
    enum = list(getattr(shape, "enum", ()))
    if enum:
        said.append(f"One of {', '.join(enum[:12])}{' …' if len(enum) > 12 else ''}.")
    if shape.type_name == "structure":
        inner = ((name, list(getattr(one, "enum", ()))) for name, one in shape.members.items())
        said += [f"{name} is one of {', '.join(values[:12])}." for name, values in inner if values]
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None or most is not None:
        unit = "letters" if shape.type_name == "string" else "of them" if shape.type_name == "list" else ""
        said.append(
            f"From {least if least is not None else 0} to {most if most is not None else 'any number'} {unit}".rstrip()
            + "."
        )
    if not said:
        said.append(f"A {shape.type_name}.")
    return " ".join(said)


def _policy_faults(call: ApiCall, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, kind in _DOCUMENTS.items():
        text = parameters.get(name)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            try:
                parse(text, kind)  # type: ignore[arg-type]
            except InvalidPolicy as error:
                yield from ((name, one) for one in error.reasons)
