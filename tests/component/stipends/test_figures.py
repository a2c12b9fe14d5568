"""What `/metrics` says of money is what the store holds, and a ledger that somebody laid hands on is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from deploy.local.platform import Platform
from services.stipends.domain.ledger import Account
from services.stipends.figures import MOVED_WITHIN, THROUGH_WITHIN, Audit, figures
from tests.component.stipends.scene import Scene, playing
from tests.component.stipends.test_ledger_verified import change_a_reference, paid
from tests.support.explained import explained


@pytest.fixture(scope="module")
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    """One in which nothing moves but what these tests move."""
    async with playing(platform) as scene:
        yield scene


def said(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"mentorship_{name}", labels)


async def counted(scene: Scene, at: datetime | None = None) -> None:
    await figures(scene.store, lambda: at or scene.clock()).work()


def money(documents: list[dict[str, Any]], *path: str) -> int:
    for name in path:
        documents = [one[name] for one in documents]
    return sum(one["amount_minor"] for one in documents)


async def test_balances_and_payments_are_told_as_they_are_kept(scene: Scene):
    await paid(scene)
    async with explained(scene.served.service.store.database):
        await counted(scene)
        told = {account: said("ledger_balance_minor_units", account=account, currency="USD") for account in Account}
        payments = [said(f"payments{what}", status="paid", currency="USD") for what in ("", "_minor_units")]
    budgets = await scene.store.budgets.documents.find({})
    assert told == {account: money(budgets, account) for account in Account}
    assert (told[Account.PAID] or 0) >= 270_000
    kept = await scene.store.payments.documents.find({"status": "paid"})
    assert payments == [len(kept), money(kept, "amount")]


async def test_balances_that_do_not_sum_to_zero_are_told_and_not_hidden(scene: Scene):
    project = await scene.project(deposit=1)

    async def sum_of_all() -> float:
        await counted(scene)
        return sum(said("ledger_balance_minor_units", account=account, currency="USD") or 0 for account in Account)

    before = await sum_of_all()
    await scene.store.budgets.documents.update({"_id": project.id}, {"$inc": {"available.amount_minor": 100}})
    assert await sum_of_all() == before + 100
    await scene.store.budgets.documents.update({"_id": project.id}, {"$inc": {"available.amount_minor": -100}})
    assert await sum_of_all() == before


async def test_what_stands_still_is_told_by_how_long(scene: Scene):
    project = await scene.project(deposit=12_000)
    await scene.requested(project)
    stuck = await scene.requested(project, "sandbox-paid")
    payment = f"{stuck.application}.1.1"
    await scene.approved(project, stuck)
    await scene.becomes(stuck, "paid")
    back = {"status": "paying", "ordered_at": scene.clock(), "due_at": scene.clock() + timedelta(days=30)}

    async def standing(later: timedelta) -> tuple[float, float]:
        await counted(scene, scene.clock() + later)
        return tuple(said("money_standing_still", what=what) or 0 for what in ("installment", "payment"))  # type: ignore[return-value]

    soon, later = timedelta(hours=1), MOVED_WITHIN + timedelta(hours=1)
    before, after = await standing(soon), await standing(later)
    assert after[0] >= before[0] + 1
    await scene.store.payments.documents.update({"_id": payment}, {"$set": back})
    assert (await standing(soon))[1] == before[1]
    assert (await standing(later))[1] == after[1] + 1
    held = {"status": "approved", "due_at": None}
    await scene.store.payments.documents.update({"_id": payment}, {"$set": held})
    assert (await standing(later))[1] == after[1]
    delayed = {"status": "approved", "due_at": back["due_at"], "payable_from": scene.clock() + later}
    await scene.store.payments.documents.update({"_id": payment}, {"$set": delayed})
    assert (await standing(THROUGH_WITHIN + timedelta(hours=1)))[1] == before[1]


async def test_a_broken_chain_is_told_when_all_were_walked_and_not_before(scene: Scene):
    audit = Audit(scene.store, lambda: datetime(2026, 3, 1, tzinfo=UTC))

    async def walked() -> tuple[float, float]:
        audit.forget()
        assert said("ledger_chains", outcome="broken") is None
        while await audit.work():
            pass
        return said("ledger_chains", outcome="sound") or 0, said("ledger_chains", outcome="broken") or 0

    project = await paid(scene)
    sound, broken = await walked()
    assert said("ledger_verified_timestamp_seconds") == datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    assert sound + broken == len(await scene.store.auditor.projects())
    await change_a_reference(scene, project.id)
    assert not await audit.work(), "it has been walked, and the next walk is not due"
    assert await walked() == (sound - 1, broken + 1)
