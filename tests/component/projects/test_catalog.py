"""The catalog: found by words, filtered, sorted in pages, counted; each reader what they may see."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.ids import ProjectId
from contracts.stipends import PolicyKind, StipendPolicySet
from deploy.local.platform import Platform
from services.projects import app as rooms
from services.projects.store.catalog import FORM
from tests.component.projects.scene import problem, published, somebody, submitted
from tests.component.projects.test_enrollment import enrollment, term
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def own() -> str:
    """Give a word that no other test's project has."""
    return f"x{uuid7().hex[-12:]}"


async def shown(served: Served, *terms: dict[str, object], **fields: object) -> str:
    """Publish a project with these terms; gives its id."""
    owner, staff = await somebody(served), await served.caller(str(uuid7()), "staff")
    drafted = await owner.client.post("/v1/projects", json=enrollment(**fields))
    assert drafted.status_code == 201, drafted.text
    id = str(drafted.json()["id"])
    for number, planned in enumerate(terms or (term(),)):
        answer = await owner.client.post(f"/v1/projects/{id}/terms", json={**planned, "name": f"Term {number}"})
        assert answer.status_code == 201, answer.text
    await owner.client.post(f"/v1/projects/{id}/submit", json={"accepted_terms_version": "2026-01"})
    assert (await staff.post(f"/v1/projects/{id}/publish")).status_code == 200
    return id


def run(opens: float, closes: float, starts: float, ends: float) -> dict[str, object]:
    """Give a term by days from now."""
    days = {"window_opens_at": opens, "window_closes_at": closes, "starts_at": starts, "ends_at": ends}
    return term(**{name: (datetime.now(UTC) + timedelta(days=day)).isoformat() for name, day in days.items()})


SOON, OPEN, RUNNING = run(5, 10, 20, 90), run(-5, 10, 20, 90), run(-30, -20, -10, 60)


