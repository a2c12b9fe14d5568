"""The pretend bank of the embedded platform: asked over HTTP, tells the outcome in signed callbacks."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import httpx
from pydantic import BaseModel, ValidationError

from contracts.money import Money
from services.chassis.paging import Malformed
from services.stipends.domain.payee import Accepted, Kind
from services.stipends.domain.payment import Report
from services.stipends.domain.reconciliation import Statement
from services.stipends.provider import PATIENCE, Order, ProviderAway, SignatureWrong

TOLERANCE: Final = timedelta(minutes=5)
"""How old, or how far ahead, a callback's signature may be."""
ACCEPTED: Final = Accepted(
    kinds=frozenset(Kind),
    accounts=r"sandbox-(paid|failed|slow|lost-answer|returned|duplicate)",
    words="The sandbox knows sandbox-paid, -failed, -slow, -lost-answer, -returned and -duplicate, and test accounts.",
)


class Told(BaseModel):
    """A payment in the sandbox's words."""

    id: str
    reference: str
    status: Literal["processing", "paid", "failed", "returned"]
    reason: str | None = None

    def report(self) -> Report:
        return Report.model_validate({"provider_id": self.id, **self.model_dump(exclude={"id"})})


class Listed(Told):
    """A payment as its report has it."""

    amount: Money

    def statement(self) -> Statement:
        return Statement(reference=self.reference, provider_id=self.id, amount=self.amount, status=self.status)


class SandboxProvider:
    accepted = ACCEPTED

    def __init__(self, url: str, *, api_key: str, callback_url: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._callback_url = callback_url

    async def pay(self, order: Order) -> Report:
        body = {"reference": order.reference, "amount": order.amount.model_dump(), "callback_url": self._callback_url}
        answer = await self._ask(
            "POST",
            "/payments",
            headers={"Idempotency-Key": order.reference},
            json=body | {"payee": {"account": order.payee.account, "routing": order.payee.routing}},
        )
        if answer.is_success:
            return _read(answer.content, order.reference)
        if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
            raise ProviderAway(f"It answered {answer.status_code}.")
        known = await self.look_up(order.reference)
        return known or Report(reference=order.reference, status="refused", reason=_detail(answer))

    async def look_up(self, reference: str) -> Report | None:
        answer = await self._ask("GET", "/payments", params={"reference": reference})
        if not answer.is_success:
            raise ProviderAway(f"It answered {answer.status_code}.")
        found = _listed(answer.content)
        return _read(found[0], reference) if found else None

    async def statements(self, since: datetime) -> Sequence[Statement]:
        answer = await self._ask("GET", "/report", params={"since": since.isoformat()})
        if not answer.is_success:
            raise ProviderAway(f"It answered {answer.status_code}.")
        try:
            return [Listed.model_validate_json(item).statement() for item in _listed(answer.content)]
        except ValidationError:
            raise ProviderAway("Its report is not in its protocol.") from None

    async def _ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                return await client.request(
                    method, self._url + path, headers={**self._headers, **(headers or {})}, **more
                )
        except httpx.HTTPError as error:
            raise ProviderAway(type(error).__name__) from None


def _read(content: bytes, reference: str) -> Report:
    try:
        told = Told.model_validate_json(content)
    except ValidationError:
        raise ProviderAway("It answered in words that are not in its protocol.") from None
    if told.reference != reference:
        raise ProviderAway("It answered about another payment than it was asked about.")
    return told.report()


def _listed(content: bytes) -> list[bytes]:
    try:
        return [json.dumps(item).encode() for item in json.loads(content)["items"]]
    except (ValueError, KeyError, TypeError):
        raise ProviderAway("It answered in words that are not in its protocol.") from None


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return "The provider refused the order."


def read_callback(header: str, body: bytes, *, secret: str, at: datetime) -> Report:
    """Read what the sandbox tells, once its signature holds. Raises `SignatureWrong`, `Malformed`."""
    _must_be_signed(header, body, secret=secret, at=at)
    try:
        told = Told.model_validate_json(body)
    except ValidationError:
        raise Malformed("The callback is not of the form the sandbox has.") from None
    if told.status == "processing":
        raise Malformed("A callback says paid, failed or returned.")
    return told.report()


def _must_be_signed(header: str, body: bytes, *, secret: str, at: datetime) -> None:
    match = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header, re.ASCII)
    if match is None:
        raise SignatureWrong("The Signature header must be t=<unix time>,v1=<hex>.")
    signed_at, proof = match.groups()
    if abs(at.timestamp() - int(signed_at)) > TOLERANCE.total_seconds():
        raise SignatureWrong("The signature is too old, or from the future.")
    expected = hmac.new(secret.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, proof):
        raise SignatureWrong("The signature does not fit the body.")
