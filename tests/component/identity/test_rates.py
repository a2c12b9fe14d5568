"""What a stranger tries only so often from one address: signing in or up, having mail sent, asking for tokens."""

import base64
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.platform import Platform
from services.identity import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import Served, serving

FORM = {"content-type": "application/x-www-form-urlencoded"}
PAGES = (
    "/sign-in",
    "/sign-in/second-factor",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-in/second-factor/passkey",
    "/sign-in/second-factor/passkey/options",
    "/sign-up",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/account/emails",
    "/device",
)
CALLS = (
    "/v1/accounts",
    "/v1/accounts/verify-email",
    "/v1/accounts/resend-verification",
    "/v1/accounts/forgot-password",
    "/v1/accounts/reset-password",
    "/v1/me/emails",
    "/v1/me/password",
    "/oauth2/token",
    "/oauth2/introspect",
)
SEARCHES = ("/v1/mentors?q=ada", "/v1/mentees?q=ada")


@pytest.fixture(scope="module")
async def identity(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    strict = {f"rate_{name}": 1 for name in ("sign_in", "sign_up", "mail", "token", "search")}
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    async with serving(rooms, platform, issuer, more=strict | {"key_secret": key}) as served:
        yield served


def addresses() -> dict[str, str]:
    """Give every place an address of its own to be asked from: a limit is shared by several."""
    return {place: f"203.0.113.{n}" for n, place in enumerate([*PAGES, *CALLS, *SEARCHES], 1)}


async def asked_thrice(identity: Served, method: str, place: str, headers: dict[str, str]) -> list[httpx.Response]:
    """Ask three times: a minute may end between two of them."""
    stranger = await identity.caller()
    from_there = headers | {"X-Forwarded-For": addresses()[place]}
    return [await stranger.request(method, place, headers=from_there) for _ in range(3)]


@pytest.mark.parametrize("place", PAGES)
async def test_a_page_says_that_it_was_sent_too_often(identity: Served, place: str):
    answers = await asked_thrice(identity, "POST", place, FORM)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code != 429
    assert refused
    assert {answer.headers["content-type"] for answer in refused} == {"text/html; charset=utf-8"}
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)


@pytest.mark.parametrize("place", CALLS)
async def test_a_call_is_answered_by_a_problem(identity: Served, place: str):
    answers = await asked_thrice(identity, "POST", place, {"content-type": "application/json"})
    assert answers[0].status_code != 429
    assert "/problems/quota-exceeded" in {answer.json().get("type") for answer in answers if answer.status_code == 429}


@pytest.mark.parametrize("place", SEARCHES)
async def test_words_are_looked_for_so_often_and_the_directory_is_read_on(identity: Served, place: str):
    answers = await asked_thrice(identity, "GET", place, {})
    assert (answers[0].status_code, 429 in {answer.status_code for answer in answers}) == (200, True)
    everybody = await asked_thrice_without_words(identity, place)
    assert [answer.status_code for answer in everybody] == [200] * 3


async def asked_thrice_without_words(identity: Served, place: str) -> list[httpx.Response]:
    stranger, there = await identity.caller(), {"X-Forwarded-For": addresses()[place]}
    return [await stranger.get(place.partition("?")[0], headers=there) for _ in range(3)]
