"""https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""

from typing import Any, Literal

from graders import Account, Fail, check, networks
from graders.iam import Policies, Principal, Request, can_assume, decide
from graders.iam.snapshot import PERMISSIONS as IAM
from graders.iam.snapshot import Actor, snapshot

SERVICE = "vpc-flow-logs.amazonaws.com"


@check(
    permissions=[
        *networks.PERMISSIONS, *IAM, "ec2:DescribeFlowLogs", "logs:DescribeLogGroups", "s3:ListAllMyBuckets",
    ]
)  # fmt: skip
def vpc_flow_logs_deliver(
    account: Account, *, vpc: str, traffic: Literal["ALL", "ACCEPT", "REJECT"] = "ALL", log_group: str = ""
) -> None:
    """Flow logs record the traffic of {vpc}, and arrive.

    A flow log of the VPC or of each of its subnets, ACTIVE, recording at least that `traffic`, to a log group that exists
    by a role that VPC Flow Logs may become and that may write, or to a bucket or a stream. `log_group`: into that one.
    """
    found = networks.the(account, networks.VPC, vpc)
    subnets = [one for one in networks.listed(account, networks.SUBNET) if one["VpcId"] == found["VpcId"]]
    logs = account.read("ec2", "describe_flow_logs").get("FlowLogs", [])
    whole = [one for one in logs if one["ResourceId"] == found["VpcId"]]
    parts = [one for one in logs if one["ResourceId"] in {item["SubnetId"] for item in subnets}]
    values = {"vpc": vpc, "id": found["VpcId"], "traffic": traffic}
    if not (whole or parts):
        raise Fail(
            "{vpc} has no flow log.{near}",
            looked_at="the flow logs of {vpc} ({id}) and of its subnets",
            needed="A flow log of {vpc} for {traffic} traffic.",
            try_="aws ec2 create-flow-logs --resource-type VPC --resource-ids {id} --traffic-type {traffic} …",
            counterexample="A connection to a server of {vpc} leaves no trace.",
            near=f" There is one of {networks.label(account, logs[0]['ResourceId'])}." if logs else "",
            **values,
        )
    why = {one["FlowLogId"]: _why_not(account, one, traffic, log_group) for one in (*whole, *parts)}
    if any(not why[one["FlowLogId"]] for one in whole):
        return
    covered = {one["ResourceId"] for one in parts if not why[one["FlowLogId"]]}
    missing = [networks.label(account, one["SubnetId"]) for one in subnets if one["SubnetId"] not in covered]
    if covered and not missing:
        return
    first = next((one for one in (*whole, *parts) if why[one["FlowLogId"]]), None)
    raise Fail(
        "The flow log {flow_log} of {of} does not do it: {why}."
        if first
        else "Flow logs cover only a part of {vpc}, not its subnets {missing}.",
        looked_at="the flow logs of {vpc} ({id}) and of its subnets, where they go and by which role",
        needed="{traffic} traffic of all of {vpc} is recorded, and delivered.",
        try_="Flow logs cannot be changed: make another with aws ec2 create-flow-logs."
        if first
        else "aws ec2 create-flow-logs for the VPC, or for each subnet that lacks one.",
        counterexample="" if first else "A connection to a server in {example} leaves no trace.",
        flow_log=first["FlowLogId"] if first else "",
        of=networks.label(account, first["ResourceId"]) if first else "",
        why=why[first["FlowLogId"]] if first else "",
        missing=missing,
        example=missing[0] if missing else "",
        **values,
    )


def _why_not(account: Account, log: dict[str, Any], traffic: str, wanted: str) -> str:
    if log.get("FlowLogStatus") != "ACTIVE":
        return f"it is {log.get('FlowLogStatus')}"
    if log.get("TrafficType") not in ("ALL", traffic):
        return f"it records {log.get('TrafficType')} traffic, not {traffic}"
    kind = log.get("LogDestinationType", "cloud-watch-logs")
    destination = log.get("LogDestination", "")
    if wanted and (kind != "cloud-watch-logs" or wanted != _group(log)):
        return f"it goes to {_group(log) or destination}, not to the log group {wanted}"
    if kind == "s3":
        buckets = [one["Name"] for one in account.read("s3", "list_buckets").get("Buckets", [])]
        bucket = destination.rpartition(":::")[2].partition("/")[0]
        return "" if bucket in buckets else f"the bucket {bucket} does not exist any more"
    if kind == "cloud-watch-logs":
        groups = [one["logGroupName"] for one in account.read("logs", "describe_log_groups").get("logGroups", [])]
        if _group(log) not in groups:
            return f"the log group {_group(log)} is not there"
        if why := _role_refuses(account, log.get("DeliverLogsPermissionArn", ""), _group(log)):
            return why
    if log.get("DeliverLogsStatus") == "FAILED":
        return f"its delivery failed ({log.get('DeliverLogsErrorMessage', 'no reason given')})"
    return ""


def _group(log: dict[str, Any]) -> str:
    name = str(log.get("LogGroupName") or "")
    return name or (str(log.get("LogDestination", "")).split(":log-group:")[-1].removesuffix(":*"))


def _role_refuses(account: Account, arn: str, group: str) -> str:
    """Whether VPC Flow Logs may become the role, and the role may write.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    role = next((one for one in snapshot(account).roles if one.principal.arn == arn), None)
    name = arn.rpartition("/")[2]
    if role is None:
        return f"its role {name or arn} is not there"
    number = account.account_id
    context = {"aws:SourceAccount": number, "aws:SourceArn": f"arn:aws:ec2:{account.region}:{number}:vpc-flow-log/fl-1"}
    if not can_assume(Actor(Principal("service", service=SERVICE)), role, context=context).allowed:
        return f"the trust policy of its role {name} does not let {SERVICE} become it"
    stream = f"arn:aws:logs:{account.region}:{number}:log-group:{group}:log-stream:eni-1"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        resource = stream if action == "logs:PutLogEvents" else stream.partition(":log-stream")[0]
        answers = [
            decide(Request(role.principal, action, one), Policies(number, role.identity, boundary=role.boundary))
            for one in (resource, f"{resource}:*", stream)
        ]
        if not any(one.allowed for one in answers):
            return f"its role {name} lacks {action} on the log group {group}"
    return ""
