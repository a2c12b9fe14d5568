"""Payments by bank file: batches that finance carries to the bank, and the answers it brings back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response

from contracts.ids import ActorId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.http import DONE_AGAIN, KeyRequired, NewId, Now, View, binary_body, router, upload
from services.chassis.paging import Page, Paging
from services.chassis.said import Day
from services.stipends.api.data import FINANCE_ONLY, SECOND_FACTOR, Data, DifferencesView, Finance
from services.stipends.domain.batch import Batch
from services.stipends.domain.payment import PayeeErased, Payment
from services.stipends.provider import Order
from services.stipends.provider.bank_answers import answers
from services.stipends.provider.bank_file import BankFile
from services.stipends.provider.bank_statements import statements
from services.stipends.provider.chosen import by_file, provider_of
from services.stipends.reconciling import differences_from_bank
from services.stipends.store import StipendsStore

routes = router("/v1/payments", "payments")

LARGEST_FILE: Final = 2 * 1024 * 1024
"""Bytes of a file from the bank."""
XML: Final = "application/xml"


def _bank(request: Request) -> BankFile:
    return by_file(provider_of(request.app.state.settings))


Bank = Annotated[BankFile, Depends(_bank)]
Uploaded = Annotated[AsyncIterator[bytes], upload(LARGEST_FILE)]


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


@routes.post(
    "/batches", response_model=BatchView, status_code=201, dependencies=[FINANCE_ONLY, SECOND_FACTOR, KeyRequired]
)
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
    dependencies=[FINANCE_ONLY, SECOND_FACTOR, DONE_AGAIN],
    openapi_extra=binary_body(XML),
)
async def import_answers(stream: Uploaded, data: Data, bank: Bank, now: Now) -> dict[str, Any]:  # noqa: ARG001
    """Note what the bank says in a pain.002; the same file may be imported again."""
    found = await asyncio.to_thread(answers, await _whole(stream))
    return {"items": [noted for answer in found for noted in await data.paying.hear_bank(answer, at=now)]}


@routes.post(
    "/differences",
    response_model=DifferencesView,
    dependencies=[FINANCE_ONLY, DONE_AGAIN],
    openapi_extra=binary_body(XML),
)
async def compare_statement(
    stream: Uploaded,
    data: Data,
    bank: Bank,  # noqa: ARG001
    since: Annotated[Day, Query(description="The file holds all that moved since this day")],
) -> dict[str, Any]:
    """Where a camt.053 of the bank and the ledger do not agree about payments ordered since a day; corrects nothing."""
    told = await asyncio.to_thread(statements, await _whole(stream))
    return {"items": await differences_from_bank(data, told, datetime.combine(since, time(), UTC))}


async def _whole(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in stream])


def _orders(data: StipendsStore, payments: Sequence[Payment]) -> list[Order]:
    """Say where each goes. Raises `PayeeErased` where that is not known any more."""
    if any(not one.sealed for one in payments):
        raise PayeeErased("Somebody in this batch erased themself; where they were paid is gone, and the file with it.")
    return [Order(one.id, one.amount, data.payees.opened(one.payee_id, one.sealed)) for one in payments]
