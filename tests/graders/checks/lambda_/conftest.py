import io
import json
import zipfile

import pytest

from tests.graders.conftest import ACCOUNT

NAME = "orders"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-role"


def _zip():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    return held.getvalue()


CODE = _zip()


@pytest.fixture
def role(account):
    """`role(…statements)` makes orders-role, which Lambda may wear."""
    iam = account.client("iam")

    def role(*statements, name="orders-role", trusts="lambda.amazonaws.com", boundary=None):
        trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
        more = {}
        if boundary:
            document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **boundary}]})
            more["PermissionsBoundary"] = iam.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"][
                "Arn"
            ]
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **more,
        )
        if statements:
            held = [{"Effect": "Allow", **one} for one in statements]
            document = json.dumps({"Version": "2012-10-17", "Statement": held})
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document)

    return role


@pytest.fixture
def function(account, role):
    """`function(Timeout=30, …)` makes orders; `rights` are statements of its role."""

    def function(name=NAME, *, region=None, rights=(), made=True, boundary=None, **options):
        if made:
            role(*rights, boundary=boundary)
        given = {"Runtime": "python3.13", "Handler": "app.handler"} | options
        return account.client("lambda", region).create_function(
            FunctionName=name, Role=ROLE, Code={"ZipFile": CODE}, **given
        )

    return function


@pytest.fixture
def allow(account):
    """`allow("s3.amazonaws.com", SourceArn=…)` adds a permission; `alias` to that alias."""
    client = account.client("lambda")

    def allow(principal, alias=None, action="lambda:InvokeFunction", sid="one", **condition):
        qualified = {"Qualifier": alias} if alias else {}
        client.add_permission(
            FunctionName=NAME, StatementId=sid, Principal=principal, Action=action, **qualified, **condition
        )

    return allow


@pytest.fixture
def alias(account):
    """`alias("live")` publishes a version and makes the alias of it."""
    client = account.client("lambda")

    def alias(name="live", versions=1, to=None, **routing):
        for number in range(versions):
            client.update_function_configuration(FunctionName=NAME, Description=str(number))
            client.publish_version(FunctionName=NAME)
        client.create_alias(FunctionName=NAME, Name=name, FunctionVersion=to or str(versions), **routing)

    return alias
