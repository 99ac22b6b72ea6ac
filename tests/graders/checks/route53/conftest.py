import pytest


@pytest.fixture
def zone(account):
    """Makes zones: `zone("example.com")` gives one with `zone.put("www.example.com", "A", "203.0.113.5", TTL=60)`."""
    client = account.client("route53")
    made = []

    class Zone:
        def __init__(self, name, **options):
            made.append(name)
            self.id = client.create_hosted_zone(Name=name, CallerReference=str(len(made)), **options)["HostedZone"][
                "Id"
            ]

        def put(self, name, kind, *values, alias=None, zone_id="Z35SXDOTRQ7X7K", evaluate=False, **more):
            record = {"Name": name, "Type": kind, **more}
            if alias:
                record["AliasTarget"] = {"DNSName": alias, "HostedZoneId": zone_id, "EvaluateTargetHealth": evaluate}
            else:
                record = {"TTL": 60, "ResourceRecords": [{"Value": value} for value in values], **record}
            batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
            client.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=batch)

    return Zone
