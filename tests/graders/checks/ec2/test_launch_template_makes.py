import base64

import pytest

CHECK = "ec2.launch_template_makes"
SCRIPT = "#!/bin/bash\nexport BUCKET=emp-photos\nyum install -y httpd\n"
CALL = {
    "template": "web-lt", "types": ["t2.micro", "t3.micro"], "profile": "app-profile", "groups": ["web-sg"],
    "contains": ["httpd|nginx", "emp-photos"], "imdsv2": True,
}  # fmt: skip


@pytest.fixture
def template(net):
    net.group("web-sg")
    net.group("other-sg")

    def data(script=SCRIPT, group="web-sg", **options):
        return {
            "ImageId": "ami-12c6146b",
            "InstanceType": "t3.micro",
            "SecurityGroupIds": [net.ids[group]],
            "IamInstanceProfile": {"Name": "app-profile"},
            "MetadataOptions": {"HttpTokens": "required"},
            "UserData": base64.b64encode(script.encode()).decode(),
        } | options

    def template(**options):
        net.ec2.create_launch_template(LaunchTemplateName="web-lt", LaunchTemplateData=data(**options))

    def version(**options):
        net.ec2.create_launch_template_version(LaunchTemplateName="web-lt", LaunchTemplateData=data(**options))

    template.version, template.net = version, net
    return template


class TestRight:
    def test_as_asked(self, template, passes):
        template()
        passes(CHECK, **CALL)

    def test_the_profile_by_arn_and_the_group_on_the_interface(self, template, passes):
        interface = {"DeviceIndex": 0, "Groups": [template.net.ids["web-sg"]], "AssociatePublicIpAddress": False}
        arn = "arn:aws:iam::123456789012:instance-profile/app-profile"
        template(IamInstanceProfile={"Arn": arn}, NetworkInterfaces=[interface], SecurityGroupIds=[])
        passes(CHECK, **CALL, public=False)

    def test_a_new_default_version(self, template, passes):
        template(InstanceType="m5.large")
        template.version()
        template.net.ec2.modify_launch_template(LaunchTemplateName="web-lt", DefaultVersion="2")
        passes(CHECK, **CALL)
        passes(CHECK, **CALL, version="$Latest")


class TestWrong:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"InstanceType": "m5.large"}, "the instance type is m5.large, not t2.micro or t3.micro"),
            ({"script": "#!/bin/bash\nyum install -y httpd\n"}, "without emp-photos"),
            ({"script": SCRIPT.removeprefix("#!/bin/bash\n")}, "#! in front"),
            ({"MetadataOptions": {"HttpTokens": "optional"}}, "HttpTokens is optional, not required"),
            ({"group": "other-sg"}, "the list of security groups is other-sg, not web-sg"),
            ({"IamInstanceProfile": {"Name": "admin"}}, "the instance profile is admin, not app-profile"),
        ],
        ids=["type", "script", "shebang", "metadata", "group", "profile"],
    )
    def test_not_as_asked(self, template, fails, options, words):
        template(**options)
        fails(CHECK, words, "An instance that web-lt launches now", **CALL)


class TestNearMiss:
    def test_the_new_version_is_not_the_default(self, template, fails):
        template(InstanceType="m5.large")
        template.version()
        fails(CHECK, "Version 2 is right, and is not the one that counts ($Default)", **CALL)

    def test_a_name_that_is_almost_right(self, template, fails):
        template()
        fails(CHECK, "There is web-lt", template="web_lt")
