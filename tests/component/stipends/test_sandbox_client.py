"""What an unfit answer of the provider means: not known, never paid, never failed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.money import Money
from services.stipends.domain.payee import Details
from services.stipends.domain.payment import Report
from services.stipends.provider import Order, ProviderAway
from services.stipends.provider.sandbox import SandboxProvider
from tests.support.served import listening

ORDER = Order("a-1.1.1", Money(amount_minor=100), Details(account="sandbox-paid", holder_name="Mira"))
TAKEN = {"id": "x", "reference": "a-1.1.1", "status": "processing", "reason": None}


class Bank:
    """Answers what it is told to."""

    url = ""
    post: tuple[int, Any] = (201, TAKEN)
    get: tuple[int, Any] = (200, {"items": []})

    def app(self) -> Starlette:
        async def payments(request: Request) -> Response:
            status, content = self.post if request.method == "POST" else self.get
            return Response(content if isinstance(content, bytes) else json.dumps(content), status)

        return Starlette(routes=[Route("/payments", payments, methods=["GET", "POST"])])


@pytest.fixture
async def bank() -> AsyncIterator[Bank]:
    bank = Bank()
    config = uvicorn.Config(bank.app(), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as bank.url:
        yield bank


def client(bank: Bank) -> SandboxProvider:
    return SandboxProvider(bank.url, api_key="key", callback_url="http://here/callback")


async def test_an_order_that_is_taken_is_reported(bank: Bank):
    assert await client(bank).pay(ORDER) == Report(reference="a-1.1.1", status="processing", provider_id="x")


async def test_a_refused_order_that_the_provider_does_not_know_is_refused(bank: Bank):
    bank.post = (422, {"detail": "Unknown account."})
    refused = Report(reference="a-1.1.1", status="refused", reason="Unknown account.")
    assert await client(bank).pay(ORDER) == refused


async def test_a_refused_order_that_the_provider_knows_was_taken_before(bank: Bank):
    bank.post, bank.get = (422, {"detail": "Key used."}), (200, {"items": [{**TAKEN, "status": "paid"}]})
    assert (await client(bank).pay(ORDER)).status == "paid"


async def test_a_refusal_that_cannot_be_looked_up_is_not_known(bank: Bank):
    bank.post, bank.get = (422, {"detail": "Key used."}), (500, "")
    with pytest.raises(ProviderAway):
        await client(bank).pay(ORDER)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (503, TAKEN),
        (401, {"detail": "Who are you?"}),
        (429, b""),
        (302, b""),
        (201, b"not json"),
        (201, {}),
        (201, [TAKEN]),
        (201, {**TAKEN, "status": "sold"}),
        (201, {**TAKEN, "status": "refused"}),
        (201, {**TAKEN, "reference": "a-2.1.1"}),
    ],
    ids=str,
)
async def test_any_other_answer_to_an_order_says_nothing(bank: Bank, answer: tuple[int, Any]):
    bank.post = answer
    with pytest.raises(ProviderAway):
        await client(bank).pay(ORDER)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (404, b""),
        (200, b"not json"),
        (200, {}),
        (200, {"items": 7}),
        (200, {"items": ["x"]}),
        (200, {"items": [{**TAKEN, "reference": "a-2.1.1"}]}),
    ],
    ids=str,
)
async def test_any_other_answer_to_a_look_up_says_nothing(bank: Bank, answer: tuple[int, Any]):
    bank.get = answer
    with pytest.raises(ProviderAway):
        await client(bank).look_up("a-1.1.1")


async def test_nobody_there_is_away():
    nowhere = SandboxProvider("http://127.0.0.1:9", api_key="key", callback_url="http://here/callback")
    with pytest.raises(ProviderAway):
        await nowhere.pay(ORDER)
