"""One's password over the JSON interface."""

from contracts.identity import AccountStatus
from contracts.ids import AccountId
from services.chassis.http import Body, By, Now, View, limited, router
from services.identity.api.mfa import Token
from services.identity.dependencies import Data
from services.identity.domain.account import Account
from services.identity.proving import require_password
from services.identity.registration import NewPassword, accepted_of

password = router("/v1/me/password", "me")


class ChangePassword(Body):
    password: NewPassword
    """The one until now."""
    new_password: NewPassword


class StatusView(View):
    status: AccountStatus


@password.post("", response_model=StatusView, dependencies=[limited("sign_in")])
async def change_password(command: ChangePassword, by: By, token: Token, identity: Data, now: Now) -> Account:
    """Take a new password for the old one; only this session goes on, and its access token has to be refreshed."""
    id = AccountId(by.id)
    await require_password(identity, id, command.password, now)
    hashed = await accepted_of(id, command.new_password, identity)
    return await identity.change_password(id, hashed, but=token.sid, at=now)
