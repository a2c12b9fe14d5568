"""The directories of mentors and mentees: found by words and skills that are shown, in pages, by an index."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.identity import Card
from deploy.local.platform import Platform
from services.identity.domain.account import account_id
from services.identity.domain.profile import Kind
from tests.component.identity.provider import Clock, Provider, providing
from tests.component.identity.told import MENTEE, MENTOR, mentor, own, problem, somebody
from tests.support.explained import explained
from tests.support.pictured import picture

MANY = 400


@pytest.fixture(scope="module")
async def provider(platform: Platform, clock: Clock) -> AsyncIterator[Provider]:
    """One of its own, so that nobody else is in the directories."""
    async with providing(platform, clock) as provider:
        yield provider


async def found(client: httpx.AsyncClient, place: str = "/v1/mentors", **asked: Any) -> list[str]:
    """Give the ids of all pages."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(place, params={**asked, **cursor})
        assert answer.status_code == 200, answer.text
        ids += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return ids
        cursor = {"cursor": answer.json()["next_cursor"]}


async def test_a_mentor_is_found_by_what_people_type(provider: Provider):
    word = own()
    wanda = await mentor(provider, introduction=word, skills=["Photonics"])
    anybody = await provider.http()
    for asked in ("photonics", "photo", "PHOTONICS", "phtonics", "photomics", "phootnics", "wanda"):
        assert await found(anybody, q=f"{word} {asked}") == [wanda.id], asked
    for asked in ("tonics", "phtnics", "graphite", "pho.*ics", "%"):
        expected = [wanda.id] if asked == "%" else []
        assert await found(anybody, q=f"{word} {asked}") == expected, asked
    assert await found(anybody, q="%") == []


async def test_nobody_is_found_by_what_their_card_does_not_show(provider: Provider):
    hidden, skill = own(), own()
    await mentor(provider, introduction=hidden, skills=[skill], shown=["country"])
    anybody = await provider.http()
    assert [await found(anybody, q=hidden), await found(anybody, q=skill), await found(anybody, skill=skill)] == [
        []
    ] * 3


async def test_whole_words_of_name_and_skills_come_before_beginnings_and_those_before_the_text(provider: Provider):
    word = own()
    whole = (await mentor(provider, skills=[word])).id
    begins = (await mentor(provider, skills=[f"{word}ish"])).id
    text = (await mentor(provider, introduction=f"About {word}.")).id
    anybody = await provider.http()
    assert await found(anybody, q=word) == [whole, begins, text]
    assert await found(anybody, q=word, limit=1) == [whole, begins, text]


async def test_skills_are_asked_for_whatever_their_case_and_all_of_them(provider: Provider):
    one, other = own(), own()
    both = (await mentor(provider, skills=[one.upper(), other])).id
    single = (await mentor(provider, skills=[one])).id
    anybody = await provider.http()
    assert await found(anybody, skill=one) == [single, both]
    assert await found(anybody, skill=[one, other.upper()]) == [both]
    assert await found(anybody, skill=one, q=other) == [both]


async def test_a_mentee_is_found_by_what_they_want_to_improve_and_among_mentees_alone(provider: Provider):
    word = own()
    wanda = await somebody(provider)
    await wanda.http.put("/v1/me/mentee-profile", json=MENTEE | {"skills_to_improve": [word]})
    anybody = await provider.http()
    assert await found(anybody, "/v1/mentees", skill=word) == [wanda.id]
    assert await found(anybody, "/v1/mentors", skill=word) == []
    assert "skills_to_improve" not in (await anybody.get("/v1/mentors")).json()


async def test_a_new_name_is_found_at_once_and_the_old_one_no_more(provider: Provider):
    wanda, anybody = await mentor(provider), await provider.http()
    before, after = own(), own()
    await wanda.http.patch("/v1/me", json={"name": before})
    await wanda.http.patch("/v1/me", json={"name": after})
    assert (await found(anybody, q=before), await found(anybody, q=after)) == ([], [wanda.id])


async def test_pages_follow_each_other_without_gap_or_repetition_while_others_come_edit_and_go(provider: Provider):
    word = own()
    people = [await mentor(provider, skills=[word]) for _ in range(5)]
    anybody = await provider.http()
    first = (await anybody.get("/v1/mentors", params={"skill": word, "limit": 2})).json()

    await mentor(provider, skills=[word])
    await people[4].http.put("/v1/me/mentor-profile", json=MENTOR | {"skills": [word], "introduction": "Edited."})
    await people[2].http.put("/v1/me/mentor-profile", json=MENTOR | {"listed": False})
    rest = await found(anybody, skill=word, limit=2, cursor=first["next_cursor"])

    assert [item["id"] for item in first["items"]] == [people[4].id, people[3].id]
    assert rest == [people[1].id, people[0].id]


