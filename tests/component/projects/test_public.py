"""What caches, feed readers and live pages get of projects."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis.service import Role
from services.projects import app as rooms
from services.projects.api.feed import NAMESPACE
from tests.component.projects.scene import problem, published, somebody, submitted
from tests.component.projects.test_enrollment import enrollment
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


PLACES = ["/v1/projects", "/v1/projects/facets", "/v1/projects/feed.atom", "{place}"]


@pytest.mark.parametrize("place", PLACES)
async def test_a_cache_may_keep_what_anybody_sees_and_never_what_somebody_does(projects: Served, place: str):
    scene = await published(projects)
    place = place.format(place=scene.place)

    async def asked_twice() -> tuple[httpx.Response, httpx.Response] | None:
        """Unless the catalog changed in between: it hears of other tests' projects."""
        first = await scene.anybody.get(place)
        second = await scene.anybody.get(place, headers={"If-None-Match": first.headers["etag"]})
        return (first, second) if second.status_code == 304 else None

    public, again = await eventually(asked_twice, what="the same answer, not sent again")
    private = await scene.owner.client.get(place)

    assert (public.status_code, public.headers["cache-control"].split(",")[0]) == (200, "public")
    assert "max-age" in public.headers["cache-control"]
    assert (public.headers["vary"], private.headers["cache-control"]) == ("Authorization", "private, no-cache")
    assert again.content == b""
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == public.headers[name]


@pytest.mark.parametrize("place", PLACES)
async def test_a_changed_answer_is_sent_anew(projects: Served, place: str):
    scene = await published(projects)
    place = place.format(place=scene.place)
    tag = (await scene.anybody.get(place)).headers["etag"]
    if place == scene.place:
        await scene.owner.client.patch(place, json={"skills": ["Ada"]})
    else:
        await published(projects)
    assert (await scene.anybody.get(place, headers={"If-None-Match": tag})).status_code == 200


async def test_nobody_keeps_that_something_is_not_there(projects: Served):
    scene = await submitted(projects)
    assert (await scene.anybody.get(scene.place)).headers["cache-control"] == "no-store"


async def test_the_feed_tells_of_the_newest_first_with_ids_that_stay(projects: Served):
    one, other = await published(projects), await published(projects)
    hidden = await published(projects)
    await hidden.owner.client.post(f"{hidden.place}/hide")

    answer = await one.anybody.get("/v1/projects/feed.atom")
    feed = ET.fromstring(answer.content)  # noqa: S314 - our own
    names = {"a": NAMESPACE}
    ids = [entry.text for entry in feed.findall("a:entry/a:id", names)]

    assert answer.headers["content-type"] == "application/atom+xml"
    assert ids[:2] == [f"urn:uuid:{other.id}", f"urn:uuid:{one.id}"]
    assert f"urn:uuid:{hidden.id}" not in ids
    instants = [entry.text or "" for entry in feed.findall("a:entry/a:published", names)]
    assert instants == sorted(instants, reverse=True)
    assert feed.findtext("a:updated", namespaces=names) == instants[0]
    assert all(entry.get("href") for entry in feed.findall("a:entry/a:link", names))


async def test_the_feed_bears_whatever_a_project_is_called(projects: Served):
    scene = await published(projects)
    name = f"<&\"' \ufffe {uuid7()}"
    await scene.owner.client.post("/v1/projects", json=enrollment(name=name))
    await scene.owner.client.patch(scene.place, json={"skills": ["<\uffff>"]})
    answer = await scene.anybody.get("/v1/projects/feed.atom")
    assert ET.fromstring(answer.content).tag == f"{{{NAMESPACE}}}feed"  # noqa: S314 - our own


