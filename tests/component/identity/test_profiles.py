"""Profiles: told whole, read by their owner alone, and of them everybody sees only what was chosen, field by field."""

import asyncio
from typing import Any

import pytest

from contracts.identity import Card, PersonDescribed
from contracts.ids import ActorId
from services.chassis.domain import Actor
from services.identity.domain.account import account_id, myself
from services.identity.domain.profile import About, Kind, Shown
from tests.component.identity.provider import Provider
from tests.component.identity.told import AVAILABILITY, EVERYTHING, MENTEE, MENTOR, mentor, problem, somebody
from tests.support.pictured import picture

EMPTY: dict[str, Any] = {"introduction": None, "skills": [], "skills_to_improve": [], "links": []}
EMPTY |= {"country": None, "availability": None, "avatar": None}


async def test_one_keeps_a_mentee_and_a_mentor_profile(provider: Provider):
    wanda = await somebody(provider)
    assert problem(await wanda.http.get("/v1/me/mentee-profile")) == (404, "profile-not-found")

    first = await wanda.http.put("/v1/me/mentee-profile", json={"skills": ["C"]})
    whole = await wanda.http.put("/v1/me/mentee-profile", json=MENTEE)
    as_mentor = await wanda.http.put("/v1/me/mentor-profile", json=MENTOR)

    assert (first.json()["complete"], first.json()["version"]) == (False, 1)
    assert whole.json() == {"id": wanda.id, "version": 2, "complete": True, **MENTEE}
    assert (await wanda.http.get("/v1/me/mentee-profile")).json() == whole.json()
    assert as_mentor.json() == {"id": wanda.id, "version": 1, "complete": True, **MENTOR}
    told = [event.type for event in await provider.told(wanda.id)]
    assert told[-5:] == [
        "mentee-profile.saved.v1",
        "mentee-profile.saved.v1",
        "person.described.v1",
        "mentor-profile.saved.v1",
        "person.described.v1",
    ]


async def test_what_is_left_out_becomes_empty(provider: Provider):
    wanda = await somebody(provider)
    await wanda.http.put("/v1/me/mentee-profile", json=MENTEE)
    answer = (await wanda.http.put("/v1/me/mentee-profile", json={})).json()
    assert (answer["introduction"], answer["skills"], answer["links"], answer["listed"]) == ("", [], [], False)
    assert answer["availability"] == dict.fromkeys(AVAILABILITY)


async def test_a_save_that_expects_another_version_changes_nothing(provider: Provider):
    wanda = await somebody(provider)
    place = "/v1/me/mentee-profile"
    none_yet = await wanda.http.put(place, json=MENTEE, headers={"If-Match": '"3"'})
    saved = await wanda.http.put(place, json=MENTEE, headers={"If-Match": '"0"'})
    changed = await wanda.http.put(place, json=MENTEE | {"country": "FR"}, headers={"If-Match": saved.headers["etag"]})
    late = await wanda.http.put(place, json=MENTEE | {"country": "IT"}, headers={"If-Match": saved.headers["etag"]})

    assert [answer.status_code for answer in (none_yet, saved, changed, late)] == [412, 200, 200, 412]
    seen = await wanda.http.get(place)
    assert seen.json()["country"] == "FR"
    known = await wanda.http.get(place, headers={"If-None-Match": seen.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_many_first_saves_of_a_profile_make_one(provider: Provider):
    wanda = await somebody(provider)
    answers = await asyncio.gather(*(wanda.http.put("/v1/me/mentor-profile", json={"skills": ["C"]}) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await wanda.http.get("/v1/me/mentor-profile")).json()["version"] == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "Germany"},
        {"country": "XX"},
        {"skills": ["x" * 51]},
        {"skills": [""]},
        {"links": ["javascript:alert(1)"]},
        {"availability": {"time_zone": "Mars/Base"}},
        {"shown": ["emails"]},
        {"demographics": {"gender": "woman"}},
        {"age": 18},
    ],
)
async def test_a_profile_that_says_something_else_is_refused(provider: Provider, changes: dict[str, Any]):
    wanda = await somebody(provider)
    answer = await wanda.http.put("/v1/me/mentee-profile", json=changes)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(changes))}")


@pytest.mark.parametrize("field", [*EVERYTHING, None])
async def test_a_card_shows_what_was_chosen_and_nothing_else(provider: Provider, field: str | None):
    wanda, anybody = await somebody(provider), await provider.http()
    digest = (await wanda.http.put("/v1/me/avatar", content=picture())).json()["avatar"]["digest"]
    shown = [] if field is None else [field]
    await wanda.http.put("/v1/me/mentee-profile", json=MENTEE | {"shown": shown})

    card = (await anybody.get(f"/v1/mentees/{wanda.id}")).json()

    told = {name: {**MENTEE, "avatar": digest}[name] for name in shown}
    assert card == {"id": wanda.id, "version": card["version"], "name": wanda.person.name, **EMPTY, **told}
    assert (await wanda.http.get(f"/v1/mentees/{wanda.id}")).json() == card
    assert (await anybody.get(f"/v1/mentors/{wanda.id}")).status_code == 404


