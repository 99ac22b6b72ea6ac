"""https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.managing.html"""

from graders import Account, Fail, check, nearby


@check(permissions=["elasticbeanstalk:DescribeApplications", "elasticbeanstalk:DescribeEnvironments"])
def environment_runs(account: Account, *, application: str, environment: str, platform: str = "") -> None:
    """The application {application} runs in the environment {environment}.

    The environment belongs to that application and is Ready, not red. `platform`: a word of its solution stack
    ("Python"). Terminated environments of the name do not count.
    """
    known = account.read("elasticbeanstalk", "describe_applications").get("Applications", [])
    names = [one["ApplicationName"] for one in known]
    if application not in names:
        raise Fail(
            "The application {application} does not exist.{hint}",
            looked_at="the Elastic Beanstalk applications in {region}",
            needed="An application named exactly {application} in {region}.",
            try_="aws elasticbeanstalk create-application --application-name {application}",
            application=application,
            hint=nearby.almost(application, names),
            region=account.region,
        )
    listed = account.read("elasticbeanstalk", "describe_environments").get("Environments", [])
    alive = [one for one in listed if one.get("Status") not in ("Terminated", "Terminating")]
    named = [one for one in alive if environment in (one.get("EnvironmentName"), one.get("EnvironmentId") or "-")]
    found = next((one for one in named if one["ApplicationName"] == application), None)
    values = {"application": application, "environment": environment}
    if found is None:
        own = [one.get("EnvironmentName", "") for one in alive if one["ApplicationName"] == application]
        others = [one["ApplicationName"] for one in named]
        gone = any(one["EnvironmentName"] == environment for one in listed if one not in alive)
        hint = nearby.almost(environment, own) or (f" It has {', '.join(own)}." if own else "")
        hint = " The one of that name was terminated." if gone else hint
        raise Fail(
            "{environment} is an environment of {others}, not of {application}."
            if others
            else "{application} has no environment {environment}.{hint}",
            looked_at="the environments of {application}",
            needed="An environment {environment} of {application}.",
            try_="aws elasticbeanstalk create-environment --application-name {application} "
            "--environment-name {environment} …",
            counterexample="{application} runs nowhere under the name {environment}.",
            others=others,
            hint=hint,
            **values,
        )
    stack = str(found.get("SolutionStackName") or found.get("PlatformArn") or "")
    if found.get("Status") != "Ready":
        said = "{environment} is {state}."
    elif found.get("Health") == "Red":
        said = "{environment} is Ready, and its health is Red: the application does not answer."
    elif platform and platform.lower() not in stack.lower():
        said = "{environment} runs on {stack}, not on {platform}."
    else:
        return
    raise Fail(
        said,
        looked_at="the environment {environment} of {application}",
        needed="{environment} is Ready, healthy, and on the platform of the task.",
        try_="aws elasticbeanstalk describe-events --environment-name {environment} tells what went wrong.",
        state=found.get("Status"),
        stack=stack or "an unknown platform",
        platform=platform,
        **values,
    )
