"""The images that describe_images knows: few, with the owners and name patterns that learners filter by.

moto's own list is 1,300 images for each account and region that touches EC2 (4 MB each); this one is made in the cell when
the region's EC2 is first used. Ids are stable, the same in every account of a region.
Owners: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/finding-an-ami.html, https://ubuntu.com/server/docs (Canonical).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["IMAGES", "PARAMETERS", "image_id", "install"]

AMAZON: Final = "137112412989"
WINDOWS: Final = "801119661308"
CANONICAL: Final = "099720109477"

_CREATED: Final = datetime(2025, 3, 5, tzinfo=UTC)
_TREES: Final = ("/aws/service/ami-", "/aws/service/canonical")
PARAMETERS_ROOT: Final = "/aws/service/ami-amazon-linux-latest"

# name, description, owner, owner alias, architecture, platform, root device
IMAGES: Final[tuple[tuple[str, str, str, str | None, str, str | None, str], ...]] = (
    (
        "al2023-ami-2023.6.20250218.2-kernel-6.1-x86_64",
        "Amazon Linux 2023 AMI 2023.6.20250218.2 x86_64 HVM kernel-6.1",
        *(AMAZON, "amazon", "x86_64", None, "/dev/xvda"),
    ),
    (
        "al2023-ami-2023.6.20250218.2-kernel-6.1-arm64",
        "Amazon Linux 2023 AMI 2023.6.20250218.2 arm64 HVM kernel-6.1",
        *(AMAZON, "amazon", "arm64", None, "/dev/xvda"),
    ),
    (
        "amzn2-ami-hvm-2.0.20250220.0-x86_64-gp2",
        "Amazon Linux 2 AMI 2.0.20250220.0 x86_64 HVM gp2",
        *(AMAZON, "amazon", "x86_64", None, "/dev/xvda"),
    ),
    (
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250305",
        "Canonical, Ubuntu, 24.04, amd64 noble image",
        *(CANONICAL, None, "x86_64", None, "/dev/sda1"),
    ),
    (
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20250305",
        "Canonical, Ubuntu, 24.04, arm64 noble image",
        *(CANONICAL, None, "arm64", None, "/dev/sda1"),
    ),
    (
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20250305",
        "Canonical, Ubuntu, 22.04, amd64 jammy image",
        *(CANONICAL, None, "x86_64", None, "/dev/sda1"),
    ),
    (
        "Windows_Server-2022-English-Full-Base-2025.02.13",
        "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon",
        *(WINDOWS, "amazon", "x86_64", "windows", "/dev/sda1"),
    ),
)

# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
PARAMETERS: Final = {
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": 0,
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64": 0,
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64": 1,
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64": 1,
    "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2": 2,
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": 3,
    "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id": 5,
    "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base": 6,
}


def image_id(name: str, region: str) -> str:
    """Return the id of the image called `name` in `region`: "ami-" and 17 hex digits."""
    return "ami-" + hashlib.sha256(f"{region}/{name}".encode()).hexdigest()[:17]


def install() -> None:
    """Let EC2 of each region begin with these images, and SSM know their public parameters."""
    from moto.ec2.models.amis import AmiBackend
    from moto.ssm.models import ParameterDict

    AmiBackend._load_amis = _load_images
    ParameterDict._load_latest_amis = _load_parameters
    check = ParameterDict._check_loading_status

    def check_ours(self: Any, key: str) -> None:
        # moto looks at one of AWS's trees of images only.
        check(self, PARAMETERS_ROOT if str(key or "").startswith(_TREES) else key)

    ParameterDict._check_loading_status = check_ours


def _load_images(self: Any) -> None:
    from moto.ec2.models.amis import Ami

    for name, description, owner, alias, architecture, platform, root in IMAGES:
        self.amis[image_id(name, self.region_name)] = Ami(
            self,
            ami_id=image_id(name, self.region_name),
            name=name,
            description=description,
            owner_id=owner,
            owner_alias=alias,
            image_location=f"{alias or owner}/{name}",
            architecture=architecture,
            platform=platform,
            public=True,
            virtualization_type="hvm",
            hypervisor="xen",
            root_device_name=root,
            root_device_type="ebs",
            creation_date=_CREATED,
        )


def _load_parameters(self: Any) -> None:
    from moto.ssm.models import Parameter

    for name, index in PARAMETERS.items():
        made = Parameter(
            account_id=self.account_id,
            name=name,
            value=image_id(IMAGES[index][0], self.region_name),
            parameter_type="String",
            description=None,
            allowed_pattern=None,
            keyid=None,
            last_modified_date=_CREATED.timestamp(),
            version=1,
            data_type="aws:ec2:image",
        )
        dict.setdefault(self, name, []).append(made)
