"""To be gone: asked for with proof, taken back within a week, put off where others are bound, then gone for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from uuid6 import uuid7

from contracts.applications import ApplicationConfirmed, ApplicationGraduated
from contracts.projects import AdministratorJoined, ProjectPublished
from contracts.stipends import InstallmentPaid, InstallmentRequested
from deploy.local.platform import Platform
from services.chassis.mongo import Document
from services.chassis.service import now
from services.identity.store.holdings import HOLDINGS, IMPERSONAL
from tests.component.identity.provider import PASSWORD, Clock, Person, Provider
from tests.component.identity.test_export import tell
from tests.support.waiting import eventually

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
async def producer(platform: Platform) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all") as producer:
        yield producer


@contextmanager
def later(clock: Clock, ahead: timedelta = WEEK):
    clock.ahead += ahead
    try:
        yield
    finally:
        clock.ahead -= ahead


async def erase(me: httpx.AsyncClient, **said: str) -> httpx.Response:
    return await me.request("DELETE", "/v1/me", json=said)


async def gone(provider: Provider, id: str) -> None:
    async def look() -> bool:
        return await provider.service.store.database["accounts"].find_one({"_id": id}) is None

    await eventually(look, within=180, what="the erasure")


async def kinds(provider: Provider, id: str) -> list[str]:
    return [event.type for event in await provider.told(id)]


def application(mentee: str, kind: Any, status: str, **more: Any) -> Any:
    said = {"project_id": "p", "term_id": "t", "mentee_id": mentee, "status": status, "country": "DE"}
    nothing = dict.fromkeys(("attendance", "prerequisites_completed_at", "accepted_at"))
    return kind.model_validate(
        {**nothing, "id": str(uuid7()), "sequence": 1, "at": now(), "by": mentee, **said, **more}
    )


def project(admin: str, *others: str, kind: Any = ProjectPublished, **more: Any) -> Any:
    said = {"slug": "kernel", "name": "Kernel", "description": "Learn.", "status": "published", "skills": ("C",)}
    said |= {"administrators": (admin, *others), "mentors": (), "prerequisites": ()}
    return kind.model_validate({"id": str(uuid7()), "sequence": 1, "at": now(), "by": admin, **said, **more})


def stipend(mentee: str, kind: Any, status: str, **more: Any) -> Any:
    part = {"number": 1, "milestone": "midterm", "amount": {"amount_minor": 1, "currency": "USD"}, "status": status}
    said = {"project_id": "p", "mentee_id": mentee, "status": "reserved", "amount": None, "installments": (part,)}
    return kind.model_validate(
        {"number": 1, "id": str(uuid7()), "sequence": 1, "at": now(), "by": mentee, **said, **more}
    )


async def heard(provider: Provider, collection: str, id: str, sequence: int = 1) -> None:
    database = provider.service.store.database

    async def look() -> Document | None:
        """Look at what the majority has, for that is what the next transaction sees."""
        return await database.snapshot(lambda: database[collection].find_one({"_id": id, "sequence": sequence}))

    await eventually(look, within=180, what=f"{collection} {id}")


async def test_after_a_week_nothing_of_the_person_is_left(provider: Provider, clock: Clock):
    wanda = await provider.person()
    me, database = await provider.caller(wanda, "openid offline_access"), provider.service.store.database
    await me.put("/v1/me/mentee-profile", json={"introduction": f"I am {wanda.name}.", "country": "DE"})
    await me.patch("/v1/me", json={"name": "Wanda Frisch"}, headers={"Idempotency-Key": str(uuid7())})
    await me.post("/v1/me/export", json={}, headers={"Idempotency-Key": str(uuid7())})
    asked = await erase(me, password=PASSWORD)
    assert (asked.status_code, asked.json()["status"]) == (202, "asked")
    assert asked.json()["due_at"][:10] in (await provider.mail_to(wanda.email))["subject"]
    assert (await me.get("/v1/me")).status_code == 200, "until it is due, everything goes on"

    with later(clock):
        await gone(provider, wanda.id)
        assert (await (await provider.browser()).sign_in(wanda.email, PASSWORD)).status_code == 422
    assert (await me.get("/v1/me")).status_code in {401, 404}, "the older token is over within half a second"

    async def sent() -> bool:
        return await database["mails"].count({"to": wanda.email}) == 0

    await eventually(sent, what="the last mail")
    for name in await database.collections():
        for row in await database[name].find({}):
            assert wanda.email not in str(row), name
            assert name in IMPERSONAL or wanda.id not in str(row), name
    told = await kinds(provider, wanda.id)
    assert told[-3:] != told[:3]
    assert {"erasure.requested.v1", "account.erased.v1", "erasure.completed.v1", "sessions.ended.v1"} <= {*told}
    people = [event for event in await provider.told(wanda.id) if event.type == "person.described.v1"]
    assert {(each.name, each.emails) for each in people} == {("", ())}  # type: ignore[attr-defined]
    assert [each.sequence for each in people] == [*range(1, len(people) + 1)]


async def test_the_address_is_free_again_and_the_id_is_not(provider: Provider, clock: Clock):
    wanda = await provider.person()
    await erase(await provider.caller(wanda))
    with later(clock):
        await gone(provider, wanda.id)
    again = await provider.person(email=wanda.email)
    assert again.id != wanda.id
    assert (await (await provider.caller(again)).get("/v1/me")).json()["emails"] == [wanda.email]


async def test_who_changes_their_mind_stays(provider: Provider, clock: Clock):
    wanda = await provider.person()
    me = await provider.caller(wanda)
    due = (await erase(me)).json()["due_at"]
    assert (await me.get("/v1/me/erasure")).json()["due_at"] == due
    kept = await me.post("/v1/me/keep")
    assert (kept.status_code, kept.json()["status"], kept.json()["due_at"]) == (200, "kept", None)
    assert (await me.get("/v1/me/erasure")).status_code == 404
    assert (await me.post("/v1/me/keep")).status_code == 409
    with later(clock):
        await everything_due_is_done(provider, clock)
    assert (await (await provider.caller(wanda)).get("/v1/me")).status_code == 200


async def test_before_the_week_is_over_nobody_is_erased(provider: Provider, clock: Clock):
    wanda = await provider.person()
    await erase(await provider.caller(wanda))
    with later(clock, WEEK - timedelta(hours=1)):
        await everything_due_is_done(provider, clock)
    known = await provider.identity.people.with_address(wanda.email)
    assert known is not None
    assert (known.id, known.name) == (wanda.id, wanda.name)


async def everything_due_is_done(provider: Provider, clock: Clock) -> None:
    """Others on this platform may have been erased too, by tests before."""
    while await provider.identity.erasing.carry_out_due(clock()):
        pass


async def test_asking_at_the_same_time_and_again_is_one_wish(provider: Provider):
    wanda = await provider.person()
    me = await provider.caller(wanda)
    asked = await asyncio.gather(*(erase(me) for _ in range(6)))
    assert {(one.status_code, one.json()["due_at"], one.json()["version"]) for one in asked} == {
        (202, asked[0].json()["due_at"], 1)
    }
    assert (await kinds(provider, wanda.id)).count("erasure.requested.v1") == 1


async def test_keeping_at_the_due_instant_either_wins_or_comes_too_late(provider: Provider, clock: Clock):
    erasing, people = provider.identity.erasing, [await provider.person() for _ in range(4)]
    for person in people:
        await erase(await provider.caller(person))

    async def keep(person: Person) -> bool:
        try:
            return (await erasing.keep(person.id, at=clock())).due_at is None  # type: ignore[arg-type]
        except Exception:  # noqa: BLE001 - they were gone already
            return False

    with later(clock):
        kept = (
            await asyncio.gather(*(keep(each) for each in people), *(erasing.carry_out_due(clock()) for _ in people))
        )[:4]

        async def decided() -> bool:
            rows = await erasing.erasures.find({"_id": {"$in": [each.id for each in people]}})
            return all(row.status != "asked" for row in rows)

        await eventually(decided, within=180, what="four decisions")
    for person, stayed in zip(people, kept, strict=True):
        there = await provider.identity.accounts.find_one({"_id": person.id}) is not None
        told = await kinds(provider, person.id)
        assert there is stayed
        assert ("erasure.withdrawn.v1" in told, "erasure.completed.v1" in told) == (stayed, not stayed)


async def test_a_second_factor_is_needed_where_there_is_one(provider: Provider):
    wanda = await provider.person()
    weak = await provider.caller(wanda)
    strong = await provider.strong_caller(wanda)
    refused = await erase(weak, password=PASSWORD)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")
    assert (await erase(strong)).status_code == 202


async def test_a_bare_or_an_unproved_request_erases_nobody(provider: Provider):
    wanda = await provider.person()
    me = await provider.caller(wanda)
    assert (await me.request("DELETE", "/v1/me")).status_code in {400, 415, 422}
    assert (await erase(me, password="another one entirely")).status_code == 422
    assert (await me.get("/v1/me/erasure")).status_code == 404


async def test_a_running_mentorship_a_payment_and_a_project_hold_somebody(
    provider: Provider, producer: AIOKafkaProducer
):
    wanda = await provider.person()
    me = await provider.caller(wanda)
    running = application(wanda.id, ApplicationConfirmed, "active")
    await tell(producer, running)
    await heard(provider, "known_mentorships", running.id)
    assert (await erase(me)).json()["type"] == "/problems/mentorship-running"

    unpaid = stipend(wanda.id, InstallmentRequested, "requested")
    over = running.model_copy(update={"sequence": 2, "status": "graduated", "type": "application.graduated.v1"})
    await tell(producer, ApplicationGraduated.model_validate(over.model_dump()), unpaid)
    await heard(provider, "known_mentorships", running.id, 2)
    await heard(provider, "known_stipends", unpaid.id)
    assert (await erase(me)).json()["type"] == "/problems/payment-under-way"

    paid = stipend(wanda.id, InstallmentPaid, "paid", id=unpaid.id, sequence=2)
    alone = project(wanda.id)
    await tell(producer, paid, alone)
    await heard(provider, "known_stipends", unpaid.id, 2)
    await heard(provider, "known_projects", alone.id)
    refused = await erase(me)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-administrator")
    assert "Kernel" in refused.json()["detail"]

    more = {"id": alone.id, "sequence": 2, "administrator_id": "ada"}
    await tell(producer, project(wanda.id, "ada", kind=AdministratorJoined, **more))
    await heard(provider, "known_projects", alone.id, 2)
    assert (await erase(me)).status_code == 202


async def test_what_came_up_meanwhile_puts_it_off_by_a_day_and_is_told(
    provider: Provider, producer: AIOKafkaProducer, clock: Clock
):
    wanda = await provider.person()
    await erase(await provider.caller(wanda))
    running = application(wanda.id, ApplicationConfirmed, "active")
    await tell(producer, running)
    await heard(provider, "known_mentorships", running.id)

    async def put_off() -> bool:
        return "erasure.postponed.v1" in await kinds(provider, wanda.id)

    with later(clock):
        await eventually(put_off, within=180, what="the delay")
        assert await provider.identity.accounts.find_one({"_id": wanda.id}) is not None
    over = running.model_copy(update={"sequence": 2, "status": "graduated", "type": "application.graduated.v1"})
    await tell(producer, ApplicationGraduated.model_validate(over.model_dump()))
    await heard(provider, "known_mentorships", running.id, 2)
    with later(clock, WEEK + timedelta(days=1, minutes=1)):
        await gone(provider, wanda.id)


async def test_the_last_staff_member_stays(provider: Provider):
    sam = await provider.person("staff")
    refused = await erase(await provider.caller(sam))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-staff-member")


async def test_the_pages_lead_out_and_back_and_signing_in_shows_the_choice(provider: Provider):
    wanda = await provider.person()
    browser = await provider.browser()
    await browser.sign_in(wanda.email, PASSWORD)
    sent = await browser.submit(await browser.http.get("/account/erase"))
    assert (sent.status_code, sent.headers["location"]) == (303, "/account/erase")

    another = await provider.browser()
    back = await another.sign_in(wanda.email, PASSWORD)
    assert back.headers["location"] == "/account/erase"
    page = await another.http.get("/account/erase")
    assert "will be erased" in page.text
    assert (await another.submit(page)).headers["location"] == "/account"
    assert "Erase your account?" in (await another.http.get("/account/erase")).text
    assert (await (await provider.browser()).sign_in(wanda.email, PASSWORD)).headers["location"] == "/account"


async def test_every_collection_says_what_becomes_of_a_person_in_it(provider: Provider):
    listed = {holding.collection for holding in HOLDINGS} | IMPERSONAL
    assert {name for name in await provider.service.store.database.collections() if name not in listed} == set()
