"""One's second factor over the JSON interface."""

from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import Field

from contracts.identity import SecondFactorKind
from contracts.ids import AccountId
from services.chassis.http import SHOWN_ONCE, Body, By, Now, View, router
from services.chassis.tokens import Unauthenticated
from services.identity import codes
from services.identity.dependencies import Data
from services.identity.domain import second_factor as factors
from services.identity.domain.second_factor import SecondFactor
from services.identity.domain.session import TWO_FACTORS
from services.identity.oidc import shell
from services.identity.oidc.tokens import Presented, TokenNotGood
from services.identity.proving import require_owner

mfa = router("/v1/me/mfa", "me")
Password = Annotated[
    str | None, Field(max_length=1000, repr=False, description="Not needed within 15 minutes of the sign-in")
]


class ProveOwner(Body):
    password: Password = None


class ConfirmApp(Body):
    code: Annotated[str, Field(min_length=1, max_length=40, repr=False, description="What the app shows now")]


class SecondFactorView(View):
    id: AccountId
    version: int
    kinds: tuple[SecondFactorKind, ...]
    recovery_codes_left: int


class OfferedView(SecondFactorView):
    secret: str | None = None
    """In base32; a repeated answer does not tell it again."""
    uri: str | None = None
    """For a QR code."""


class ConfirmedView(SecondFactorView):
    recovery_codes: tuple[str, ...] = ()
    """Shown this one time; a repeated answer does not tell them again."""


V = TypeVar("V", bound=SecondFactorView)


async def _token(request: Request, _: By, identity: Data, now: Now) -> Presented:
    """What the token says of the sign-in; `By` has checked it already."""
    mint = await shell.mint(request, identity, now)
    try:
        return mint.read(request.headers["authorization"].partition(" ")[2])
    except TokenNotGood as error:  # after a leak identity knows of the new keys first
        raise Unauthenticated(f"The access token does not hold: {error}. Sign in again.") from None


Token = Annotated[Presented, Depends(_token)]


@mfa.get("", response_model=SecondFactorView)
async def read_second_factor(by: By, identity: Data) -> SecondFactor:
    return await identity.second_factors.of(AccountId(by.id))


@mfa.post("", status_code=201, response_model=OfferedView, dependencies=[SHOWN_ONCE])
async def offer_app(command: ProveOwner, by: By, token: Token, identity: Data, now: Now) -> OfferedView:
    """Begin to set up an authenticator app: it gets this secret, and its first code confirms it."""
    id = AccountId(by.id)
    await require_owner(identity, id, password=command.password, signed_in_at=token.signed_in_at, at=now)
    secret = codes.new_secret()
    offered = await identity.second_factors.offer_app(id, secret, proved=token.acr == TWO_FACTORS)
    uri = codes.address(secret, account=(await identity.people.get(id)).emails[0], issuer="Mentorship")
    return _viewed(OfferedView, offered, secret=codes.written(secret), uri=uri)


@mfa.post("/confirm", response_model=ConfirmedView, dependencies=[SHOWN_ONCE])
async def confirm_app(command: ConfirmApp, by: By, identity: Data, now: Now) -> ConfirmedView:
    """Demand the app's codes from now on; gives 10 recovery codes, this one time."""
    recovery = codes.new_recovery_codes()
    confirmed = await identity.second_factors.confirm_app(AccountId(by.id), command.code, recovery, by=by, at=now)
    return _viewed(ConfirmedView, confirmed, recovery_codes=recovery)


@mfa.delete("", response_model=SecondFactorView)
async def remove_second_factor(
    by: By, token: Token, identity: Data, now: Now, command: ProveOwner | None = None
) -> SecondFactor:
    """Let the password be enough again; takes a token of a sign-in with the second factor."""
    id, password = AccountId(by.id), command.password if command else None
    await require_owner(identity, id, password=password, signed_in_at=token.signed_in_at, at=now)
    return await identity.second_factors.save(id, factors.remove, proved=token.acr == TWO_FACTORS, by=by, at=now)


def _viewed(view: type[V], factor: SecondFactor, **shown: object) -> V:
    return view.model_validate({**SecondFactorView.model_validate(factor).model_dump(), **shown})