class Listener:
    """A page that listens to the stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.said: list[dict[str, Any]] = []
        self.last = ""
        self.over = False
        """The answer came to its end by itself."""

    async def listen(self) -> None:
        event = ""
        async for line in self.answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                self.said.append({"event": event, **json.loads(value)})
            elif name == "id":
                self.last = value
        self.over = True

    def of(self, id: str) -> list[tuple[str, bool]]:
        return [(said["event"], said.get("gone", False)) for said in self.said if said["id"] == id]


@asynccontextmanager
async def listening(client: httpx.AsyncClient, **headers: str) -> AsyncIterator[Listener]:
    async with client.stream("GET", "/v1/projects/stream", headers=headers) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        listener = Listener(answer)
        task = asyncio.create_task(listener.listen())
        yield listener
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def hears(listener: Listener, id: str, event: str) -> None:
    async def look() -> bool:
        return event in [kind for kind, _ in listener.of(id)]

    await eventually(look, what=event)


async def test_each_reader_is_told_of_what_they_may_see(projects: Served):
    scene = await submitted(projects)
    stranger = await somebody(projects)
    async with (
        listening(scene.anybody) as anybody,
        listening(stranger.client) as other,
        listening(scene.owner.client) as owner,
        listening(scene.staff) as staff,
    ):
        await scene.owner.client.post("/v1/projects", json=enrollment())
        await scene.staff.post(f"{scene.place}/reject", json={"reason": "Say more."})
        await scene.owner.client.post(f"{scene.place}/submit", json={"accepted_terms_version": "2026-01"})
        await scene.staff.post(f"{scene.place}/publish")
        await scene.owner.client.post(f"{scene.place}/hide")
        await scene.owner.client.patch(scene.place, json={"skills": ["Ada"]})
        await scene.owner.client.post(f"{scene.place}/unhide")
        for listener in (anybody, other, owner, staff):
            await hears(listener, scene.id, "project.unhidden.v1")

    public = [("project.published.v1", False), ("project.hidden.v1", True), ("project.unhidden.v1", False)]
    assert anybody.of(scene.id) == other.of(scene.id) == public
    theirs = ["rejected", "submitted", "published", "hidden", "edited", "unhidden"]
    assert owner.of(scene.id) == staff.of(scene.id) == [(f"project.{verb}.v1", False) for verb in theirs]
    assert all(set(said) <= {"event", "id", "kind", "sequence", "at", "gone"} for said in owner.said)


async def test_an_invitation_is_told_to_administrators_alone(projects: Served):
    scene = await published(projects)
    async with listening(scene.anybody) as anybody, listening(scene.owner.client) as owner:
        place = f"{scene.place}/mentor-invitations"
        id = (await scene.owner.client.post(place, json={"email": "mira@example.org"})).json()["id"]
        await hears(owner, id, "mentor-invitation.sent.v1")
        await scene.owner.client.patch(scene.place, json={"skills": ["Ada"]})
        await hears(anybody, scene.id, "project.edited.v1")
    assert anybody.of(id) == []


async def test_who_comes_back_is_told_what_happened_meanwhile(projects: Served):
    scene = await published(projects)
    async with listening(scene.anybody) as before:
        await scene.owner.client.patch(scene.place, json={"skills": ["Ada"]})
        await hears(before, scene.id, "project.edited.v1")
    await scene.owner.client.post(f"{scene.place}/hide")
    async with listening(scene.anybody, **{"Last-Event-ID": before.last}) as after:
        await hears(after, scene.id, "project.hidden.v1")
    assert after.of(scene.id)[-1] == ("project.hidden.v1", True)  # the last seconds may be told again


async def test_a_bad_position_is_malformed(projects: Served):
    answer = await (await projects.caller()).get("/v1/projects/stream", headers={"Last-Event-ID": "yesterday"})
    assert problem(answer) == (400, "malformed")


async def test_one_process_tells_what_another_did(platform: Platform, issuer: Issuer):
    own = f"projects_{uuid7().hex}"
    shared = {"mongodb_database": own, "kafka_group": own}
    async with serving(rooms, platform, issuer, more=shared) as works:
        scene = await published(works)
        async with (
            serving(rooms, platform, issuer, role=Role.API, more=shared) as other,
            listening(await other.caller()) as anybody,
        ):
            await scene.owner.client.patch(scene.place, json={"skills": ["Ada"]})
            await hears(anybody, scene.id, "project.edited.v1")
            assert anybody.of(scene.id) == [("project.edited.v1", False)]


async def test_streams_have_their_number_and_end_when_the_service_stops(platform: Platform, issuer: Issuer):
    async with serving(rooms, platform, issuer, role=Role.API, more={"live_streams": 2}) as served:
        anybody = await served.caller()
        async with listening(anybody):
            async with listening(anybody):
                full = await anybody.get("/v1/projects/stream")
            assert (problem(full), full.headers["retry-after"]) == ((503, "too-many-streams"), "5")

            async def is_free() -> bool:
                return len(served.service.live._streams) == 1

            await eventually(is_free, what="the place of who left")
        listener = await served.clients.enter_async_context(listening(anybody))
    assert listener.over
