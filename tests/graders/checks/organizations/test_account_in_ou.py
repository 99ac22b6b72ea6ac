CHECK = "organizations.account_in_ou"
CALL = {"member": "shop", "unit": "prod"}


class TestRight:
    def test_by_name(self, organization, passes):
        passes(CHECK, **CALL, directly=True)

    def test_by_id(self, organization, passes):
        passes(CHECK, member=organization.shop, unit=organization.prod)

    def test_in_a_unit_below(self, organization, passes):
        organization.account("stock", organization.unit("eu", organization.prod))
        passes(CHECK, member="stock", unit="prod")


class TestWrong:
    def test_left_at_the_root(self, organization, fails):
        organization.account("stock", organization.root)
        fails(CHECK, "is in the root itself, not in prod", member="stock", unit="prod")

    def test_in_another_unit(self, organization, fails):
        organization.account("stock", organization.unit("test", organization.root))
        fails(CHECK, "is in test, not in prod", member="stock", unit="prod")

    def test_too_deep(self, organization, fails):
        organization.account("stock", organization.unit("eu", organization.prod))
        fails(CHECK, "is in eu, a unit below prod", member="stock", unit="prod", directly=True)

    def test_no_organization(self, fails):
        fails(CHECK, "An organization does not exist", **CALL)


class TestNearMiss:
    def test_a_unit_of_almost_that_name(self, organization, fails):
        fails(CHECK, "There is prod, which is another name", member="shop", unit="Prod")
