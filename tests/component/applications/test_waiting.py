"""The wait list: the next in line is offered a place that comes free, once, and whoever undoes finds all as it was."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.applications import ApplicationAccepted
from contracts.projects import TermEdited
from tests.component.applications.scene import DAY, Clock, Scene, funding, kinds, now, profile, project, somebody, term
from tests.support.served import Served
from tests.support.waiting import eventually

NOT_SELECTED = {"reason_code": "not_selected"}


async def post(by: httpx.AsyncClient, id: str, verb: str, **said: Any) -> httpx.Response:
    return await by.post(f"/v1/applications/{id}/{verb}", json=said or None)


async def status(scene: Scene, id: str) -> str:
    return str((await scene.admin.get(f"/v1/applications/{id}")).json()["status"])


async def becomes(scene: Scene, id: str, wanted: str) -> None:
    async def is_so() -> bool:
        return await status(scene, id) == wanted

    await eventually(is_so, what=f"{id} {wanted}")


async def queue(scene: Scene, *said: dict[str, Any]) -> tuple[httpx.AsyncClient, str, list[str]]:
    """Fill the only place, and let others wait."""
    first, *others = await scene.mentees(1 + len(said))
    taken = await scene.applied(first)
    assert (await scene.accept(taken)).status_code == 200
    waiting = []
    for who, how in zip(others, said, strict=True):
        waiting.append(await scene.applied(who))
        assert (await post(scene.admin, waiting[-1], "waitlist", **how)).status_code == 200
    return first, taken, waiting


@pytest.mark.parametrize("way", ["withdraw", "decline", "expire", "capacity"])
async def test_a_place_that_comes_free_goes_to_the_next_in_line(served: Served, clock: Clock, way: str):
    scene = await Scene.of(served)
    part = {"attendance": "part_time"}
    holder, taken, (by_hand, later, next_, _) = await queue(scene, {}, part, {**part, "rank": 1}, part)

    if way == "withdraw":
        assert (await post(holder, taken, "withdraw")).status_code == 200
    elif way == "decline":
        assert (await post(scene.admin, taken, "decline", **NOT_SELECTED)).status_code == 200
    elif way == "capacity":
        planned = term(scene.term_id, scene.project_id, capacity=2).model_dump(exclude={"type"})
        await served.hears(TermEdited.model_validate({**planned, "sequence": 2}))
    else:
        with clock.put_forward(timedelta(days=14, minutes=1)):
            await becomes(scene, taken, "declined")
            await becomes(scene, next_, "accepted")

    await becomes(scene, next_, "accepted")
    assert [await status(scene, id) for id in (by_hand, later)] == ["waitlisted"] * 2
    *_, told = await served.told(next_)
    assert isinstance(told, ApplicationAccepted)
    assert (told.attendance, told.by) == ("part_time", "system:applications")


async def test_however_many_look_a_free_place_is_offered_once(served: Served):
    scene = await Scene.of(served)
    holder, taken, waiting = await queue(scene, *[{"attendance": "full_time"}] * 3)

    await post(holder, taken, "withdraw")
    await asyncio.gather(*(served.service.data.offer_free_place(now()) for _ in range(8)))
    await becomes(scene, waiting[0], "accepted")

    assert [await status(scene, id) for id in waiting] == ["accepted", "waitlisted", "waitlisted"]
    assert (await scene.told(waiting[0])).count("application.accepted.v1") == 1
    assert (await served.service.data.places.get(scene.term_id)).taken == 1


async def test_whoever_is_engaged_elsewhere_lets_the_next_pass(served: Served):
    scene, elsewhere = await Scene.of(served), await Scene.of(served, starts_in=200)
    first, both, third = await scene.mentees(3)
    taken = await scene.applied(first)
    await scene.accept(taken)
    waits, next_ = await scene.applied(both), await scene.applied(third)
    for id in (waits, next_):
        await post(scene.admin, id, "waitlist", attendance="full_time")
    assert (await elsewhere.accept(await elsewhere.applied(both))).status_code == 200

    await post(first, taken, "withdraw")

    await becomes(scene, next_, "accepted")
    assert await status(scene, waits) == "waitlisted"


async def test_after_the_start_of_the_term_nothing_is_offered_by_itself(served: Served):
    scene = await Scene.of(served, starts_in=-1)
    holder, taken, (waits,) = await queue(scene, {"attendance": "full_time"})
    await post(holder, taken, "withdraw")

    async def looked() -> bool:
        return not (await served.service.data.places.get(scene.term_id)).to_offer

    await eventually(looked, what="a look at the wait list")
    assert await status(scene, waits) == "waitlisted"


async def test_administrators_arrange_the_line_and_take_people_off_it(served: Served):
    scene = await Scene.of(served)
    holder, taken, (one, two, three) = await queue(scene, {}, {"attendance": "full_time"}, {"attendance": "full_time"})
    place = f"/v1/applications/{one}/waiting"
    assert (await scene.mentor.put(place, json={"rank": 1})).status_code == 403
    assert (await scene.admin.put(place, json={"rank": 1, "attendance": "full_time"})).status_code == 200
    off = await post(scene.admin, two, "reconsider")
    assert (off.json()["status"], (await scene.told(two))[-1]) == ("pending", "application.reconsidered.v1")

    await post(holder, taken, "withdraw")

    await becomes(scene, one, "accepted")
    assert [await status(scene, id) for id in (two, three)] == ["pending", "waitlisted"]
    assert kinds([await scene.admin.put(place, json={})]) == ["409 not-in-this-state"]


async def test_whoever_withdrew_or_declined_undoes_it_within_a_day(served: Served, clock: Clock):
    scene = await Scene.of(served, capacity=2)
    mentee, other = await scene.mentees(2)
    mine, declined = await scene.applied(mentee), await scene.applied(other)
    await scene.accept(mine)
    await post(mentee, mine, "withdraw")
    await post(scene.admin, declined, "decline", **NOT_SELECTED)

    refused = [await post(scene.admin, mine, "undo"), await post(other, declined, "undo")]
    with clock.put_forward(DAY):
        late = await post(mentee, mine, "undo")
    back = [await post(mentee, mine, "undo"), await post(scene.admin, declined, "undo")]

    assert kinds([*refused, late]) == ["403 not-allowed"] * 2 + ["409 too-late-to-undo"]
    assert [answer.json()["status"] for answer in back] == ["accepted", "pending"]
    assert (back[1].json()["reason_code"], (await scene.told(mine))[-1]) == (None, "application.reinstated.v1")
    assert back[0].json()["offer_expires_at"] is not None
    assert kinds([await post(mentee, mine, "undo")]) == ["409 not-in-this-state"]
    whats = [each["what"] for each in (await mentee.get(f"/v1/applications/{mine}/history")).json()["items"]]
    assert whats[-2:] == ["withdrew the application", "undid the withdrawal"]
    assert (await served.service.data.places.get(scene.term_id)).taken == 1


async def test_a_place_that_is_taken_meanwhile_and_an_application_made_meanwhile_are_in_the_way(served: Served):
    scene = await Scene.of(served)
    mentee, again = await scene.mentees(2)
    id, first = await scene.applied(mentee), await scene.applied(again)
    await scene.accept(id)
    await post(mentee, id, "withdraw")
    await post(again, first, "withdraw")
    assert (await scene.accept(await scene.applied(again))).status_code == 200

    answers = [await post(mentee, id, "undo"), await post(again, first, "undo")]

    assert kinds(answers) == ["409 capacity-reached", "422 not-eligible"]


async def test_once_the_window_has_closed_a_decline_is_undone_only_while_a_place_is_free(served: Served):
    scene = await Scene.of(served)
    holder, other = await scene.mentees(2)
    taken, declined = await scene.applied(holder), await scene.applied(other)
    await scene.accept(taken)
    await post(scene.admin, declined, "decline", **NOT_SELECTED)
    planned = term(scene.term_id, scene.project_id, window_closes_at=now() - DAY / 24).model_dump(exclude={"type"})
    await served.hears(TermEdited.model_validate({**planned, "sequence": 2}))

    full = await post(scene.admin, declined, "undo")
    await post(holder, taken, "withdraw")
    free = await post(scene.admin, declined, "undo")

    assert (kinds([full]), free.json()["status"]) == (["409 too-late-to-undo"], "pending")


async def test_decisions_are_held_back_from_the_applicant_until_they_are_announced(served: Served, clock: Clock):
    scene = await Scene.of(served, capacity=2, results_at=now() + 5 * DAY)
    chosen, waits, turned_away, leaves = await scene.mentees(4)
    ids = [await scene.applied(who) for who in (chosen, waits, turned_away, leaves)]
    await scene.accept(ids[0])
    await post(scene.admin, ids[1], "waitlist")
    for id in ids[2:]:
        await post(scene.admin, id, "decline", **NOT_SELECTED)
    await served.hears(funding(ids[0]))

    async def told() -> list[Any]:
        answers = [
            (await who.get(f"/v1/applications/{id}")).json()
            for who, id in zip((chosen, waits, turned_away, leaves), ids, strict=True)
        ]
        return [(each["status"], each["reason_code"], each["offer_expires_at"] is None) for each in answers]

    assert await told() == [("pending", None, True)] * 4
    assert [await status(scene, id) for id in ids] == ["accepted", "waitlisted", "declined", "declined"]
    assert (await scene.told(ids[0]))[-1] == "application.accepted.v1"
    listed = (await chosen.get("/v1/applications", params={"status": "accepted"})).json()["items"]
    assert (listed, len((await chosen.get("/v1/applications", params={"status": "pending"})).json()["items"])) == (
        [],
        1,
    )
    history = (await chosen.get(f"/v1/applications/{ids[0]}/history")).json()["items"]
    assert not any("accepted" in each["what"] for each in history)
    sign = {"agreement_version": "2026-01", "signature": "Mira Diaz"}
    assert kinds([await post(chosen, ids[0], "confirm", **sign)]) == ["409 not-in-this-state"]
    assert (await post(leaves, ids[3], "withdraw")).json()["status"] == "withdrawn"

    with clock.put_forward(6 * DAY):
        assert await told() == [
            ("accepted", None, False),
            ("waitlisted", None, True),
            ("declined", "not_selected", True),
            ("withdrawn", "not_selected", True),
        ]
        assert kinds([await post(chosen, ids[0], "confirm", **sign)]) == ["200"]


async def test_many_are_declined_at_once_but_for_those_on_the_wait_list(served: Served):
    scene = await Scene.of(served)
    pending = [await scene.applied(mentee) for mentee in await scene.mentees(3)]
    waits, conflict = await scene.applied(), await scene.applied()
    await post(scene.admin, waits, "waitlist")
    await scene.admin.put(f"/v1/applications/{conflict}/review", json={"conflict_of_interest": True})
    said = {"term_id": scene.term_id, "message": "Many applied."}

    refused = [
        await who.post("/v1/applications/decline-pending", json=said) for who in (scene.mentor, await scene.mentee())
    ]
    done = await scene.admin.post("/v1/applications/decline-pending", json=said)

    assert kinds(refused) == ["403 not-allowed"] * 2
    assert done.json() == {"declined": 3, "left": 1}
    assert [await status(scene, id) for id in (*pending, waits, conflict)] == ["declined"] * 3 + [
        "waitlisted",
        "pending",
    ]
    one = (await scene.admin.get(f"/v1/applications/{pending[0]}")).json()
    assert (one["reason_code"], one["message"]) == ("not_selected", "Many applied.")


async def test_whoever_declines_many_at_once_leaves_their_own_to_others(served: Served):
    scene, ada = await Scene.of(served), somebody()
    await served.hears(profile(ada))
    own, other = await scene.applied(await served.caller(ada)), await scene.applied()
    both = {"administrators": (scene.admin_id, ada), "mentors": (scene.mentor_id,), "sequence": 2}
    await served.hears(project(scene.project_id, admin=scene.admin_id, **both))

    done = await (await served.caller(ada)).post("/v1/applications/decline-pending", json={"term_id": scene.term_id})

    assert (done.status_code, done.json()) == (200, {"declined": 1, "left": 1})
    assert [await status(scene, id) for id in (own, other)] == ["pending", "declined"]


async def test_a_terms_applications_come_as_csv_in_the_chosen_columns_and_without_formulas(served: Served):
    scene = await Scene.of(served)
    await scene.wish(await scene.mentee(), statement='=HYPERLINK("http://evil.example")')
    params = {"term_id": scene.term_id, "columns": "mentee_name,status,statement"}

    answer = await scene.admin.get("/v1/applications/export.csv", params=params)
    refused = [
        await who.get("/v1/applications/export.csv", params=params) for who in (scene.mentor, await scene.mentee())
    ]
    unknown = await scene.admin.get("/v1/applications/export.csv", params={**params, "columns": "verdict"})

    assert answer.text.splitlines() == [
        "mentee_name,status,statement",
        """Mira Diaz,pending,"'=HYPERLINK(""http://evil.example"")\"""",
    ]
    assert (kinds(refused), unknown.status_code) == (["403 not-allowed"] * 2, 400)


