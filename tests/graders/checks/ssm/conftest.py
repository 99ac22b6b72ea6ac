import json

import pytest

NAME = "/shop/prod/db/password"


@pytest.fixture
def put(account):
    """Makes the parameter: `put(Type="SecureString", KeyId=…)`, or another by name."""
    client = account.client("ssm")

    def put(name=NAME, value="hush", **options):
        client.put_parameter(Name=name, Value=value, **{"Type": "String", **options})

    return put


@pytest.fixture
def key(account):
    """Makes a key: `key("alias/app", …statements)` gives its id."""
    client = account.client("kms")

    def key(alias, *statements):
        options = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})} if statements else {}
        key_id = client.create_key(**options)["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=alias, TargetKeyId=key_id)
        return key_id

    key.client = client
    return key


@pytest.fixture
def role(account):
    """Makes the role app with these rights."""
    client = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def role(*statements, name="app"):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
        client.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        if statements:
            client.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(document))

    return role
