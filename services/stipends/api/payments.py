"""Payments, for finance; and what the provider tells about them."""

from datetime import UTC, datetime, time
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query, Request

from contracts.ids import AccountId, ActorId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.domain import Away, NotFound
from services.chassis.http import DONE_AGAIN, KeyRequired, Now, View, anyone, router
from services.chassis.paging import Page, Paging
from services.chassis.said import Day
from services.stipends.api.data import FINANCE_ONLY, SECOND_FACTOR, Data, DifferencesView, Finance
from services.stipends.domain.payment import Payment, Report
from services.stipends.provider import ProviderAway, sandbox, stripe
from services.stipends.provider.chosen import called, provider_of
from services.stipends.reconciling import differences
from services.stipends.settings import Settings

routes = router("/v1/payments", "payments")

CALLBACK_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": sandbox.Told.model_json_schema()}}}
}
STRIPE_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


class NoSuchProvider(NotFound):
    """No callbacks of this provider are heard here."""


class ProviderSilent(Away):
    """The payment provider does not answer right now."""


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


@routes.post("/{id}/retry", response_model=PaymentView, status_code=201, dependencies=[SECOND_FACTOR, KeyRequired])
async def retry_payment(id: str, data: Data, by: Finance, now: Now) -> Payment:
    return await data.paying.retry(id, by=by, at=now)


@routes.get("/differences", response_model=DifferencesView, dependencies=[FINANCE_ONLY])
async def list_differences(request: Request, data: Data, since: Annotated[Day, Query()]) -> dict[str, Any]:
    """Where the provider's books and the ledger do not agree, since a day; nothing is corrected by asking."""
    provider = called(provider_of(request.app.state.settings.latest()))
    try:
        return {"items": await differences(data, provider, datetime.combine(since, time(), UTC))}
    except ProviderAway as away:
        raise ProviderSilent(f"The payment provider does not answer: {away} Ask again in a moment.") from None


async def _reported(request: Request, now: Now, signature: Annotated[str, Header(alias="Signature")] = "") -> Report:
    settings: Settings = request.app.state.settings
    _must_be_chosen("sandbox", settings)
    secret = settings.latest().sandbox_callback_secret.get_secret_value()
    return sandbox.read_callback(signature, await request.body(), secret=secret, at=now)


async def _reported_by_stripe(
    request: Request, signature: Annotated[str, Header(alias="Stripe-Signature")] = ""
) -> Report | None:
    settings: Settings = request.app.state.settings
    _must_be_chosen("stripe", settings)
    secret = settings.latest().stripe_callback_secret.get_secret_value()
    return stripe.read_callback(signature, await request.body(), secret=secret)


def _must_be_chosen(name: str, settings: Settings) -> None:
    """Refuse callbacks of a provider that this deployment does not have, whose secret is empty."""
    if settings.payment_provider != name:
        raise NoSuchProvider(f"This platform does not pay through {name}.")


HEARD: Final = (Depends(anyone), DONE_AGAIN)


@routes.post("/callbacks/sandbox", response_model=NotedView, dependencies=HEARD, openapi_extra=CALLBACK_BODY)
async def hear_sandbox(report: Annotated[Report, Depends(_reported)], data: Data, now: Now) -> NotedView:
    """The sandbox says how a payment went; signed, and repeated until it is heard."""
    noted = await data.paying.note(report, at=now)
    return NotedView(reference=noted.id, status=noted.status)


@routes.post("/callbacks/stripe", response_model=NotedView | None, dependencies=HEARD, openapi_extra=STRIPE_BODY)
async def hear_stripe(
    report: Annotated[Report | None, Depends(_reported_by_stripe)], data: Data, now: Now
) -> NotedView | None:
    """Stripe tells an event, signed, and repeated until it is heard; only a transfer of ours is of interest."""
    if report is None:
        return None
    noted = await data.paying.note(report, at=now)
    return NotedView(reference=noted.id, status=noted.status)
