import pytest

TABLE = "Posts"


@pytest.fixture
def table(account):
    """`table("userId", "postId", types={"postedAt": "N"}, indexes=[index(…)])` makes the table Posts, on demand."""

    def table(partition="userId", sort="", *, name=TABLE, region=None, types=None, indexes=(), local=(), **options):
        keys = {partition: "S"} | ({sort: "S"} if sort else {})
        for one in (*indexes, *local):
            keys |= {part["AttributeName"]: "S" for part in one["KeySchema"]}
        keys |= {key: kind for key, kind in (types or {}).items() if key in keys}
        given = {"BillingMode": "PAY_PER_REQUEST"} if "ProvisionedThroughput" not in options else {}
        if indexes:
            given["GlobalSecondaryIndexes"] = list(indexes)
        if local:
            given["LocalSecondaryIndexes"] = list(local)
        return account.client("dynamodb", region).create_table(
            TableName=name,
            KeySchema=schema(partition, sort),
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys.items()],
            **(given | options),
        )["TableDescription"]

    return table


def schema(partition, sort=""):
    found = [{"AttributeName": partition, "KeyType": "HASH"}]
    return found + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])


def index(name, partition, sort="", projection="ALL", carries=(), units=None):
    projected = {"ProjectionType": projection} | ({"NonKeyAttributes": list(carries)} if carries else {})
    found = {"IndexName": name, "KeySchema": schema(partition, sort), "Projection": projected}
    return found | ({"ProvisionedThroughput": provisioned(*units)} if units else {})


def provisioned(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
