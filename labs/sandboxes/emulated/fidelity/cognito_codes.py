"""Cognito: the codes and passwords that a user pool sends to its users are in the inbox, and a wrong code is refused.

A pool sends a code where it verifies an address by itself (AutoVerifiedAttributes); moto takes any code.
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

from typing import Any

from moto.cognitoidp.models import CognitoIdpBackend, cognitoidp_backends
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.world import WORLD

_CHANNELS = (("email", "email"), ("phone_number", "sms"))


def install() -> None:
    """Let a pool tell its users what AWS's would."""
    sign_up, forgot, create = (
        CognitoIdpBackend.sign_up,
        CognitoIdpBackend.forgot_password,
        CognitoIdpBackend.admin_create_user,
    )

    def sign_up_and_tell(self: Any, client_id: str, *args: Any, **kwargs: Any) -> Any:
        made = sign_up(self, client_id, *args, **kwargs)
        pool = _pool_of(self, client_id)
        verified = pool.extended_config.get("AutoVerifiedAttributes") or () if pool else ()
        if verified and made[0].status == "UNCONFIRMED":
            _send(made[0], "sent_code", "Your verification code", "Your confirmation code is {}", verified)
        return made

    def forgot_and_tell(self: Any, client_id: str, username: str) -> Any:
        told = forgot(self, client_id, username)
        pool = _pool_of(self, client_id)
        user = pool._get_user(username) if pool else None
        if user is not None:
            verified = [name for name, _ in _CHANNELS if user.attribute_lookup.get(f"{name}_verified") == "true"]
            _send(user, "reset_code", "Your password reset code", "Your password reset code is {}", verified)
        return told

    def create_and_tell(
        self: Any, user_pool_id: str, username: str, message_action: str, temporary_password: str, attributes: Any
    ) -> Any:
        user = create(self, user_pool_id, username, message_action, temporary_password, attributes)
        address = user.attribute_lookup.get("email")
        if message_action != "SUPPRESS" and address:
            text = f"Your username is {username} and temporary password is {user.password}."
            WORLD.deliver("cognito-idp", "email", address, text, subject="Your temporary password", kind="invitation")
        return user

    CognitoIdpBackend.sign_up, CognitoIdpBackend.forgot_password = sign_up_and_tell, forgot_and_tell
    CognitoIdpBackend.admin_create_user = create_and_tell


def _pool_of(backend: Any, client_id: str) -> Any:
    return next((pool for pool in backend.user_pools.values() if client_id in pool.clients), None)


def _send(user: Any, kept_as: str, subject: str, text: str, verified: Any) -> None:
    """Draw a code, keep it with the user, and send it to the first address that the pool may use."""
    for name, protocol in _CHANNELS:
        address = user.attribute_lookup.get(name)
        if name in verified and address:
            code = "".join(mock_random.choice("0123456789") for _ in range(6))
            setattr(user, kept_as, code)
            WORLD.deliver("cognito-idp", protocol, address, text.format(code), subject=subject, kind="code", code=code)
            return


@before("cognito-idp", "ConfirmSignUp")
def a_sign_up_needs_its_code(call: Call) -> Answer | None:
    """Refuse a code that is another one than was sent."""
    return _compare(call, "sent_code")


@before("cognito-idp", "ConfirmForgotPassword")
def a_new_password_needs_its_code(call: Call) -> Answer | None:
    """Refuse a code that is another one than was sent."""
    return _compare(call, "reset_code")


def _compare(call: Call, kept_as: str) -> Answer | None:
    backend = cognitoidp_backends[call.account_id][call.region]
    pool = _pool_of(backend, str(call.parameters.get("ClientId", "")))
    user = pool._get_user(str(call.parameters.get("Username", ""))) if pool else None
    sent = getattr(user, kept_as, "") if user is not None else ""
    if sent and str(call.parameters.get("ConfirmationCode", "")) != sent:
        raise AwsError("CodeMismatchException", "Invalid verification code provided, please try again.", 400)
    return None
