"""Payments by bank file: batches that finance carries to the bank, and the answers it brings back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from contracts.ids import ActorId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.http import KeyRequired, NewId, Now, View, binary_body, router, upload
from services.chassis.paging import Page, Paging
from services.stipends.api.data import FINANCE_ONLY, SECOND_FACTOR, Data, Finance
from services.stipends.domain.batch import Batch
from services.stipends.domain.payment import Payment
from services.stipends.provider import Order
from services.stipends.provider.bank_file import BankFile, answers
from services.stipends.provider.chosen import by_file, provider_of
from services.stipends.store import StipendsStore

routes = router("/v1/payments", "payments")

LARGEST_ANSWER: Final = 2 * 1024 * 1024
"""Bytes of a bank's answer file."""
XML: Final = "application/xml"


def _bank(request: Request) -> BankFile:
    return by_file(provider_of(request.app.state.settings))


Bank = Annotated[BankFile, Depends(_bank)]
Uploaded = Annotated[AsyncIterator[bytes], upload(LARGEST_ANSWER)]


class BatchView(View):
    id: str
    message_id: str
    """What it is called at the bank."""
    payments: Sequence[str]
    total: Money
    exported_by: ActorId
    exported_at: Instant
    version: int


class AnswerView(View):
    name: str
    """What the bank calls it."""
    reference: str | None
    """The payment, if it is one of ours."""
    status: InstallmentStatus | None
    words: str


class AnswersView(View):
    items: Sequence[AnswerView]


@routes.post("/batches", response_model=BatchView, status_code=201, dependencies=[SECOND_FACTOR, KeyRequired])
async def export_batch(data: Data, bank: Bank, by: Finance, now: Now, id: NewId) -> Batch:
    """Put what is approved into a batch, at most 100 payments; each is exported once, and is then with the bank."""

    def orders(batch: Batch, payments: Sequence[Payment]) -> None:
        bank.orders(batch, _orders(data, payments))

    return await data.paying.export(id, bank.accepted.kinds, orders, by=by, at=now)


@routes.get("/batches", response_model=Page[BatchView], dependencies=[FINANCE_ONLY])
async def list_batches(data: Data, paging: Paging) -> Page[Batch]:
    return await data.batches.page({}, paging)


@routes.get(
    "/batches/{id}/export.xml",
    response_model=None,
    response_class=Response,
    responses={200: {"content": {XML: {"schema": {"type": "string"}}}, "description": "ISO 20022 pain.001."}},
    dependencies=[FINANCE_ONLY, SECOND_FACTOR],
)
async def fetch_batch(id: str, data: Data, bank: Bank) -> Response:
    """The batch as a file for the bank; the same whenever it is fetched."""
    batch = await data.batches.get(id)
    payments = [await data.payments.get(one) for one in batch.payments]
    file = bank.orders(batch, _orders(data, payments))
    kept = {"Content-Disposition": f'attachment; filename="{batch.message_id}.xml"', "Cache-Control": "no-store"}
    return Response(file, media_type=XML, headers=kept)


@routes.post(
    "/answers",
    response_model=AnswersView,
    dependencies=[FINANCE_ONLY, SECOND_FACTOR],
    openapi_extra=binary_body(XML),
)
async def import_answers(stream: Uploaded, data: Data, bank: Bank, now: Now) -> dict[str, Any]:  # noqa: ARG001
    """Note what the bank says in a pain.002; the same file may be imported again."""
    content = b"".join([part async for part in stream])
    found = await asyncio.to_thread(answers, content)
    return {"items": [noted for answer in found for noted in await data.paying.hear_bank(answer, at=now)]}


def _orders(data: StipendsStore, payments: Sequence[Payment]) -> list[Order]:
    return [Order(one.id, one.amount, data.payees.opened(one.payee_id, one.sealed)) for one in payments]