async def test_a_cursor_of_another_list_is_malformed(provider: Provider):
    word, anybody = own(), await provider.http()
    for _ in range(2):
        await mentor(provider, skills=[word])
    cursor = (await anybody.get("/v1/mentors", params={"skill": word, "limit": 1})).json()["next_cursor"]
    wrong = [{"q": word, "cursor": cursor}, {"cursor": "x"}, {"cursor": "bnVsbA"}, {"sort": "newest"}, {"q": "x" * 201}]
    assert [problem(await anybody.get("/v1/mentors", params=asked)) for asked in wrong] == [(400, "malformed")] * 5


async def test_a_page_is_kept_for_a_moment_and_told_from_a_changed_one(provider: Provider):
    word, anybody = own(), await provider.http()
    await mentor(provider, skills=[word])
    wanda = await mentor(provider, skills=[word])
    place = f"/v1/mentors?skill={word}&limit=1"
    first = await anybody.get(place)
    tag = {"If-None-Match": first.headers["etag"]}
    known = await anybody.get(place, headers=tag)
    await wanda.http.patch("/v1/me", json={"name": "Wanda Brook"})
    changed = await anybody.get(place, headers=tag)

    assert first.headers["cache-control"].startswith("public, max-age=30")
    assert (await wanda.http.get(place)).headers["cache-control"] == "private, no-cache"
    assert (known.status_code, changed.status_code) == (304, 200)


async def test_a_picture_is_shown_only_by_a_card_that_shows_it(provider: Provider):
    wanda, anybody = await mentor(provider), await provider.http()
    place = f"/v1/mentors/{wanda.id}"
    digest = (await wanda.http.put("/v1/me/avatar", content=picture())).json()["avatar"]["digest"]
    hidden = await anybody.get(f"{place}/avatar")
    await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | {"shown": ["avatar"]})
    shown, card = await anybody.get(f"{place}/avatar"), (await anybody.get(place)).json()
    other = (await wanda.http.put("/v1/me/avatar", content=picture(color="red"))).json()["avatar"]["digest"]
    replaced = (await anybody.get(place)).json()["avatar"]
    await wanda.http.delete("/v1/me/avatar")

    assert problem(hidden) == (404, "avatar-unknown")
    assert (shown.status_code, shown.headers["etag"], card["avatar"]) == (200, f'"{digest}"', digest)
    assert shown.headers["cache-control"].startswith("public, max-age=30")
    assert (shown.headers["x-content-type-options"], "sandbox" in shown.headers["content-security-policy"]) == (
        "nosniff",
        True,
    )
    assert (replaced, (await anybody.get(place)).json()["avatar"]) == (other, None)
    assert (await anybody.get(f"{place}/avatar")).status_code == 404
    assert (await anybody.get(f"/v1/mentees/{wanda.id}/avatar")).status_code == 404


async def fill(provider: Provider) -> None:
    """Put many into both directories and among the people."""
    now = datetime.now(UTC)
    for number in range(MANY):
        id = account_id(str(uuid7()))
        card = Card(introduction="I mend the kernel.", skills=("C", f"Skill {number % 7}"))
        for kind in Kind:
            directory = provider.identity.profiles.directories[kind]
            await directory.add(id, f"Person {number}", card, since=now - timedelta(hours=number))


async def test_no_page_of_a_directory_reads_or_sorts_it_whole(provider: Provider):
    await fill(provider)
    wanda, anybody = await mentor(provider), await provider.http()
    async with explained(provider.service.store.database):
        for place in ("/v1/mentors", "/v1/mentees"):
            for asked in (
                {},
                {"q": "person 17"},
                {"q": "kernl"},
                {"skill": "skill 3"},
                {"skill": "C", "q": "person 17"},
            ):
                first = (await anybody.get(place, params={**asked, "limit": 5})).json()
                if cursor := first["next_cursor"]:
                    again = await anybody.get(place, params={**asked, "limit": 5, "cursor": cursor})
                    assert again.status_code == 200
        assert (await anybody.get(f"/v1/mentors/{wanda.id}")).status_code == 200
        await wanda.http.put("/v1/me/mentor-profile", json=MENTOR)
        await wanda.http.put("/v1/me/mentee-profile", json=MENTEE)
        await wanda.http.patch("/v1/me", json={"name": "Wanda Brook"})
        await wanda.http.put("/v1/me/demographics/gender", json={"answers": ["woman"], "consent": True})
