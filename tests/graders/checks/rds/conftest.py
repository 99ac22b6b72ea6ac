import pytest

NAME = "acme-db"


@pytest.fixture
def database(account):
    """`database(MultiAZ=True, …)` makes the instance acme-db."""

    def database(name=NAME, region=None, **options):
        return account.client("rds", region).create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="mysql",
            AllocatedStorage=20,
            MasterUsername="admin",
            MasterUserPassword="not-a-secret",
            **options,
        )

    return database


@pytest.fixture
def pending(monkeypatch):
    """Makes changes wait for the maintenance window, as AWS does and moto does not: `pending(MultiAZ=True)`."""
    from graders import databases

    def pending(**values):
        read = databases._instances

        def waiting(account, region):
            return {name: {**item, "PendingModifiedValues": values} for name, item in read(account, region).items()}

        monkeypatch.setattr(databases, "_instances", waiting)

    return pending
