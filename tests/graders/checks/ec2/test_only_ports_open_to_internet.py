import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.only_ports_open_to_internet"
ALL = "0.0.0.0/0"
CALL = {"group": "web", "ports": [80, 443]}
RIGHT = {
    "both": [rule(80, 80, ALL), rule(443, 443, ALL)],
    "one of them": [rule(443, 443, ALL)],
    "both families": [rule(80, 80, ALL, v6=["::/0"])],
    "an office may do more": [rule(443, 443, ALL), rule(22, 22, "203.0.113.0/24")],
    "private networks may do more": [rule(443, 443, ALL), rule(0, 65535, "10.0.0.0/8", "192.168.0.0/16")],
    "ping": [rule(443, 443, ALL), rule(-1, -1, ALL, protocol="icmp")],
}
WRONG = {
    "ssh": ([rule(443, 443, ALL), rule(22, 22, ALL)], "tcp 22"),
    "ssh by halves": ([rule(443, 443, ALL), rule(22, 22, "0.0.0.0/1", "128.0.0.0/1")], "tcp 22"),
    "ssh from a half": ([rule(443, 443, ALL), rule(22, 22, "128.0.0.0/1")], "tcp 22"),
    "ssh over IPv6": ([rule(443, 443, ALL), rule(22, 22, v6=["::/0"])], "tcp 22"),
    "a range": ([rule(80, 443, ALL)], "tcp 81-442"),
    "all ports": ([rule(0, 65535, ALL)], "tcp 0-79, tcp 81-442, tcp 444-65535"),
    "all protocols": ([rule(0, 0, ALL, protocol="-1")], "udp 0-65535"),
    "udp": ([rule(80, 80, ALL), rule(53, 53, ALL, protocol="udp")], "udp 53"),
    "another protocol": ([rule(80, 80, ALL), rule(0, 0, ALL, protocol="50")], "protocol 50"),
    "nothing at all": ([], "Nothing of web is open"),
}


CLOSED = {
    "no rule": [],
    "an office": [rule(22, 22, "203.0.113.0/24")],
    "private networks": [rule(0, 65535, "10.0.0.0/8")],
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_no_more_than_the_ports_is_open(self, vpc, passes, name):
        vpc.let_in("web", *RIGHT[name])
        passes(CHECK, **CALL)

    @pytest.mark.parametrize("name", CLOSED)
    def test_no_port_at_all_may_be_asked_for(self, vpc, passes, name):
        if CLOSED[name]:
            vpc.let_in("web", *CLOSED[name])
        passes(CHECK, group="web", ports=[])


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_what_else_is_open_is_named(self, vpc, fails, name):
        permissions, words = WRONG[name]
        if permissions:
            vpc.let_in("web", *permissions)
        fails(CHECK, words, **CALL)

    def test_no_port_at_all_is_told_from_one(self, vpc, fails):
        vpc.let_in("web", rule(443, 443, ALL))
        result = fails(CHECK, "Open to the internet: tcp 443", "Nothing open to the internet.", group="web", ports=[])
        assert result.title == "web is open to the internet on these ports only: none."


class TestNearMiss:
    def test_another_case_of_the_group_is_pointed_out(self, vpc, fails):
        fails(CHECK, "There is web", group="WEB", ports=[80])
