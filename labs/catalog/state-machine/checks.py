"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-executions.html"""

import json

from graders import Account, Fail, check


@check(permissions=["states:ListExecutions", "states:DescribeExecution"])
def ran(account: Account, *, machine: str, given: str, output: str = "") -> None:
    """{machine} was run with {given}, and ended well."""
    arn = f"arn:aws:states:{account.region}:{account.account_id}:stateMachine:{machine}"
    seen = []
    for one in account.read("stepfunctions", "list_executions", stateMachineArn=arn)["executions"]:
        run = account.read("stepfunctions", "describe_execution", executionArn=one["executionArn"])
        if json.loads(run.get("input", "{}")) != json.loads(given):
            continue
        if run["status"] == "SUCCEEDED" and (not output or json.loads(run.get("output", "{}")) == json.loads(output)):
            return
        seen.append(run.get("output") or f"{run['status']} {run.get('error', '')}".strip())
    if not seen:
        raise Fail(
            "No run of {machine} had the input {given}.",
            looked_at="the executions of {machine}",
            needed="One with that input, which succeeded.",
            try_="aws stepfunctions start-execution --state-machine-arn … --input …",
            machine=machine,
            given=given,
        )
    raise Fail("The run of {machine} with {given} gave {seen}.", machine=machine, given=given, seen=", ".join(seen))


@check(permissions=["sqs:GetQueueUrl", "sqs:ReceiveMessage"])
def message_waits(account: Account, *, queue: str, word: str) -> None:
    """A message with {word} waits in {queue}."""
    url = account.read("sqs", "get_queue_url", QueueName=queue)["QueueUrl"]
    messages = account.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    bodies = [message["Body"] for message in messages.get("Messages", [])]
    if not any(word in body for body in bodies):
        raise Fail(
            "{queue} holds {count} messages, and none with {word}.",
            looked_at="the messages of {queue}",
            needed="One whose body has {word} in it.",
            queue=queue,
            count=len(bodies),
            word=word,
        )


_KNOWN = ("lambda:invoke", "dynamodb:putItem", "sqs:sendMessage", "sqs:sendMessage.waitForTaskToken")


@check(permissions=["states:DescribeStateMachine"])
def tasks_can_run(account: Account, *, machine: str) -> None:
    """Each task of {machine} calls something that is there."""
    arn = f"arn:aws:states:{account.region}:{account.account_id}:stateMachine:{machine}"
    told = account.read("stepfunctions", "describe_state_machine", stateMachineArn=arn)
    for name, state in json.loads(told["definition"])["States"].items():
        if state.get("Type") != "Task":
            continue
        resource = str(state.get("Resource", ""))
        service = resource.removeprefix("arn:aws:states:::")
        if service not in _KNOWN and ":function:" not in resource:
            raise Fail(
                "The task {name} calls {resource}, which is no service integration.", name=name, resource=resource
            )


@check(permissions=["states:DescribeStateMachine", "states:ListActivities"])
def waits_for(account: Account, *, machine: str, activity: str, role: str, seconds: int) -> None:
    """A task of {machine} waits for the activity {activity}, and for {seconds} seconds at most."""
    place = f"arn:aws:states:{account.region}:{account.account_id}"
    there = [one["activityArn"] for one in account.read("stepfunctions", "list_activities")["activities"]]
    if f"{place}:activity:{activity}" not in there:
        raise Fail("There is no activity {activity}.", activity=activity)
    told = account.read("stepfunctions", "describe_state_machine", stateMachineArn=f"{place}:stateMachine:{machine}")
    if told["roleArn"] != f"arn:aws:iam::{account.account_id}:role/{role}":
        raise Fail(
            "{machine} wears {worn}.", needed="The role {role}.", machine=machine, worn=told["roleArn"], role=role
        )
    states = json.loads(told["definition"])["States"].values()
    tasks = [one for one in states if one.get("Resource") == f"{place}:activity:{activity}"]
    if not tasks:
        raise Fail("No task of {machine} waits for {activity}.", machine=machine, activity=activity)
    for task in tasks:
        if task.get("TimeoutSeconds") != seconds:
            raise Fail(
                "The task waits for {given} seconds.",
                looked_at="TimeoutSeconds of the tasks of {machine}",
                needed="{seconds}",
                machine=machine,
                given=task.get("TimeoutSeconds", "any number of"),
                seconds=seconds,
            )
