import pytest

CHECK = "ec2.image_of_instance"
CALL = {"image": "golden-db", "instance": "db-01"}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.instance("db-01", "private-a")
    net.image = lambda of="db-01", name="golden-db": net.ec2.create_image(InstanceId=net.ids[of], Name=name)["ImageId"]
    return net


class TestRight:
    def test_made_of_it(self, site, passes):
        site.image()
        passes(CHECK, **CALL)

    def test_by_ids(self, site, passes):
        passes(CHECK, image=site.image(name="other"), instance=site.ids["db-01"])

    def test_and_launched(self, site, passes):
        site.instance("db-02", "private-a", image=site.image())
        passes(CHECK, **CALL, used_by="db-02")

    def test_the_source_is_gone_since(self, site, passes):
        site.image()
        site.ec2.terminate_instances(InstanceIds=[site.ids["db-01"]])
        passes(CHECK, **CALL)


class TestWrong:
    def test_of_another_server(self, site, fails):
        site.instance("web", "private-a")
        site.image("web")
        fails(CHECK, "was made of web, not of db-01", "is not in golden-db", **CALL)

    def test_launched_from_the_stock_image(self, site, fails):
        site.image()
        site.instance("db-02", "private-a")
        fails(CHECK, "db-02 was launched from ami-12c6146b, not from golden-db", **CALL, used_by="db-02")

    def test_not_available(self, site, monkeypatch, fails):
        from moto.ec2.models.amis import Ami

        site.image()
        monkeypatch.setattr(Ami, "state", "failed", raising=False)
        from moto.ec2.models import ec2_backends

        for one in ec2_backends["123456789012"]["us-east-1"].amis.values():
            one.state = "failed"
        fails(CHECK, "The AMI golden-db is failed", **CALL)


class TestNearMiss:
    def test_a_name_that_is_almost_right(self, site, fails):
        site.image(name="golden_db")
        fails(CHECK, "There is golden_db", **CALL)
