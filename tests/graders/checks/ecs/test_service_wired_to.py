import pytest

from tests.graders.checks.ecs.conftest import IMAGE

CHECK = "ecs.service_wired_to"
CALL = {"cluster": "shop", "service": "catnip", "group": "catnip-tg", "port": 5000}
ECS = "ecs-tasks.amazonaws.com"


class TestRight:
    def test_a_public_image(self, task, service, passes):
        task()
        service()
        passes(CHECK, **CALL, count=2)

    def test_an_image_of_ones_own(self, task, service, role, image, passes):
        image("1.0")
        task({"image": IMAGE}, executionRoleArn=role(ECS, "ecr:*"))
        service()
        passes(CHECK, **CALL)

    def test_on_instances_in_bridge_mode(self, task, service, passes):
        task(networkMode="bridge", requiresCompatibilities=["EC2"])
        service("instance", launchType="EC2")
        passes(CHECK, **CALL)

    def test_a_log_group_that_is_made(self, task, service, passes):
        options = {"awslogs-group": "/ecs/catnip", "awslogs-create-group": "true"}
        task({"logConfiguration": {"logDriver": "awslogs", "options": options}})
        service()
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"port": 80}, "registers port 80"),
            ({"container": "app"}, "has no container app"),
            ({"kind": "instance"}, "needs ip"),
            ({"desiredCount": 0}, "wants 0 tasks"),
            ({"behind": ""}, "is behind no target group"),
        ],
    )
    def test_wired_otherwise(self, task, service, fails, changes, words):
        task()
        service(**changes)
        fails(CHECK, words, **CALL)

    def test_a_port_that_the_container_has_not(self, task, service, fails):
        task({"portMappings": [{"containerPort": 8080}]})
        service()
        fails(CHECK, "listens on 8080", **CALL)

    def test_an_image_that_is_not_there(self, task, service, role, image, fails):
        image("0.9")
        task({"image": IMAGE}, executionRoleArn=role(ECS, "ecr:*"))
        service()
        fails(CHECK, "There is no image catnip:1.0", **CALL)

    def test_no_execution_role(self, task, service, image, fails):
        image("1.0")
        task({"image": IMAGE})
        service()
        fails(CHECK, "is given no role", **CALL)

    def test_no_log_group(self, task, service, fails):
        task({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/catnip"}}})
        service()
        fails(CHECK, "The log group /ecs/catnip", **CALL)

    def test_nothing_runs(self, task, service, fails):
        task()
        service()
        fails(CHECK, "runs 0 tasks", **CALL, running=True)


class TestNearMiss:
    def test_another_target_group(self, task, service, fails):
        task()
        service(behind="other-tg")
        fails(CHECK, "behind the target group other-tg", **CALL)

    def test_another_cluster(self, task, service, account, fails):
        task()
        service()
        account.client("ecs").create_cluster(clusterName="store")
        fails(CHECK, "There is one in the cluster shop", **CALL | {"cluster": "store"})
