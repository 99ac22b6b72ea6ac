import pytest

CHECK = "cloudwatch.metric_published"
CALL = {"namespace": "App", "metric": "PageLoadTime", "dimensions": ["Page"]}


@pytest.fixture
def publish(account):
    def publish(namespace="App", metric="PageLoadTime", region=None, **dimensions):
        given = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = {"MetricName": metric, "Value": 1.0, "Unit": "Seconds", "Dimensions": given}
        account.client("cloudwatch", region).put_metric_data(Namespace=namespace, MetricData=[data])

    return publish


class TestRight:
    def test_with_its_dimension(self, publish, passes):
        publish(Page="home")
        passes(CHECK, **CALL)

    def test_one_of_several_series(self, publish, passes):
        publish()
        publish(Page="home")
        passes(CHECK, **CALL, values={"Page": "home"})

    def test_any_dimensions(self, publish, passes):
        publish(Page="home", Host="a")
        passes(CHECK, namespace="App", metric="PageLoadTime")


class TestWrong:
    @pytest.mark.parametrize("dimensions", [{}, {"Host": "a"}, {"Page": "home", "Host": "a"}])
    def test_other_dimensions(self, publish, fails, dimensions):
        publish(**dimensions)
        fails(CHECK, "is published with the dimensions", **CALL)

    def test_another_value(self, publish, fails):
        publish(Page="home")
        fails(CHECK, "Page=home", **CALL, values={"Page": "cart"})

    def test_another_namespace(self, publish, fails):
        publish("Other", Page="home")
        fails(CHECK, "does not exist", **CALL)


class TestNearMiss:
    def test_another_case(self, publish, fails):
        publish("app", Page="home")
        fails(CHECK, "There is app PageLoadTime", **CALL)
