import pytest

from tests.graders.checks.dynamodb.conftest import TABLE, index, provisioned

CHECK = "dynamodb.table_has_capacity"


@pytest.fixture
def scales(account):
    """`scales("Read", 5, 50)` makes the table's reads scale; `of="index/by-email"` an index's."""
    client = account.client("application-autoscaling")

    def scales(kind, low, high, of="", policy=True):
        target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": f"table/{TABLE}/{of}".rstrip("/"),
            "ScalableDimension": f"dynamodb:{'index' if of else 'table'}:{kind}CapacityUnits",
        }
        client.register_scalable_target(**target, MinCapacity=low, MaxCapacity=high)
        if policy:
            client.put_scaling_policy(
                **target,
                PolicyName=f"{kind}{of}",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration={
                    "TargetValue": 70.0,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"},
                },
            )

    return scales


class TestRight:
    def test_on_demand(self, table, passes):
        table()
        passes(CHECK, table=TABLE, mode="on-demand", read=20, write=6)

    def test_enough_units(self, table, passes):
        table(ProvisionedThroughput=provisioned(20, 8))
        passes(CHECK, table=TABLE, read=20, write=6)

    def test_auto_scaling_up_to_the_load(self, table, scales, passes):
        table(ProvisionedThroughput=provisioned(5, 5))
        scales("Read", 5, 40)
        scales("Write", 5, 10)
        passes(CHECK, table=TABLE, mode="autoscaling", read=20, write=6)

    def test_an_index_that_scales_too(self, table, scales, passes):
        table(ProvisionedThroughput=provisioned(5, 5), indexes=[index("by-email", "email", units=(5, 5))])
        for kind in ("Read", "Write"):
            scales(kind, 5, 40)
            scales(kind, 5, 40, of="index/by-email")
        passes(CHECK, table=TABLE, mode="autoscaling")


class TestWrong:
    def test_provisioned_where_on_demand_is_asked_for(self, table, fails):
        table(ProvisionedThroughput=provisioned(5, 5))
        fails(CHECK, "provisioned capacity: 5 and 5", table=TABLE, mode="on-demand")

    def test_sized_for_half_the_reads(self, table, fails):
        table(ProvisionedThroughput=provisioned(10, 6))
        fails(CHECK, "Posts has 10 read units; the load needs 20", table=TABLE, read=20, write=6)

    def test_an_index_that_throttles_the_writes(self, table, fails):
        table(ProvisionedThroughput=provisioned(20, 6), indexes=[index("by-email", "email", units=(5, 1))])
        fails(CHECK, "the index by-email has 1 write units; the load needs 6", table=TABLE, read=20, write=6)

    def test_only_reads_scale(self, table, scales, fails):
        table(ProvisionedThroughput=provisioned(5, 5))
        scales("Read", 5, 40)
        fails(CHECK, "write capacity of Posts does not scale", table=TABLE, mode="autoscaling")

    def test_a_range_of_one(self, table, scales, fails):
        table(ProvisionedThroughput=provisioned(5, 5))
        scales("Read", 5, 5)
        fails(CHECK, "scales from 5 to 5: not at all", table=TABLE, mode="autoscaling")

    def test_an_index_was_forgotten(self, table, scales, fails):
        table(ProvisionedThroughput=provisioned(5, 5), indexes=[index("by-email", "email", units=(5, 5))])
        scales("Read", 5, 40)
        scales("Write", 5, 40)
        fails(CHECK, "read capacity of the index by-email does not scale", table=TABLE, mode="autoscaling")


class TestNearMiss:
    def test_a_target_without_a_policy(self, table, scales, fails):
        table(ProvisionedThroughput=provisioned(5, 5))
        scales("Read", 5, 40, policy=False)
        fails(CHECK, "a scalable target without a scaling policy", table=TABLE, mode="autoscaling")

    def test_another_name(self, table, fails):
        table(name="Post")
        fails(CHECK, "There is Post", table=TABLE)
