"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html"""

from typing import Any

from graders import Account, Fail, check, containers, messaging
from graders.iam.snapshot import PERMISSIONS as PEOPLE

ADMIN = ("iam:AttachRolePolicy", "iam:CreateUser")


@check(permissions=[*containers.TASK_PERMISSIONS, *PEOPLE])
def task_is_guarded(account: Account, *, task: str, cluster: str = "", service: str = "") -> None:
    """The containers of {task} have no more power than they need, and show no secrets.

    No privileged container, no network or process space of the host, secrets by valueFrom and not as plain variables,
    a task role that ECS can become and that is no administrator's. `task` is a family (latest revision) or
    family:revision; with `cluster` and `service` the revision that the service runs is judged.
    """
    found = containers.the_task(account, task)
    if service:
        runs = containers.the_service(account, cluster, service)["taskDefinition"]
        latest, found = found, containers.the_task(account, runs)
        if found["family"] != latest["family"]:
            raise _fail("The service {service} runs {name}, not {family}.", found, family=task, service=service)
        if (why := _shortcoming(account, found)) and not _shortcoming(account, latest):
            said = "The latest revision of {family} is right, but the service {service} still runs {name}."
            raise _fail(said, found, family=task, service=service)
    if why := _shortcoming(account, found):
        raise _fail(why[0], found, **why[1])


def _shortcoming(account: Account, task: dict[str, Any]) -> tuple[str, dict[str, str]] | None:
    for one in task["containerDefinitions"]:
        named = {"container": one["name"]}
        if one.get("privileged"):
            return "The container {container} of {name} is privileged.", named
        if added := one.get("linuxParameters", {}).get("capabilities", {}).get("add"):
            return "The container {container} of {name} has the capability {added}.", named | {
                "added": ", ".join(added)
            }
        variables = [(it["name"], it["value"]) for it in one.get("environment", [])]
        if variable := containers.plain_secret(variables):
            said = "The variable {variable} of the container {container} holds a secret as plain text."
            return said, named | {"variable": variable}
    for kind in ("networkMode", "pidMode", "ipcMode"):
        if task.get(kind) == "host":
            return "The task definition {name} shares the host's {kind}.", {"kind": kind.removesuffix("Mode")}
    if role := task.get("taskRoleArn", ""):
        named = {"role": role}
        if why := messaging.role_refuses(account, role, "ecs-tasks.amazonaws.com", "", ""):
            return "ECS cannot give the task its role: {why}.", {"why": why}
        for action in ADMIN:
            if not messaging.role_refuses(account, role, "ecs-tasks.amazonaws.com", action, "*"):
                return "The task role {role} may {action}: that is an administrator's.", named | {"action": action}
    return None


def _fail(said: str, task: dict[str, Any], **values: str) -> Fail:
    return Fail(
        said,
        looked_at="the task definition {name} and its task role",
        needed="Unprivileged containers, secrets by valueFrom, and a task role with what the application needs.",
        try_="aws ecs register-task-definition makes a new revision; update-service takes it into use.",
        counterexample="Whoever breaks into a container of {name} gets more than the container.",
        name=f"{task['family']}:{task['revision']}",
        **values,
    )
