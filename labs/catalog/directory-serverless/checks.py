"""The directory without servers: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""

from graders import Account, Fail, check
from graders.iam import ask


@check(permissions=["apigateway:GET"])
def routes_lead_to(account: Account, *, api: str, routes: dict[str, str]) -> None:
    """Each method of the REST API {api} is integrated with its function."""
    found = _api(account, api)
    resources = account.read("apigateway", "get_resources", restApiId=found)["items"]
    for route, function in routes.items():
        method, _, path = route.partition(" ")
        resource = next((one for one in resources if one["path"] == path), {})
        if method not in resource.get("resourceMethods", {}):
            raise _fail(api, route, function, "{api} has no {route}.")
        told = account.read(
            "apigateway", "get_integration", restApiId=found, resourceId=resource["id"], httpMethod=method
        )
        if told.get("type", "").upper() != "AWS_PROXY" or told.get("httpMethod") != "POST":
            raise _fail(api, route, function, "{route} of {api} is no proxy integration that calls with POST.")
        home = f"{account.region}:{account.account_id}"
        aim = f"functions/arn:aws:lambda:{home}:function:{function}/invocations"
        if told.get("uri") != f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/{aim}":
            raise _fail(api, route, function, "{route} of {api} leads elsewhere than to {function}.")


@check(permissions=["apigateway:GET", "s3:GetObject", "s3:ListAllMyBuckets", "s3:ListBucket"])
def front_end_calls(account: Account, *, bucket: str, script: str, api: str, stage: str) -> None:
    """The script {script} in {bucket} names the address of the API {api}, stage {stage}."""
    ask.bucket_exists(account, bucket)
    names = [one["Key"] for one in account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]
    missing = [one for one in ("index.html", script) if one not in names]
    if missing:
        raise Fail(
            "{bucket} lacks {missing}.",
            looked_at="the objects of {bucket}",
            needed="index.html and {script}.",
            try_="aws s3 cp … s3://{bucket}/",
            bucket=bucket,
            missing=missing,
            script=script,
        )
    found = _api(account, api)
    body = account.client("s3").get_object(Bucket=bucket, Key=script)["Body"].read(65536)
    address = f"{found}.execute-api.{account.region}.amazonaws.com/{stage}"
    if address not in body.decode("utf-8", "replace"):
        raise Fail(
            "{script} does not name {address}.",
            looked_at="the text of {script}",
            needed="The address of the API: https://{address}",
            try_="Write the address into the script and upload it again.",
            script=script,
            address=address,
        )


@check(permissions=["dynamodb:DescribeTable", "dynamodb:GetItem", "ec2:DescribeInstances"])
def servers_retired(account: Account, *, table: str, item: str) -> None:
    """No server runs any more, and the item {item} is still in {table}."""
    states = ("pending", "running", "stopping", "stopped")
    answer = account.read(
        "ec2", "describe_instances", Filters=[{"Name": "instance-state-name", "Values": list(states)}]
    )
    left = [one["InstanceId"] for group in answer["Reservations"] for one in group["Instances"]]
    if left:
        raise Fail(
            "There are still servers: {left}.",
            looked_at="the EC2 instances that are not terminated",
            needed="None.",
            try_="aws ec2 terminate-instances --instance-ids …",
            left=left,
        )
    if "Item" not in account.read("dynamodb", "get_item", TableName=table, Key={"id": {"S": item}}):
        raise Fail(
            "The employee {item} is gone from {table}.",
            looked_at="the items of {table}",
            needed="The data is kept.",
            try_="Put the item back.",
            item=item,
            table=table,
        )


def _api(account: Account, name: str) -> str:
    found = [
        str(one["id"]) for one in account.read("apigateway", "get_rest_apis").get("items", []) if one["name"] == name
    ]
    if len(found) != 1:
        raise Fail(
            "There is no REST API {api}." if not found else "There are several REST APIs named {api}.",
            looked_at="the REST APIs",
            needed="One REST API named exactly {api}.",
            try_="aws apigateway get-rest-apis",
            api=name,
        )
    return found[0]


def _fail(api: str, route: str, function: str, said: str) -> Fail:
    return Fail(
        said,
        looked_at="the resources, methods and integrations of {api}",
        needed="{route} as a Lambda proxy integration with {function}.",
        try_="aws apigateway get-resources --rest-api-id …",
        api=api,
        route=route,
        function=function,
    )
