"""An alarm on one server, by its name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/US_AlarmAtThresholdEC2.html"""

from graders import Account, Fail, alarms, check, instances


@check(permissions=["cloudwatch:DescribeAlarms", "ec2:DescribeInstances"])
def load_alarm(account: Account, *, alarm: str, server: str, percent: str) -> None:
    """The alarm {alarm} goes off when the load of {server} is above {percent} percent for five minutes."""
    found = instances.the_instance(account, server)
    watch = alarms.Watch(
        "AWS/EC2",
        "CPUUtilization",
        {"InstanceId": found["InstanceId"]},
        "Average",
        "GreaterThanThreshold",
        float(percent),
        300,
        300,
        None,
    )
    one = alarms.the_alarms(account, alarm)[0]
    problems = alarms.shortcomings(one, watch)
    said = (one.get("ComparisonOperator"), one.get("Threshold"))
    if not problems and said != ("GreaterThanThreshold", float(percent)):
        problems = [f"the comparison is {said[0]} {said[1]:g}"]
    if problems:
        raise Fail(
            "The alarm {alarm} does not do: {problems}.",
            looked_at="the alarm {alarm}",
            needed="The average CPUUtilization of {instance} above {percent} for 300 seconds.",
            try_="aws cloudwatch put-metric-alarm",
            alarm=alarm,
            problems="; ".join(problems),
            instance=found["InstanceId"],
            percent=percent,
        )


@check(permissions=["dynamodb:Scan"])
def item_there(account: Account, *, table: str, attribute: str, value: str) -> None:
    """An item of {table} has {value} as its {attribute}."""
    items = account.read("dynamodb", "scan", TableName=table)["Items"]
    if not any(one.get(attribute, {}).get("S") == value for one in items):
        raise Fail(
            "No item of {table} has {value} as its {attribute}.",
            looked_at="the items of {table}",
            needed="One item with that {attribute}.",
            try_="aws dynamodb put-item --table-name {table} --item …",
            table=table,
            value=value,
            attribute=attribute,
        )
