import pytest


@pytest.fixture
def beanstalk(account):
    """`beanstalk("catnip", "catnip-prod")`: an application with environments."""
    client = account.client("elasticbeanstalk")

    def beanstalk(application, *environments, **options):
        client.create_application(ApplicationName=application)
        for one in environments:
            client.create_environment(ApplicationName=application, EnvironmentName=one, **options)

    return beanstalk


@pytest.fixture
def told(monkeypatch):
    """`told(Status="Updating")`: what AWS says of environments and the sandbox cannot hold."""
    from moto.elasticbeanstalk.models import Environment

    names = {"Status": "status", "Health": "health", "SolutionStackName": "solution_stack_name"}

    def told(**values):
        make = Environment.__init__

        def made(self, *arguments, **options):
            make(self, *arguments, **options)
            for name, value in values.items():
                setattr(self, names[name], value)

        monkeypatch.setattr(Environment, "__init__", made)

    return told
