"""Mails about applying and deciding: each once, to whom it concerns, when they may know, with a link."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from contracts.projects import TermEdited
from tests.component.applications.scene import BUILD, DAY, Clock, Scene, address, now, person, profile, somebody, term
from tests.support.served import Served
from tests.support.waiting import eventually


async def mentee_of(served: Served, name: str = "Mira Diaz") -> tuple[str, httpx.AsyncClient]:
    id = somebody()
    await served.hears(profile(id), person(id, name))
    return id, await served.caller(id)


async def scene_of(served: Served, **changes: Any) -> Scene:
    scene = await Scene.of(served, of={"name": f"Kernel {somebody()}"}, **changes)
    await served.hears(person(scene.admin_id, "Ada Kern"))
    return scene


async def subjects(scene: Scene) -> list[str]:
    """Give the subjects of the letters about this scene's project, in their order."""
    data = scene.served.service.data
    name = (await data.projects.get(scene.project_id)).name
    rows = await scene.served.service.store.database["mails"].find({"subject": {"$regex": name}})
    return [row["subject"].replace(name, "Kernel") for row in rows]


async def all_rung(served: Served, at: datetime) -> None:
    """Let all that is due ring, so that no letter is still to come."""
    while await served.service.data.ring(at):
        pass


async def until(scene: Scene, count: int) -> list[str]:
    async def enough() -> list[str]:
        found = await subjects(scene)
        return found if len(found) >= count else []

    await eventually(enough, what=f"{count} letters")
    await all_rung(scene.served, now())
    return await subjects(scene)


RECEIVED = "Kernel: your application for Spring was received"


async def test_from_the_wish_to_the_decline_each_is_told_once(served: Served):
    scene = await scene_of(served)
    _, mentee = await mentee_of(served)
    id = await scene.applied(mentee)
    await scene.admin.post(f"/v1/applications/{id}/waitlist")
    await until(scene, 2)
    await scene.admin.post(f"/v1/applications/{id}/decline", json={"reason_code": "not_selected"})
    await until(scene, 3)
    await scene.admin.post(f"/v1/applications/{id}/undo")
    await until(scene, 4)
    await mentee.post(f"/v1/applications/{id}/withdraw")

    assert await until(scene, 5) == [
        RECEIVED,
        "Kernel: you are on the wait list for Spring",
        "Kernel: your application for Spring was declined",
        "Kernel: a decline in Spring was undone",
        "Kernel: Mira Diaz withdrew from Spring",
    ]


async def test_an_offer_is_mailed_and_three_days_before_its_end_once_more(served: Served, clock: Clock):
    scene = await scene_of(served, time_zone="Asia/Kolkata")
    _, mentee = await mentee_of(served)
    await scene.accept(await scene.applied(mentee))
    assert await until(scene, 2) == [RECEIVED, "Kernel offers you a mentorship in Spring"]

    with clock.put_forward(timedelta(days=11, minutes=1)):
        found = (await until(scene, 3))[2]
    assert found.startswith("Kernel: your offer expires on ")
    assert found.endswith("Asia/Kolkata)")


async def test_who_was_accepted_is_mailed_when_results_are_announced_and_not_before(served: Served, clock: Clock):
    scene = await scene_of(served, results_at=now() + 5 * DAY)
    _, mentee = await mentee_of(served)
    await scene.accept(await scene.applied(mentee))
    assert await until(scene, 1) == [RECEIVED]
    planned = term(scene.term_id, scene.project_id, results_at=now() + 9 * DAY).model_dump(exclude={"type"})
    await served.hears(TermEdited.model_validate({**planned, "sequence": 2}))

    with clock.put_forward(6 * DAY):
        await all_rung(served, clock())
        assert await subjects(scene) == [RECEIVED]
    with clock.put_forward(9 * DAY + timedelta(minutes=1)):
        assert (await until(scene, 2))[1:] == ["Kernel offers you a mentorship in Spring"]
    (offered,) = (await scene.admin.get("/v1/applications", params={"term_id": scene.term_id})).json()["items"]
    assert offered["offer_expires_at"] > (now() + 22 * DAY).isoformat()


async def test_a_decline_undone_before_the_announcement_is_never_mailed(served: Served, clock: Clock):
    scene = await scene_of(served, results_at=now() + 5 * DAY)
    _, mentee = await mentee_of(served)
    id = await scene.applied(mentee)
    await scene.admin.post(f"/v1/applications/{id}/decline", json={"reason_code": "not_selected"})
    assert (await scene.admin.post(f"/v1/applications/{id}/undo")).status_code == 200
    with clock.put_forward(6 * DAY):
        await all_rung(served, clock())
    assert await until(scene, 1) == [RECEIVED]


async def test_who_was_told_of_a_withdrawal_is_told_that_it_was_undone_also_before_the_announcement(served: Served):
    scene = await scene_of(served, results_at=now() + 5 * DAY)
    _, mentee = await mentee_of(served)
    id = await scene.applied(mentee)
    await scene.accept(id)
    for verb in ("withdraw", "undo"):
        assert (await mentee.post(f"/v1/applications/{id}/{verb}")).status_code == 200

    assert (await until(scene, 3))[1:] == [
        "Kernel: Mira Diaz withdrew from Spring",
        "Kernel: a withdrawal in Spring was undone",
    ]


async def test_a_week_before_the_deadline_whoever_has_open_prerequisites_is_reminded(served: Served, clock: Clock):
    scene = await scene_of(served, prerequisites=(BUILD,))
    _, mentee = await mentee_of(served)
    _, leaves = await mentee_of(served, "Noah Berg")
    await scene.applied(mentee)
    gone = await scene.applied(leaves)
    await leaves.post(f"/v1/applications/{gone}/withdraw")
    with clock.put_forward(3 * DAY + timedelta(minutes=1)):
        found = await until(scene, 4)
    assert found.count("Kernel: your prerequisites for Spring are not completed") == 1


async def test_the_letter_has_a_link_and_goes_to_the_applicant(served: Served):
    scene, letters = await scene_of(served), served.service.data._letters
    account, mentee = await mentee_of(served)
    id = await scene.applied(mentee)
    application, known = await served.service.data.around(id)
    planned = await served.service.data.term(application.term_id)
    letter = letters.write(
        "received",
        address(account),
        person=person(account, "Mira"),
        project=known,
        term=planned,
        application=application,
    )
    assert (letter.to, f"/v1/applications/{id}" in letter.text) == (address(account), True)
