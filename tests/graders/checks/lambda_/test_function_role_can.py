from tests.graders.checks.lambda_.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "lambda.function_role_can"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
WRITE = {"Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": TABLE}
CALL = {"function": NAME, "can": ["dynamodb:PutItem"], "on": [TABLE]}


def orders(account, **options):
    account.client("dynamodb").create_table(
        TableName="Orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **options,
    )


class TestRight:
    def test_an_inline_policy(self, account, function, passes):
        orders(account)
        function(rights=(WRITE,))
        passes(CHECK, **CALL, cannot=["dynamodb:DeleteTable"])

    def test_a_managed_policy_with_wildcards(self, account, function, passes):
        orders(account)
        function()
        arn = account.client("iam").create_policy(
            PolicyName="data",
            PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}',
        )["Policy"]["Arn"]
        account.client("iam").attach_role_policy(RoleName="orders-role", PolicyArn=arn)
        passes(CHECK, **CALL)

    def test_several_services(self, account, function, passes):
        orders(account)
        account.client("sqs").create_queue(QueueName="events")
        logs = {"Action": "logs:*", "Resource": "*"}
        function(rights=(WRITE, {"Action": "sqs:SendMessage", "Resource": QUEUE}, logs))
        can = ["dynamodb:PutItem", "sqs:SendMessage", "logs:PutLogEvents"]
        passes(CHECK, function=NAME, can=can, on=[TABLE, QUEUE], cannot=["sqs:DeleteQueue", "dynamodb:Scan"])


class TestWrong:
    def test_logs_only(self, account, function, fails):
        orders(account)
        function(rights=({"Action": "logs:*", "Resource": "*"},))
        fails(CHECK, f"orders cannot dynamodb:PutItem {TABLE}", **CALL)

    def test_too_much(self, account, function, fails):
        orders(account)
        function(rights=({"Action": "dynamodb:*", "Resource": TABLE},))
        fails(CHECK, "can also dynamodb:DeleteTable", **CALL, cannot=["dynamodb:DeleteTable"])

    def test_a_boundary_cuts_it_off(self, account, function, fails):
        orders(account)
        function(rights=(WRITE,), boundary={"Action": "logs:*", "Resource": "*"})
        fails(CHECK, "the permissions boundary does not allow it", **CALL)

    def test_the_key_of_the_table(self, account, function, fails):
        key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
        orders(account, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
        function(rights=(WRITE,))
        fails(CHECK, "lacks kms:Decrypt", **CALL)


class TestNearMiss:
    def test_the_table_but_not_its_index(self, account, function, fails):
        orders(account)
        function(rights=({"Action": "dynamodb:Query", "Resource": TABLE},))
        index = f"{TABLE}/index/by-customer"
        fails(CHECK, f"It may on {TABLE}", function=NAME, can=["dynamodb:Query"], on=[index])
