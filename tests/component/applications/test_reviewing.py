"""Reviews: advice by a project's people, blind where the project wants it, never shown to the applicant."""

from typing import Any

import httpx
import pytest

from tests.component.applications.scene import Scene, kinds, somebody
from tests.support.served import Served
from tests.support.waiting import eventually

COPIED = "We mended the scheduler together and measured every change with care before anybody else looked at it. " * 2
COPIED += "Then I wrote down what I had learned about locks, queues, timers and the people who maintain all of them."


async def review(by: httpx.AsyncClient, id: str, **said: Any) -> httpx.Response:
    return await by.put(f"/v1/applications/{id}/review", json=said or {"rating": 4, "note": "Good."})


async def reviews(by: httpx.AsyncClient, id: str) -> list[Any]:
    answer = await by.get(f"/v1/applications/{id}/reviews")
    assert answer.status_code == 200, answer.text
    return [each["rating"] for each in answer.json()["items"]]


async def test_the_projects_people_review_and_the_applicant_learns_nothing_of_it(served: Served):
    scene = await Scene.of(served)
    mentee, stranger = await scene.mentee(), await served.caller(somebody())
    id = await scene.applied(mentee)

    given = [await review(scene.mentor, id), await review(scene.mentor, id, rating=5), await review(scene.admin, id)]

    assert kinds(given) == ["200"] * 3
    assert sorted(await reviews(scene.admin, id)) == [4, 5]
    for who, refused in ((mentee, "403 not-allowed"), (stranger, "404 application-unknown")):
        assert kinds([await review(who, id), await who.get(f"/v1/applications/{id}/reviews")]) == [refused] * 2
    assert "Good." not in (await mentee.get(f"/v1/applications/{id}")).text


@pytest.mark.parametrize(
    "said", [{"rating": 0}, {"rating": 6}, {"note": "?"}, {"rating": 3, "conflict_of_interest": True}]
)
async def test_a_review_is_a_rating_from_one_to_five_or_a_conflict_of_interest(served: Served, said: dict[str, Any]):
    scene = await Scene.of(served)
    assert (await review(scene.mentor, await scene.applied(), **said)).status_code == 422


async def test_in_blind_review_one_sees_the_others_after_giving_ones_own_or_after_the_decision(served: Served):
    blind, plain = await Scene.of(served, of={"blind_review": True}), await Scene.of(served)
    for scene, before in ((blind, []), (plain, [4])):
        id = await scene.applied()
        await review(scene.mentor, id)
        assert await reviews(scene.admin, id) == before
        await review(scene.admin, id, rating=2)
        assert sorted(await reviews(scene.admin, id)) == [2, 4]
    decided = await blind.applied()
    await review(blind.mentor, decided)
    await blind.admin.post(f"/v1/applications/{decided}/decline", json={"reason_code": "not_selected"})
    assert await reviews(blind.admin, decided) == [4]


async def test_whoever_has_a_conflict_of_interest_neither_reads_nor_rates_nor_decides(served: Served):
    scene = await Scene.of(served)
    id, other = await scene.applied(), await scene.applied()
    await review(scene.mentor, id)

    assert kinds([await review(scene.admin, id, conflict_of_interest=True, note="My cousin.")]) == ["200"]
    refused = [
        await scene.admin.get(f"/v1/applications/{id}/reviews"),
        await review(scene.admin, id),
        await scene.accept(id),
        await scene.admin.post(f"/v1/applications/{id}/waitlist"),
        await scene.admin.post(f"/v1/applications/{id}/decline", json={"reason_code": "not_selected"}),
    ]

    assert kinds(refused) == ["403 conflict-of-interest"] * 5
    assert kinds([await scene.accept(other)]) == ["200"]


async def test_once_decided_nothing_is_rated_any_more(served: Served):
    scene = await Scene.of(served)
    id = await scene.applied()
    await scene.accept(id)
    assert kinds([await review(scene.mentor, id)]) == ["409 not-in-this-state"]


async def test_text_that_two_people_sent_is_shown_to_reviewers_and_decides_nothing(served: Served):
    scene = await Scene.of(served, capacity=2)
    first, second, third = await scene.mentees(3)
    said = [COPIED, COPIED.replace("locks", "threads"), "Something else. " * 30]
    ids = [
        (await scene.wish(who, statement=text)).json()["id"]
        for who, text in zip((first, second, third), said, strict=True)
    ]

    async def seen() -> list[dict[str, Any]]:
        items = (await scene.mentor.get("/v1/applications", params={"term_id": scene.term_id})).json()["items"]
        return [each for each in items if each["likenesses"]]

    flagged = {each["id"]: each["likenesses"] for each in await eventually(seen, what="the likeness")}

    assert flagged.keys() == set(ids[:2])
    assert [each["application_id"] for each in flagged[ids[0]]] == [ids[1]]
    assert flagged[ids[0]][0]["resemblance"] > 0.7
    assert (await second.get(f"/v1/applications/{ids[1]}")).json()["likenesses"] == []
    assert kinds([await scene.accept(id) for id in ids[:2]]) == ["200", "200"]
