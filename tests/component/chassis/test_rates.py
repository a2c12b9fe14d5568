"""How often one may ask: together with other replicas, for a few or for many, and while the store is away."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import Depends, FastAPI, Response
from starlette.types import Receive, Scope, Send

from deploy.local.platform import Platform
from deploy.local.ports import choose, somewhere
from services.chassis import rates as rating
from services.chassis.answers import PUBLICLY
from services.chassis.edge import Edge
from services.chassis.http import By, anyone, limited, router
from services.chassis.mongo import Database
from services.chassis.problems import answer_with_problems
from services.chassis.rates import SHARES, WINDOW, Quota, Rated, Rates
from services.chassis.store import Store
from services.chassis.tokens import Keys, Verifier
from services.projects import app as projects_rooms
from tests.support.issuer import Issuer
from tests.support.served import serving


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def granted(rates: Rates, name: str, who: str, times: int) -> int:
    """Ask so often at once; gives how often that was granted."""
    quotas = await asyncio.gather(*(rates.count(name, who) for _ in range(times)))
    return sum(quota is not None and quota.left >= 0 for quota in quotas)


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the store may take its time."""
    monkeypatch.setattr(rating, "PATIENCE", 60.0)


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize("most", [1, 7, SHARES])
async def test_a_small_limit_is_exact_however_many_replicas_there_are(store: Store, most: int):
    replicas = [Rates(store.database, {"mail": most}, clock := Clock()) for _ in range(3)]
    at_once = await asyncio.gather(*(granted(rates, "mail", "ada", 10) for rates in replicas))
    assert sum(at_once) == most
    clock.now += WINDOW
    assert await granted(replicas[2], "mail", "ada", 10 + most) == most


@pytest.mark.usefixtures("_patient")
async def test_of_a_large_limit_each_replica_grants_a_share_too_many_at_the_most(store: Store):
    most, replicas = 400, 3
    clock = Clock()
    every = [Rates(store.database, {"account": most}, clock) for _ in range(replicas)]
    total = sum([await granted(rates, "account", "ada", 20) for _ in range(30) for rates in every])
    assert most <= total <= most + replicas * most // SHARES


