"""Stripe: an installment is a transfer to the mentee's connected account, asked for with Stripe's own library."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import stripe
from stripe import StripeClient

from contracts.money import Money
from services.chassis.paging import Malformed
from services.stipends.domain.payee import Accepted, Kind
from services.stipends.domain.payment import Report
from services.stipends.domain.reconciliation import Statement
from services.stipends.provider import PATIENCE, Order, ProviderAway, SignatureWrong

T = TypeVar("T")

ACCEPTED: Final = Accepted(
    kinds=frozenset({Kind.PROVIDER}),
    accounts=r"acct_[A-Za-z0-9]{1,64}",
    words="Give your connected Stripe account: acct_ and what follows.",
)
CALLBACKS: Final = frozenset({"transfer.created", "transfer.updated", "transfer.reversed"})
TEMPORARY: Final = frozenset({"balance_insufficient", "lock_timeout", "rate_limit", "idempotency_key_in_use"})
"""Codes of refusals that say nothing against the order itself."""
PAGE: Final = 100


class StripeProvider:
    accepted = ACCEPTED

    def __init__(self, url: str, *, api_key: str) -> None:
        self._client = StripeClient(
            api_key,
            base_addresses={"api": url.rstrip("/")},
            http_client=stripe.HTTPXClient(timeout=PATIENCE),
            max_network_retries=0,
        )

    async def pay(self, order: Order) -> Report:
        """Ask for a transfer; it is made at once or refused."""
        asked = self._client.v1.transfers.create_async(
            {
                "amount": order.amount.amount_minor,
                "currency": order.amount.currency.lower(),
                "destination": order.payee.account,
                "transfer_group": order.reference,
                "metadata": {"reference": order.reference},
            },
            {"idempotency_key": order.reference},
        )
        try:
            return _report(await _answered(asked), order.reference)
        except stripe.InvalidRequestError as refused:
            if refused.code in TEMPORARY:
                raise ProviderAway(f"It answered {refused.code}.") from None
            reason = (refused.user_message or "Stripe refused the order.")[:500]
            return Report(reference=order.reference, status="refused", reason=reason)

    async def look_up(self, reference: str) -> Report | None:
        asked = self._client.v1.transfers.list_async({"transfer_group": reference, "limit": 1})
        found = (await _found(asked)).data
        return _report(found[0], reference) if found else None

    async def statements(self, since: datetime) -> Sequence[Statement]:
        """Give every transfer with a reference of ours; Stripe gives them by pages."""
        statements: list[Statement] = []
        created = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        page = await _found(self._client.v1.transfers.list_async(created))  # type: ignore[arg-type]
        while True:
            statements += [_statement(transfer) for transfer in page.data if _reference(transfer)]
            if not page.has_more:
                return statements
            after = created | {"starting_after": page.data[-1].id}
            page = await _found(self._client.v1.transfers.list_async(after))  # type: ignore[arg-type]


async def _answered(asked: Awaitable[T]) -> T:
    """Await an answer. Raises `InvalidRequestError` where Stripe refuses, `ProviderAway` for anything else."""
    try:
        return await asked
    except stripe.InvalidRequestError:
        raise
    except stripe.StripeError as error:
        raise ProviderAway(type(error).__name__) from None


async def _found(asked: Awaitable[T]) -> T:
    try:
        return await _answered(asked)
    except stripe.InvalidRequestError as error:
        raise ProviderAway(f"It answered {error.code or error.http_status}.") from None


def _reference(transfer: Any) -> str | None:
    reference: str | None = transfer.transfer_group
    return reference


def _report(transfer: Any, reference: str) -> Report:
    if _reference(transfer) != reference:
        raise ProviderAway("It answered about another payment than it was asked about.")
    if transfer.reversed:
        return Report(reference=reference, status="returned", provider_id=transfer.id, reason="It was reversed.")
    return Report(reference=reference, status="paid", provider_id=transfer.id)


def _statement(transfer: Any) -> Statement:
    amount = Money(amount_minor=transfer.amount, currency=transfer.currency.upper())
    report = _report(transfer, str(_reference(transfer)))
    return Statement.model_validate({**report.model_dump(), "amount": amount})


def read_callback(header: str, body: bytes, *, secret: str) -> Report | None:
    """Read what Stripe tells, once its signature holds; None where it is about something else.

    Raises `SignatureWrong`, `Malformed`.
    """
    try:
        event = stripe.Webhook.construct_event(body, header, secret)
    except stripe.SignatureVerificationError:
        raise SignatureWrong("Stripe did not sign this, or not lately.") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Malformed("The callback is not of the form that Stripe's have.") from None
    if event.type not in CALLBACKS:
        return None
    transfer: Any = event.data.object
    try:
        return _report(transfer, transfer.transfer_group) if transfer.transfer_group else None
    except AttributeError:
        raise Malformed("The callback is not about a transfer.") from None
