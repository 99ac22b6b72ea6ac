import pytest

CHECK = "ecs.task_is_guarded"
CALL = {"task": "catnip"}
ECS = "ecs-tasks.amazonaws.com"


class TestRight:
    def test_a_plain_task(self, task, passes):
        task({"environment": [{"name": "STAGE", "value": "prod"}]})
        passes(CHECK, **CALL)

    def test_a_secret_by_value_from(self, task, passes):
        task({"secrets": [{"name": "DB_PASSWORD", "valueFrom": "/catnip/db"}], "user": "1000"})
        passes(CHECK, **CALL)

    def test_a_role_of_its_own(self, task, role, passes):
        task({"readonlyRootFilesystem": True}, taskRoleArn=role(ECS, "s3:GetObject"))
        passes(CHECK, **CALL)

    def test_the_revision_of_a_service(self, task, service, passes):
        task()
        service()
        passes(CHECK, **CALL, cluster="shop", service="catnip")


class TestWrong:
    @pytest.mark.parametrize(
        ("container", "changes", "words"),
        [
            ({"privileged": True}, {}, "is privileged"),
            ({"environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}, {}, "DB_PASSWORD"),
            ({}, {"networkMode": "host", "requiresCompatibilities": ["EC2"]}, "shares the host's network"),
            ({}, {"pidMode": "host", "requiresCompatibilities": ["EC2"]}, "shares the host's pid"),
        ],
    )
    def test_more_than_it_needs(self, task, fails, container, changes, words):
        task(container, **changes)
        fails(CHECK, words, **CALL)

    def test_an_administrator(self, task, role, fails):
        task(taskRoleArn=role(ECS, "*"))
        fails(CHECK, "that is an administrator's", **CALL)

    def test_a_role_of_another_service(self, task, role, fails):
        task(taskRoleArn=role("ec2.amazonaws.com", "s3:GetObject"))
        fails(CHECK, "does not let ecs-tasks.amazonaws.com become it", **CALL)


class TestNearMiss:
    def test_the_service_is_on_the_old_revision(self, task, service, fails):
        task({"privileged": True})
        service()
        task()
        fails(CHECK, "still runs catnip:1", **CALL, cluster="shop", service="catnip")

    def test_another_family(self, task, fails):
        task(family="catnap")
        fails(CHECK, "There is catnap", **CALL)
