"""What must hold in every world: monotony, order, and agreement with a deliberately naive second evaluator."""

import ipaddress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from graders.network import reachable
from graders.network.addresses import INTERNET, Addresses, everything
from graders.network.groups import Rule
from graders.network.world import AclEntry
from tests.graders.network.builders import ALL4, V4_ONLY, acl, nets, route, sg, site, table

PORTS = (22, 23, 1024, 40000, 65535)
NETWORKS = nets(ALL4, "0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24", "203.0.113.0/25", "10.0.0.0/16", "10.0.1.0/24")
CLIENTS = ("203.0.113.7", "203.0.113.200", "8.8.8.8", "151.1.1.1")
QUESTIONS = [
    *((client, "i-web") for client in ("internet", *CLIENTS)),
    ("i-web", "i-app"),
    ("i-app", "i-web"),
    ("i-app", "i-db"),
    ("i-web", "internet"),
    ("i-app", "internet"),
]

ranges = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(sorted)
rules = st.builds(
    lambda protocol, ports, networks, groups: Rule(protocol, *ports, tuple(networks), tuple(groups)),
    st.sampled_from(["tcp", "tcp", "udp"]),
    ranges,
    st.lists(st.sampled_from(NETWORKS), max_size=2),
    st.lists(st.sampled_from(["sg-web", "sg-app"]), max_size=1),
) | st.builds(lambda networks: Rule("-1", 0, 65535, tuple(networks)), st.lists(st.sampled_from(NETWORKS), max_size=1))
groups = st.lists(rules, max_size=3)
entries = st.builds(
    lambda number, allow, out, protocol, ports, network: AclEntry(number, allow, out, protocol, *ports, network),
    st.integers(1, 50),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["tcp", "tcp", "-1", "udp"]),
    ranges,
    st.sampled_from(NETWORKS),
)
acls = st.lists(entries, max_size=5, unique_by=lambda one: (one.number, one.egress))
routes = st.lists(
    st.builds(
        lambda network, target: route(str(network), target),
        st.sampled_from([one for one in NETWORKS if not str(one).startswith("10.")]),
        st.sampled_from(["igw-1", "igw-1", "nat-1", "igw-gone"]),
    ),
    max_size=3,
    unique_by=lambda one: one.networks,
)
worlds = st.builds(
    lambda web, out, app, entries, routes: site(
        V4_ONLY,
        sg("sg-web", *web, out=out),
        sg("sg-app", *app),
        acl("acl-1", "sub-pub", *entries),
        table("rtb-pub", *routes, subnets=["sub-pub"]),
    ),
    groups,
    groups,
    groups,
    acls,
    routes,
)
question = st.tuples(st.sampled_from(QUESTIONS), st.sampled_from(PORTS), st.sampled_from(["tcp", "udp"]))


def ask(world, question):
    (source, target), port, protocol = question
    return reachable(world, source, target, port, protocol)


@settings(max_examples=100, deadline=None)
@given(worlds, question, st.sampled_from(["sg-web", "sg-app"]), st.booleans(), rules)
def test_one_more_rule_of_a_group_never_makes_less_reachable(world, question, name, egress, rule):
    before, group = ask(world, question), world.groups[name]
    wider = replace(group, egress=(*group.egress, rule)) if egress else replace(group, ingress=(rule, *group.ingress))
    after = ask(world.plus(wider), question)
    assert after.reachable or not before.reachable
    if before.reachable:
        assert after.passing.holds(before.passing)


@settings(max_examples=100, deadline=None)
@given(worlds, question, entries, st.integers(0, 60))
def test_one_more_deny_of_an_acl_never_makes_more_reachable(world, question, entry, number):
    before, old = ask(world, question), world.acls["acl-1"]
    if any(one.number == number and one.egress == entry.egress for one in old.entries):
        return
    denied = replace(entry, allow=False, number=number)
    after = ask(world.plus(replace(old, entries=(*old.entries, denied))), question)
    assert before.reachable or not after.reachable
    if after.reachable:
        assert before.passing.holds(after.passing)


@settings(max_examples=50, deadline=None)
@given(worlds, question, st.randoms())
def test_the_order_in_which_things_are_written_never_matters(world, question, random):
    before = ask(world, question)
    web, old, pub = world.groups["sg-web"], world.acls["acl-1"], world.tables["rtb-pub"]

    def mixed(some):
        return tuple(random.sample(some, len(some)))

    after = ask(
        world.plus(
            replace(web, ingress=mixed(web.ingress), egress=mixed(web.egress)),
            replace(old, entries=mixed(old.entries)),
            replace(pub, routes=mixed(pub.routes)),
        ),
        question,
    )
    assert (after.codes, after.passing) == (before.codes, before.passing)


@settings(max_examples=150, deadline=None)
@given(worlds, st.sampled_from(CLIENTS), st.sampled_from(PORTS), st.sampled_from(["tcp", "udp"]))
def test_a_naive_second_evaluator_agrees_for_every_client(world, client, port, protocol):
    assert reachable(world, client, "i-web", port, protocol).reachable == naive(world, client, port, protocol)


def naive(world, client, port, protocol):
    """Address by address, port by port, in the order of the documentation, with nothing clever in it."""
    address = ipaddress.ip_address(client)

    def group_admits():
        found = False
        for rule in world.groups["sg-web"].ingress:
            if (
                rule.protocol in ("-1", protocol)
                and rule.low <= port <= rule.high
                and (any(address in one for one in rule.networks))
            ):
                found = True
        return found

    def acl_admits(number, egress):
        for entry in sorted(world.acls["acl-1"].entries, key=lambda one: one.number):
            if (
                entry.egress == egress
                and entry.protocol in ("-1", protocol)
                and address in entry.network
                and (entry.protocol == "-1" or entry.low <= number <= entry.high)
            ):
                return entry.allow
        return False

    def way_back():
        found = [one for one in world.tables["rtb-pub"].routes if address in one.networks[0]]
        best = max(found, key=lambda one: one.networks[0].prefixlen, default=None)
        return best is not None and best.target == "igw-1"

    replies = (1024, 1025, 39999, 40000, 40001, 65534, 65535)  # every stretch between two bounds of PORTS
    return group_admits() and acl_admits(port, False) and any(acl_admits(one, True) for one in replies) and way_back()


small = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=5).map(
    lambda pairs: {number for first, more in pairs for number in range(first, first + more + 1)}
)


def as_set(some):
    return {number for first, last in some.spans for number in range(first, last + 1)}


def as_addresses(numbers):
    found = Addresses(4)
    for number in numbers:
        found = found | Addresses(4, ((number, number),))
    return found


@given(small, small)
def test_addresses_behave_as_sets(some, others):
    one, two = as_addresses(some), as_addresses(others)
    assert as_set(one & two) == some & others
    assert as_set(one | two) == some | others
    assert as_set(one - two) == some - others
    assert one.holds(two) == (others <= some)
    assert one.size == len(some)
    assert as_addresses(some | others) == one | two, "one set has one writing"
    assert Addresses.of(4, one.networks()) == one


def test_the_internet_is_what_may_send_from_it():
    assert not INTERNET[4] & Addresses.one("10.1.2.3")
    assert not INTERNET[4] & Addresses.one("224.0.0.1")
    assert INTERNET[4].holds(Addresses.one("8.8.8.0/24"))
    assert not INTERNET[6] & Addresses.one("fd00::/8")
    assert everything(4) - INTERNET[4] | INTERNET[4] == everything(4)
