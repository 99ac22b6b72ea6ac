from tests.graders.checks.lambda_.conftest import NAME

CHECK = "lambda.alias_points_to"


class TestRight:
    def test_the_version(self, function, alias, passes):
        function()
        alias(versions=2)
        passes(CHECK, function=NAME, alias="live", version=2)

    def test_a_newer_version(self, function, alias, passes):
        function()
        alias(versions=3)
        passes(CHECK, function=NAME, alias="live", version_at_least=2)

    def test_a_share_for_another_version(self, function, alias, passes):
        function()
        alias(versions=2, RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}})
        passes(CHECK, function=NAME, alias="live", other_percent_at_least=10, other_percent_at_most=10)


class TestWrong:
    def test_latest(self, function, alias, fails):
        function()
        alias(to="$LATEST")
        fails(CHECK, "points to $LATEST", function=NAME, alias="live")

    def test_no_share(self, function, alias, fails):
        function()
        alias(versions=2)
        fails(CHECK, "sends all calls to version 2", function=NAME, alias="live", other_percent_at_least=10)

    def test_too_large_a_share(self, function, alias, fails):
        function()
        alias(versions=2, RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
        fails(CHECK, "50.0 % of its calls to version 1", function=NAME, alias="live", other_percent_at_most=10)

    def test_no_alias(self, function, fails):
        function()
        fails(CHECK, "The alias live of orders does not exist", function=NAME, alias="live")


class TestNearMiss:
    def test_the_version_is_published_and_the_alias_was_left_behind(self, function, alias, fails):
        function()
        alias(versions=2, to="1")
        fails(CHECK, "version 1, not 2. Version 2 is published", function=NAME, alias="live", version=2)

    def test_another_name(self, function, alias, fails):
        function()
        alias("Live")
        fails(CHECK, "There is Live", function=NAME, alias="live")
