"""Fetches both sides of a reconciliation: what the provider's books say, and what the ledger says of the same."""

from collections.abc import Sequence
from datetime import datetime

from services.stipends.domain.reconciliation import Difference, Statement, booked, reconcile
from services.stipends.provider import Provider
from services.stipends.store import StipendsStore


async def differences(data: StipendsStore, provider: Provider, since: datetime) -> Sequence[Difference]:
    """Compare the payments since then. Raises `ProviderAway`. A payment that moves meanwhile may be listed."""
    told = await provider.statements(since)
    ours = await data.payments.ordered_since(since)
    return reconcile(booked(await data.postings.of({*ours, *(one.reference for one in told)})), told)


async def differences_from_bank(
    data: StipendsStore, told: Sequence[Statement], since: datetime
) -> Sequence[Difference]:
    """Compare the payments since then with what moved at the bank, where one that is on its way does not show yet."""
    known = await data.payments.by_names({one.reference for one in told})
    named = [one.model_copy(update={"reference": known.get(one.reference, one.reference)}) for one in told]
    shown = {one.reference for one in named}
    ours = booked(await data.postings.of({*await data.payments.ordered_since(since), *shown}))
    settled = {id: one for id, one in ours.items() if one.is_settled or id in shown}
    return reconcile(settled, named)
