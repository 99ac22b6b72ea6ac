"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-examples-of-sqs-policies.html"""

from typing import Any

from graders import Account, Fail, check, encryption, identities, messaging
from graders.iam import ANONYMOUS, ask, decide
from graders.iam.services import as_service, deputies
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first, who
from graders.messaging import Place

SEND = "sqs:SendMessage"
OTHERS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue")


@check(permissions=[*messaging.QUEUE_PERMISSIONS, *encryption.POLICY_PERMISSIONS, *identities.PERMISSIONS])
def queue_admits(
    account: Account,
    *,
    queue: str,
    principals: list[str] | None = None,
    action: str = SEND,
    service: str = "",
    source: str = "",
    accounts: list[str] | None = None,
) -> None:
    """The queue {queue} lets in those it should, and no stranger.

    `principals` (role/NAME, user/NAME) can do `action`, by the queue's policy or by their own. `service`
    (s3.amazonaws.com) may send, and no more, when it acts for `source` (ARN). A key of the queue lets them in, too.
    Refused must be callers without credentials, accounts that are not among `accounts`, and services that act for them.
    """
    found = messaging.the_queue(account, queue)
    where = identities.target(account, action, found.arn)
    for name in principals or []:
        _may(account, found, identities.the_one(account, name), action)
    if service:
        _may_send(account, found, where, service, source)
    _no_stranger(account, found, where, accounts or [])


def _may(account: Account, queue: Place, known: identities.Known, action: str) -> None:
    decision = identities.decided(account, known.actor, action, queue.arn)
    if not decision.allowed:
        raise identities.refused(account, known, action, queue.arn, decision)
    reference = queue.attributes.get("KmsMasterKeyId", "")
    if not reference:
        return
    key = encryption.the_key(account, reference)
    uses = ("kms:GenerateDataKey", "kms:Decrypt") if action == SEND else ("kms:Decrypt",)
    if why := encryption.keeps_out(account, key, known.actor, uses, via="sqs"):
        raise _fail(
            queue, "{who} may {action}, but not use the key of {queue}: {why}.", who=known, action=action, why=why
        )


def _may_send(account: Account, queue: Place, where: Target, service: str, source: str) -> None:
    refusal = messaging.service_refusal(
        account,
        queue.attributes.get("Policy", ""),
        f"policy of queue {queue.name}",
        service=service,
        action=SEND,
        resource=queue.arn,
        source=source,
    )
    if refusal:
        raise _fail(queue, "The queue {queue} does not let {service} send: {why}.", service=service, why=refusal)
    if why := messaging.key_keeps_out(account, queue, service):
        raise _fail(queue, "{why}", why=why)
    policies = where.seen_by(Actor(ANONYMOUS))
    for action in OTHERS:
        request = as_service(service, action, queue.arn, source_arn=source, source_account=account.account_id)
        if decide(request, policies).allowed:
            raise _fail(queue, "The queue {queue} lets {service} {action}, too.", service=service, action=action)


def _no_stranger(account: Account, queue: Place, where: Target, meant: list[str]) -> None:
    callers = [one for one in ask.outsiders(account, where.policies, named=True) if one.principal.account not in meant]
    witness = first(where, callers, [SEND, *OTHERS], [queue.arn], outside=True)
    if witness is not None:
        caller = witness.request.principal
        said = "The queue {queue} lets {who} {action}: {why}."
        raise _fail(queue, said, who=who(caller), action=witness.request.action, why=witness.decision.sentence)
    strangers = [one for one in ask.foreign_accounts(account, where.policies) if one not in meant]
    for name, decision in deputies(where.seen_by(Actor(ANONYMOUS)), SEND, queue.arn, strangers):
        said = "The queue {queue} lets {service} send for another account: {why}."
        raise _fail(queue, said, service=name, why=decision.sentence)


def _fail(queue: Place, said: str, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the policy of the queue {queue}, its key, and the policies of those who use it",
        needed="Only those who are meant get in, and a service only for this account.",
        try_="aws sqs set-queue-attributes with a Policy that names the principals, the action and aws:SourceArn.",
        queue=queue.name,
        **values,
    )
