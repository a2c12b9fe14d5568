"""Where a person is paid: said by themself, shown masked, never whole again."""

from typing import Annotated

from pydantic import Field

from contracts.ids import AccountId
from contracts.money import Country
from services.chassis.http import Body, By, View, router
from services.chassis.text import Line
from services.stipends.api.data import Data
from services.stipends.domain.payee import Payee

routes = router("/v1/payees", "payees")


class DescribePayee(Body):
    account: Annotated[Line, Field(repr=False, examples=["sandbox-paid"])]
    holder_name: Annotated[Line, Field(repr=False)]
    country: Country


class PayeeView(View):
    """Account and holder are masked."""

    account: str
    holder_name: str
    country: Country
    version: int


@routes.put("/me", response_model=PayeeView)
async def describe_payee(command: DescribePayee, data: Data, by: By) -> Payee:
    return await data.set_payee(
        AccountId(by.id), account=command.account, holder_name=command.holder_name, country=command.country
    )


@routes.get("/me", response_model=PayeeView)
async def read_payee(data: Data, by: By) -> Payee:
    return await data.payees.get(by.id)
