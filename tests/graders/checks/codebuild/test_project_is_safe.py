import pytest

from tests.graders.checks.events.conftest import role

__all__ = ["role"]  # the fixture
CHECK = "codebuild.project_is_safe"
CALL = {"project": "my-api-build"}


@pytest.fixture
def project(account, role):
    """`project([(name, value, type)], …)` makes my-api-build."""

    def project(variables=(), name="my-api-build", service="codebuild.amazonaws.com", logs=None, **environment):
        given = [{"name": one, "value": value, "type": kind} for one, value, kind in variables]
        account.client("codebuild").create_project(
            name=name,
            source={"type": "CODEPIPELINE", "location": "x"},
            artifacts={"type": "CODEPIPELINE", "location": "x"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": given,
                **environment,
            },
            serviceRole=role(service),
            **({"logsConfig": logs} if logs else {}),
        )

    return project


class TestRight:
    def test_nothing_secret(self, project, passes):
        project([("STAGE", "prod", "PLAINTEXT")])
        passes(CHECK, **CALL)

    @pytest.mark.parametrize("kind", ["PARAMETER_STORE", "SECRETS_MANAGER"])
    def test_a_secret_by_reference(self, project, passes, kind):
        project([("DB_PASSWORD", "/acme/db", kind)])
        passes(CHECK, **CALL)

    def test_the_name_of_a_secret_is_none(self, project, passes):
        project([("DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db", "PLAINTEXT")])
        passes(CHECK, **CALL)

    def test_privileged_for_images(self, project, passes):
        project(privilegedMode=True)
        passes(CHECK, **CALL, privileged=True)


class TestWrong:
    @pytest.mark.parametrize(
        "variable", [("DB_PASSWORD", "hunter2", "PLAINTEXT"), ("ID", "AKIAIOSFODNN7EXAMPLE", "PLAINTEXT")]
    )
    def test_a_secret_in_plain_text(self, project, fails, variable):
        project([variable])
        fails(CHECK, f"The variable {variable[0]} of my-api-build holds a secret", **CALL)

    def test_privileged(self, project, fails):
        project(privilegedMode=True)
        fails(CHECK, "run privileged", **CALL)

    def test_no_logs(self, project, fails):
        project(logs={"cloudWatchLogs": {"status": "DISABLED"}})
        fails(CHECK, "leave no logs", **CALL)

    def test_a_role_of_another_service(self, project, fails):
        project(service="lambda.amazonaws.com")
        fails(CHECK, "does not let codebuild.amazonaws.com become it", **CALL)


class TestNearMiss:
    def test_another_name(self, project, fails):
        project(name="my-api-biuld")
        fails(CHECK, "There is my-api-biuld", **CALL)
