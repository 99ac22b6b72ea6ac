"""https://docs.aws.amazon.com/codebuild/latest/userguide/security-best-practices.html"""

from typing import Any

from graders import Account, Fail, check, containers, messaging, pipelines
from graders.iam.snapshot import PERMISSIONS as PEOPLE


@check(permissions=[*pipelines.PROJECT_PERMISSIONS, *PEOPLE])
def project_is_safe(account: Account, *, project: str, privileged: bool = False, logs: bool = True) -> None:
    """The build project {project} shows no secrets and has no more power than it needs.

    Secrets come from Parameter Store or Secrets Manager, not as plain variables; `privileged` only where a lab builds
    images (true: allowed); `logs`: it writes logs; CodeBuild can become its role.
    """
    found = pipelines.the_project(account, project)
    environment = found.get("environment", {})
    variables = [
        (one["name"], one["value"])
        for one in environment.get("environmentVariables", [])
        if one.get("type", "PLAINTEXT") == "PLAINTEXT"
    ]
    if name := containers.plain_secret(variables):
        shown = "aws codebuild batch-get-projects shows the value of {variable} to whoever may look."
        raise _fail("The variable {variable} of {project} holds a secret as plain text.", project, shown, variable=name)
    if environment.get("privilegedMode") and not privileged:
        shown = "A build of {project} can take over the machine under it."
        raise _fail("The builds of {project} run privileged.", project, shown)
    config = found.get("logsConfig", {})
    off = [
        config.get(kind, {}).get("status", default) for kind, default in (("cloudWatchLogs", "ENABLED"), ("s3Logs", ""))
    ]
    if logs and "ENABLED" not in off:
        raise _fail(
            "The builds of {project} leave no logs.", project, "Nobody can see why a build of {project} failed."
        )
    if why := messaging.role_refuses(account, found.get("serviceRole", ""), "codebuild.amazonaws.com", "", ""):
        raise _fail("CodeBuild cannot work for {project}: {why}.", project, "No build of {project} begins.", why=why)


def _fail(said: str, project: str, shown: str, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the build project {project}",
        needed="Secrets by reference (PARAMETER_STORE, SECRETS_MANAGER), no needless power, logs, a role of CodeBuild's.",
        try_="aws codebuild update-project --name {project} …",
        counterexample=shown,
        project=project,
        **values,
    )
