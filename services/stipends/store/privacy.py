"""What stipends holds on one person: told to themself, bank details masked, or forgotten.

Amounts, steps and postings stay, for the books must be right for as long as the law asks; they name nobody.
"""

from typing import Any, Final

from contracts.exports import StipendsPartExported
from contracts.identity import ExportRequested, PersonDescribed
from contracts.ids import AccountId
from services.chassis import own_notes
from services.chassis.audit import first_id, made_at
from services.chassis.exporting import tell_part
from services.chassis.store import Store
from services.stipends.domain import payment as payments
from services.stipends.domain.stipend import Stipend
from services.stipends.store.letters import Correspondence
from services.stipends.store.payees import Payees
from services.stipends.store.stipends import Payments, Stipends

SECRET: Final = {"sealed", "pos", "sequence"}
OF_OTHERS: Final = {"ordered_by", "provider_id", "batch", "due_at", "sending", "asked"}


class Privacy:
    def __init__(
        self, store: Store, stipends: Stipends, payees: Payees, payments: Payments, letters: Correspondence
    ) -> None:
        self._store = store
        self._held_back = stipends.held_back
        self._stipends, self._payees, self._payments = stipends, payees, payments
        self._letters = letters

    async def tell_export(self, asked: ExportRequested) -> None:
        await tell_part(self._store, StipendsPartExported, asked, await self._held_on(asked.account_id))

    async def _held_on(self, id: AccountId) -> dict[str, Any]:
        payee = await self._payees.find_one({"_id": id})
        paid = await self._payments.find({"payee_id": id})
        return {
            "payee": payee and payee.model_dump(mode="json", exclude=SECRET),
            "stipends": [_told(stipend) for stipend in await self._stipends.find({"mentee_id": id})],
            "payments": [each.model_dump(mode="json", exclude=SECRET | OF_OTHERS) for each in paid],
            "audit": await own_notes.exported(self._store.audit, id, await self.untold_since(id)),
        }

    async def untold_since(self, id: str) -> str | None:
        """Say from which note on something may tell a mentee of a stipend that is not there for them yet."""
        stipends = await self._stipends.find({"mentee_id": id})
        held_back = [made_at(stipend.id) for stipend in stipends if await self._held_back.holds(stipend)]
        return first_id(min(held_back) - own_notes.MARGIN) if held_back else None

    async def remember_person(self, event: PersonDescribed) -> None:
        """Keep who somebody is, and send what waited for that; once they erased themself, keep nothing."""
        known = await self._letters.people.get(event.id)
        await self._letters.people.remember(event)
        if event.name:
            return await self._letters.address(event.id)
        if known:
            await self._letters.mail.recall(known.name, known.emails)
        await self._store.answers.forget(event.id, *(known.name, *known.emails) if known else ())
        await self._store.audit.forget(event.id)
        await self._letters.forget(event.id)
        await self._payees.documents.delete({"_id": event.id})
        for payment in await self._payments.find({"payee_id": event.id}):
            await self._payments.change(payment.id, payments.forget_payee)


def _told(stipend: Stipend) -> dict[str, Any]:
    told = stipend.model_dump(mode="json", exclude=SECRET | {"installments"})
    inside = {"approvers"}
    parts = [part.model_dump(mode="json", exclude=inside) for part in stipend.installments]
    for part in parts:
        part["steps"] = [{name: step[name] for name in ("status", "at", "reason")} for step in part["steps"]]
    return told | {"installments": parts}