async def test_there_is_a_card_only_of_who_wants_one_and_until_they_take_it_back(provider: Provider):
    wanda, anybody = await mentor(provider, listed=False), await provider.http()
    place = f"/v1/mentors/{wanda.id}"
    hidden = problem(await anybody.get(place))
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR)
    shown = (await anybody.get(place)).status_code
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"listed": False})
    assert (hidden, shown, problem(await anybody.get(place))) == ((404, "card-unknown"), 200, (404, "card-unknown"))


async def test_the_others_are_told_the_card_as_it_is_and_only_on_the_topic_of_people(provider: Provider):
    wanda = await mentor(provider)
    await wanda.http.patch("/v1/me", json={"name": "Wanda Brook"})
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"listed": False})

    told = await provider.told(wanda.id)
    cards = [event.mentor_card for event in told if isinstance(event, PersonDescribed)]
    card = Card(introduction="I teach.", skills=("C",))
    assert cards == [None, card, card, None]
    others = [event.model_dump_json() for event in told if not isinstance(event, PersonDescribed)]
    assert [word for word in ("I teach.", "Wanda", wanda.person.email) if any(word in event for event in others)] == []


async def test_the_others_are_told_the_zone_for_mails_though_no_card_shows_it(provider: Provider):
    wanda = await mentor(provider, shown=(), availability={"time_zone": "America/Bogota"})
    await wanda.http.put(
        "/v1/me/mentor-profile", json=MENTOR | {"shown": (), "availability": {"time_zone": "Asia/Tokyo"}}
    )

    told = [event for event in await provider.told(wanda.id) if isinstance(event, PersonDescribed)]
    assert [person.time_zone for person in told] == [None, "America/Bogota", "Asia/Tokyo"]
    assert {person.mentor_card.availability for person in told if person.mentor_card} == {None}


async def test_saving_what_no_card_shows_tells_nobody_about_the_person_again(provider: Provider):
    wanda = await mentor(provider)
    before = len([event for event in await provider.told(wanda.id) if isinstance(event, PersonDescribed)])
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"country": "IT"})
    assert len([event for event in await provider.told(wanda.id) if isinstance(event, PersonDescribed)]) == before


async def test_caches_keep_a_card_for_a_moment_and_ask_whether_it_is_still_the_same(provider: Provider):
    wanda, anybody = await mentor(provider), await provider.http()
    place = f"/v1/mentors/{wanda.id}"
    public, private = await anybody.get(place), await wanda.http.get(place)
    known = await anybody.get(place, headers={"If-None-Match": public.headers["etag"]})
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"introduction": "Else."})
    changed = await anybody.get(place, headers={"If-None-Match": public.headers["etag"]})

    assert public.headers["cache-control"].startswith("public, max-age=30")
    assert (private.headers["cache-control"], public.headers["vary"]) == ("private, no-cache", "Authorization")
    assert (known.status_code, known.content, changed.status_code) == (304, b"", 200)


async def test_nothing_of_a_suspended_person_is_shown_or_told_until_the_account_is_open_again(provider: Provider):
    wanda, anybody = await mentor(provider), await provider.http()
    staff = await provider.strong_caller(await provider.person("staff"))
    place, listed = f"/v1/mentors/{wanda.id}", {"q": wanda.person.name, "limit": "100"}

    async def found() -> bool:
        items = (await anybody.get("/v1/mentors", params=listed)).json()["items"]
        return wanda.id in {item["id"] for item in items}

    before = await found()
    suspended = await staff.post(f"/v1/accounts/{wanda.id}/suspend", json={"reason": "Spam."})
    while_suspended = ((await anybody.get(place)).status_code, await found())
    described = [event for event in await provider.told(wanda.id) if isinstance(event, PersonDescribed)]
    await staff.post(f"/v1/accounts/{wanda.id}/unsuspend")

    assert (before, suspended.status_code) == (True, 200)
    assert while_suspended == (404, False)
    assert described[-1].mentor_card is None
    assert ((await anybody.get(place)).status_code, await found()) == (200, True)


