"""Payments, for finance; and what the provider tells about them."""

from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query, Request

from contracts.ids import AccountId, ActorId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.http import KeyRequired, Now, View, anyone, router
from services.chassis.paging import Page, Paging
from services.stipends.api.data import FINANCE_ONLY, Data, Finance
from services.stipends.domain.payment import Payment, Report
from services.stipends.provider import Told, read_callback

routes = router("/v1/payments", "payments")

CALLBACK_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Told.model_json_schema()}}}
}


class PaymentView(View):
    id: str
    stipend_id: StipendId
    number: int
    attempt: int
    project_id: ProjectId
    payee_id: AccountId
    amount: Money
    account: str
    """Masked."""
    status: InstallmentStatus
    reason: str | None
    provider_id: str | None
    ordered_by: ActorId
    ordered_at: Instant
    retried_as: str | None
    version: int


class NotedView(View):
    reference: str
    status: InstallmentStatus


@routes.get("", response_model=Page[PaymentView], dependencies=[FINANCE_ONLY])
async def list_payments(
    data: Data, paging: Paging, status: Annotated[InstallmentStatus | None, Query()] = None
) -> Page[Payment]:
    return await data.payments.page({} if status is None else {"status": status}, paging)


@routes.post("/{id}/retry", response_model=PaymentView, status_code=201, dependencies=[KeyRequired])
async def retry_payment(id: str, data: Data, by: Finance, now: Now) -> Payment:
    return await data.retry(id, by=by, at=now)


async def _reported(request: Request, now: Now, signature: Annotated[str, Header()] = "") -> Report:
    secret = request.app.state.settings.sandbox_callback_secret.get_secret_value()
    return read_callback(signature, await request.body(), secret=secret, at=now)


@routes.post(
    "/callbacks/sandbox", response_model=NotedView, dependencies=[Depends(anyone)], openapi_extra=CALLBACK_BODY
)
async def hear_sandbox(report: Annotated[Report, Depends(_reported)], data: Data, now: Now) -> NotedView:
    """The sandbox says how a payment went; signed, and repeated until it is heard."""
    noted = await data.note(report, at=now)
    return NotedView(reference=noted.id, status=noted.status)
