"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""

from graders import Account, Fail, balancing, check


@check(permissions=balancing.PERMISSIONS)
def target_group_checks_health(
    account: Account,
    *,
    group: str,
    path: str = "/",
    success: str = "200",
    protocol: str = "",
    port: int | None = None,
    at_most_seconds: int | None = None,
) -> None:
    """The target group {group} asks its targets for their health as the task says.

    On `path`, over HTTP or HTTPS (or just `protocol`), where `success` (one code) counts as healthy; on `port`, when
    given, else on any. `at_most_seconds`: a dead target must be noticed in that time (interval x unhealthy threshold).
    """
    found = balancing.the_target_group(account, group)
    values = {"group": group, "path": path, "success": success, "protocol": protocol or "HTTP", "port": port}
    has, said = found.get("HealthCheckPath"), found.get("HealthCheckProtocol", "HTTP")
    codes = found.get("Matcher", {}).get("HttpCode", "200")
    asks = str(found.get("HealthCheckPort", "traffic-port")).replace("traffic-port", str(found.get("Port", "")))
    seconds = int(found.get("HealthCheckIntervalSeconds", 30)) * int(found.get("UnhealthyThresholdCount", 2))
    if not found.get("HealthCheckEnabled", True):
        template = "The health checks of {group} are switched off."
    elif (said not in ("HTTP", "HTTPS")) if not protocol else said != protocol:
        template = "{group} checks health over {said}, not over {protocol}: a page that is broken counts as healthy."
    elif said in ("HTTP", "HTTPS") and has != path:
        template = "{group} asks for {has}, not for {path}.{near}"
    elif said in ("HTTP", "HTTPS") and not _covers(codes, success):
        template = "{group} counts {codes} as healthy, and not {success}."
    elif said in ("HTTP", "HTTPS") and _covers(codes, "404"):
        template = "{group} counts {codes} as healthy: a page that is not there would pass."
    elif port is not None and asks != str(port):
        template = "{group} checks health on port {asks}, not on {port}."
    elif at_most_seconds is not None and seconds > at_most_seconds:
        template = "{group} notices a dead target after {seconds} seconds, not within {most}."
    else:
        return
    other = next((one for one in balancing.target_groups(account) if one.get("HealthCheckPath") == path), None)
    near = f" {other['TargetGroupName']} does." if other else ""
    if has and has.rstrip("/").lower() == path.rstrip("/").lower():
        near = " Paths are told apart by case, and by a slash at the end."
    raise Fail(
        template,
        looked_at="the health check of the target group {group}",
        needed="A health check of {path} over {protocol} that takes {success} for healthy.",
        try_="aws elbv2 modify-target-group --health-check-path {path} --matcher HttpCode={success} …",
        counterexample="A target whose {path} is broken goes on getting requests, or a good one gets none.",
        has=has or "nothing",
        said=said,
        codes=codes,
        asks=asks,
        seconds=seconds,
        most=at_most_seconds,
        near=near,
        **values,
    )


def _covers(codes: str, code: str) -> bool:
    """Whether a matcher ("200", "200,302", "200-299") takes a code for healthy."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= int(code) <= int(high or low):
            return True
    return False
