"""All of a person's data: asked for once, collected from every service, opened, fetched, gone after a week."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from joserfc.jwk import ECKey

from contracts.event import Event
from contracts.exports import PARTS, PartExported
from contracts.identity import ExportRequested
from contracts.ids import AccountId, ActorId, ExportId
from deploy.local.platform import Platform
from services.chassis.exporting import cut, seal
from services.chassis.service import now
from tests.component.identity.provider import PASSWORD, Clock, Person, Provider
from tests.support.waiting import eventually

HELD = {"projects": [{"name": "Kernel"}], "note": "ä" * 40}


@pytest.fixture(scope="module")
async def producer(platform: Platform) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all") as producer:
        yield producer


async def asked(provider: Provider, id: str) -> ExportRequested:
    (event,) = [event for event in await provider.told(id) if isinstance(event, ExportRequested)]
    return event


async def answer(producer: AIOKafkaProducer, request: ExportRequested, *, pieces: int = 3) -> None:
    """Play the other services: each tells its part in some pieces."""
    for kind in PARTS:
        await tell(producer, *parts(kind, request, pieces))


def parts(kind: type[PartExported], request: ExportRequested, pieces: int) -> list[PartExported]:
    content, key = json.dumps(HELD).encode(), ECKey.import_key(json.loads(request.seal_key))
    cuts = list(cut(content, -(-len(content) // pieces)))
    said: dict[str, Any] = {"id": ExportId(request.id), "of": len(cuts), "at": now(), "by": ActorId("system:x")}
    return [
        kind.model_validate({**said, "sequence": number, "content": seal(piece, key)})
        for number, piece in enumerate(cuts, start=1)
    ]


async def tell(producer: AIOKafkaProducer, *events: Event) -> None:
    for event in events:
        headers = [(name, value.encode()) for name, value in event.headers().items()]
        await producer.send_and_wait(event.topic, event.model_dump_json().encode(), event.key.encode(), headers=headers)


async def complete(me: httpx.AsyncClient) -> Mapping[str, Any]:
    async def look() -> Mapping[str, Any] | None:
        export: Mapping[str, Any] = (await me.get("/v1/me/export")).json()
        return export if export["status"] == "complete" else None

    found = await eventually(look, within=180, what="the export")
    return found or {}


async def somebody(provider: Provider) -> tuple[Person, httpx.AsyncClient]:
    person = await provider.person()
    return person, await provider.caller(person)


async def test_the_document_holds_every_part_and_no_secret(provider: Provider, producer: AIOKafkaProducer):
    wanda, me = await somebody(provider)
    await me.put("/v1/me/mentee-profile", json={"introduction": "I sew sails.", "country": "DE"})
    begun = await me.post("/v1/me/export", json={"password": PASSWORD})
    assert (begun.status_code, begun.json()["status"]) == (202, "collecting")
    early = await me.get("/v1/me/export/document")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/export-not-complete")

    await answer(producer, await asked(provider, begun.json()["id"]))
    export = await complete(me)
    assert {part["received"] for part in export["parts"].values()} == {3}

    file = await me.get("/v1/me/export/document")
    said = json.loads(file.content)
    assert len(file.content) == export["size"]
    assert "attachment" in file.headers["content-disposition"]
    assert (said["account"], said["projects"], said["applications"], said["stipends"]) == (wanda.id, HELD, HELD, HELD)
    [person] = said["identity"]["people"]
    assert (person["id"], person["name"], person["emails"]) == (wanda.id, wanda.name, [wanda.email])
    assert said["identity"]["mentee_profile"]["introduction"] == "I sew sails."
    assert [word for word in ("argon2", "password", "sealed", "recovery") if word in file.text] == []
    assert "ready" in (await provider.mail_to(wanda.email))["subject"]


async def test_nobody_can_open_the_pieces_once_the_document_is_there(provider: Provider, producer: AIOKafkaProducer):
    _, me = await somebody(provider)
    id = (await me.post("/v1/me/export", json={})).json()["id"]
    await answer(producer, await asked(provider, id))
    await complete(me)

    database = provider.service.store.database
    kept = await database["exports"].find_one({"_id": id}) or {}
    assert kept["sealed_key"] == b""
    assert await database["export_pieces"].count({"export_id": id}) == 0


async def test_a_service_that_is_away_delays_and_loses_nothing(provider: Provider, producer: AIOKafkaProducer):
    _, me = await somebody(provider)
    request = await asked(provider, (await me.post("/v1/me/export", json={})).json()["id"])
    projects, applications, stipends = (parts(kind, request, 4) for kind in PARTS)
    await tell(producer, *projects, *stipends[:2])

    async def so_far() -> bool:
        told = (await me.get("/v1/me/export")).json()["parts"]
        return [told[name]["received"] for name in ("projects", "applications", "stipends")] == [4, 0, 2]

    await eventually(so_far, within=180, what="six pieces")
    await tell(producer, *stipends, *applications, *applications)
    assert (await complete(me))["status"] == "complete"


async def test_asking_many_times_gives_one_export(provider: Provider, producer: AIOKafkaProducer):
    wanda, me = await somebody(provider)
    begun = await asyncio.gather(*(me.post("/v1/me/export", json={}) for _ in range(6)))
    assert len({one.json()["id"] for one in begun}) == 1, [one.text for one in begun]
    id = begun[0].json()["id"]
    await answer(producer, await asked(provider, id))
    await complete(me)
    assert (await me.post("/v1/me/export", json={})).json()["id"] == id

    a_day_later = provider.clock() + timedelta(days=1, minutes=1)
    newer = await provider.identity.exporting.request(AccountId(ActorId(wanda.id)), at=a_day_later)
    assert newer.id != id
    assert (await provider.identity.exporting.exports.get(id)).is_over(a_day_later)


async def test_the_document_is_gone_after_a_week(provider: Provider, producer: AIOKafkaProducer, clock: Clock):
    wanda, me = await somebody(provider)
    id = (await me.post("/v1/me/export", json={})).json()["id"]
    await answer(producer, await asked(provider, id))
    await complete(me)

    clock.ahead += timedelta(days=7)

    async def expired() -> bool:
        return (await provider.told(id))[-1].type == "export.expired.v1"

    await eventually(expired, what="the document's end")
    clock.ahead -= timedelta(days=7)
    assert await provider.service.store.database["documents.files"].count({"_id": id}) == 0
    missing = await (await provider.caller(wanda)).get("/v1/me/export/document")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/export-unknown")
    kinds = [event.type for event in await provider.told(id)]
    assert kinds == ["export.requested.v1", "export.completed.v1", "export.expired.v1"]


async def test_who_signed_in_long_ago_proves_themself_first(provider: Provider, clock: Clock):
    _, me = await somebody(provider)
    clock.ahead += timedelta(minutes=9)
    fresh = await me.post("/v1/me/export", json={"password": "not the password at all"})
    clock.ahead -= timedelta(minutes=9)
    assert (fresh.status_code, fresh.json()["type"]) == (422, "/problems/password-wrong")
    nobody = await provider.http()
    assert (await nobody.post("/v1/me/export", json={})).status_code == 401
    assert (await me.get("/v1/me/export")).status_code == 404


async def test_the_page_asks_shows_and_gives_the_document(provider: Provider, producer: AIOKafkaProducer):
    wanda = await provider.person()
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    sent = await browser.submit(await browser.http.get("/account/export"))
    assert sent.headers["location"] == "/account/export"
    assert "being put together" in (await browser.http.get("/account/export")).text
    assert (await browser.http.get("/account/export/document")).status_code == 404

    newest = await provider.identity.exporting.newest(AccountId(ActorId(wanda.id)))
    await answer(producer, await asked(provider, newest.id))

    async def there() -> bool:
        return "Fetch the document" in (await browser.http.get("/account/export")).text

    await eventually(there, within=180, what="the document on the page")
    file = await browser.http.get("/account/export/document")
    assert json.loads(file.content)["projects"] == HELD
