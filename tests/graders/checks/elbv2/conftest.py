import pytest

from tests.graders.checks.ec2.conftest import ALL, Net, rule


class Site(Net):
    """Two public and two private subnets; `balancer()`, `targets()`, `listen()` put an ALB in front of servers."""

    def __init__(self, account):
        super().__init__(account)
        for name in ("public-a", "public-b", "private-a", "private-b"):
            self.subnet(name)
        self.group("alb-sg", rule(80, 80, ALL), rule(443, 443, ALL))
        self.group("web-sg", rule(80, group=self.ids["alb-sg"]))
        self.listeners = {}

    def balancer(self, name="web-alb", subnets=("public-a", "public-b"), scheme="internet-facing", kind="application"):
        groups = {"SecurityGroups": [self.ids["alb-sg"]]} if kind == "application" else {}
        made = self.elb.create_load_balancer(
            Name=name, Subnets=[self.ids[one] for one in subnets], Scheme=scheme, Type=kind, **groups
        )
        self.ids[name] = made["LoadBalancers"][0]["LoadBalancerArn"]
        return self.ids[name]

    def targets(self, name="web-tg", *instances, port=80, protocol="HTTP", **options):
        made = self.elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=self.vpc, **options)
        self.ids[name] = made["TargetGroups"][0]["TargetGroupArn"]
        if instances:
            targets = [{"Id": self.ids.get(one, one)} for one in instances]
            self.elb.register_targets(TargetGroupArn=self.ids[name], Targets=targets)
        return self.ids[name]

    def forward(self, group):
        return {"Type": "forward", "TargetGroupArn": self.ids[group]}

    def listen(self, port=80, action=None, *, balancer="web-alb", protocol="HTTP", **options):
        """`action`: the name of a target group, or an action."""
        action = self.forward(action or "web-tg") if isinstance(action or "", str) else action
        made = self.elb.create_listener(
            LoadBalancerArn=self.ids[balancer], Protocol=protocol, Port=port, DefaultActions=[action], **options
        )
        self.listeners[port] = made["Listeners"][0]["ListenerArn"]

    def rule(self, priority, action, *conditions, port=80):
        """`conditions`: path patterns, or whole ones."""
        self.elb.create_rule(
            ListenerArn=self.listeners[port],
            Priority=priority,
            Conditions=[
                {"Field": "path-pattern", "Values": [one]} if isinstance(one, str) else one for one in conditions
            ],
            Actions=[self.forward(action) if isinstance(action, str) else action],
        )

    def servers(self):
        self.instance("web-1", "private-a", "web-sg")
        self.instance("web-2", "private-b", "web-sg")
        return ("web-1", "web-2")


@pytest.fixture
def site(account):
    return Site(account)


@pytest.fixture
def served(site):
    """An ALB on 80 in front of two servers: right until a test breaks it."""
    site.balancer()
    site.targets("web-tg", *site.servers())
    site.listen()
    return site


def redirect(port="443", protocol="HTTPS", **more):
    return {
        "Type": "redirect",
        "RedirectConfig": {"Port": port, "Protocol": protocol, "StatusCode": "HTTP_301", **more},
    }


FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain"}}
