import json

import pytest
from moto.core.config import default_user_config

from tests.graders.conftest import ACCOUNT

SECRET = "shop/db"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


def statement(effect="Allow", principal="*", action="secretsmanager:GetSecretValue", condition=None, resource="*"):
    found = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    return found | ({"Condition": condition} if condition else {})


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(autouse=True)
def _without_docker(monkeypatch):
    """Functions are kept, never run."""
    monkeypatch.setitem(default_user_config["lambda"], "use_docker", False)


@pytest.fixture
def secret(account):
    """Makes the secret shop/db: `secret(KmsKeyId=…)` gives its ARN; `secret.policy(…)`, `secret.client`."""
    client = account.client("secretsmanager")

    class Secret:
        def __call__(self, name=SECRET, value='{"username": "shop", "password": "hush"}', **options):
            return client.create_secret(Name=name, SecretString=value, **options)["ARN"]

        def policy(self, *statements):
            client.put_resource_policy(SecretId=SECRET, ResourcePolicy=document(*statements))

    made = Secret()
    made.client = client
    return made


@pytest.fixture
def key(account):
    """Makes a key: `key("alias/app", …statements)` gives its id."""
    client = account.client("kms")

    def key(alias, *statements):
        options = {"Policy": document(*statements)} if statements else {}
        key_id = client.create_key(**options)["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=alias, TargetKeyId=key_id)
        return key_id

    key.client = client
    return key


@pytest.fixture
def role(account):
    """Makes roles: `role("app", {"Action": …, "Resource": …})`."""
    client = account.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})

    def role(name, *statements):
        client.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        if statements:
            text = document(*({"Effect": "Allow", **one} for one in statements))
            client.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=text)

    return role


@pytest.fixture
def function(account, role):
    """Makes the rotation function: `function("rotate")` gives its ARN; `function.permit("rotate", …)`."""
    client = account.client("lambda")
    role("rotator")

    def function(name):
        return client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/rotator",
            Handler="index.handler",
            Code={"ZipFile": b"x"},
        )["FunctionArn"]

    def permit(name, principal="secretsmanager.amazonaws.com", **more):
        client.add_permission(
            FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal=principal, **more
        )

    function.permit = permit
    return function
