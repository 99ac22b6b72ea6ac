from tests.graders.checks.cloudformation.conftest import QUEUE, TOPIC

CHECK = "cloudformation.stack_provides"
CALL = {"stack": "web", "types": ["AWS::SQS::Queue"]}
YAML = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\nOutputs:\n  Url:\n    Value: !Ref Q\n"


class TestRight:
    def test_json_with_an_output(self, stack, passes):
        stack({"Q": QUEUE, "T": TOPIC}, outputs={"Url": {"Ref": "Q"}, "Arn": {"Fn::GetAtt": ["Q", "Arn"]}})
        passes(CHECK, **CALL, outputs={"Url": "AWS::SQS::Queue", "Arn": "AWS::SQS::Queue"})

    def test_yaml(self, stack, passes):
        stack(YAML)
        passes(CHECK, **CALL, outputs={"Url": "AWS::SQS::Queue"}, lacks=["AWS::SNS::Topic"])

    def test_by_a_nested_stack(self, stack, account, passes):
        s3 = account.client("s3")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="q.yaml", Body=YAML.encode())
        nested = {"TemplateURL": "https://s3.amazonaws.com/templates/q.yaml"}
        stack({"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": nested}})
        passes(CHECK, **CALL | {"types": ["AWS::CloudFormation::Stack", "AWS::SQS::Queue"]})


class TestWrong:
    def test_made_by_hand(self, stack, account, fails):
        stack({"T": TOPIC})
        account.client("sqs").create_queue(QueueName="jobs")
        fails(CHECK, "made no AWS::SQS::Queue", "it made AWS::SNS::Topic", **CALL)

    def test_rolled_back(self, stack, status, fails):
        stack({"Q": QUEUE})
        status("UPDATE_ROLLBACK_COMPLETE")
        fails(CHECK, "UPDATE_ROLLBACK_COMPLETE", **CALL)

    def test_too_few(self, stack, fails):
        stack({"Q": QUEUE})
        fails(CHECK, "or too few", **CALL | {"types": ["AWS::SQS::Queue", "AWS::SQS::Queue"]})

    def test_an_output_of_another_resource(self, stack, fails):
        stack({"Q": QUEUE, "T": TOPIC}, outputs={"Url": {"Ref": "T"}})
        fails(CHECK, "that is no AWS::SQS::Queue", **CALL, outputs={"Url": "AWS::SQS::Queue"})

    def test_what_should_not_be_there(self, stack, fails):
        stack({"Q": QUEUE, "T": TOPIC})
        fails(CHECK, "made AWS::SNS::Topic", **CALL, lacks=["AWS::SNS::Topic"])


class TestNearMiss:
    def test_another_output(self, stack, fails):
        stack({"Q": QUEUE}, outputs={"QueueUrl": {"Ref": "Q"}})
        fails(CHECK, "it has QueueUrl", **CALL, outputs={"Url": "AWS::SQS::Queue"})

    def test_another_name_and_region(self, stack, fails):
        stack({"Q": QUEUE}, name="webb")
        fails(CHECK, "There is webb", **CALL)
        stack({"Q": QUEUE}, name="zzz", region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **CALL | {"stack": "zzz"})