@pytest.mark.usefixtures("_patient")
async def test_what_is_granted_often_costs_the_store_little(store: Store):
    rates, tallies = Rates(store.database, {"account": 1000}, Clock()), store.database["rates"]
    for _ in range(1000 // SHARES - 1):
        await rates.count("account", "ada")
    assert await tallies.count({}) == 0
    await rates.count("account", "ada")
    (tally,) = await tallies.find({})
    assert tally["count"] == 1000 // SHARES
    assert "ada" not in str(tally)


async def test_one_is_not_counted_for_another(store: Store):
    rates = Rates(store.database, {"mail": 2, "search": 1, "off": 0}, Clock())
    assert await granted(rates, "mail", "ada", 5) == 2
    assert await granted(rates, "mail", "bo", 5) == 2
    assert await granted(rates, "search", "ada", 5) == 1
    assert [await rates.count("off", "ada"), await rates.count("unheard of", "ada")] == [None, None]


async def test_what_is_left_is_told(store: Store):
    rates = Rates(store.database, {"mail": 3}, clock := Clock())
    clock.now += 18 - clock.now % WINDOW
    quotas = [await rates.count("mail", "ada") for _ in range(4)]
    assert quotas == [Quota("mail", 3, left, 42) for left in (2, 1, 0, -1)]


async def test_a_replica_counts_alone_while_the_store_is_away():
    nowhere = Database(f"mongodb://127.0.0.1:{choose(somewhere())['mongod']}/?replicaSet=rs0", "away")
    rates = Rates(nowhere, {"mail": 3}, Clock())
    assert await granted(rates, "mail", "ada", 5) == 3
    nowhere.close()


@asynccontextmanager
async def calling(store: Store, issuer: Issuer, **most: int) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who calls a service from elsewhere."""
    routes = router("/things", "things")

    @routes.get("", dependencies=[Depends(anyone)])
    async def look() -> dict[str, str]:
        return {}

    @routes.get("/found", dependencies=[Depends(anyone), limited("search")])
    async def find() -> dict[str, str]:
        return {}

    @routes.get("/kept", dependencies=[Depends(anyone)])
    async def kept(response: Response) -> dict[str, str]:
        response.headers["Cache-Control"] = PUBLICLY
        return {}

    @routes.get("/mine")
    async def mine(by: By) -> dict[str, str]:
        return {"id": by.id}

    app = FastAPI()
    app.state.store = store
    app.state.verifier = Verifier(Keys(issuer.discovery_url), issuer=issuer.url, audience=issuer.url)
    app.include_router(routes)
    answer_with_problems(app)
    app.add_middleware(Rated, rates=Rates(store.database, most, Clock()))
    app.add_middleware(Edge)
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


async def test_whoever_asks_too_often_is_told_when_to_come_back(store: Store, issuer: Issuer):
    async with calling(store, issuer, address=2) as client:
        answers = [await client.get("/things") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"address";q=2;w=60'] * 3
    assert [re.sub(r"t=\d+", "t=?", answer.headers["ratelimit"]) for answer in answers] == [
        f'"address";r={left};t=?' for left in (1, 0, 0)
    ]
    refused = answers[2]
    assert 1 <= int(refused.headers["retry-after"]) <= WINDOW
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/quota-exceeded"
    assert refused.headers["x-content-type-options"] == "nosniff"


async def test_an_account_is_counted_wherever_it_comes_from_and_its_client_with_all_its_people(
    store: Store, issuer: Issuer
):
    async with calling(store, issuer, account=2, client=3) as client:

        async def asked(who: str) -> tuple[int, str]:
            bearer = {"Authorization": f"Bearer {issuer.token(who, client_id='app')}"}
            answer = await client.get("/things/mine", headers=bearer)
            return answer.status_code, answer.headers["ratelimit-policy"].partition(";")[0]

        said = [await asked(who) for who in ("ada", "ada", "ada", "bo", "cy")]
    assert said == [(200, '"account"'), (200, '"account"'), (429, '"account"'), (200, '"client"'), (429, '"client"')]


async def test_a_strict_limit_is_told_where_it_is_the_nearest(store: Store, issuer: Issuer):
    async with calling(store, issuer, address=100, search=2) as client:
        answers = [await client.get(path) for path in ("/things", *["/things/found"] * 3, "/things")]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200]
    named = [answer.headers["ratelimit-policy"].split('"')[1] for answer in answers]
    assert named == ["address", "search", "search", "search", "address"]


async def test_what_caches_keep_for_others_tells_nothing_of_one(store: Store, issuer: Issuer):
    async with calling(store, issuer, address=1) as client:
        answers = [await client.get("/things/kept") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert ["ratelimit" in answer.headers for answer in answers] == [False, True]


async def test_probes_are_not_counted(store: Store, issuer: Issuer):
    async with calling(store, issuer, address=1) as client:
        await client.get("/things")
        assert "ratelimit" not in (await client.get("/health/nothing")).headers


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def asked_from(rates: Rates, *hosts: str) -> list[int]:
    """Ask from one after the other; gives the statuses."""
    statuses = []
    for host in hosts:
        transport = httpx.ASGITransport(Rated(nothing, rates), client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
            statuses.append((await client.get("/")).status_code)
    return statuses


async def test_this_machine_is_no_address(store: Store):
    """Behind a proxy that names nobody all would be one."""
    rates = Rates(store.database, {"address": 1}, Clock())
    assert await asked_from(rates, *["127.0.0.1"] * 3, *["::1"] * 3) == [204] * 6
    assert await asked_from(rates, *["203.0.113.9"] * 3) == [204, 429, 429]


async def test_neighbours_in_a_network_of_the_newer_kind_are_one(store: Store):
    rates = Rates(store.database, {"address": 1}, Clock())
    assert await asked_from(rates, "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1") == [204, 429, 204]


@pytest.mark.parametrize(("trusted", "refused"), [("127.0.0.1", True), ("10.0.0.0/8,198.51.100.1", False)])
async def test_a_proxy_is_believed_where_it_is_trusted(
    platform: Platform, issuer: Issuer, trusted: str, *, refused: bool
):
    more = {"rate_address": 1, "trusted_proxies": trusted}
    async with serving(projects_rooms, platform, issuer, more=more) as projects:
        stranger = await projects.caller()
        there = {"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}
        answers = [(await stranger.get("/v1/projects", headers=there)).status_code for _ in range(3)]
    assert (429 in answers) is refused