async def test_a_suspension_and_a_first_card_at_the_same_time_show_nothing(provider: Provider):
    """Each would be right alone: the one has seen no card yet, the other an account that is open."""
    boss = await provider.person("staff")
    identity, staff = provider.identity, Actor(ActorId(boss.id), frozenset({"staff"}))
    about = About(introduction="I teach.", listed=True, shown=(Shown.INTRODUCTION,))

    async def both() -> str:
        id = account_id((await provider.person()).id)
        await asyncio.gather(
            identity.suspend(id, reason="Spam.", by=staff, at=provider.clock()),
            identity.profiles.save_mentor(id, about, by=myself(id), at=provider.clock()),
        )
        return id

    ids = [await both() for _ in range(20)]  # one pair after the other: suspensions wait for each other anyway
    listed = await identity.profiles.directories[Kind.MENTOR].documents.find({"_id": {"$in": ids}})
    people = await identity.people.find({"_id": {"$in": ids}})
    assert ([entry["_id"] for entry in listed], {person.mentor_card for person in people}) == ([], {None})


async def test_what_is_told_at_the_same_time_is_all_on_the_cards(provider: Provider):
    wanda, anybody = await somebody(provider), await provider.http()
    answers = await asyncio.gather(
        wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"shown": ["avatar"]}),
        wanda.http.put("/v1/me/mentee-profile", json=MENTEE),
        wanda.http.put("/v1/me/avatar", content=picture()),
        wanda.http.patch("/v1/me", json={"name": "Wanda Brook"}),
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    as_mentor, as_mentee = [(await anybody.get(f"/v1/{kind}s/{wanda.id}")).json() for kind in Kind]
    digest = answers[2].json()["avatar"]["digest"]
    assert (as_mentor["name"], as_mentor["avatar"]) == ("Wanda Brook", digest)
    assert (as_mentee["name"], as_mentee["avatar"], as_mentee["skills"]) == ("Wanda Brook", digest, MENTEE["skills"])


async def test_demographics_are_told_by_category_with_consent_and_taken_back(provider: Provider):
    wanda = await somebody(provider)
    place = "/v1/me/demographics"
    nothing = (await wanda.http.get(place)).json()
    without = await wanda.http.put(f"{place}/gender", json={"answers": ["woman"], "consent": False})
    told = await wanda.http.put(f"{place}/gender", json={"answers": ["woman"], "consent": True})
    await wanda.http.put(f"{place}/education", json={"answers": ["master"], "consent": True})
    wrong = await wanda.http.put(f"{place}/gender", json={"answers": ["cat"], "consent": True})
    back = await wanda.http.delete(f"{place}/gender")

    assert nothing == {"id": wanda.id, "version": 0, "given": {}}
    assert (problem(without), problem(wrong)) == ((422, "consent-missing"), (422, "answer-unknown"))
    assert (told.json()["given"]["gender"]["answers"], set(back.json()["given"])) == (["woman"], {"education"})
    assert (await wanda.http.get(place)).json() == back.json()
    assert (await wanda.http.put(f"{place}/religion", json={"answers": ["x"], "consent": True})).status_code == 400


async def test_demographics_are_in_no_event_no_card_and_no_readable_document(provider: Provider):
    wanda, anybody = await somebody(provider), await provider.http()
    await wanda.http.put("/v1/me/mentee-profile", json=MENTEE)
    before = len(await provider.told(wanda.id))
    told = {"answers": ["middle_eastern_or_north_african"], "consent": True}
    await wanda.http.put("/v1/me/demographics/ethnicity", json=told)

    document = await provider.service.store.database["demographics"].find_one({"_id": wanda.id})
    seen = [str(document), (await anybody.get(f"/v1/mentees/{wanda.id}")).text, (await wanda.http.get("/v1/me")).text]
    assert [text for text in seen if "middle" in text or "ethnicity" in text] == []
    assert len(await provider.told(wanda.id)) == before
    exported = await provider.identity.profiles.exported((await provider.identity.people.get(wanda.id)).id)
    assert exported["demographics"]["given"]["ethnicity"]["answers"] == told["answers"]


async def test_an_erasure_leaves_nothing_that_was_told_here(provider: Provider):
    wanda, anybody = await mentor(provider), await provider.http()
    await wanda.http.put("/v1/me/mentee-profile", json=MENTEE)
    await wanda.http.put("/v1/me/avatar", content=picture())
    await wanda.http.put("/v1/me/demographics/gender", json={"answers": ["woman"], "consent": True})
    identity, id = provider.identity, (await provider.identity.people.get(wanda.id)).id
    exported = await identity.profiles.exported(id)

    await identity.store.transaction(lambda: identity.profiles.erase(id, at=provider.clock()))

    assert set(exported) == {"mentor_profile", "mentee_profile", "portfolio", "demographics"}
    assert await identity.profiles.exported(id) == {}
    items = (await anybody.get("/v1/mentors", params={"limit": 100})).json()["items"]
    assert wanda.id not in {item["id"] for item in items}
    loose = await provider.service.store.database["files"].find({"sender": wanda.id})
    assert [("loose_since" in file) for file in loose] == [True]
