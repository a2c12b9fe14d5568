"""Projects alone: dates as calendars, read back by the library that other programs use too."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from icalendar import Calendar
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, problem, published, somebody
from tests.support.issuer import Issuer
from tests.support.served import Served, serving

SUMMER = {
    "window_opens_at": "2031-05-01T00:00:00Z",
    "window_closes_at": "2031-06-30T21:59:00Z",
    "starts_at": "2031-07-10T00:00:00Z",
    "ends_at": "2031-10-01T00:00:00Z",
}


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def events(answer: httpx.Response) -> dict[str, dict[str, object]]:
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    found = Calendar.from_ical(answer.content).events
    return {str(event["uid"]): {name.lower(): value for name, value in event.items()} for event in found}


async def address(who: httpx.AsyncClient) -> str:
    answer = await who.post("/v1/terms/calendar")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"].partition("/v1/")[2])


async def test_a_projects_dates_are_there_for_everybody_in_the_zone_of_the_term(projects: Served):
    scene = await published(projects, name="Summer; a, b\\c", **SUMMER)
    answer = await scene.anybody.get(f"{scene.place}/calendar.ics")

    found = events(answer)
    assert set(found) == {f"{scene.term_id}.{name}@mentorship" for name in SUMMER}
    closes = found[f"{scene.term_id}.window_closes_at@mentorship"]
    assert closes["dtstart"].dt.isoformat() == "2031-06-30T23:59:00+02:00"  # type: ignore[attr-defined]
    assert str(closes["summary"]).endswith(", Summer; a, b\\c: applications close")
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin" in answer.text
    assert answer.headers["cache-control"] == "public, max-age=900"


async def test_a_changed_date_keeps_its_id_under_a_higher_number_and_what_is_known_is_not_sent_again(
    projects: Served,
):
    scene = await published(projects, **SUMMER)
    place, id = f"{scene.place}/calendar.ics", f"{scene.term_id}.ends_at@mentorship"
    before = await scene.anybody.get(place)
    known = {"If-None-Match": before.headers["etag"]}

    unchanged = await scene.anybody.get(place, headers=known)
    await scene.owner.client.patch(f"/v1/terms/{scene.term_id}", json={"ends_at": "2031-10-08T00:00:00Z"})
    after = await scene.anybody.get(place, headers=known)

    assert (unchanged.status_code, unchanged.content, after.status_code) == (304, b"", 200)
    old, new = events(before)[id], events(after)[id]
    assert new["dtstart"].dt.astimezone(UTC) == datetime(2031, 10, 8, tzinfo=UTC)  # type: ignore[attr-defined]
    assert int(str(new["sequence"])) > int(str(old["sequence"]))
    assert new["last-modified"].dt >= old["last-modified"].dt  # type: ignore[attr-defined]


async def test_the_dates_of_a_hidden_project_are_for_its_people(projects: Served):
    scene = await published(projects, **SUMMER)
    await scene.owner.client.post(f"{scene.place}/hide")
    assert problem(await scene.anybody.get(f"{scene.place}/calendar.ics")) == (404, "project-unknown")
    own = await scene.owner.client.get(f"{scene.place}/calendar.ics")
    assert (len(events(own)), own.headers["cache-control"]) == (4, "private, max-age=900")


async def test_a_person_reads_the_dates_that_concern_them_without_a_token(projects: Served):
    scene, other = await published(projects, **SUMMER), await published(projects, **SUMMER)
    mentee, declined = await somebody(projects), await somebody(projects)
    await scene.applied("pending", mentee_id=mentee.id)
    await scene.applied("declined", mentee_id=declined.id)

    async def terms(who: httpx.AsyncClient) -> set[str]:
        return {uid.partition(".")[0] for uid in events(await scene.anybody.get(f"/v1/{await address(who)}"))}

    assert await terms(scene.owner.client) == {scene.term_id}
    assert await terms(mentee.client) == {scene.term_id}
    assert await terms(declined.client) == set()
    assert await terms(other.owner.client) == {other.term_id}


async def test_a_new_address_ends_the_old_one_and_each_can_be_ended(projects: Served):
    scene = await published(projects, **SUMMER)
    owner = scene.owner.client
    first, second = await address(owner), await address(owner)

    answers = [await scene.anybody.get(f"/v1/{place}") for place in (first, second)]
    ended = await owner.delete("/v1/terms/calendar")
    gone = await scene.anybody.get(f"/v1/{second}")

    assert (problem(answers[0]), answers[1].status_code) == ((404, "calendar-unknown"), 200)
    assert (ended.status_code, problem(gone)) == (204, (404, "calendar-unknown"))
    assert (await scene.anybody.post("/v1/terms/calendar")).status_code == 401


async def test_an_address_asked_for_under_a_key_is_shown_once_and_not_made_twice(projects: Served):
    scene = await published(projects, **SUMMER)
    key = {"Idempotency-Key": scene.id}
    answers = [await scene.owner.client.post("/v1/terms/calendar", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["type"] == "/problems/shown-once"
    token = answers[0].json()["url"].rpartition("/")[2].removesuffix(".ics")
    assert (await scene.anybody.get(f"/v1/terms/calendar/{token}.ics")).status_code == 200
    rows = await projects.service.store.database["idempotency"].find({})
    assert not [row for row in rows if token.encode() in row["body"]]


async def test_the_store_does_not_know_the_address(projects: Served):
    scene: Scene = await published(projects, **SUMMER)
    token = (await address(scene.owner.client)).rpartition("/")[2].removesuffix(".ics")
    kept = await projects.service.store.database["calendars"].find({})
    assert kept
    assert token not in repr(kept)
    assert problem(await scene.anybody.get(f"/v1/terms/calendar/{uuid7()}.ics")) == (404, "calendar-unknown")
