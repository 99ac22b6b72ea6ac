"""Organizations: a member account is one of this sandbox, which its management account may enter; policies hold members.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_type.html
"""

from __future__ import annotations

from typing import Any, Final

from moto.iam.models import iam_backends
from moto.organizations.models import FakeRoot, OrganizationsBackend, organizations_backends

from graders.iam import InvalidPolicy, parse
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.world import WORLD

_ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
_FULL: Final = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
_MOST_MEMBERS: Final = 9
_LONGEST: Final = 5120  # characters of a service control policy
_OF_A_MEMBER: Final = ("DescribeOrganization",)


def install() -> None:
    """Give a new account its role's rights, and let it be one of this sandbox's."""
    make = OrganizationsBackend.create_account

    def make_member(self: Any, **given: Any) -> dict[str, Any]:
        told: dict[str, Any] = make(self, **given)
        made = self.accounts[-1]
        WORLD.members.append(made.id)
        role = given.get("RoleName") or "OrganizationAccountAccessRole"
        iam_backends[made.id]["aws"].attach_role_policy(_ADMINISTRATOR, role)
        return told

    OrganizationsBackend.create_account = make_member


@before("organizations", "*")
def the_management_account_manages(call: Call) -> None:
    """Refuse a member what only the management account may; what moto keeps beside its state is made anew."""
    main = WORLD.spec.account_id
    backend = organizations_backends[main]["aws"]
    for each in backend.accounts:
        if each.id != main:
            organizations_backends.master_accounts[each.id] = (main, "aws")
    if call.account_id != main and call.operation.name not in _OF_A_MEMBER:
        message = "You don't have permissions to access this resource."
        raise AwsError("AccessDeniedException", message, 400)


@before("organizations", "CreateAccount")
def there_are_not_too_many(call: Call) -> None:
    """Refuse an account without an organization, with an address in use, or one too many."""
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    if len(WORLD.members) >= _MOST_MEMBERS:
        message = "You have exceeded the allowed number of AWS accounts."
        raise AwsError("ConstraintViolationException", message, 400)
    wanted = str(call.parameters.get("Email", "")).lower()
    if backend.org is not None and any(each.email.lower() == wanted for each in backend.accounts):
        message = "EMAIL_ALREADY_EXISTS: an account with this email address exists already."
        raise AwsError("ConstraintViolationException", message, 400)


@before("organizations", "InviteAccountToOrganization", "CreateGovCloudAccount", "LeaveOrganization")
def there_is_nobody_to_invite(call: Call) -> None:
    """Other accounts than those that the organization makes are not here."""
    raise not_simulated("organizations", call.operation.name)


@before("organizations", "AttachPolicy")
def the_type_must_be_enabled(call: Call) -> None:
    """Refuse a policy of a type that the root has not enabled, and one that is attached there already.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
    """
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    policy = next((each for each in backend.policies if each.id == call.parameters.get("PolicyId")), None)
    if backend.org is None or policy is None:
        return
    if not _enabled(backend, policy.type):
        message = "This operation can be performed only for enabled policy types."
        raise AwsError("PolicyTypeNotEnabledException", message, 400)
    if any(each.id == call.parameters.get("TargetId") for each in policy.attachments):
        message = "A policy with the specified name and type already exists."
        raise AwsError("DuplicatePolicyAttachmentException", message, 400)


@before("organizations", "DetachPolicy")
def one_must_stay(call: Call) -> None:
    """Refuse to take the last policy of its type from a target, and one that is not attached.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html
    """
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    policy = next((each for each in backend.policies if each.id == call.parameters.get("PolicyId")), None)
    target = next(
        (each for each in (*backend.ou, *backend.accounts) if each.id == call.parameters.get("TargetId")), None
    )
    if policy is None or target is None:
        return
    if policy not in target.attached_policies:
        raise AwsError("PolicyNotAttachedException", "The policy isn't attached to the specified target.", 400)
    if (
        len([each for each in target.attached_policies if each.type == policy.type]) == 1
        and policy.type == "SERVICE_CONTROL_POLICY"
    ):
        message = (
            "You cannot remove the last policy attached to the specified target. You should have at least one attached "
            "at all times."
        )
        raise AwsError("ConstraintViolationException", message, 400)


@before("organizations", "CreatePolicy", "UpdatePolicy")
def the_policy_must_be_one(call: Call) -> None:
    """Refuse a service control policy that is none. https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    ident = call.parameters.get("PolicyId")
    held = next((each.type for each in backend.policies if each.id == ident), "")
    if ident in _FULL:
        raise AwsError("ConstraintViolationException", "You can't change a policy that AWS manages.", 400)
    content = call.parameters.get("Content")
    if (call.parameters.get("Type") or held) != "SERVICE_CONTROL_POLICY" or content is None:
        return
    try:
        parse(str(content), "identity")
    except InvalidPolicy as error:
        message = "The provided policy document does not meet the requirements of the specified policy type."
        raise AwsError("MalformedPolicyDocumentException", message, 400) from error
    if len(str(content)) > _LONGEST:
        message = "The provided policy document does not meet the requirements of the specified policy type."
        raise AwsError("MalformedPolicyDocumentException", message, 400)


@after("organizations", "EnablePolicyType")
def all_is_allowed_at_first(call: Call, answer: Answer) -> None:
    """Attach FullAWSAccess wherever nothing of the type is: as AWS does when the type is enabled."""
    backend = organizations_backends[WORLD.spec.account_id]["aws"]
    kind = str(call.parameters.get("PolicyType"))
    for target in (*backend.ou, *backend.accounts):
        if not any(each.type == kind for each in target.attached_policies):
            for policy in backend.policies:
                if policy.type == kind and policy.id in _FULL:
                    backend.attach_policy(PolicyId=policy.id, TargetId=target.id)


def _enabled(backend: Any, kind: str) -> bool:
    roots = [each for each in backend.ou if isinstance(each, FakeRoot)]
    return any(each["Type"] == kind for root in roots for each in root.policy_types)
