"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html"""

from typing import Any

from graders import Account, Fail, check, containers, messaging, nearby, patterns
from graders.account import read_or_none
from graders.iam.snapshot import PERMISSIONS as PEOPLE


@check(
    permissions=[
        *containers.TASK_PERMISSIONS,
        *PEOPLE,
        "elasticloadbalancing:DescribeTargetGroups",
        "ecr:DescribeImages",
        "logs:DescribeLogGroups",
    ]
)
def service_wired_to(
    account: Account, *, cluster: str, service: str, group: str, port: int, count: int = 1, running: bool = False
) -> None:
    """The service {service} answers on port {port} behind the target group {group}.

    At least `count` tasks are wanted (`running`: and run). The service registers a container and a port that the task
    definition has, in a target group of the kind that its network mode needs (awsvpc: ip). The tasks can start: an image
    of this account's ECR is there, the execution role is ECS's to take, the log group exists or is made.
    """
    found = containers.the_service(account, cluster, service)
    if not found.get("taskDefinition"):
        raise Fail("The service {service} has no task definition.", service=service)
    task = containers.the_task(account, found["taskDefinition"])
    values = {"service": service, "group": group, "port": port, "task": f"{task['family']}:{task['revision']}"}
    if why := _unwired(account, found, task, group, port) or _cannot_start(account, task):
        said, more = why
    elif found.get("desiredCount", 0) < count:
        said, more = "The service {service} wants {have} tasks.", {"have": str(found.get("desiredCount", 0))}
    elif running and found.get("runningCount", 0) < count:
        said, more = "The service {service} runs {have} tasks.", {"have": str(found.get("runningCount", 0))}
    else:
        return
    raise Fail(
        said,
        looked_at="the service {service}, its task definition {task} and the target group {group}",
        needed="Tasks of {service}, registered in {group} with the container's port {port}.",
        try_="aws ecs describe-services shows loadBalancers, taskDefinition and events.",
        counterexample="A request to {group} finds no task of {service}.",
        **values,
        **more,
    )


def _unwired(
    account: Account, service: dict[str, Any], task: dict[str, Any], group: str, port: int
) -> tuple[str, dict[str, str]] | None:
    known = {it["TargetGroupArn"]: it for it in account.read("elbv2", "describe_target_groups").get("TargetGroups", [])}
    target = next((it for arn, it in known.items() if group in (arn, it["TargetGroupName"])), None)
    if target is None:
        hint = nearby.almost(group, (it["TargetGroupName"] for it in known.values()))
        return "The target group {group} does not exist.{hint}", {"hint": hint}
    balanced = service.get("loadBalancers", [])
    mine = next((it for it in balanced if it.get("targetGroupArn") == target["TargetGroupArn"]), None)
    if mine is None:
        other = next(
            (known[it["targetGroupArn"]]["TargetGroupName"] for it in balanced if it.get("targetGroupArn") in known), ""
        )
        said = "The service {service} is behind no target group."
        return ("The service {service} is behind the target group {other}." if other else said), {"other": other}
    if mine["containerPort"] != port:
        return "The service {service} registers port {other}.", {"other": str(mine["containerPort"])}
    held = {one["name"]: one for one in task["containerDefinitions"]}
    if mine["containerName"] not in held:
        return "The task definition {task} has no container {other}.", {"other": mine["containerName"]}
    ports = [it["containerPort"] for it in held[mine["containerName"]].get("portMappings", [])]
    if port not in ports:
        said = "The container {other} of {task} listens on {ports}."
        return said, {"other": mine["containerName"], "ports": ", ".join(map(str, ports)) or "no port"}
    needs = "ip" if task.get("networkMode") == "awsvpc" else "instance"
    if target.get("TargetType") != needs:
        said = "The target group {group} is of the type {other}, and {task} needs {needs}."
        return said, {"other": str(target.get("TargetType")), "needs": needs}
    return None


def _cannot_start(account: Account, task: dict[str, Any]) -> tuple[str, dict[str, str]] | None:
    role = task.get("executionRoleArn", "")
    private = [one for one in task["containerDefinitions"] if f"{account.account_id}.dkr.ecr." in one["image"]]
    needed = role or (private and "FARGATE" in task.get("requiresCompatibilities", []))
    if needed and (why := messaging.role_refuses(account, role, "ecs-tasks.amazonaws.com", "", "")):
        return "ECS cannot take the execution role of {task}: {why}.", {"why": why}
    for one in private:
        name, _, tag = one["image"].partition("/")[2].partition("@")[0].partition(":")
        wanted = [{"imageTag": tag or "latest"}]
        try:
            there = read_or_none(
                account, "ImageNotFoundException", "ecr", "describe_images", repositoryName=name, imageIds=wanted
            )
        except account.client("ecr").exceptions.RepositoryNotFoundException:
            there = None
        if "@" not in one["image"] and there is None:
            return "There is no image {other} to start {task} from.", {"other": f"{name}:{tag or 'latest'}"}
    for one in task["containerDefinitions"]:
        options = one.get("logConfiguration", {}).get("options", {})
        group = options.get("awslogs-group", "")
        made = str(options.get("awslogs-create-group", "")).lower() == "true"
        if group and not made and group not in [it["logGroupName"] for it in patterns.log_groups(account)]:
            return "The log group {other} of {task} does not exist: its tasks do not start.", {"other": group}
    return None
