"""Fetches both sides of a reconciliation: what the provider's books say, and what the ledger says of the same."""

from collections.abc import Sequence
from datetime import datetime

from services.stipends.domain.reconciliation import Difference, booked, reconcile
from services.stipends.provider import Provider
from services.stipends.store import StipendsStore


async def differences(data: StipendsStore, provider: Provider, since: datetime) -> Sequence[Difference]:
    """Compare the payments since then. Raises `ProviderAway`. A payment that moves meanwhile may be listed."""
    told = await provider.statements(since)
    ours = await data.payments.ordered_since(since)
    return reconcile(booked(await data.postings.of({*ours, *(one.reference for one in told)})), told)
