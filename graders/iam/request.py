"""What is asked, and all the policies that bear on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from graders.iam.conditions import Context
from graders.iam.document import Document
from graders.iam.principals import Principal

# Services that put the caller's account into the request under a name of their own.
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html (the policy that a topic is born with)
CALLER_KEYS = {"kms": "kms:calleraccount", "sns": "aws:sourceowner"}


class Answer(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    DEPENDS = "depends on"


class Reason(StrEnum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    NO_ALLOW = "nothing allows it"
    NO_IDENTITY_ALLOW = "no identity policy allows it"
    NO_RESOURCE_ALLOW = "the resource's policy does not allow it"
    BOUNDARY = "the permissions boundary does not allow it"
    SESSION = "the session policy does not allow it"
    SERVICE_CONTROL = "a level of the service control policies does not allow it"
    ENDPOINT = "the VPC endpoint's policy does not allow it"
    BLOCK_PUBLIC_ACCESS = "Block Public Access cuts it off"


class Kind(StrEnum):
    """What a policy is to a request."""

    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    ENDPOINT = "VPC endpoint policy"
    RESOURCE = "resource policy"
    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True)
class Policy:
    """A document with the name that a learner knows it by: "policy ReadInvoices of role reporting", "bucket policy"."""

    name: str
    document: Document


@dataclass(frozen=True)
class Layer:
    """Policies of one kind that count as one: an action is within a layer when any of them allows it."""

    kind: Kind
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class Policies:
    """All that bears on a request.

    `identity`, `boundary` and `session` are the caller's; `resource` the target's, owned by `owner` (account id).
    `resource_decides`: only the resource's side grants (role trust, KMS keys); an identity policy is not enough.
    `restrict_public`: S3's RestrictPublicBuckets bites: none but the owner's account and AWS services get in.
    `service_control`: one tuple of policies for each level above the caller (root, units, account); every level must
    allow. `resource_control`: all those above the resource; they only deny. Both spare `management` (account id).
    `caller_in`: id and path of the organization that the caller's account is a member of.
    `endpoint`: the policy of the VPC endpoint that the request came through, None when it came another way.
    """

    owner: str
    identity: tuple[Policy, ...] = ()
    resource: tuple[Policy, ...] = ()
    boundary: Document | None = None
    session: Document | None = None
    resource_decides: bool = False
    restrict_public: bool = False
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[Policy, ...] = ()
    management: str = ""
    caller_in: tuple[str, str] = ("", "")
    endpoint: Policy | None = None

    @cached_property
    def _layers(self) -> dict[Kind, tuple[Layer, ...]]:
        one = {
            Kind.ENDPOINT: self.endpoint,
            Kind.BOUNDARY: None if self.boundary is None else Policy("permissions boundary", self.boundary),
            Kind.SESSION: None if self.session is None else Policy("session policy", self.session),
        }
        return {
            Kind.SERVICE_CONTROL: tuple(Layer(Kind.SERVICE_CONTROL, level) for level in self.service_control),
            Kind.RESOURCE_CONTROL: (Layer(Kind.RESOURCE_CONTROL, self.resource_control),),
            Kind.RESOURCE: (Layer(Kind.RESOURCE, self.resource),),
            Kind.IDENTITY: (Layer(Kind.IDENTITY, self.identity),),
            **{kind: () if policy is None else (Layer(kind, (policy,)),) for kind, policy in one.items()},
        }

    @cached_property
    def _all_layers(self) -> tuple[Layer, ...]:
        return tuple(layer for kind in Kind for layer in self._layers[kind])

    def layers(self, *kinds: Kind) -> tuple[Layer, ...]:
        """The layers of some kinds, or all."""
        if not kinds:
            return self._all_layers
        return self._layers[kinds[0]] + (self.layers(*kinds[1:]) if kinds[1:] else ())


@dataclass(frozen=True)
class Request:
    """`action` "s3:GetObject", `resource` an ARN, `context` what the request carries beside its caller (any case).

    `absent` are keys (lower case; "aws:requesttag/" is all of them) that it is known not to carry; `complete`: so is
    every key that it does not.
    """

    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)
    absent: tuple[str, ...] = ()
    complete: bool = False

    def may_carry(self, key: str) -> bool:
        """Whether the request could carry a key (lower case) that it does not."""
        known = any(key == one or (one.endswith("/") and key.startswith(one)) for one in self.absent)
        return not (self.complete or known or self.principal.never_carries(key))

    def keys(self) -> Context:
        """The whole context, names in lower case; what follows from the caller cannot be forged."""
        keys = {name.lower(): value for name, value in self.context.items()}
        if self.principal.account:
            service = self.action.partition(":")[0].lower()
            if service in CALLER_KEYS:
                keys[CALLER_KEYS[service]] = self.principal.account
        keys.update(self.principal.context())
        return keys