async def found(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """Give the ids of all pages."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get("/v1/projects", params={**asked, **cursor})
        assert answer.status_code == 200, answer.text
        ids += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return ids
        cursor = {"cursor": answer.json()["next_cursor"]}


async def test_a_card_shows_skills_labeled_terms_mentors_by_name_and_counts_in_one_call(projects: Served):
    word = own()
    id = await shown(projects, OPEN, skills=["C", "Rust"], technologies=["Linux"], description=word)
    anybody = await projects.caller()

    card = (await anybody.get("/v1/projects", params={"q": word})).json()["items"][0]

    assert card["id"] == id
    assert (card["skills"], card["technologies"]) == (["C", "Rust"], ["Linux"])
    assert [planned["label"] for planned in card["terms"]] == ["Apply now"]
    assert card["mentees"] == {"current": 0, "graduated": 0}
    assert (card["mentors"], card["paid"]) == ([], None)
    assert "administrators" not in card


WORDS = {
    "a whole word": "photonics",
    "its beginning": "photo",
    "another case": "PHOTONICS",
    "an accent less": "Phötonics",
    "a letter left out": "phtonics",
    "a letter too many": "photonnics",
    "another letter": "photomics",
    "two letters swapped": "phootnics",
}


@pytest.mark.parametrize("case", WORDS, ids=WORDS)
async def test_a_project_is_found_by_what_people_type(projects: Served, case: str):
    word = own()
    id = await shown(projects, name=f"Photonics {uuid7()}", description=word)
    anybody = await projects.caller()
    assert await found(anybody, q=f"{word} {WORDS[case]}") == [id]


@pytest.mark.parametrize("asked", ["tonics", "phtnics", "graphite photonics", "pho.*ics", "zq$zv"])
async def test_a_project_is_not_found_by_what_is_too_far_from_it(projects: Served, asked: str):
    word = own()
    await shown(projects, name=f"Photonics {uuid7()}", description=word)
    anybody = await projects.caller()
    assert await found(anybody, q=f"{word} {asked}") == []


@pytest.mark.parametrize("asked", ["%", "^", "***"])
async def test_text_without_a_word_finds_nothing(projects: Served, asked: str):
    assert await found(await projects.caller(), q=asked) == []


async def test_what_is_in_the_name_comes_before_what_is_in_the_text_and_whole_words_before_beginnings(
    projects: Served,
):
    word = own()
    whole = await shown(projects, name=f"{word} {uuid7()}")
    beginning = await shown(projects, name=f"{word}ish {uuid7()}")
    skill = await shown(projects, skills=[word])
    text = await shown(projects, description=f"About {word}.")

    anybody = await projects.caller()
    assert await found(anybody, q=word) == [skill, whole, beginning, text]
    assert await found(anybody, q=word, limit=1) == [skill, whole, beginning, text]
    assert await found(anybody, q=word, sort="newest") == [text, skill, beginning, whole]


async def test_skills_are_asked_for_whatever_their_case_and_all_of_them(projects: Served):
    word = own()
    both = await shown(projects, skills=["C++", "Rust"], description=word)
    one = await shown(projects, skills=["rust"], desirable_skills=["Go"], description=word)
    anybody = await projects.caller()

    assert await found(anybody, q=word, skill="RUST") == [one, both]
    assert await found(anybody, q=word, skill=["rust", "c++"]) == [both]
    assert await found(anybody, q=word, skill="go") == [one]
    assert await found(anybody, q=word, technology="rust") == []


async def test_a_label_finds_by_any_term_and_one_term_must_be_all_that_is_asked(projects: Served):
    word = own()
    soon = await shown(projects, SOON, description=word)
    several = await shown(projects, RUNNING, run(-2, 3, 200, 300), description=word)
    anybody = await projects.caller()

    assert await found(anybody, q=word, label="Coming soon") == [soon]
    assert await found(anybody, q=word, label="Apply now") == [several]
    assert await found(anybody, q=word, label="In progress") == [several]
    assert await found(anybody, q=word, label="Completed") == []
    late = (datetime.now(UTC) + timedelta(days=150)).date().isoformat()
    assert await found(anybody, q=word, starts_from=late) == [several]
    assert await found(anybody, q=word, ends_by=late) == [several, soon]
    assert await found(anybody, q=word, starts_from=late, label="In progress") == []


async def test_a_day_belongs_whole_to_the_dates_asked_for(projects: Served):
    word = own()
    day = datetime(2031, 6, 1, tzinfo=UTC)
    instants = {"window_opens_at": -30, "window_closes_at": -20, "starts_at": 0, "ends_at": 30.5}
    planned = term(**{name: (day + timedelta(days=days)).isoformat() for name, days in instants.items()})
    id = await shown(projects, planned, description=word)
    anybody = await projects.caller()

    assert await found(anybody, q=word, starts_from="2031-06-01", ends_by="2031-07-01") == [id]
    assert await found(anybody, q=word, starts_from="2031-06-02") == []
    assert await found(anybody, q=word, ends_by="2031-06-30") == []


async def test_paid_is_what_stipends_told_last(projects: Served):
    word = own()
    id = await shown(projects, description=word)
    anybody = await projects.caller()
    silent = [await found(anybody, q=word, paid=paid) for paid in (True, False)]

    await projects.hears(policy(id, PolicyKind.BY_COUNTRY, 1))
    pays = [await found(anybody, q=word, paid=paid) for paid in (True, False)]
    card = (await anybody.get(f"/v1/projects/{id}")).json()
    await projects.hears(policy(id, PolicyKind.NONE, 2))
    pays_no_more = [await found(anybody, q=word, paid=paid) for paid in (True, False)]

    assert (silent, pays, pays_no_more) == ([[], []], [[id], []], [[], [id]])
    assert card["paid"] is True


def policy(id: str, kind: PolicyKind, sequence: int) -> StipendPolicySet:
    return StipendPolicySet.model_validate(
        {"id": ProjectId(id), "kind": kind, "sequence": sequence, "at": datetime.now(UTC), "by": "somebody"}
    )


async def test_sorts_bring_what_they_say_and_leave_nothing_out(projects: Served):
    word = own()
    over = await shown(projects, RUNNING, name=f"a {word}")
    last = await shown(projects, run(-30, -20, -10, 60), run(-5, 9, 20, 90), name=f"D {word}")
    first = await shown(projects, run(-5, 2, 20, 90), run(-5, 30, 40, 90), name=f"c {word}")
    soon = await shown(projects, SOON, name=f"B {word}")
    anybody = await projects.caller()

    for limit in (1, 2, 100):
        assert await found(anybody, q=word, sort="newest", limit=limit) == [soon, first, last, over]
        assert await found(anybody, q=word, sort="name", limit=limit) == [over, soon, first, last]
        assert await found(anybody, q=word, sort="accepting_first", limit=limit) == [first, last, soon, over]
        assert await found(anybody, q=word, sort="closing_soon", limit=limit) == [first, last, soon, over]


@pytest.mark.parametrize("sort", ["relevance", "newest", "name", "accepting_first", "closing_soon"])
async def test_pages_show_what_was_there_once_whoever_publishes_meanwhile(projects: Served, sort: str):
    word = own()
    there = {await shown(projects, OPEN, name=f"m{number} {word}") for number in range(4)}
    anybody = await projects.caller()
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await anybody.get("/v1/projects", params={"q": word, "sort": sort, "limit": 2, **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        await shown(projects, OPEN, name=f"a {uuid7()} {word}")
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert there <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("sort", ["newest", "name", "relevance"])
async def test_a_page_that_others_follow_is_known_again(projects: Served, sort: str):
    word = own()
    for _ in range(2):
        await shown(projects, description=word)
    anybody, asked = await projects.caller(), {"q": word, "sort": sort, "limit": "1"}

    async def known_already() -> bool:
        """Unless a term passes the instant at which its window opened, in between."""
        first = await anybody.get("/v1/projects", params=asked)
        assert first.json()["next_cursor"]
        again = await anybody.get("/v1/projects", params=asked, headers={"If-None-Match": first.headers["etag"]})
        return again.status_code == httpx.codes.NOT_MODIFIED

    await eventually(known_already, what="the same page, not sent again")


async def test_a_cursor_of_another_sort_is_refused_and_so_is_a_made_up_one(projects: Served):
    word = own()
    for _ in range(2):
        await shown(projects, description=word)
    anybody = await projects.caller()
    cursor = (await anybody.get("/v1/projects", params={"q": word, "limit": 1})).json()["next_cursor"]
    for wrong in ({"cursor": cursor, "sort": "name"}, {"cursor": "e30"}, {"cursor": "WyJuYW1lIl0", "sort": "name"}):
        answer = await anybody.get("/v1/projects", params={"q": word, **wrong})
        assert problem(answer) == (400, "malformed"), wrong


async def test_each_reader_finds_what_they_may_see(projects: Served):
    word = own()
    scene = await submitted(projects)
    await scene.owner.client.post("/v1/projects", json=enrollment(description=word))
    draft = (await found(scene.owner.client, q=word))[0]
    public = await shown(projects, description=word)

    readers = {
        "anybody": await found(scene.anybody, q=word),
        "stranger": await found((await somebody(projects)).client, q=word),
        "owner": await found(scene.owner.client, q=word),
        "owner, theirs": await found(scene.owner.client, q=word, mine=True),
        "staff": await found(scene.staff, q=word),
        "staff, drafts": await found(scene.staff, q=word, status="draft"),
    }
    assert readers == {
        "anybody": [public],
        "stranger": [public],
        "owner": [public, draft],
        "owner, theirs": [draft],
        "staff": [public, draft],
        "staff, drafts": [draft],
    }
    assert (await scene.anybody.get("/v1/projects", params={"mine": True})).status_code == 401


async def test_a_hidden_project_is_found_no_more_until_it_is_shown_again(projects: Served):
    word = own()
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"skills": [word]})
    seen = []
    for step in ("hide", "unhide"):
        assert (await scene.owner.client.post(f"{scene.place}/{step}")).status_code == 200
        seen.append(await found(scene.anybody, q=word))
    assert seen == [[], [scene.id]]


async def test_a_term_changed_and_taken_back_changes_what_is_found(projects: Served):
    word = own()
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"skills": [word]})
    before = await found(scene.anybody, q=word, label="Apply now")

    async def is_closed() -> bool:
        return (await scene.owner.client.post(f"/v1/terms/{scene.term_id}/close")).status_code == 200

    await eventually(is_closed, what="the opening, and then the close")
    closed = await found(scene.anybody, q=word, label="Apply now")
    await scene.owner.client.delete(f"/v1/terms/{scene.term_id}")
    gone = await found(scene.anybody, q=word, label="In progress")
    assert (before, closed, gone) == ([scene.id], [], [])


async def test_facets_count_what_the_same_filters_find(projects: Served):
    word = own()
    one = await shown(projects, OPEN, skills=["Rust", "C"], technologies=["Linux"], description=word)
    await shown(projects, OPEN, SOON, skills=["rust"], description=word)
    await projects.hears(policy(one, PolicyKind.FIXED, 1))
    anybody = await projects.caller()

    every = (await anybody.get("/v1/projects/facets", params={"q": word})).json()
    some = (await anybody.get("/v1/projects/facets", params={"q": word, "skill": "c"})).json()
    none = (await anybody.get("/v1/projects/facets", params={"q": f"{word} {own()}"})).json()

    assert [(skill["name"].lower(), skill["count"]) for skill in every["skills"]] == [("rust", 2), ("c", 1)]
    assert [(some["name"], some["count"]) for some in every["technologies"]] == [("Linux", 1)]
    counts = {kind["label"]: kind["count"] for kind in every["labels"]}
    assert counts == {"Coming soon": 1, "Apply now": 2, "In progress": 0, "Completed": 0}
    assert (every["paid"], every["unpaid"]) == (1, 0)
    assert [skill["count"] for skill in some["skills"]] == [1, 1]
    assert (none["skills"], {kind["count"] for kind in none["labels"]}) == ([], {0})


async def test_the_catalog_can_be_dropped_and_rebuilt(projects: Served):
    scene = await published(projects)
    await projects.hears(policy(scene.id, PolicyKind.FIXED, 1))
    data = projects.service.data
    kept = await data.catalog.documents.find({})
    assert not await data.catalog.is_outdated()

    await data.catalog.documents.update({"_id": scene.id}, {"$set": {"form": FORM - 1, "words": []}})
    outdated = await data.catalog.is_outdated()
    await data.catalog.documents.delete({"_id": {"$gt": ""}})
    await data.rebuild_catalog()

    assert outdated
    assert await data.catalog.documents.find({}) == kept


async def test_two_terms_planned_at_the_same_time_are_both_in_the_catalog(projects: Served):
    word = own()
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"skills": [word]})
    place = f"{scene.place}/terms"
    answers = await asyncio.gather(
        *(scene.owner.client.post(place, json={**SOON, "name": f"T{number}"}) for number in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    kept = await projects.service.data.catalog.documents.find_one({"_id": scene.id})
    assert kept is not None
    assert len(kept["terms"]) == 4
    assert all(one["opens"] <= other["opens"] for one, other in pairwise(kept["terms"]))
