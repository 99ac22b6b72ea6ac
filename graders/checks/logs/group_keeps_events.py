"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"""

from graders import Account, Fail, check, patterns


@check(permissions=["logs:DescribeLogGroups"])
def group_keeps_events(account: Account, *, group: str, days: int, at_least: bool = True, at_most: int = 0) -> None:
    """The log group {group} keeps its events for {days} days, and not for ever.

    `at_least`: longer is right as well, up to `at_most` days (0: without a bound). A group without a retention setting
    keeps for ever, which is not enough said: it is refused.
    """
    found = patterns.the_log_group(account, group)
    kept = int(found.get("retentionInDays", 0))
    if kept == days or (at_least and days < kept <= (at_most or kept)):
        return
    others = [one["logGroupName"] for one in patterns.log_groups(account) if one.get("retentionInDays") == days]
    said = (
        "The log group {group} keeps its events for {kept} days." if kept else "The log group {group} keeps for ever."
    )
    raise Fail(
        said + (" The right retention is set on {other}, which is another group." if others else ""),
        looked_at="the retention of {group}",
        needed="{days} days or longer, and an end." if at_least else "{days} days.",
        try_="aws logs put-retention-policy --log-group-name {group} …",
        counterexample="An event of {days} days ago is gone from {group}."
        if 0 < kept < days
        else "An event of ten years ago is still in {group}, and still paid for."
        if not kept
        else "An event of {kept} days ago is still in {group}.",
        group=group,
        kept=kept,
        days=days,
        other=others[0] if others else "",
    )
