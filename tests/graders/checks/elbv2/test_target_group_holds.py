CHECK = "elbv2.target_group_holds"
CALL = {"group": "web-tg", "targets": ["web-1", "web-2"]}


class TestRight:
    def test_both(self, site, passes):
        site.targets("web-tg", *site.servers())
        passes(CHECK, **CALL, port=80)

    def test_by_address(self, site, passes):
        site.servers()
        found = [one["Instances"][0] for one in site.ec2.describe_instances()["Reservations"]]
        site.targets("web-tg", *(one["PrivateIpAddress"] for one in found), TargetType="ip")
        passes(CHECK, **CALL)

    def test_others_where_they_may(self, site, passes):
        site.instance("api-0", "private-a", "web-sg")
        site.targets("web-tg", *site.servers(), "api-0")
        passes(CHECK, **CALL, only=False)


class TestWrong:
    def test_one_is_missing(self, site, fails):
        site.servers()
        site.targets("web-tg", "web-1")
        fails(CHECK, "web-2 is not registered with web-tg", "No request", **CALL)

    def test_one_too_many(self, site, fails):
        site.instance("api-0", "private-a", "web-sg")
        site.targets("web-tg", *site.servers(), "api-0")
        fails(CHECK, "api-0 (i-", "is registered with web-tg too", **CALL)

    def test_one_is_stopped(self, site, fails):
        site.targets("web-tg", *site.servers())
        site.ec2.stop_instances(InstanceIds=[site.ids["web-2"]])
        fails(CHECK, "is registered with web-tg, and is stopped", **CALL)


class TestNearMiss:
    def test_with_another_group(self, site, fails):
        site.servers()
        site.targets("web-tg", "web-1")
        site.targets("api-tg", "web-2")
        fails(CHECK, "It is registered with api-tg", **CALL)

    def test_for_another_port(self, site, fails):
        site.targets("web-tg", *site.servers())
        fails(CHECK, "It is registered for port 80", **CALL, port=8080)
