"""Only the provider's own word, signed lately, is heard."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from services.chassis.paging import Malformed
from services.stipends.domain.payee import Details
from services.stipends.domain.payment import Report
from services.stipends.provider import Order, SignatureWrong
from services.stipends.provider.sandbox import read_callback
from tests.unit.stipends.examples import AT, dollars

SECRET = "between us"
WORD = {"id": "x", "reference": "a-1.1.1", "status": "paid", "reason": None}
BODY = json.dumps(WORD).encode()


def signed(body: bytes = BODY, *, at: float = AT.timestamp(), secret: str = SECRET) -> str:
    stamp = str(int(at))
    proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={proof}"


def read(header: str, body: bytes = BODY) -> Report:
    return read_callback(header, body, secret=SECRET, at=AT)


def test_a_signed_word_is_heard():
    assert read(signed()) == Report(reference="a-1.1.1", status="paid", provider_id="x")


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_signature_holds_for_five_minutes(minutes: int):
    assert read(signed(at=AT.timestamp() + minutes * 60)).status == "paid"
    late = timedelta(minutes=minutes, seconds=minutes / abs(minutes)).total_seconds()
    with pytest.raises(SignatureWrong, match="too old, or from the future"):
        read(signed(at=AT.timestamp() + late))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=" + "0" * 64,
        "t=x,v1=" + "0" * 64,
        "t=1,v1=short",
        signed() + ",v1=" + "0" * 64,
        signed().upper(),
        "t=" + "9" * 40 + ",v1=" + "0" * 64,
        "t=\uff11,v1=" + "0" * 64,
    ],
)
def test_a_header_of_another_form_is_refused(header: str):
    with pytest.raises(SignatureWrong):
        read(header)


def test_another_secret_another_body_another_instant_do_not_fit():
    for header, body in [
        (signed(secret="guessed"), BODY),
        (signed(), BODY.replace(b"paid", b"fail")),
        (signed().replace(f"t={int(AT.timestamp())}", f"t={int(AT.timestamp()) + 1}"), BODY),
    ]:
        with pytest.raises(SignatureWrong, match="does not fit"):
            read(header, body)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, json.dumps({**WORD, "status": "processing"}).encode()]
    + [json.dumps({**WORD, "status": status}).encode() for status in ("refused", "sold", None)],
)
def test_a_signed_body_of_another_form_is_malformed(body: bytes):
    with pytest.raises(Malformed):
        read(signed(body), body)


def test_an_order_does_not_show_where_it_goes():
    assert "sandbox" not in repr(Order("a-1.1.1", dollars(1), Details(account="sandbox-paid", holder_name="Mira")))
