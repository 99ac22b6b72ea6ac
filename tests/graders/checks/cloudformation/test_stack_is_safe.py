from tests.graders.checks.cloudformation.conftest import QUEUE, TOPIC

CHECK = "cloudformation.stack_is_safe"
CALL = {"stack": "web", "keeps": ["AWS::SQS::Queue"]}
KEPT = QUEUE | {"DeletionPolicy": "Retain"}


class TestRight:
    def test_kept_and_protected(self, stack, passes):
        stack({"Q": KEPT, "T": TOPIC}, EnableTerminationProtection=True)
        passes(CHECK, **CALL)

    def test_a_snapshot_is_kept_too(self, stack, passes):
        stack({"Q": QUEUE | {"DeletionPolicy": "Snapshot"}})
        passes(CHECK, **CALL, protected=False)

    def test_yaml_and_the_logical_id(self, stack, passes):
        both = "    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n"
        stack(f"Resources:\n  Q:\n    Type: AWS::SQS::Queue\n{both}", EnableTerminationProtection=True)
        passes(CHECK, stack="web", keeps=["Q"], replaced_too=True)


class TestWrong:
    def test_not_protected(self, stack, fails):
        stack({"Q": KEPT})
        fails(CHECK, "termination protection of web is off", **CALL)

    def test_deleted(self, stack, fails):
        stack({"Q": QUEUE | {"DeletionPolicy": "Delete"}})
        fails(CHECK, "Q of web has no DeletionPolicy", **CALL, protected=False)

    def test_lost_when_replaced(self, stack, fails):
        stack({"Q": KEPT})
        fails(CHECK, "UpdateReplacePolicy", **CALL, protected=False, replaced_too=True)

    def test_one_of_two(self, stack, fails):
        stack({"Q": KEPT, "R": QUEUE})
        fails(CHECK, "R of web", **CALL, protected=False)


class TestNearMiss:
    def test_on_another_resource(self, stack, fails):
        stack({"Q": QUEUE, "T": TOPIC | {"DeletionPolicy": "Retain"}})
        fails(CHECK, "It is written on T", **CALL, protected=False)

    def test_another_name(self, stack, fails):
        stack({"Q": KEPT}, name="webb")
        fails(CHECK, "There is webb", **CALL)
