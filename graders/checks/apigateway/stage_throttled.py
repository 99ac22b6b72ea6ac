"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html"""

from typing import Any

from graders import Account, Fail, apis, check


@check(permissions=apis.PERMISSIONS)
def stage_throttled(
    account: Account,
    *,
    api: str,
    stage: str,
    rate_at_most: float = 10000,
    burst_at_most: int = 5000,
    plan: bool = False,
    quota_at_most: int = 0,
    quota_period: str = "MONTH",
    logged: bool = False,
) -> None:
    """The stage {stage} of {api} takes no more calls than it should.

    By the stage's method settings for all methods, or, with `plan`, by a usage plan of the stage that has a key and
    (`quota_at_most`) a quota, where every method but OPTIONS asks for the key. Stricter limits are fine. `logged`: it
    writes access logs, or execution logs with the account's role for them.
    """
    found = apis.the_api(account, api, "REST")
    served = apis.the_stage(account, found, stage)
    shown: dict[str, Any] = {"api": api, "stage": stage, "rate": rate_at_most, "burst": burst_at_most}
    limit = served.get("methodSettings", {}).get("*/*", {})
    if plan:
        limit = _plan(account, found, stage, shown, quota_at_most, quota_period)
    has = (
        limit.get("throttlingRateLimit", limit.get("rateLimit")),
        limit.get("throttlingBurstLimit", limit.get("burstLimit")),
    )
    if (rate_at_most < 10000 or plan) and (
        None in has or not 0 < has[0] <= rate_at_most or not 0 < has[1] <= burst_at_most
    ):
        said = "The stage {stage} of {api} lets {has} calls a second and a burst of {peak} through."
        raise _fail(
            said if None not in has else "The stage {stage} of {api} has no limit of its own.",
            shown,
            has=has[0],
            peak=has[1],
        )
    if logged and not _logs(account, served):
        raise _fail(
            "The stage {stage} of {api} writes no logs.{hint}",
            shown,
            hint=" Its log level is set, but the account has no role for it (update-account cloudwatchRoleArn)."
            if served.get("methodSettings", {}).get("*/*", {}).get("loggingLevel", "OFF") != "OFF"
            else "",
        )


def _plan(
    account: Account, api: apis.Api, stage: str, shown: dict[str, Any], quota: int, period: str
) -> dict[str, Any]:
    plans = account.read("apigateway", "get_usage_plans").get("items", [])
    mine = [p for p in plans if any((s["apiId"], s["stage"]) == (api.id, stage) for s in p.get("apiStages", []))]
    if not mine:
        said = "No usage plan is tied to the stage {stage} of {api}.{hint}"
        raise _fail(said, shown, hint=f" {plans[0]['name']} is tied to another, or to none." if plans else "")
    plan = mine[0]
    shown = shown | {"plan": plan["name"]}
    if not account.read("apigateway", "get_usage_plan_keys", usagePlanId=plan["id"]).get("items"):
        raise _fail("The usage plan {plan} has no API key.", shown)
    limit = plan.get("quota") or {}
    if quota and not (0 < limit.get("limit", 0) <= quota and limit.get("period") == period):
        said = (
            "The usage plan {plan} allows {limit} calls a {period}." if limit else "The usage plan {plan} has no quota."
        )
        raise _fail(said, shown, limit=limit.get("limit"), period=str(limit.get("period", "")).lower())
    keyed = [one for one in apis.routes(account, api) if one.method != "OPTIONS"]
    if not any(one.key for one in keyed):
        raise _fail("No method of {api} asks for an API key: the usage plan {plan} limits nobody.", shown)
    return dict(plan.get("throttle") or {})


def _logs(account: Account, stage: dict[str, Any]) -> bool:
    if stage.get("accessLogSettings", {}).get("destinationArn"):
        return True
    level = stage.get("methodSettings", {}).get("*/*", {}).get("loggingLevel", "OFF")
    return level != "OFF" and bool(account.read("apigateway", "get_account").get("cloudwatchRoleArn"))


def _fail(said: str, shown: dict[str, Any], **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the settings of stage {stage} of {api} and the usage plans",
        needed="At most {rate} calls a second and a burst of {burst}, as the task asks.",
        try_="aws apigateway update-stage --patch-operations … (/*/*/throttling/rateLimit), or create-usage-plan",
        counterexample="",
        **shown,
        **values,
    )
