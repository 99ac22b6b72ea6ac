"""https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"""

from typing import Any

from graders import Account, Fail, check


def _ids(account: Account, names: list[str]) -> dict[str, str]:
    """Return id -> Name of the subnets with these names."""
    told = account.read("ec2", "describe_subnets")["Subnets"]
    tags = {one["SubnetId"]: next((t["Value"] for t in one.get("Tags", []) if t["Key"] == "Name"), "") for one in told}
    return {ident: name for ident, name in tags.items() if name in names}


def _exactly(account: Account, has: list[str], names: list[str], what: str) -> None:
    wanted = _ids(account, names)
    if set(has) != set(wanted):
        raise Fail(
            "{what} is in {has}.",
            needed="{names}, and no other subnet.",
            what=what,
            has=", ".join(wanted.get(one, one) for one in has) or "no subnet",
            names=", ".join(names),
        )


def _wears(account: Account, arn: str, role: str, what: str) -> None:
    if arn != f"arn:aws:iam::{account.account_id}:role/{role}":
        raise Fail("{what} has the role {arn}, not {role}.", what=what, arn=arn, role=role)


@check(permissions=["eks:DescribeCluster", "ec2:DescribeSubnets"])
def cluster_is(account: Account, *, cluster: str, role: str, subnets: list[str]) -> None:
    """The cluster {cluster} is in {subnets}, with the role {role}."""
    held = account.read("eks", "describe_cluster", name=cluster)["cluster"]
    _wears(account, held["roleArn"], role, cluster)
    _exactly(account, held["resourcesVpcConfig"]["subnetIds"], subnets, cluster)


@check(permissions=["eks:DescribeNodegroup", "ec2:DescribeSubnets"])
def nodes_are_private(account: Account, *, cluster: str, group: str, subnets: list[str]) -> None:
    """The nodes of {group} are in {subnets}."""
    held = account.read("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=group)["nodegroup"]
    _exactly(account, held["subnets"], subnets, group)


@check(permissions=["eks:DescribeFargateProfile", "ec2:DescribeSubnets"])
def profile_is(account: Account, *, cluster: str, profile: str, namespace: str, role: str, subnets: list[str]) -> None:
    """Pods of the namespace {namespace} run on Fargate, in {subnets}."""
    held = account.read("eks", "describe_fargate_profile", clusterName=cluster, fargateProfileName=profile)
    one: dict[str, Any] = held["fargateProfile"]
    spaces = [each.get("namespace", "") for each in one.get("selectors", [])]
    if spaces != [namespace]:
        raise Fail("{profile} selects the namespaces {spaces}.", profile=profile, spaces=", ".join(spaces) or "of none")
    if any(each.get("labels") for each in one["selectors"]):
        raise Fail(
            "{profile} selects by labels as well, and not all pods of {namespace}.",
            profile=profile,
            namespace=namespace,
        )
    _wears(account, one["podExecutionRoleArn"], role, profile)
    _exactly(account, one["subnets"], subnets, profile)


@check(
    permissions=[
        "batch:DescribeJobQueues",
        "batch:DescribeComputeEnvironments",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
    ]
)
def queue_runs(account: Account, *, queue: str, vcpus: int, subnets: list[str], group: str) -> None:
    """Jobs of {queue} run on Fargate, on {vcpus} vCPUs at most."""
    found = [one for one in account.read("batch", "describe_job_queues")["jobQueues"] if one["jobQueueName"] == queue]
    if not found:
        raise Fail("There is no job queue {queue}.", queue=queue)
    if found[0]["state"] != "ENABLED":
        raise Fail("The job queue {queue} is {state}.", queue=queue, state=found[0]["state"])
    used = [one["computeEnvironment"] for one in found[0]["computeEnvironmentOrder"]]
    pools = account.read("batch", "describe_compute_environments")["computeEnvironments"]
    pools = [one for one in pools if one["computeEnvironmentArn"] in used or one["computeEnvironmentName"] in used]
    if not pools:
        raise Fail("{queue} uses no compute environment.", queue=queue)
    groups = account.read("ec2", "describe_security_groups")["SecurityGroups"]
    wanted = {one["GroupId"] for one in groups if one["GroupName"] == group}
    for pool in pools:
        name, given = pool["computeEnvironmentName"], pool.get("computeResources", {})
        if pool.get("type") != "MANAGED" or pool.get("state") != "ENABLED":
            raise Fail("{name} is not managed, or not enabled.", name=name)
        if given.get("type") not in ("FARGATE", "FARGATE_SPOT"):
            raise Fail("{name} runs on {kind}.", name=name, kind=given.get("type"))
        if given.get("maxvCpus", 0) > vcpus:
            raise Fail("{name} may grow to {has} vCPUs.", name=name, has=given["maxvCpus"])
        if set(given.get("securityGroupIds", [])) != wanted:
            raise Fail("{name} does not wear {group}.", name=name, group=group)
        _exactly(account, given.get("subnets", []), subnets, name)


@check(permissions=["batch:ListJobs", "batch:DescribeJobs", "batch:DescribeJobDefinitions"])
def was_submitted(account: Account, *, queue: str, job: str, definition: str, role: str) -> None:
    """The job {job} of {definition} was submitted to {queue}."""
    told = account.read("batch", "describe_job_definitions")["jobDefinitions"]
    held = [one for one in told if one["jobDefinitionName"] == definition and one.get("status", "ACTIVE") == "ACTIVE"]
    if not held:
        raise Fail("There is no job definition {definition}.", definition=definition)
    container = max(held, key=lambda one: int(one["revision"])).get("containerProperties", {})
    _wears(account, container.get("executionRoleArn", "none"), role, definition)
    needs = {one["type"]: str(one["value"]) for one in container.get("resourceRequirements", [])}
    if needs.get("VCPU") != "0.25" or needs.get("MEMORY") != "512":
        raise Fail("{definition} does not ask for 0.25 vCPU and 512 MB.", definition=definition)
    for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"):
        jobs = account.read("batch", "list_jobs", jobQueue=queue, jobStatus=status)["jobSummaryList"]
        if any(one["jobName"] == job for one in jobs):
            return
    raise Fail("No job {job} was submitted to {queue}.", job=job, queue=queue)
