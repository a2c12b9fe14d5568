"""The sandbox payment provider, over real HTTP, with a real listener for its callbacks."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest

from deploy.local.platform import Platform

Asked = Callable[..., dict[str, Any]]


class Listener:
    """Hears callbacks; refuses the first `deaf` of them."""

    def __init__(self) -> None:
        self.deaf = 0
        self.heard: Queue[tuple[bytes, str]] = Queue()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"

    def handler(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.put((body, self.headers["Signature"]))
                self.send_response(503 if outer.heard.qsize() <= outer.deaf else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __call__(self) -> tuple[bytes, str]:
        return self.heard.get(timeout=90)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    threading.Thread(target=listener.server.serve_forever, args=[0.02], daemon=True).start()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def bank(platform: Platform) -> Iterator[httpx.Client]:
    key = {"Authorization": f"Bearer {platform.plan.secrets.sandbox_api_key}"}
    with httpx.Client(base_url=platform.addresses.sandbox, headers=key, timeout=90) as client:
        yield client


@pytest.fixture
def asked(listener: Listener, request: pytest.FixtureRequest) -> Asked:
    def asked(account: str = "sandbox-paid", **more: Any) -> dict[str, Any]:
        amount = {"amount_minor": 150_000, "currency": "USD"}
        payee = {"account": account}
        return {"reference": request.node.name, "amount": amount, "payee": payee, "callback_url": listener.url, **more}

    return asked


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


@pytest.mark.parametrize(("account", "status"), [("sandbox-paid", "paid"), ("sandbox-failed", "failed")])
def test_the_account_decides_and_the_outcome_is_told_signed(
    platform: Platform, bank: httpx.Client, listener: Listener, asked: Asked, account: str, status: str
) -> None:
    payment = bank.post("/payments", json=asked(account), headers=key(account))
    body, signature = listener()

    assert (payment.status_code, payment.json()["status"]) == (201, "processing")
    told = httpx.Response(200, content=body).json()
    assert told == {**payment.json(), "status": status, "reason": told["reason"]}
    assert (told["reason"] is None) is (status == "paid")
    at, proof = (part.split("=", 1)[1] for part in signature.split(","))
    secret = platform.plan.secrets.sandbox_callback.encode()
    assert proof == hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert bank.get(f"/payments/{told['id']}").json() == told
    assert bank.get("/payments", params={"reference": told["reference"]}).json() == {"items": [told]}


def test_the_same_key_pays_once_and_never_something_else(bank: httpx.Client, listener: Listener, asked: Asked) -> None:
    answers = [bank.post("/payments", json=asked(), headers=key("once")) for _ in range(3)]
    other = bank.post("/payments", json=asked(account="sandbox-failed"), headers=key("once"))
    listener()
    late = bank.post("/payments", json=asked(), headers=key("once"))

    assert {answer.text for answer in [*answers, late]} == {answers[0].text}
    assert other.status_code == 422
    assert len(bank.get("/payments", params={"reference": asked()["reference"]}).json()["items"]) == 1


def test_an_outcome_is_told_until_someone_listens_also_after_a_restart(
    platform: Platform, bank: httpx.Client, listener: Listener, asked: Asked
) -> None:
    listener.deaf = 2
    bank.post("/payments", json=asked(), headers=key("deaf"))
    first = listener()
    platform.kill("sandbox")
    platform.start_process("sandbox")
    platform.wait_ready("sandbox")

    assert listener()[0] == first[0]


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        ({}, {}, 428),
        ({}, {"Authorization": "Bearer no", "Idempotency-Key": "a"}, 401),
        ({"payee": {"account": "DE00"}}, {"Idempotency-Key": "b"}, 422),
        ({"amount": {"amount_minor": 0, "currency": "USD"}}, {"Idempotency-Key": "c"}, 422),
        ({"more": 1}, {"Idempotency-Key": "d"}, 422),
    ],
)
def test_what_is_not_right_is_refused_in_words(
    platform: Platform, bank: httpx.Client, asked: Asked, change: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    answer = bank.post("/payments", json=asked(**change), headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json().keys() >= {"type", "title", "status", "detail", "instance"}


def test_an_answer_that_is_lost_was_an_order_all_the_same(bank: httpx.Client, listener: Listener, asked: Asked) -> None:
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            bank.post("/payments", json=asked("sandbox-lost-answer"), headers=key("lost"))
    listener()
    (found,) = bank.get("/payments", params={"reference": asked()["reference"]}).json()["items"]
    assert found["status"] == "paid"


def test_what_is_returned_is_paid_first_and_a_duplicate_is_told_three_times(
    bank: httpx.Client, listener: Listener, asked: Asked
) -> None:
    bank.post("/payments", json=asked("sandbox-returned"), headers=key("back"))
    assert [httpx.Response(200, content=listener()[0]).json()["status"] for _ in range(2)] == ["paid", "returned"]
    bank.post("/payments", json=asked("sandbox-duplicate"), headers=key("thrice"))
    assert len({listener()[0] for _ in range(3)}) == 1


def test_its_report_has_every_payment_since_with_its_amount(
    bank: httpx.Client, listener: Listener, asked: Asked
) -> None:
    payment = bank.post("/payments", json=asked(), headers=key("report")).json()
    listener()
    listed = bank.get("/report", params={"since": "2026-01-01T00:00:00Z"}).json()["items"]
    mine = next(one for one in listed if one["id"] == payment["id"])
    assert (mine["reference"], mine["amount"]) == (asked()["reference"], asked()["amount"])
    assert bank.get("/report", params={"since": "2099-01-01T00:00:00+02:00"}).json()["items"] == []
    assert (
        bank.get("/report", params={"since": "2026-01-01T00:00:00Z"}, headers={"Authorization": "no"}).status_code
        == 401
    )


def test_it_counts_what_it_was_asked(bank: httpx.Client) -> None:
    before = bank.get("/requests").json().get("GET /payments/{id}", 0)
    bank.get("/payments/none")
    assert bank.get("/requests").json()["GET /payments/{id}"] == before + 1
