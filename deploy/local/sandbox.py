"""The sandbox payment provider: a pretend bank with a real protocol.

`POST /payments` asks for a payment; a moment later the outcome is told to the callback address, signed, until someone
listens. The payee's account decides what becomes of it; one that the sandbox does not know is refused.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from deploy.local.ports import HOST
from deploy.local.sandbox_store import Payment, Payments, Status

PAID: Final = ("paid", None)


@dataclass(frozen=True)
class Outcome:
    """What becomes of a payment to an account."""

    words: tuple[tuple[Status, str | None], ...] = (PAID,)
    """What it comes to, one after the other, each with a reason."""
    after: float = 0.2
    """Seconds before each."""
    times: int = 1
    """How often each is told."""
    answer_lost: bool = False
    """The order is taken, but the line breaks before that is said."""


OUTCOMES: Final[Mapping[str, Outcome]] = {
    "sandbox-paid": Outcome(),
    "sandbox-failed": Outcome((("failed", "The account is closed."),)),
    "sandbox-slow": Outcome(after=3),
    "sandbox-lost-answer": Outcome(answer_lost=True),
    "sandbox-returned": Outcome((PAID, ("returned", "The account was closed meanwhile."))),
    "sandbox-duplicate": Outcome(times=3),
    "DE89370400440532013000": Outcome(),
    "021000021/000123456789": Outcome(),
}
"""By account; in the United States by routing number and account number. The last two are test accounts."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0


class Amount(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount_minor: int = Field(gt=0, lt=10**15)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Payee(BaseModel):
    model_config = ConfigDict(extra="forbid")
    account: str = Field(min_length=1, max_length=100)
    routing: str | None = None

    @property
    def name(self) -> str:
        return f"{self.routing}/{self.account}" if self.routing else self.account


class AskForPayment(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reference: str = Field(min_length=1, max_length=200)
    amount: Amount
    payee: Payee
    callback_url: AnyHttpUrl


def signature(body: bytes, secret: str, at: int) -> str:
    """`t=<unix>,v1=<hex>`: HMAC-SHA256 of "<t>.<body>", so that neither the body nor its age can be changed."""
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={proof}"


def answer(payment: Payment) -> dict[str, Any]:
    return payment.model_dump(include={"id", "reference", "status", "reason"})


class Bank:
    """Settles payments and tells their outcome; after a restart it goes on with whatever is untold."""

    def __init__(self, payments: Payments, api_key: str, secret: str) -> None:
        self.payments = payments
        self.api_key = api_key
        self.secret = secret
        self.errands: set[asyncio.Task[None]] = set()

    def send_out(self, payment: Payment) -> None:
        errand = asyncio.create_task(self.conclude(payment))
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)

    async def conclude(self, payment: Payment) -> None:
        outcome = OUTCOMES[payment.payee]
        for status, reason in outcome.words:
            await asyncio.sleep(outcome.after)
            settled = payment.settled(status, reason)
            self.payments.settle(settled)
            for _ in range(outcome.times):
                await self.tell(settled)
        self.payments.mark_told(payment.id)

    async def tell(self, payment: Payment) -> None:
        """Say it until someone listens."""
        pause = FIRST_PAUSE
        while not await self.told(payment):
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def told(self, payment: Payment) -> bool:
        body = json.dumps(answer(payment)).encode()
        headers = {"Content-Type": "application/json", "Signature": signature(body, self.secret, int(time.time()))}
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                return (await client.post(payment.callback_url, content=body, headers=headers)).is_success
        except httpx.HTTPError:
            return False

    def pay(self, asked: AskForPayment, key: str) -> Payment:
        """The same key and request give the same payment, however often it is asked for."""
        body = asked.model_dump_json()
        if earlier := self.payments.asked_with(key):
            if earlier[1] != body:
                raise HTTPException(422, "This Idempotency-Key was used for another request.")
            return earlier[0]
        if asked.payee.name not in OUTCOMES:
            raise HTTPException(422, f"Unknown account. The sandbox knows {', '.join(OUTCOMES)}.")
        payment = Payment(id=str(uuid.uuid4()), payee=asked.payee.name, **flat(asked))
        self.payments.add(payment, key, body)
        self.send_out(payment)
        return payment


def entry(payment: Payment) -> dict[str, Any]:
    return answer(payment) | {"amount": payment.model_dump(include={"amount_minor", "currency"})}


def flat(asked: AskForPayment) -> dict[str, Any]:
    return {"reference": asked.reference, "callback_url": str(asked.callback_url), **asked.amount.model_dump()}


def problem(request: Request, status: int, detail: str, **more: object) -> JSONResponse:
    titles = {401: "No valid API key", 404: "Not found", 422: "Refused", 428: "Idempotency-Key is missing"}
    known = {"type": "about:blank", "title": titles.get(status, "Error"), "status": status, "detail": detail}
    body = {**known, "instance": request.url.path, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


async def say_refused(request: Request, refusal: Exception) -> JSONResponse:
    if isinstance(refusal, RequestValidationError):
        errors = [{"pointer": "/" + "/".join(map(str, e["loc"][1:])), "message": e["msg"]} for e in refusal.errors()]
        return problem(request, 422, "The request is not of the form the sandbox expects.", errors=errors)
    if isinstance(refusal, HTTPException):
        return problem(request, refusal.status_code, refusal.detail)
    raise refusal


def the_bank(request: Request) -> Bank:
    bank: Bank = request.app.state.bank
    return bank


TheBank = Annotated[Bank, Depends(the_bank)]


async def known_client(request: Request, bank: TheBank, authorization: Annotated[str, Header()] = "") -> None:
    bank.payments.count(f"{request.method} {request.scope['route'].path}")
    if not hmac.compare_digest(authorization.encode(), f"Bearer {bank.api_key}".encode()):
        raise HTTPException(401, "Send the API key as `Authorization: Bearer …`.")


class Cut(Response):
    """An answer that breaks off in the middle."""

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[:10], "more_body": True})
        raise ConnectionAbortedError


