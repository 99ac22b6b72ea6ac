"""https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html"""

from graders import Account, Fail, check, messaging
from graders.iam import InvalidPolicy, Policy, ask, parse
from graders.iam.principals import Principal
from graders.iam.services import named_services
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, first, who

PUBLISH = "sns:Publish"


@check(permissions=messaging.TOPIC_PERMISSIONS)
def topic_admits(account: Account, *, topic: str, service: str = "", source: str = "") -> None:
    """The topic {topic} takes messages from those it should, and from no stranger.

    `service` (s3.amazonaws.com) must be let in when it acts for `source` (ARN). Refused must be callers without
    credentials, other accounts, and services that act for another account. The default policy of a topic is not public.
    """
    found = messaging.the_topic(account, topic)
    text = found.attributes.get("Policy", "")
    asked = {"service": service, "action": PUBLISH, "resource": found.arn, "source": source}
    if service and (why := messaging.service_refusal(account, text, f"policy of topic {topic}", **asked)):
        raise Fail(
            "The topic {topic} does not let {service} publish: {why}.",
            looked_at="the policy of {topic}",
            needed="{service} may {action} when it acts for {source}.",
            try_="aws sns set-topic-attributes --attribute-name Policy …",
            counterexample="{source} tells {topic} of something, and nobody hears it.",
            topic=topic,
            why=why,
            **asked,
        )
    try:
        policies = (Policy(f"policy of topic {topic}", parse(text, "resource")),) if text else ()
    except InvalidPolicy:
        policies = ()  # it lets nobody in
    target = Target(account.account_id, policies)
    own = source or f"arn:aws:s3:::{topic}"
    for number in ask.foreign_accounts(account, policies):
        foreign = ":".join([*own.split(":")[:4], number if own.split(":")[4] else "", *own.split(":")[5:]])
        fixed = {"aws:sourceowner": number, "aws:sourceaccount": number}
        callers = ask.outsiders(account, policies, named=True)
        acting = [*named_services(policies), *([Actor(Principal("service", service=service))] if service else [])]
        witness = first(target, callers, [PUBLISH], [found.arn], fixed=fixed)
        witness = witness or first(target, acting, [PUBLISH], [found.arn], fixed=fixed | _source(foreign, source))
        if witness is None:
            continue
        caller = witness.request.principal
        raise Fail(
            "The topic {topic} lets {caller} publish for another account."
            if caller.kind == "service"
            else "The topic {topic} lets {caller} publish.",
            looked_at="the policy of {topic}",
            needed="Only this account and the services that act for it may publish.",
            try_="Name the account or the service, with aws:SourceAccount and aws:SourceArn as its condition.",
            counterexample="{caller} can {action} to {arn} from account {number}.",
            topic=topic,
            caller=who(caller),
            action=PUBLISH,
            arn=found.arn,
            number=number,
        )


def _source(foreign: str, source: str) -> dict[str, str]:
    """The ARN for which a foreign service acts; that of a bucket names no account, and its name is its owner's."""
    name = foreign + "-of-another-account" if ":s3:::" in foreign else foreign
    return {"aws:sourcearn": name} if name != source else {}
