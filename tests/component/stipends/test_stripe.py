"""Stripe: orders against its own mock server, its states by its protocol, its callbacks signed as it signs them."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.money import Money
from deploy.local.platform import Platform
from services.chassis.service import Role
from services.stipends.cashier import Cashier
from services.stipends.domain.payee import Details
from services.stipends.domain.payment import Report
from services.stipends.domain.reconciliation import Statement
from services.stipends.provider import Order, ProviderAway
from services.stipends.provider.stripe import StripeProvider
from tests.component.stipends.scene import Mentee, Project, Scene, playing
from tests.support.served import listening
from tests.support.stripe_mock import serving_stripe

SECRET = "whsec_between_us"
ACCOUNT = "acct_1032D82eZvKYlo2C"
ORDER = Order("a-1.1.1", Money(amount_minor=270_000), Details(account=ACCOUNT, holder_name="Mira Maker"))
TRANSFER = {"id": "tr_1", "object": "transfer", "amount": 270_000, "currency": "usd", "reversed": False}
CALLBACK = "/v1/payments/callbacks/stripe"


@pytest.fixture(scope="module")
def stripe() -> Iterator[str]:
    with serving_stripe() as url:
        yield url


@pytest.fixture(scope="module")
async def scene(platform: Platform, stripe: str) -> AsyncIterator[Scene]:
    said: dict[str, Any] = {"payment_provider": "stripe", "stripe_url": stripe, "stripe_api_key": "sk_test_123"}
    async with playing(platform, role=Role.API, **said, stripe_callback_secret=SECRET) as scene:
        yield scene


async def test_an_order_is_taken_by_stripes_own_server(stripe: str):
    report = await StripeProvider(stripe, api_key="sk_test_123").pay(ORDER)
    assert (report.reference, report.status, report.reason) == ("a-1.1.1", "paid", None)
    assert report.provider_id
    assert report.provider_id.startswith("tr_")


async def test_with_a_wrong_key_or_without_an_answer_nothing_is_known(stripe: str):
    for provider in (
        StripeProvider(stripe, api_key="wrong"),
        StripeProvider("http://127.0.0.1:9", api_key="sk_test_1"),
    ):
        for asked in (provider.pay(ORDER), provider.look_up("a-1.1.1"), provider.statements(datetime.now(UTC))):
            with pytest.raises(ProviderAway):
                await asked


async def approved(scene: Scene) -> tuple[Project, Mentee]:
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project, ACCOUNT)
    await scene.approved(project, mentee)
    return project, mentee


async def test_from_approved_to_paid_through_stripes_own_server(scene: Scene, stripe: str):
    project, mentee = await approved(scene)
    await Cashier(scene.store, StripeProvider(stripe, api_key="sk_test_123"), scene.clock).work()
    assert (await scene.installment(mentee))["status"] == "paid"
    assert (await scene.budget(project.id))["paid"] == 2700


async def test_only_accounts_at_stripe_are_taken(scene: Scene):
    mira = await scene.served.caller("mira-of-stripe")
    for account in ("sandbox-paid", "acct_", "acct_1; drop"):
        refused = await mira.put("/v1/payees/me", json={"account": account, "holder_name": "M", "country": "DE"})
        assert refused.json()["type"] == "/problems/account-not-known"
    said = {"iban": "DE89370400440532013000", "holder_name": "M", "country": "DE"}
    assert (await mira.put("/v1/payees/me", json=said)).json()["type"] == "/problems/account-not-known"


def event(reference: str | None, kind: str = "transfer.created", **changes: Any) -> bytes:
    transfer = {**TRANSFER, "transfer_group": reference, **changes}
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": transfer}}).encode()


def signed(body: bytes, *, secret: str = SECRET, ago: float = 0) -> dict[str, Any]:
    at = int(time.time() - ago)
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={proof}", "Content-Type": "application/json"}
    return {"content": body, "headers": headers}


async def test_signed_callbacks_move_the_money_once_in_any_order(scene: Scene):
    project, mentee = await approved(scene)
    anybody, reference = await scene.served.caller(), f"{mentee.application}.1.1"
    for kind, reversed_ in (("created", False), ("created", False), ("reversed", True), ("created", False)):
        body = event(reference, f"transfer.{kind}", reversed=reversed_)
        answer = await anybody.post(CALLBACK, **signed(body))
        assert answer.status_code == 200, answer.text
    assert (await scene.installment(mentee))["status"] == "returned"
    assert (await scene.budget(project.id))["reserved"] == 5400


async def test_what_stripe_did_not_sign_lately_is_not_heard(scene: Scene):
    _, mentee = await approved(scene)
    body = event(f"{mentee.application}.1.1")
    anybody = await scene.served.caller()
    forged = [signed(body, secret="guessed"), signed(body, ago=600), {"content": body}]
    forged.append({**signed(body), "content": body.replace(b"270000", b"270001")})
    for call in forged:
        answer = await anybody.post(CALLBACK, **call)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/signature-wrong")
    assert (await scene.installment(mentee))["status"] == "approved"


async def test_what_is_none_of_our_transfers_is_heard_and_passed_over(scene: Scene):
    anybody = await scene.served.caller()
    for body in (event(None), event("x", "payout.paid")):
        answer = await anybody.post(CALLBACK, **signed(body))
        assert (answer.status_code, answer.json()) == (200, None)
    assert (await anybody.post(CALLBACK, **signed(event("x")))).status_code == 404
    assert (await anybody.post(CALLBACK, **signed(b"[]"))).status_code == 400
    assert (await anybody.post(CALLBACK, **signed(b"no json"))).status_code == 400


class Protocol:
    """Stripe's protocol for states that its mock server does not have."""

    url = ""
    post: tuple[int, dict[str, Any]] = (200, {})
    transfers: tuple[dict[str, Any], ...] = ()

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.keys: list[str | None] = []

    def app(self) -> Starlette:
        async def transfers(request: Request) -> Response:
            if request.method == "POST":
                self.asked.append(parse_qs((await request.body()).decode()))
                self.keys.append(request.headers.get("idempotency-key"))
                return JSONResponse(self.post[1], self.post[0])
            found = [one for one in self.transfers if self._wanted(one, request)]
            last = request.query_params.get("starting_after")
            after = [one["id"] for one in found].index(last) + 1 if last else 0
            page = found[after : after + 2]
            more = len(found) > after + 2
            return JSONResponse({"object": "list", "url": "/v1/transfers", "has_more": more, "data": page})

        return Starlette(routes=[Route("/v1/transfers", transfers, methods=["GET", "POST"])])

    @staticmethod
    def _wanted(transfer: dict[str, Any], request: Request) -> bool:
        wanted = request.query_params.get("transfer_group")
        return wanted is None or bool(wanted == transfer["transfer_group"])


