import pytest

from tests.graders.checks.ec2.conftest import Net, rule


class Share(Net):
    """Two private subnets, servers' group svc-sg, and efs-sg that admits it; `share()` makes the file system."""

    def __init__(self, account):
        super().__init__(account)
        self.efs = account.client("efs")
        self.subnet("private-a")
        self.subnet("private-b")
        self.group("svc-sg")
        self.group("efs-sg", rule(2049, group=self.ids["svc-sg"]))

    def share(self, *subnets, group="efs-sg", encrypted=True, name="shared"):
        made = self.efs.create_file_system(
            CreationToken=name, Encrypted=encrypted, Tags=[{"Key": "Name", "Value": name}]
        )["FileSystemId"]
        for subnet in subnets:
            self.efs.create_mount_target(FileSystemId=made, SubnetId=self.ids[subnet], SecurityGroups=[self.ids[group]])
        return made


@pytest.fixture
def net(account):
    return Share(account)
