import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.network import cidrs


def nets(*texts):
    return [cidrs.network(one) for one in texts]


@pytest.mark.parametrize(
    ("networks", "whole", "internet"),
    [
        (["0.0.0.0/0"], True, True),
        (["0.0.0.0/1", "128.0.0.0/1"], True, True),
        (["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"], True, True),
        (["1.0.0.0/8", "2.0.0.0/7", "4.0.0.0/6", "8.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2",
          "128.0.0.0/2", "192.0.0.0/3"], True, True),
        (["128.0.0.0/1"], False, True),
        (["8.0.0.0/7"], False, True),
        (["8.0.0.0/8"], False, False),
        (["10.0.0.0/8", "192.168.0.0/16"], False, False),
        (["::/0"], False, True),
        (["2001:db8::/32"], False, False),
        (["203.0.113.0/24"], False, False),
        ([], False, False),
    ],
)  # fmt: skip
def test_what_counts_as_the_internet(networks, whole, internet):
    assert cidrs.is_whole_internet(nets(*networks)) is whole
    assert cidrs.is_internet(nets(*networks)) is internet


small = st.builds(
    lambda number, prefix: ipaddress.ip_network((0x0A000000 + number, prefix), strict=False),
    st.integers(0, 255),
    st.integers(24, 32),
)


@given(st.lists(small, max_size=6), st.lists(small, max_size=6))
def test_sets_of_networks_behave_as_sets_of_addresses(some, others):
    def addresses(networks):
        return {address for one in networks for address in one}

    assert addresses(cidrs.collapse(some)) == addresses(some)
    assert addresses(cidrs.minus(some, others)) == addresses(some) - addresses(others)
    for one in others:
        assert cidrs.covers(cidrs.collapse(some), one) == (addresses([one]) <= addresses(some))
