"""What a call names in short, in full: the path of a role, the id behind an alias, the key behind a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends
from moto.cloudformation.models import cloudformation_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends

from labs.sandboxes.emulated.hooks import Call

__all__ = ["in_full", "key_of", "parts_of", "role_of_profile", "secret_key"]

_IDENTITIES: Final = {
    "GroupName": ("groups", "GroupNameWithPath"),
    "InstanceProfileName": ("instance_profiles", "InstanceProfileNameWithPath"),
    "RoleName": ("roles", "RoleNameWithPath"),
    "UserName": ("users", "UserNameWithPath"),
}


def parts_of(call: Call, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return parts of ARNs that the parameters do not show as they are."""
    service = call.operation.service.name
    if service == "iam":
        return _identities(call, parameters)
    if service == "autoscaling" and isinstance(parameters.get("AutoScalingGroupName"), str):
        groups = autoscaling_backends[call.account_id][call.region].autoscaling_groups
        group = groups.get(parameters["AutoScalingGroupName"])
        return {"GroupId": group.arn.split(":")[6]} if group else {}
    if service == "sqs" and isinstance(parameters.get("QueueUrl"), str):
        return {"QueueName": parameters["QueueUrl"].rstrip("/").rpartition("/")[2]}
    return {}


def in_full(call: Call, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters with an ARN for what a name, an id or an alias stands for."""
    service = call.operation.service.name
    if service == "kms" and isinstance(parameters.get("KeyId"), str):
        return {**parameters, "KeyId": _key_arn(call, parameters["KeyId"])}
    if service == "secretsmanager" and isinstance(parameters.get("SecretId"), str):
        secret = _secret(call, parameters["SecretId"])
        return {**parameters, "SecretId": secret.arn} if secret else parameters
    if service == "cloudformation" and isinstance(parameters.get("StackName"), str):
        stacks = cloudformation_backends[call.account_id][call.region].stacks.values()
        stack = next((each for each in stacks if each.name == parameters["StackName"]), None)
        return {**parameters, "StackName": stack.stack_id} if stack else parameters
    return parameters


def key_of(call: Call) -> str:
    """Return the ARN of the customer's own key that an S3 object is, or will be, encrypted with; "" for none."""
    bucket = s3_backends[call.account_id]["aws"].buckets.get(str(call.parameters.get("Bucket", "")))
    if bucket is None:
        return ""
    if call.operation.name in ("GetObject", "HeadObject"):
        held = bucket.keys.get(str(call.parameters.get("Key", "")))
        return _own_key(call, getattr(held, "kms_key_id", None))
    asked = call.parameters.get("SSEKMSKeyId")
    if asked or call.parameters.get("ServerSideEncryption") == "AES256":
        return _own_key(call, asked)
    rules = (bucket.encryption or {}).get("Rule") or {}
    rule = rules[0] if isinstance(rules, list) and rules else rules
    default = (rule or {}).get("ApplyServerSideEncryptionByDefault") or {} if isinstance(rule, Mapping) else {}
    return _own_key(call, default.get("KMSMasterKeyID"))


def secret_key(call: Call) -> str:
    """Return the ARN of the customer's own key that the secret is encrypted with, or ""."""
    secret = _secret(call, str(call.parameters.get("SecretId", "")))
    return _own_key(call, getattr(secret, "kms_key_id", None))


def role_of_profile(account: str, profile: Mapping[str, Any]) -> Iterator[str]:
    """Yield the role in an instance profile that is named as EC2 does."""
    for each in iam_backends[account]["aws"].instance_profiles.values():
        if each.name == profile.get("Name") or each.arn == profile.get("Arn"):
            yield from (role.arn for role in each.roles if role)


def _identities(call: Call, parameters: Mapping[str, Any]) -> dict[str, str]:
    iam = iam_backends[call.account_id]["aws"]
    found = {}
    for name, (held, part) in _IDENTITIES.items():
        wanted = parameters.get(name)
        if isinstance(wanted, str):
            one = next((each for each in getattr(iam, held).values() if each.name == wanted), None)
            path = one.path if one is not None else str(parameters.get("Path") or "/")
            found[part] = f"{path.strip('/')}/{wanted}".lstrip("/")
    if isinstance(parameters.get("PolicyName"), str):
        found["PolicyNameWithPath"] = (
            f"{str(parameters.get('Path') or '/').strip('/')}/{parameters['PolicyName']}".lstrip("/")
        )
    if "UserNameWithPath" not in found and ":user/" in call.principal:  # one's own user, left out
        found["UserNameWithPath"] = call.principal.partition(":user/")[2]
    return found


def _key_arn(call: Call, named: str) -> str:
    backend = kms_backends[call.account_id][call.region]
    alias = named.partition(":alias/")[2] if ":alias/" in named else named.removeprefix("alias/")
    if alias != named or ":alias/" in named:
        key_id = backend.get_key_id_from_alias(f"alias/{alias}") or named
        key = backend.keys.get(key_id)
        return str(key.arn) if key else named
    return named if named.startswith("arn:") else f"arn:aws:kms:{call.region}:{call.account_id}:key/{named}"


def _own_key(call: Call, named: Any) -> str:
    """AWS's own keys (alias/aws/…) let everybody of the account use them through their service."""
    if not named or "alias/aws/" in str(named):
        return ""
    arn = _key_arn(call, str(named))
    key = kms_backends[call.account_id][call.region].keys.get(arn.rpartition("/")[2])
    return arn if key is not None and getattr(key, "key_manager", "CUSTOMER") == "CUSTOMER" else ""


def _secret(call: Call, named: str) -> Any:
    secrets = secretsmanager_backends[call.account_id][call.region].secrets
    return secrets.get(named)
