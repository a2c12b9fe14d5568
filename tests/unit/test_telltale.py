"""The scan of the logs finds what it is for, and nothing else."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from services.chassis.logs import redact
from tests.support.telltale import Heard, found, told

TOKEN, PASSWORD, SECRET = "n0Xk3yZ-_aB7cD9eF1gH", "wren lantern gravel sofa", "JBSWY3DPEHPK3PXPJBSWY3DP"
URL = "http://127.0.0.1/oauth2/token"
SENT: dict[str, Any] = {
    "a form": {"method": "POST", "data": {"grant_type": "refresh_token", "refresh_token": TOKEN}},
    "a document": {"method": "POST", "json": {"deep": [{"password": PASSWORD}]}},
    "a query": {"method": "GET", "params": {"code": TOKEN}},
    "a header": {"method": "GET", "headers": {"Authorization": f"Bearer {TOKEN}"}},
}
GOT: dict[str, Any] = {
    "a document": {"json": {"secret": SECRET}},
    "a cookie": {"headers": {"Set-Cookie": f"__Host-session={TOKEN}; Path=/"}},
    "a redirection": {"headers": {"Location": f"http://127.0.0.1/callback?code={TOKEN}&state=s"}},
    "a page": {"html": f'<input type="hidden" name="csrf" value="{TOKEN}">'},
}


def heard(case: str) -> Heard:
    heard = Heard()
    if case.startswith("sent"):
        sent = dict(SENT[case.removeprefix("sent as ")])
        heard.request(httpx.Request(sent.pop("method"), URL, **sent))
    else:
        heard.response(httpx.Response(200, request=httpx.Request("GET", URL), **GOT[case.removeprefix("got as ")]))
    return heard


@pytest.mark.parametrize("case", [*(f"sent as {name}" for name in SENT), *(f"got as {name}" for name in GOT)])
def test_what_was_heard_and_is_logged_is_found(tmp_path: Path, case: str):
    heard(case).keep(tmp_path)
    log = tmp_path / "identity.log"
    log.write_text('{"event": "request", "status": 200}\n')
    assert told(tmp_path) == []
    log.write_text(f'{{"event": "all fine"}}\n{{"event": "oh", "of": "x={TOKEN} {PASSWORD} {SECRET}"}}\n')
    assert [where.partition(" has ")[0] for where in told(tmp_path)] == ["identity.log: line 2"]


@pytest.mark.parametrize(
    "line",
    [
        "signed eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl",
        "mail to wanda.fry@example.org",
        "GET /verify-email?token=0123456789abcdef",
    ],
)
def test_what_looks_like_a_secret_is_found_though_nobody_heard_it(tmp_path: Path, line: str):
    log = tmp_path / "projects.log"
    log.write_text(line)
    assert list(found(log, frozenset(), frozenset()))
    log.write_text(str(redact(None, "", {"event": line})))
    assert not list(found(log, frozenset(), frozenset())), "our logs blank it"


def test_what_is_public_or_short_is_no_secret():
    heard = Heard()
    heard.request(httpx.Request("GET", "http://127.0.0.1/v1/certificates/x", params={"code": "ABCDEF-123456-789"}))
    heard.request(httpx.Request("POST", URL, data={"code": "123456"}))
    assert (heard.words, heard.phrases) == (set(), set())
