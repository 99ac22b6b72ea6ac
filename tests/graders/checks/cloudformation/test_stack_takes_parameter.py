import pytest

CHECK = "cloudformation.stack_takes_parameter"
CALL = {"stack": "web", "parameter": "Env", "allowed": ["dev", "prod"]}
USES = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "Env", "Value": {"Ref": "Env"}}]}}}


def env(**more):
    return {"Env": {"Type": "String", "Default": "dev", **more}}


class TestRight:
    @pytest.mark.parametrize("limit", [{"AllowedValues": ["prod", "dev"]}, {"AllowedPattern": "^(dev|prod)$"}])
    def test_these_values_only(self, stack, passes, limit):
        stack(USES, parameters=env(**limit))
        passes(CHECK, **CALL)

    def test_used_in_a_sub_and_given(self, stack, passes):
        sub = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "jobs-${Env}"}}}}
        stack(sub, parameters=env(AllowedValues=["dev", "prod"]), given={"Env": "prod"})
        passes(CHECK, **CALL, value="prod")

    def test_hidden_and_in_yaml(self, stack, passes):
        head = "Parameters:\n  Env:\n    Type: String\n    Default: dev\n    NoEcho: true\n"
        stack(head + "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Ref Env\n")
        passes(CHECK, stack="web", parameter="Env", hidden=True)


class TestWrong:
    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            ({}, "takes any value"),
            ({"AllowedValues": ["dev", "prod", "test"]}, "takes test"),
            ({"AllowedValues": ["dev"]}, "takes no prod"),
            ({"AllowedPattern": ".*"}, "takes any value"),
        ],
    )
    def test_other_values(self, stack, fails, limit, words):
        stack(USES, parameters=env(**limit))
        fails(CHECK, words, **CALL)

    def test_not_used(self, stack, fails):
        stack({"Q": {"Type": "AWS::SQS::Queue"}}, parameters=env(AllowedValues=["dev", "prod"]))
        fails(CHECK, "never refers to", **CALL)

    def test_run_with_another_value(self, stack, fails):
        stack(USES, parameters=env(AllowedValues=["dev", "prod"]))
        fails(CHECK, "runs with Env=dev", **CALL, value="prod")

    def test_shown(self, stack, fails):
        stack(USES, parameters=env())
        fails(CHECK, "is shown to everybody", stack="web", parameter="Env", hidden=True)


class TestNearMiss:
    def test_another_case(self, stack, fails):
        stack({"Q": {"Type": "AWS::SQS::Queue"}}, parameters={"env": {"Type": "String", "Default": "dev"}})
        fails(CHECK, "It has env", **CALL)
