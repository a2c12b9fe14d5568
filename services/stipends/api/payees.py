"""Where a person is paid: set, confirmed and read by themself alone, never shown whole again."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from contracts.ids import AccountId
from contracts.money import Country
from contracts.time import Instant
from services.chassis.http import Body, By, Now, View, router
from services.chassis.text import Line
from services.stipends.api.data import SECOND_FACTOR, Data
from services.stipends.domain.payee import Details, Kind, Payee, iban, routed

routes = router("/v1/payees", "payees")

_WAYS: Final = (
    {"iban"},
    {"routing_number", "account_number"},
    {"account"},
)


class DescribePayee(Body):
    """An IBAN; or, in the United States, a routing number and an account number; or an account at the provider."""

    iban: Annotated[Line | None, Field(repr=False, examples=["DE89370400440532013000"])] = None
    routing_number: Annotated[Line | None, Field(repr=False, examples=["021000021"])] = None
    account_number: Annotated[Line | None, Field(repr=False)] = None
    account: Annotated[Line | None, Field(repr=False, examples=["sandbox-paid"])] = None
    """At the payment provider."""
    holder_name: Annotated[Line, Field(repr=False)]
    country: Country
    """Where the account is held."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = {name for way in _WAYS for name in way if getattr(self, name) is not None}
        if given not in _WAYS:
            raise ValueError("Give either iban, or routing_number and account_number, or account.")
        return self

    def details(self) -> Details:
        """Check it. Raises `AccountNotValid`."""
        if self.iban is not None:
            return iban(self.iban, holder_name=self.holder_name, country=self.country)
        if self.routing_number is not None and self.account_number is not None:
            return routed(self.routing_number, self.account_number, holder_name=self.holder_name, country=self.country)
        return Details(account=self.account or "", holder_name=self.holder_name, country=self.country)


class PayeeView(View):
    """Account and holder are masked."""

    kind: Kind
    account: str
    holder_name: str
    country: Country
    confirmed: bool
    payable_from: Instant | None
    """Nothing is paid to it earlier, because it was changed."""
    version: int


@routes.put("/me", response_model=PayeeView, dependencies=[SECOND_FACTOR])
async def describe_payee(command: DescribePayee, data: Data, by: By, now: Now) -> Payee:
    """Say where to pay; a change delays the next payment, and must be confirmed."""
    return await data.paying.describe(AccountId(by.id), command.details(), at=now)


@routes.post("/me/confirm", response_model=PayeeView)
async def confirm_payee(data: Data, by: By, now: Now) -> Payee:
    """Having read where you are paid, say that it is right; what failed for its sake is then ordered again."""
    return await data.paying.confirm(AccountId(by.id), by=by, at=now)


@routes.get("/me", response_model=PayeeView)
async def read_payee(data: Data, by: By) -> Payee:
    return await data.payees.get(by.id)
