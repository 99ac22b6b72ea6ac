import pytest

CHECK = "ec2.instances_require_imdsv2"
CALL = {"names": ["web"]}
TOKENS = {"MetadataOptions": {"HttpTokens": "required"}}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    return net


class TestRight:
    def test_from_the_start(self, site, passes):
        site.instance("web", "private-a", **TOKENS)
        passes(CHECK, **CALL)

    def test_later(self, site, passes):
        web = site.instance("web", "private-a")
        site.ec2.modify_instance_metadata_options(InstanceId=web, HttpTokens="required")
        passes(CHECK, names=[web])

    def test_no_metadata_at_all(self, site, passes):
        web = site.instance("web", "private-a")
        site.ec2.modify_instance_metadata_options(InstanceId=web, HttpEndpoint="disabled")
        passes(CHECK, **CALL)

    def test_a_terminated_one_does_not_count(self, site, passes):
        site.ec2.terminate_instances(InstanceIds=[site.instance("web", "private-a")])
        site.instance("web", "private-a", **TOKENS)
        passes(CHECK, **CALL)


class TestWrong:
    def test_tokens_are_optional(self, site, fails):
        site.instance("web", "private-a")
        fails(CHECK, "still answers IMDSv1: HttpTokens is optional", "without a token", **CALL)

    def test_one_of_two_of_that_name(self, site, fails):
        site.instance("web", "private-a", **TOKENS)
        other = site.instance("web", "private-a")
        fails(CHECK, other, "still answers IMDSv1", **CALL)

    def test_a_stopped_one_counts(self, site, fails):
        site.ec2.stop_instances(InstanceIds=[site.instance("web", "private-a")])
        fails(CHECK, "still answers IMDSv1", **CALL)


class TestNearMiss:
    def test_only_the_launch_template_was_changed(self, site, fails):
        made = site.ec2.create_launch_template(LaunchTemplateName="web-lt", LaunchTemplateData=TOKENS)
        web = site.instance("web", "private-a")
        made_by = {"Key": "aws:ec2launchtemplate:id", "Value": made["LaunchTemplate"]["LaunchTemplateId"]}
        site.ec2.create_tags(Resources=[web], Tags=[{"Key": "x", "Value": "y"}])
        from moto.ec2.models import ec2_backends

        backend = ec2_backends["123456789012"]["us-east-1"]
        backend.tags[web][made_by["Key"]] = made_by["Value"]
        fails(CHECK, "Its launch template counts for instances to come only", **CALL)

    def test_a_name_that_is_almost_right(self, site, fails):
        site.instance("web-01", "private-a", **TOKENS)
        fails(CHECK, "There is web-01", names=["web01"])
