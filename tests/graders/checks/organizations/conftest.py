import json

import pytest

SCP = "SERVICE_CONTROL_POLICY"


class Organization:
    """An organization with the unit prod, and in it the account shop."""

    def __init__(self, client):
        self.client = client
        client.create_organization(FeatureSet="ALL")
        self.root = client.list_roots()["Roots"][0]["Id"]
        client.enable_policy_type(RootId=self.root, PolicyType=SCP)
        self.prod = self.unit("prod", self.root)
        self.shop = self.account("shop", self.prod)

    def unit(self, name, parent):
        return self.client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]

    def account(self, name, parent):
        made = self.client.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]
        number = made["AccountId"]
        if parent != self.root:
            self.client.move_account(AccountId=number, SourceParentId=self.root, DestinationParentId=parent)
        return number

    def policy(self, name, *statements, at=""):
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **one} for one in statements]})
        made = self.client.create_policy(Content=text, Description=name, Name=name, Type=SCP)
        number = made["Policy"]["PolicySummary"]["Id"]
        if at:
            self.client.attach_policy(PolicyId=number, TargetId=at)
        return number


@pytest.fixture
def organization(account):
    return Organization(account.client("organizations"))
