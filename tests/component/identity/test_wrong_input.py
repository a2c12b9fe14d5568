"""Wrong input at every door: always a 4xx in the form of that door, never a fault, never a word for the store."""

import json
from typing import Any

import pytest

from tests.component.identity.browser import CALLBACK, CLIENT, Pkce, asking
from tests.component.identity.provider import Provider

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONG: dict[str, bytes] = {
    "nothing": b"",
    "an operator": b"client_id[$ne]=1&grant_type=authorization_code&code[$gt]=&token[$ne]=1",
    "an operator as value": b"client_id=%7B%22%24ne%22%3A1%7D&grant_type=refresh_token&refresh_token=%7B%7D",
    "repeated": b"client_id=mentorship-web&client_id=mentorship-web&grant_type=refresh_token&token=a&token=b",
    "NUL": b"client_id=mentorship-web%00&grant_type=refresh_token&refresh_token=%00",
    "bad UTF-8": b"client_id=%ff%fe&grant_type=%c3%28",
    "raw bytes": b"client_id=\xff&grant_type=\xfe",
    "huge": b"client_id=mentorship-web&grant_type=authorization_code&code=" + b"x" * 1_000_000,
    "too many": b"&".join(b"a%d=1" % number for number in range(65)),
    "not ASCII": 'client_id=mentorship-web&grant_type=é&response_type=é&redirect_uri=http://x/"'.encode(),
    "quotes": b"client_id=mentorship-web&grant_type=%22%5C&response_type=%22&redirect_uri=http://x/%22",
    "percent signs": b"client_id=%&grant_type=%zz",
    "no assertion": b"grant_type=client_credentials&token=t&client_assertion=a.b.c&client_assertion_type=x",
    "a deep assertion": b"grant_type=client_credentials&token=t&client_assertion_type=urn:ietf:params:oauth:"
    b"client-assertion-type:jwt-bearer&client_assertion=e30." + b"W1tb" * 2500 + b".x",
}
PROTOCOL = ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/userinfo"]


@pytest.mark.parametrize("path", PROTOCOL)
@pytest.mark.parametrize("case", WRONG, ids=WRONG)
async def test_a_protocol_endpoint_answers_an_error_of_the_protocol(provider: Provider, path: str, case: str):
    answer = await (await provider.http()).post(path, content=WRONG[case], headers=FORM)
    assert 400 <= answer.status_code < 500, answer.text
    assert "error" in answer.json()
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/sign-in", "/sign-up", "/verify-email"])
@pytest.mark.parametrize("case", WRONG, ids=WRONG)
async def test_a_page_answers_a_form_with_a_page(provider: Provider, path: str, case: str):
    answer = await (await provider.http()).post(path, content=WRONG[case], headers=FORM)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/oauth2/logout", "/sign-in", "/verify-email", "/sign-up"])
@pytest.mark.parametrize("case", WRONG, ids=WRONG)
async def test_a_page_answers_a_link_with_a_page(provider: Provider, path: str, case: str):
    query = WRONG[case].decode("latin-1").replace("\xff", "%ff").replace("\xfe", "%fe").replace("é", "%c3%a9")[:20_000]
    answer = await (await provider.http()).get(f"{path}?{query}")
    assert answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic x", "Basic /w==", "Basic Og==", "Basic bWVudG9yc2hpcC13ZWI6eA==", "Bearer x"]
)
async def test_a_wrong_authorization_header_is_a_wrong_client(provider: Provider, header: str):
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await (await provider.http()).post("/oauth2/token", data=form, headers={"Authorization": header})
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "invalid_request"}


async def test_a_body_of_another_type_is_refused(provider: Provider):
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        answer = await (await provider.http()).post("/oauth2/token", content=b"{}", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"state": "é\u2028<script>"}, 303),
        ({"nonce": "x" * 5000}, 303),
        ({"scope": "openid " + "y" * 5000}, 303),
        ({"redirect_uri": CALLBACK + '"'}, 400),
        ({"code_challenge": "é" * 43}, 303),
        ({"max_age": "é"}, 303),
        ({"prompt": "é"}, 303),
        ({"state": "x" * 17_000}, 400),
    ],
)
async def test_odd_values_are_carried_or_refused(provider: Provider, more: dict[str, Any], status: int):
    answer = await (await provider.http()).get("/oauth2/authorize", params=asking(Pkce.new(), **more))
    assert answer.status_code == status
    assert CLIENT not in answer.headers.get("content-type", "")


ACCOUNT = {
    "name": "Wanda",
    "email": "wanda@example.org",
    "password": "wren lantern gravel sofa",
    "terms_accepted": True,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "not an address"},
        {"email": {"$ne": 1}},
        {"email": "a\u0000@example.org"},
        {"email": f"{'x' * 300}@example.org"},
        {"name": ""},
        {"name": "a\u0000b"},
        {"name": ["x"]},
        {"password": "short"},
        {"password": "password1234"},
        {"password": "x" * 257},
        {"password": "\ud800" * 12},
        {"password": 123456789012},
        {"terms_accepted": False},
        {"terms_accepted": None},
        {"is_staff": True},
    ],
)
async def test_a_wrong_registration_is_a_problem_that_says_what_is_wrong(provider: Provider, changes: dict[str, Any]):
    answer = await (await provider.http()).post("/v1/accounts", content=json.dumps(ACCOUNT | changes), headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"]
