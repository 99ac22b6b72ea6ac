"""https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html"""

from typing import Any

from graders import Account, Fail, check, networks
from graders.iam import InvalidPolicy, Policies, Policy, Request, ask, decide, parse
from graders.network import snapshot
from graders.network.path import Path

# An everyday call of each service that a lab reaches through an endpoint, on a thing of the account.
CALLS = {
    "s3": ("s3:GetObject", "arn:aws:s3:::{bucket}/report.csv"),
    "dynamodb": ("dynamodb:GetItem", "arn:aws:dynamodb:{region}:{account}:table/Orders"),
    "secretsmanager": ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:{account}:secret:app-AbCdEf"),
    "ssm": ("ssm:UpdateInstanceInformation", "*"),
    "sqs": ("sqs:SendMessage", "arn:aws:sqs:{region}:{account}:orders"),
    "kms": ("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/1"),
}


@check(permissions=networks.PERMISSIONS)
def endpoint_carries_service(account: Account, *, service: str, subnets: list[str], bucket: str = "") -> None:
    """Servers in {subnets} reach {service} through a VPC endpoint, not over the internet.

    `service` as in com.amazonaws.REGION.SERVICE ("s3", "secretsmanager"). A gateway endpoint in the subnet's route
    table or an interface endpoint with private DNS, available, its group open on 443, and its policy letting an
    everyday call through; `bucket` names the bucket that this call is about.
    """
    world = snapshot(account)
    full = f"com.amazonaws.{account.region}.{service}"
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)
        own = [one for one in world.endpoints.values() if one.service == full and one.vpc == subnet["VpcId"]]
        values = {"service": service, "subnet": name, "id": subnet["SubnetId"], "full": full}
        if not own:
            raise Fail(
                "The VPC of {subnet} has no endpoint for {full}.{near}",
                looked_at="the VPC endpoints in {region}",
                needed="A gateway or interface endpoint for {full} in the VPC of {subnet}.",
                try_="aws ec2 create-vpc-endpoint --service-name {full} …",
                counterexample="A server in {subnet} speaks to {service} over the internet, or not at all.",
                near=_near_miss(account, subnet["VpcId"], full),
                region=account.region,
                **values,
            )
        if all(one.kind == "Interface" and not one.enis for one in own):
            raise Fail(
                "The endpoint {endpoint} for {full} has an interface in no subnet.",
                looked_at="the subnets of {endpoint}",
                needed="An interface of the endpoint in a subnet of the VPC.",
                try_="aws ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --add-subnet-ids …",
                counterexample="A server in {subnet} finds nothing of {service} in its VPC.",
                endpoint=own[0].id,
                **values,
            )
        probed, server = networks.probed(world, subnet["SubnetId"], name)
        path = networks.path(probed, server, full, 443)
        door = next((one for one in (path, *path.others) if {x.id for x in own} & set(one.via)), None)
        if door is None or not door.for_all:
            raise Fail(
                "{server} does not reach {service} through the endpoint: {why}",
                looked_at="the way from {subnet} ({id}) to {service}: routes, {endpoints} and its groups",
                needed="The way to {service} leads through an endpoint that lets tcp 443 in.",
                try_=_remedy(own[0].kind),
                counterexample="{server} asks {service} and the endpoint does not carry it.",
                server=server,
                endpoints=[one.id for one in own],
                why=networks.said(account, _why(own, door, name)),
                **values,
            )
        used = next(one for one in own if one.id in door.via)
        if refusal := _refused(account, used.id, service, bucket):
            raise Fail(
                "The policy of the endpoint {endpoint} stops the calls: {refusal}.",
                looked_at="the policy of {endpoint}, by which {subnet} reaches {service}",
                needed="The endpoint's policy lets the calls to {service} through.",
                try_="aws ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --policy-document …",
                endpoint=used.id,
                refusal=refusal,
                **values,
            )


def _why(own: list[Any], door: Path | None, name: str) -> str:
    if door is not None:
        return door.explanation or " ".join(door.caveats)
    if own[0].kind == "Gateway":
        return f"{own[0].id} is not in the route table of {name}."
    state = own[0].state.lower()
    return (
        f"{own[0].id} is {state}." if state != "available" else f"{own[0].id} has no private DNS: names lead past it."
    )


def _remedy(kind: str) -> str:
    if kind == "Gateway":
        return "aws ec2 modify-vpc-endpoint --add-route-table-ids with the table of the subnet."
    return "Let tcp 443 from the subnet into the endpoint's group, and turn its private DNS on."


def _refused(account: Account, id: str, service: str, bucket: str) -> str:
    listed = account.read("ec2", "describe_vpc_endpoints")["VpcEndpoints"]
    text = next(one for one in listed if one["VpcEndpointId"] == id).get("PolicyDocument")
    if service not in CALLS or not text:
        return ""
    try:
        policy = Policy(f"policy of endpoint {id}", parse(text, "resource"))
    except InvalidPolicy as error:
        return f"AWS would refuse it: {error.reasons[0]}"
    action, arn = CALLS[service]
    arn = arn.format(bucket=bucket or "reports", region=account.region, account=account.account_id)
    caller = ask.learner(account)
    request = Request(caller.principal, action, arn, {"aws:SecureTransport": "true", "aws:SourceVpce": id})
    decision = decide(request, Policies(account.account_id, caller.identity, endpoint=policy))
    return "" if decision.allowed else ask.refusal(request, decision)


def _near_miss(account: Account, vpc: str, full: str) -> str:
    for one in snapshot(account).endpoints.values():
        if one.service == full:
            return f" {one.id} is in another VPC, {networks.label(account, one.vpc)}."
        if one.vpc == vpc:
            return f" {one.id} is for {one.service}."
    return ""
