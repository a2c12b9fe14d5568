"""A second factor, lately given, where a route demands it (RFC 9470)."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.chassis.http import FreshFactor, router
from services.chassis.problems import answer_with_problems
from services.chassis.store import Store
from services.chassis.tokens import Keys, Verifier
from tests.support.issuer import Issuer

CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="900"'


def application(store: Store, issuer: Issuer) -> FastAPI:
    routes = router("/safe", "safe")

    @routes.post("/open")
    async def open_safe(by: FreshFactor) -> dict[str, str]:
        return {"opened_by": by.id}

    app = FastAPI()
    app.state.store, app.state.clock = store, lambda: datetime.now(UTC)
    app.state.verifier = Verifier(Keys(issuer.discovery_url), issuer=issuer.url, audience=issuer.url)
    app.include_router(routes)
    answer_with_problems(app)
    return app


@pytest.fixture
async def client(store: Store, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(store, issuer))
    async with httpx.AsyncClient(transport=transport, base_url="http://safe") as client:
        yield client


async def opened(client: httpx.AsyncClient, issuer: Issuer, **claims: Any) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {issuer.token('ada', **claims)}"}
    return await client.post("/safe/open", headers=bearer)


@pytest.mark.parametrize("ago", [0, 60, 890])
async def test_a_second_factor_given_lately_is_enough(client: httpx.AsyncClient, issuer: Issuer, ago: int):
    answer = await opened(client, issuer, auth_time=int(time.time()) - ago)
    assert (answer.status_code, answer.json()) == (200, {"opened_by": "ada"})


@pytest.mark.parametrize(
    "claims",
    [
        {"acr": "pwd"},
        {"acr": None},
        {"acr": ["mfa"]},
        {"auth_time": 1},
        {"auth_time": None},
        {"auth_time": "now"},
        {"auth_time": True},
    ],
    ids=str,
)
async def test_without_one_or_with_an_old_one_the_client_is_told_to_step_up(
    client: httpx.AsyncClient, issuer: Issuer, claims: dict[str, Any]
):
    answer = await opened(client, issuer, **claims)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/insufficient-user-authentication")
    assert answer.headers["www-authenticate"] == CHALLENGE


async def test_after_fifteen_minutes_it_is_given_again(client: httpx.AsyncClient, issuer: Issuer):
    answer = await opened(client, issuer, auth_time=int(time.time()) - 902)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, CHALLENGE)


async def test_without_a_token_there_is_no_step_to_take(client: httpx.AsyncClient):
    answer = await client.post("/safe/open")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
