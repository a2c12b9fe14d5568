"""What a stipend would be, and what staff make of one that has no amount."""

from typing import Any

from contracts.stipends import StipendQueued, StipendReferred, StipendReserved
from tests.component.stipends.scene import AT, Mentee, Scene, at_once, dollars, key, somebody

WHY = "As in the country next door."


async def undecided(scene: Scene, project: str, **about: Any) -> Mentee:
    mentee = Mentee(project, country="CU", **about)
    await scene.tell(*mentee.whole())
    return mentee


def decision(amount: int = 3000) -> dict[str, Any]:
    return {"json": {"amount": dollars(amount), "explanation": WHY}, "headers": key()}


async def test_staff_find_decide_and_the_money_is_reserved_and_earned(scene: Scene):
    project, staff = await scene.project(deposit=5000), await scene.served.caller(somebody(), "staff")
    mentee = await undecided(scene, project.id)
    await scene.tell(*mentee.passed("midterm"))
    found = (await staff.get(f"/v1/stipends?project_id={project.id}&status=undecided")).json()["items"]
    assert [one["id"] for one in found] == [mentee.application]

    answer = await staff.post(f"/v1/stipends/{mentee.application}/decide", **decision())

    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["status"], said["amount"], said["explanation"]) == ("reserved", dollars(3000), WHY)
    assert [part["status"] for part in said["installments"]] == ["eligible", "scheduled"]
    assert said == await scene.stipend(mentee)
    balances = await scene.budget(project.id)
    assert (balances["available"], balances["reserved"]) == (2000, 3000)
    assert (await staff.post(f"/v1/stipends/{mentee.application}/decide", **decision())).status_code == 409


async def test_without_the_money_it_waits_in_the_order_of_acceptance(scene: Scene):
    project, staff = await scene.project(deposit=1000), await scene.served.caller(somebody(), "staff")
    mentee = await undecided(scene, project.id, accepted_at=AT)
    answer = await staff.post(f"/v1/stipends/{mentee.application}/decide", **decision())
    assert answer.json()["status"] == "awaiting_funds"
    await scene.deposit(project.id, 2000)
    assert (await scene.stipend(mentee))["status"] == "reserved"
    told = [type(event) for event in await scene.served.told(mentee.application)]
    assert told[-3:] == [StipendReferred, StipendQueued, StipendReserved]


async def test_twenty_decisions_at_once_are_one(scene: Scene):
    project, staff = await scene.project(deposit=9000), await scene.served.caller(somebody(), "staff")
    mentee = await undecided(scene, project.id)
    path = f"/v1/stipends/{mentee.application}/decide"
    answers = await at_once(*(staff.post(path, **decision()) for _ in range(20)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(409)) == (1, 19)
    assert (await scene.budget(project.id))["reserved"] == 3000


async def test_only_staff_decide_with_a_key_and_an_amount(scene: Scene):
    project, staff = await scene.project(deposit=5000), await scene.served.caller(somebody(), "staff")
    mentee = await undecided(scene, project.id)
    path = f"/v1/stipends/{mentee.application}/decide"
    callers = [project.ada, project.mo, scene.fay, await scene.served.caller(mentee.id, "staff")]
    assert [(await caller.post(path, **decision())).status_code for caller in callers] == [403] * 4
    assert (await staff.post(path, json=decision()["json"])).status_code == 428
    assert (await staff.post(path, **decision(0))).status_code == 422
    assert (await staff.post(f"/v1/stipends/{somebody()}/decide", **decision())).status_code == 404
    assert (await scene.stipend(mentee))["status"] == "undecided"


async def test_what_if_a_mentee_lived_there(scene: Scene):
    project = await scene.project()
    path = f"/v1/stipend-policies/{project.id}/preview"
    said = (await project.mo.get(f"{path}?country=DE")).json()
    assert said == {
        "country": "DE",
        "pays": True,
        "amount": dollars(5400),
        "schedule": "lfx-2022",
        "explanation": "The schedule lfx-2022 has 5,400.00 USD for residents of Germany (DE).",
        "installments": [
            {"number": 1, "milestone": "midterm", "percent": 50, "amount": dollars(2700)},
            {"number": 2, "milestone": "final", "percent": 50, "amount": dollars(2700)},
        ],
    }
    nothing = (await project.ada.get(f"{path}?country=CU")).json()
    assert (nothing["pays"], nothing["amount"], nothing["installments"]) == (True, None, [])
    assert "staff decide" in nothing["explanation"]


async def test_a_project_without_a_policy_would_pay_none(scene: Scene):
    project = await scene.project(pays=False)
    said = (await project.ada.get(f"/v1/stipend-policies/{project.id}/preview?country=DE")).json()
    assert (said["pays"], said["amount"], said["explanation"]) == (False, None, "This project pays no stipends.")


async def test_what_if_is_for_members_and_takes_a_country(scene: Scene):
    project, stranger = await scene.project(), await scene.served.caller(somebody())
    path = f"/v1/stipend-policies/{project.id}/preview"
    assert (await stranger.get(f"{path}?country=DE")).status_code == 404
    assert (await (await scene.served.caller()).get(f"{path}?country=DE")).status_code == 401
    assert [(await project.ada.get(f"{path}{query}")).status_code for query in ("", "?country=Germany")] == [400, 400]
