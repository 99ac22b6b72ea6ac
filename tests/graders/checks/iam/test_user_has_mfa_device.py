import pytest

CHECK = "iam.user_has_mfa_device"


@pytest.fixture
def device(iam):
    """Makes a virtual device, for a user if one is named."""

    def make(name, user=""):
        serial = iam.client.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        if user:
            codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
            iam.client.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
        return serial

    return make


class TestRight:
    @pytest.mark.parametrize("names", [["ana"], ["phone"], ["phone", "spare"]], ids=["own name", "other name", "two"])
    def test_a_device_is_enabled(self, iam, device, passes, names):
        iam.user("ana")
        for name in names:
            device(name, "ana")
        passes(CHECK, user="ana")


class TestWrong:
    def test_none(self, iam, fails):
        iam.user("ana")
        fails(CHECK, "user ana has no MFA device", user="ana")

    def test_taken_away_again(self, iam, device, fails):
        iam.user("ana")
        iam.client.deactivate_mfa_device(UserName="ana", SerialNumber=device("ana", "ana"))
        fails(CHECK, "no MFA device", user="ana")

    def test_enabled_for_somebody_else(self, iam, device, fails):
        iam.user("ana")
        iam.user("omar")
        device("ana", "omar")
        fails(CHECK, "One is enabled for omar", user="ana")


class TestNearMiss:
    def test_made_and_never_enabled(self, iam, device, fails):
        iam.user("ana")
        device("ana")
        fails(CHECK, "mfa/ana was made, but is enabled for nobody", user="ana")