async def test_everybody_reads_the_agreement_that_is_signed(served: Served):
    anybody = await served.caller()
    (item,) = (await anybody.get("/v1/applications/agreements")).json()["items"]
    assert (item["version"], item["in_force"], "No employment" in item["text"]) == ("2026-01", True, True)
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    await scene.accept(id)
    await served.hears(funding(id))
    old = await post(mentee, id, "confirm", agreement_version="2025-01", signature="Mira Diaz")
    assert kinds([old]) == ["422 agreement-not-in-force"]


async def test_the_audit_trail_tells_no_applicant_what_is_held_back_and_all_of_it_afterwards(
    served: Served, clock: Clock
):
    scene = await Scene.of(served, capacity=2, results_at=now() + 5 * DAY)
    staff = await served.caller(somebody(), "staff")
    chosen, waits = await scene.mentees(2)
    ids = [await scene.applied(who) for who in (chosen, waits)]
    await scene.accept(ids[0])
    await staff.get(f"/v1/applications/{ids[0]}")
    await post(chosen, ids[0], "withdraw")
    await post(waits, ids[1], "withdraw")

    async def noted(who: httpx.AsyncClient) -> list[tuple[str, str, str]]:
        items = (await who.get("/v1/applications/audit")).json()["items"]
        return [(each["by"], each["action"], each["subject"].partition("/")[0]) for each in items]

    assert await noted(chosen) == await noted(waits)
    assert ("you", "withdraw", "applications") in await noted(chosen)
    with clock.put_forward(6 * DAY):
        assert set(await noted(chosen)) - set(await noted(waits)) >= {("somebody", "accept", "applications")}
    kept = await served.service.store.audit.notes.find({"subject": f"places/{scene.term_id}"})
    assert "give_back" in {note["action"] for note in kept}, "operators see what nobody is told"
