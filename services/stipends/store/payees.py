"""Where people are paid, sealed."""

from datetime import datetime, timedelta
from functools import partial

from contracts.ids import AccountId
from services.chassis.seals import Renewed, Seal, renew
from services.chassis.store import Repository, Store
from services.chassis.vault import SealBroken, Vault
from services.stipends.domain import payee as decisions
from services.stipends.domain.payee import Accepted, Details, Payee, PayeeUnknown
from services.stipends.domain.payment import Payment, Report
from services.stipends.settings import Settings


class Payees(Repository[Payee]):
    def __init__(self, store: Store, settings: Settings, accepted: Accepted) -> None:
        super().__init__(store, "payees", Payee, PayeeUnknown)
        self._vault = Vault(lambda: settings.latest().sealing_keys)
        self._accepted = accepted
        self._delay = timedelta(hours=settings.payee_delay_hours)

    def opened(self, owner: str, sealed: bytes) -> Details:
        """Give the details in the clear. Raises `SealBroken`."""
        return Details.model_validate_json(self._vault.open(owner, sealed))

    def discreet(self, report: Report, payment: Payment) -> Report:
        """Give the provider's word without what must not be told of where the money goes."""
        if report.reason is None:
            return report
        if payment.payee_erased:
            return report.model_copy(update={"reason": None})
        try:
            reason = self.opened(payment.payee_id, payment.sealed).hidden_in(report.reason)
        except SealBroken:
            reason = None
        return report.model_copy(update={"reason": reason})

    async def describe(self, id: AccountId, details: Details, *, at: datetime) -> tuple[Payee, bool]:
        """Keep where a person is paid, sealed; only the masks of it are in the open. Says whether it was a change."""
        known = await self.find_one({"_id": id})
        before = self.opened(id, known.sealed) if known else None
        sealed = self._vault.seal(id, details.model_dump_json().encode())
        decide = partial(decisions.describe, accepted=self._accepted, sealed=sealed, at=at, delay=self._delay)
        if known:
            return await self.change(id, decide, details, before), details != before
        return await self.add(decide(Payee(id=id, version=0), details, None)), False

    async def renew_seals(self) -> Renewed:
        """Seal anew, beside the running service, whatever another key sealed."""
        payees = Seal(self.documents, "sealed", lambda row: str(row["_id"]))
        payments = Seal(self.store.database["payments"], "sealed", lambda row: str(row["payee_id"]))
        return await renew(self._vault, [payees, payments])