payments = APIRouter(prefix="/payments", dependencies=[Depends(known_client)])
about = APIRouter()


@payments.post("", status_code=201)
async def pay(
    asked: AskForPayment, bank: TheBank, idempotency_key: Annotated[str | None, Header(max_length=255)] = None
) -> Response:
    if not idempotency_key:
        raise HTTPException(428, "Where money moves, an Idempotency-Key is required.")
    payment = bank.pay(asked, idempotency_key)
    said = JSONResponse(answer(payment) | {"status": "processing", "reason": None}, 201)  # as the first time
    return Cut(said.body, 201) if OUTCOMES[payment.payee].answer_lost else said


@payments.get("")
async def list_payments(reference: str, bank: TheBank) -> dict[str, Any]:
    return {"items": [answer(payment) for payment in bank.payments.of(reference)]}


@payments.get("/{id}")
async def read_payment(id: str, bank: TheBank) -> dict[str, Any]:
    if (found := bank.payments.get(id)) is None:
        raise HTTPException(404, "There is no such payment.")
    return answer(found)


@about.get("/report", dependencies=[Depends(known_client)])
async def report(since: datetime, bank: TheBank) -> dict[str, Any]:
    """Every payment asked for since then, with its amount, as the bank's books have it."""
    return {"items": [entry(payment) for payment in bank.payments.since(since)]}


@about.get("/requests")
async def count_requests(bank: TheBank) -> dict[str, int]:
    return bank.payments.counts()


@about.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@asynccontextmanager
async def open_for_business(app: FastAPI) -> AsyncIterator[None]:
    bank: Bank = app.state.bank
    for payment in bank.payments.untold():
        bank.send_out(payment)
    yield
    for errand in bank.errands:
        errand.cancel()


def web(bank: Bank) -> FastAPI:
    app = FastAPI(title="Sandbox payment provider", lifespan=open_for_business)
    app.state.bank = bank
    app.add_exception_handler(RequestValidationError, say_refused)
    app.add_exception_handler(HTTPException, say_refused)
    app.include_router(payments)
    app.include_router(about)
    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    options = parser.parse_args()
    bank = Bank(Payments(options.file), os.environ["SANDBOX_API_KEY"], os.environ["SANDBOX_SECRET"])
    uvicorn.run(
        web(bank),
        host=HOST,
        port=options.port,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,  # longer than whoever asks keeps a connection that nobody uses
    )


if __name__ == "__main__":
    main()
