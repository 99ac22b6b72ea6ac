"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html"""

import fnmatch
from typing import Any, Literal

from graders import Account, Fail, balancing, check
from graders.account import read_or_none

TLS = {"1.2": ("SSLv3", "TLSv1", "TLSv1.1"), "1.3": ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"), "any": ()}


@check(
    permissions=[
        *balancing.PERMISSIONS, "elasticloadbalancing:DescribeSSLPolicies", "acm:DescribeCertificate",
    ]
)  # fmt: skip
def balancer_https_only(
    account: Account, *, balancer: str, domain: str = "", tls: Literal["any", "1.2", "1.3"] = "any"
) -> None:
    """{balancer} speaks HTTPS, and over HTTP it only redirects there.

    An HTTPS listener with a certificate that is issued (for `domain`, when given) and has not expired; every rule of
    every HTTP listener redirects to the port of an HTTPS listener (301 or 302), or refuses; no HTTP listener is fine
    too. `tls`: the least version that the security policy may accept.
    """
    arn = balancing.the_balancer(account, balancer)["LoadBalancerArn"]
    listeners = balancing.listeners(account, arn)
    secure = [one for one in listeners if one["Protocol"] in ("HTTPS", "TLS")]
    if not secure:
        near = next((one for one in listeners if one["Port"] == 443), None)
        raise Fail(
            "{balancer} has no HTTPS listener.{near}",
            looked_at="the listeners of {balancer}",
            needed="A listener for HTTPS (443) with a certificate.",
            try_="aws elbv2 create-listener --protocol HTTPS --port 443 --certificates CertificateArn=… …",
            counterexample="https://{balancer}/ cannot be opened.",
            balancer=balancer,
            near=f" The one on 443 speaks {near['Protocol']}." if near else "",
        )
    for one in secure:
        why = _certificate(account, one, domain) or _old(account, one, tls)
        if why:
            raise Fail(
                "The HTTPS listener of {balancer} on port {port} does not serve: {why}.",
                looked_at="the certificate and the security policy of the listener on {port} of {balancer}",
                needed="A certificate that browsers accept, and a current security policy.",
                try_="aws elbv2 modify-listener --certificates …, or --ssl-policy ELBSecurityPolicy-TLS13-1-2-2021-06",
                counterexample="A browser warns, or speaks an old version of TLS, on port {port}.",
                balancer=balancer,
                port=one["Port"],
                why=why,
            )
    ports = {str(one["Port"]) for one in secure}
    for one in listeners:
        for rule in balancing.rules(account, one) if one["Protocol"] == "HTTP" else ():
            why = _not_secure(rule, one, ports)
            if why:
                raise Fail(
                    "The rule {rule} of the HTTP listener on port {port} {why}.",
                    looked_at="every rule of the HTTP listeners of {balancer}",
                    needed="Every rule on port {port} redirects to HTTPS.",
                    try_="aws elbv2 modify-listener (or modify-rule) with Type=redirect,RedirectConfig="
                    "{{Protocol=HTTPS,Port=443,StatusCode=HTTP_301}}",
                    counterexample="http://{balancer}:{port}/ is not taken to https.",
                    rule=rule["Priority"],
                    port=one["Port"],
                    why=why,
                    balancer=balancer,
                )


def _not_secure(rule: dict[str, Any], listener: dict[str, Any], ports: set[str]) -> str:
    action = balancing.action_of(rule)
    if action.get("Type") == "fixed-response":
        code = str(action["FixedResponseConfig"].get("StatusCode", "200"))
        return "" if code.startswith(("4", "5")) else f"answers {code} over plain HTTP"
    if action.get("Type") != "redirect":
        return "forwards plain HTTP to the targets"
    config = action["RedirectConfig"]
    protocol, port = config.get("Protocol", "#{protocol}"), str(config.get("Port", "#{port}"))
    if protocol != "HTTPS":
        return "redirects to HTTP"
    port = port.replace("#{port}", str(listener["Port"]))
    return "" if port in ports else f"redirects to port {port}, where no HTTPS listener is"


def _certificate(account: Account, listener: dict[str, Any], domain: str) -> str:
    arns = [one["CertificateArn"] for one in listener.get("Certificates", [])]
    if not arns:
        return "it has no certificate"
    if ":acm:" not in arns[0]:
        return ""  # of IAM: says nothing of its names
    answer = read_or_none(account, "ResourceNotFoundException", "acm", "describe_certificate", CertificateArn=arns[0])
    if answer is None:
        return "its certificate does not exist any more"
    found = answer["Certificate"]
    if found["Status"] != "ISSUED":
        return f"its certificate is {found['Status']}"
    names = [found["DomainName"], *found.get("SubjectAlternativeNames", [])]
    if domain and not any(_covers(one.lower(), domain.lower()) for one in names):
        return f"its certificate is for {', '.join(dict.fromkeys(names))}, not for {domain}"
    return ""


def _covers(name: str, domain: str) -> bool:
    """A wildcard stands for one label: https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html"""
    return name.count(".") == domain.count(".") and fnmatch.fnmatchcase(domain, name)


def _old(account: Account, listener: dict[str, Any], tls: str) -> str:
    name = listener.get("SslPolicy", "")
    listed = account.read("elbv2", "describe_ssl_policies").get("SslPolicies", []) if tls != "any" else []
    policy: dict[str, Any] = next((one for one in listed if one["Name"] == name), {})
    old = [one for one in policy.get("SslProtocols", []) if one in TLS[tls]]
    return f"its security policy {name} accepts {', '.join(old)}" if old else ""
