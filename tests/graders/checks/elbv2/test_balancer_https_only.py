import pytest

from tests.graders.checks.elbv2.conftest import FIXED, redirect

CHECK = "elbv2.balancer_https_only"
CALL = {"balancer": "web-alb"}
MODERN = "ELBSecurityPolicy-TLS-1-2-2017-01"


@pytest.fixture
def secure(site, monkeypatch):
    """`secure()`: an ALB with an HTTPS listener; the certificate is issued at once."""
    acm = site.account.client("acm")

    def secure(domain="shop.example.com", policy=MODERN, status="ISSUED"):
        from moto.acm.models import CertBundle

        site.balancer()
        site.targets()
        arn = acm.request_certificate(DomainName=domain, SubjectAlternativeNames=[domain])["CertificateArn"]
        monkeypatch.setattr(CertBundle, "describe", _with_status(CertBundle.describe, status))
        site.listen(443, protocol="HTTPS", Certificates=[{"CertificateArn": arn}], SslPolicy=policy)
        return site

    return secure


def _with_status(describe, status):
    def described(bundle):
        answer = describe(bundle)
        answer["Certificate"]["Status"] = status
        return answer

    return described


class TestRight:
    def test_no_http_at_all(self, secure, passes):
        secure()
        passes(CHECK, **CALL, domain="shop.example.com", tls="1.2")

    def test_a_redirect(self, secure, passes):
        secure().listen(80, redirect())
        passes(CHECK, **CALL)

    def test_a_redirect_by_rule_and_a_refusal(self, secure, passes):
        site = secure("*.example.com")
        refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
        site.listen(80, refuse)
        site.rule(5, redirect(Host="#{host}", Path="/#{path}", StatusCode="HTTP_302"), "/*")
        passes(CHECK, **CALL, domain="shop.example.com")


class TestWrong:
    def test_http_forwards(self, secure, fails):
        secure().listen(80)
        fails(
            CHECK,
            "The rule default of the HTTP listener on port 80 forwards plain HTTP",
            "is not taken to https",
            **CALL,
        )

    def test_a_rule_before_the_redirect_forwards(self, secure, fails):
        site = secure()
        site.listen(80, redirect())
        site.rule(1, "web-tg", "/old/*")
        fails(CHECK, "The rule 1 of the HTTP listener", **CALL)

    def test_a_redirect_to_a_closed_port(self, secure, fails):
        secure().listen(80, redirect("8443"))
        fails(CHECK, "redirects to port 8443, where no HTTPS listener is", **CALL)

    def test_a_redirect_to_http(self, secure, fails):
        secure().listen(80, redirect("8080", "HTTP"))
        fails(CHECK, "redirects to HTTP", **CALL)

    def test_an_answer_over_http(self, secure, fails):
        secure().listen(80, FIXED)
        fails(CHECK, "answers 200 over plain HTTP", **CALL)

    def test_a_certificate_for_another_name(self, secure, fails):
        secure("*.example.com")
        fails(CHECK, "for *.example.com, not for a.shop.example.com", **CALL, domain="a.shop.example.com")

    def test_a_certificate_that_has_expired(self, secure, fails):
        secure(status="EXPIRED")
        fails(CHECK, "its certificate is EXPIRED", **CALL)

    def test_an_old_security_policy(self, secure, fails):
        secure(policy="ELBSecurityPolicy-2016-08")
        fails(CHECK, "ELBSecurityPolicy-2016-08 accepts TLSv1", **CALL, tls="1.2")


class TestNearMiss:
    def test_http_on_443(self, site, fails):
        site.balancer()
        site.targets()
        site.listen(443)
        fails(CHECK, "no HTTPS listener", "The one on 443 speaks HTTP", **CALL)