@pytest.fixture
async def protocol() -> AsyncIterator[Protocol]:
    protocol = Protocol()
    config = uvicorn.Config(protocol.app(), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as protocol.url:
        yield protocol


def client(protocol: Protocol) -> StripeProvider:
    return StripeProvider(protocol.url, api_key="sk_test_123")


def transfer(reference: str | None = "a-1.1.1", **changes: Any) -> dict[str, Any]:
    return {**TRANSFER, "transfer_group": reference, **changes}


async def test_an_order_says_what_where_to_and_under_which_key(protocol: Protocol):
    protocol.post = (200, transfer())
    await client(protocol).pay(ORDER)
    (asked,) = protocol.asked
    assert protocol.keys == ["a-1.1.1"]
    assert asked == {
        "amount": ["270000"],
        "currency": ["usd"],
        "destination": [ACCOUNT],
        "transfer_group": ["a-1.1.1"],
        "metadata[reference]": ["a-1.1.1"],
    }


async def test_a_refused_order_is_told_in_stripes_words_but_without_the_account(scene: Scene, protocol: Protocol):
    _, mentee = await approved(scene)
    message = f"No such destination: '{ACCOUNT}'"
    protocol.post = (400, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": message}})
    await Cashier(scene.store, client(protocol), scene.clock).work()
    part = await scene.installment(mentee)
    assert (part["status"], "No such destination: '••••lo2C'" in part["where"]) == ("failed", True)
    assert ACCOUNT not in repr(await scene.served.told(mentee.application))


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "balance_insufficient"), (429, "rate_limit"), (500, "x"), (409, "idempotency_key_in_use")],
)
async def test_what_says_nothing_against_the_order_leaves_it_open(protocol: Protocol, status: int, code: str):
    protocol.post = (status, {"error": {"type": "invalid_request_error", "code": code, "message": "Later."}})
    with pytest.raises(ProviderAway):
        await client(protocol).pay(ORDER)


async def test_a_payment_is_looked_up_by_its_reference(protocol: Protocol):
    assert await client(protocol).look_up("a-1.1.1") is None
    protocol.transfers = (transfer("other"), transfer("a-1.1.1", id="tr_2"))
    assert await client(protocol).look_up("a-1.1.1") == Report(reference="a-1.1.1", status="paid", provider_id="tr_2")
    protocol.transfers = (transfer(reversed=True),)
    assert (await client(protocol).look_up("a-1.1.1") or Report(reference="", status="paid")).status == "returned"


async def test_its_books_are_read_to_the_last_page(protocol: Protocol):
    protocol.transfers = tuple(transfer(f"a-{number}.1.1", id=f"tr_{number}") for number in range(5))
    protocol.transfers += (transfer(None, id="tr_x"), transfer("a-9.1.1", id="tr_9", reversed=True))
    statements = await client(protocol).statements(datetime.now(UTC))
    assert [one.reference for one in statements] == [f"a-{number}.1.1" for number in (0, 1, 2, 3, 4, 9)]
    money = Money(amount_minor=270_000)
    assert statements[-1] == Statement(reference="a-9.1.1", provider_id="tr_9", amount=money, status="returned")
