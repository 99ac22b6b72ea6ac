import pytest

CHECK = "route53.name_weighted"
CALL = {"domain": "shop.example.com", "shares": [90, 10]}


@pytest.fixture
def weights(zone):
    """Weighted records of shop.example.com: `weights(90, 10)`."""

    def weights(*given, kinds=("A", "A", "A"), name="shop.example.com"):
        made = zone("example.com")
        for number, (weight, kind) in enumerate(zip(given, kinds, strict=False), 1):
            value = f"203.0.113.{number}" if kind == "A" else f"2001:db8::{number}"
            made.put(name, kind, value, SetIdentifier=str(number), Weight=weight)

    return weights


class TestRight:
    @pytest.mark.parametrize("given", [(90, 10), (10, 90), (9, 1), (225, 25)])
    def test_the_parts_count_not_the_weights(self, weights, passes, given):
        weights(*given)
        passes(CHECK, **CALL)

    def test_aliases(self, zone, passes):
        made = zone("example.com")
        for name, weight in (("blue", 90), ("green", 10)):
            made.put("shop.example.com", "A", alias=f"{name}.elb.amazonaws.com", SetIdentifier=name, Weight=weight)
        passes(CHECK, **CALL)

    def test_within_the_tolerance(self, weights, passes):
        weights(88, 12)
        passes(CHECK, **CALL, tolerance=2)


class TestWrong:
    def test_half_and_half(self, weights, fails):
        weights(50, 50)
        fails(CHECK, "as 50, 50 per cent, not as 90, 10", **CALL)

    def test_nothing_for_anybody_is_the_same_for_all(self, weights, fails):
        weights(0, 0)
        fails(CHECK, "as 50, 50 per cent", **CALL)

    def test_a_third(self, weights, fails):
        weights(90, 10, 10)
        fails(CHECK, "as 82, 9, 9 per cent", **CALL)

    def test_two_types(self, weights, fails):
        weights(90, 10, kinds=("A", "AAAA"))
        fails(CHECK, "of the types A, AAAA", **CALL)


class TestNearMiss:
    def test_one_record_with_both_values(self, zone, fails):
        zone("example.com").put("shop.example.com", "A", "203.0.113.1", "203.0.113.2")
        fails(CHECK, "one record with 2 values: each gets as much", **CALL)

    def test_failover_is_no_share(self, zone, fails):
        made = zone("example.com")
        made.put("shop.example.com", "A", "203.0.113.1", SetIdentifier="1", Failover="PRIMARY")
        fails(CHECK, "by Failover, not by weight", **CALL)
