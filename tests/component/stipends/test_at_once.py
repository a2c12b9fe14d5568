"""Many at the same time: exactly one payment, never more than there is."""

import asyncio
from datetime import timedelta
from itertools import count

from contracts.ids import StipendId
from services.stipends.domain.facts import hear_application, hear_evaluation
from tests.component.stipends.scene import AT, Mentee, Scene, at_once, dollars, key


async def test_twenty_approvals_of_one_installment_are_one_payment(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    path = f"/v1/stipends/{mentee.application}/installments/1/approve"

    answers = await at_once(*(project.ada.post(path, headers=key()) for _ in range(20)))

    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(409)) == (1, 19)
    await scene.becomes(mentee, "paid")
    assert len(await scene.payments_of(mentee)) == 1
    assert (await scene.budget(project.id))["paid"] == 2700


async def test_one_approval_sent_twenty_times_is_answered_alike(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    path, same = f"/v1/stipends/{mentee.application}/installments/1/approve", key()

    answers = await at_once(*(project.ada.post(path, headers=same) for _ in range(20)))
    last = await project.ada.post(path, headers=same)

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.text for answer in answers if answer.status_code == 200} == {last.text}
    await scene.becomes(mentee, "paid")
    assert len(await scene.payments_of(mentee)) == 1


async def test_a_deposit_sent_twenty_times_is_booked_once(scene: Scene):
    project = await scene.project()
    said, same = {"amount": dollars(100), "reference": "Bank 7"}, key()
    path = f"/v1/budgets/{project.id}/deposits"
    answers = await at_once(*(scene.fay.post(path, json=said, headers=same) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (await scene.budget(project.id))["available"] == 100


async def test_first_deposits_at_once_all_count(scene: Scene):
    project = await scene.project()
    await at_once(*(scene.deposit(project.id, 100) for _ in range(20)))
    assert (await scene.budget(project.id))["available"] == 2000


async def test_policy_and_payee_set_for_the_first_time_twenty_times_at_once(scene: Scene):
    project = await scene.project(pays=False)
    path, said = f"/v1/stipend-policies/{project.id}", {"kind": "fixed", "amount": dollars(100)}
    answers = await at_once(*(project.ada.put(path, json=said) for _ in range(20)))
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 21))
    await at_once(*(scene.describe(project.mo, "sandbox-paid") for _ in range(20)))
    assert (await project.mo.get("/v1/payees/me")).json()["version"] == 2, "described once, confirmed once"


async def test_deposits_race_reservations_and_nobody_is_left_waiting_beside_the_money(scene: Scene):
    project = await scene.project()
    mentees = [Mentee(project.id, accepted_at=AT + timedelta(hours=hour)) for hour in range(8)]
    events = [event for mentee in mentees for event in mentee.whole()]

    await at_once(scene.served.hears(*events), *(scene.deposit(project.id, 2700) for _ in range(9)))

    # 24,300 dollars make four stipends of 5,400 and leave 2,700.
    statuses = [(await scene.stipend(mentee))["status"] for mentee in mentees]
    balances = await scene.budget(project.id)
    assert sorted(statuses) == ["awaiting_funds"] * 4 + ["reserved"] * 4
    assert (balances["available"], balances["reserved"]) == (2700, 21_600)

    await scene.deposit(project.id, 5400 * 4 - 2700)
    assert {(await scene.stipend(mentee))["status"] for mentee in mentees} == {"reserved"}


async def test_those_who_wait_are_served_in_the_order_of_acceptance(scene: Scene):
    project = await scene.project()
    mentees = [Mentee(project.id, accepted_at=AT - timedelta(hours=hour)) for hour in range(3)]
    for mentee in mentees:
        await scene.served.hears(*mentee.whole())
    for served in range(1, 4):
        await scene.deposit(project.id, 5400)
        statuses = [(await scene.stipend(mentee))["status"] for mentee in reversed(mentees)]
        assert statuses == ["reserved"] * served + ["awaiting_funds"] * (3 - served)


async def test_facts_of_one_stipend_at_the_same_moment_meet_on_it(scene: Scene):
    project = await scene.project(deposit=60_000)
    for mentee in [Mentee(project.id) for _ in range(10)]:
        *_, accepted = mentee.whole()
        facts = [hear_application(accepted)]  # type: ignore[arg-type]
        facts += [hear_evaluation(mentee.passed(milestone)[1]) for milestone in ("midterm", "final")]  # type: ignore[arg-type]
        await at_once(*(scene.store.hear(StipendId(mentee.application), fact) for fact in facts))
        stipend = await scene.stipend(mentee)
        assert [part["status"] for part in stipend["installments"]] == ["eligible", "eligible"]
        told = await scene.served.told(mentee.application)
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    assert (await scene.budget(project.id))["reserved"] == 54_000


async def test_balances_are_sound_at_every_moment_of_a_storm(scene: Scene):
    project = await scene.project(deposit=5400 * 3)
    mentees = [await scene.requested(project) for _ in range(3)]
    over = asyncio.Event()

    async def watch() -> int:
        for looked in count(1):
            await scene.budget(project.id)
            if over.is_set():
                return looked
        raise AssertionError

    watching = asyncio.create_task(watch())
    await at_once(*(scene.approved(project, mentee) for mentee in mentees), scene.deposit(project.id, 1))
    await at_once(*(scene.becomes(mentee, "paid") for mentee in mentees))
    over.set()
    assert await watching > 1
    assert (await scene.budget(project.id))["paid"] == 8100
