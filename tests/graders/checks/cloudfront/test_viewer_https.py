import pytest
from moto.acm.models import CertBundle

from tests.graders.checks.cloudfront.conftest import BUCKET, behavior
from tests.graders.conftest import ACCOUNT

CHECK = "cloudfront.viewer_https"
CALL = {"distribution": "www.example.com"}


@pytest.fixture
def certificate(account, monkeypatch):
    """Makes an issued certificate; `certificate("PENDING_VALIDATION")` one that waits."""

    def certificate(status="ISSUED"):
        arn = account.client("acm").request_certificate(DomainName="www.example.com")["CertificateArn"]
        describe = CertBundle.describe
        monkeypatch.setattr(
            CertBundle,
            "describe",
            lambda self: {"Certificate": describe(self)["Certificate"] | {"Status": status}},
        )
        return arn

    return certificate


def own(arn, policy):
    return {
        "CloudFrontDefaultCertificate": False,
        "ACMCertificateArn": arn,
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": policy,
    }


class TestRight:
    @pytest.mark.parametrize("policy", ["redirect-to-https", "https-only"])
    def test_either_policy(self, distribution, passes, policy):
        distribution(default=behavior(policy=policy))
        passes(CHECK, **CALL)

    def test_every_behaviour(self, distribution, passes):
        distribution(paths={"/api/*": behavior(policy="https-only"), "/img/*": behavior()})
        passes(CHECK, **CALL)

    def test_the_distribution_by_its_bucket(self, distribution, passes):
        distribution()
        passes(CHECK, distribution=BUCKET)

    @pytest.mark.parametrize("policy", ["TLSv1.2_2019", "TLSv1.2_2021"])
    def test_the_security_policy_or_a_newer_one(self, distribution, certificate, passes, policy):
        distribution(ViewerCertificate=own(certificate(), policy))
        passes(CHECK, **CALL, min_tls="TLSv1.2_2019")


class TestWrong:
    def test_http_is_allowed(self, distribution, fails):
        distribution(default=behavior(policy="allow-all"))
        fails(CHECK, "still answers over http", "http://www.example.com/", **CALL)

    def test_the_distribution_is_disabled(self, distribution, fails):
        distribution(Enabled=False)
        fails(CHECK, "is disabled", **CALL)

    def test_an_old_security_policy(self, distribution, certificate, fails):
        distribution(ViewerCertificate=own(certificate(), "TLSv1"))
        fails(CHECK, "still speaks TLSv1", **CALL, min_tls="TLSv1.2_2021")

    def test_the_certificate_of_cloudfront(self, distribution, fails):
        distribution()
        fails(CHECK, "uses the certificate of CloudFront", **CALL, min_tls="TLSv1.2_2021")

    def test_a_certificate_in_another_region(self, distribution, fails):
        distribution(ViewerCertificate=own(f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1", "TLSv1.2_2021"))
        fails(CHECK, "lies in eu-west-1", **CALL)

    def test_a_certificate_that_waits(self, distribution, certificate, fails):
        distribution(ViewerCertificate=own(certificate("PENDING_VALIDATION"), "TLSv1.2_2021"))
        fails(CHECK, "is PENDING_VALIDATION", **CALL)


class TestNearMiss:
    def test_only_the_default_behaviour_was_put_right(self, distribution, fails):
        distribution(paths={"/api/*": behavior(policy="allow-all")})
        fails(CHECK, "redirects by default, but still answers /api/* over http", **CALL)

    def test_almost_the_same_name(self, distribution, fails):
        distribution("www.example.org")
        fails(CHECK, "There is www.example.org, which is another name", **CALL)
