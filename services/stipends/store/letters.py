"""The mails that stipends sends: each posted in the transaction of what it tells, to whoever it is for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from contracts.event import Event
from contracts.identity import AccountStatus, PersonDescribed, PlatformRole
from contracts.ids import AccountId
from contracts.stipends import (
    InstallmentApproved,
    InstallmentDeclined,
    InstallmentEarned,
    InstallmentFailed,
    InstallmentPaid,
    InstallmentReturned,
    StipendQueued,
    StipendReserved,
    StipendStatus,
)
from services.chassis.mail import Letters, PostOffice
from services.chassis.settings import Settings
from services.chassis.store import Projection, Store
from services.stipends.domain.project import KnownProject
from services.stipends.domain.stipend import Stipend

LETTERS: Final = Letters(Path(__file__).parents[1] / "mails")
TOLD: Final[Mapping[type[Event], str]] = {
    StipendReserved: "reserved",
    StipendQueued: "awaiting_funds",
    InstallmentEarned: "eligible",
    InstallmentApproved: "approved",
    InstallmentDeclined: "declined",
    InstallmentPaid: "paid",
    InstallmentFailed: "failed",
    InstallmentReturned: "returned",
}
"""Which letter the mentee gets when this happens."""


OUTCOMES: Final[Mapping[StipendStatus, str]] = {
    StipendStatus.RESERVED: "reserved",
    StipendStatus.AWAITING_FUNDS: "awaiting_funds",
}
"""Which letter they get of what was held back from them until now."""


class Account(BaseModel):
    """Identity's word on which platform roles an account holds."""

    id: AccountId
    status: AccountStatus
    roles: tuple[PlatformRole, ...]


class Person(BaseModel):
    """Identity's word on who an account is."""

    id: AccountId
    name: str
    emails: tuple[str, ...]


class Correspondence:
    """Letters to people by their account; one to somebody who is not known yet waits until they are."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        projects: Projection[KnownProject],
        accounts: Projection[Account],
    ) -> None:
        self.mail = PostOffice(store, settings)
        self.people = Projection(store, "people", Person, remembers=PersonDescribed)
        self._projects = projects
        self._accounts = accounts
        self._waiting = store.database["unaddressed"]
        self._public_url = settings.public_url

    async def prepare(self) -> None:
        await self.mail.prepare()
        await self.people.prepare()

    async def tell(self, stipend: Stipend, event: Event) -> None:
        """Write to the mentee about what happened to their stipend."""
        number, reason = getattr(event, "number", None), getattr(event, "reason", "")
        part = next((one for one in stipend.told if one["number"] == number), None)
        words = {"number": number, "reason": reason, "next": part["next"] if part else ""}
        amount = part["amount"] if part else stipend.amount
        await self._tell_mentee(stipend, TOLD[type(event)], amount=str(amount), **words)

    async def tell_outcome(self, stipend: Stipend) -> None:
        """Write to the mentee what was held back from them until now, where it is good news."""
        if name := OUTCOMES.get(stipend.status):
            await self._tell_mentee(stipend, name, amount=str(stipend.amount))

    async def _tell_mentee(self, stipend: Stipend, name: str, **words: Any) -> None:
        if stipend.mentee_id is not None:
            link = f"{self._public_url}/v1/stipends/{stipend.id}"
            await self.write(stipend.mentee_id, name, project=await self._name_of_project(stipend), link=link, **words)

    async def tell_of_shortage(self, stipend: Stipend) -> None:
        """Write to the project's administrators and to finance that the stipends of a term exceed what is there."""
        project = await self._projects.get(stipend.project_id or "")
        finance = await self._accounts.find({"roles": PlatformRole.FINANCE, "status": AccountStatus.ACTIVE})
        link = f"{self._public_url}/v1/budgets/{stipend.project_id}/forecast"
        words = {"project": await self._name_of_project(stipend), "missing": str(stipend.missing), "link": link}
        for to in sorted({*(project.administrators if project else ()), *(account.id for account in finance)}):
            await self.write(to, "shortage", **words)

    async def _name_of_project(self, stipend: Stipend) -> str:
        project = await self._projects.get(stipend.project_id or "")
        return project.name if project else "your project"

    async def tell_of_payee(self, owner: AccountId, *, account: str, payable_from: str) -> None:
        link = f"{self._public_url}/v1/payees/me"
        await self.write(owner, "payee_changed", account=account, payable_from=payable_from, link=link)

    async def write(self, to: AccountId, letter: str, **words: Any) -> None:
        person = await self.people.get(to)
        if person is None:
            later = {"$push": {"letters": {"letter": letter, "words": words}}}
            await self._waiting.update({"_id": to}, later, upsert=True)
        elif person.emails:
            await self.mail.post(LETTERS.write(letter, person.emails[0], person=person.name, **words))

    async def forget(self, id: AccountId) -> None:
        """Send nothing to somebody who is gone; that nothing waits is noted, as for whoever is known."""
        await self._waiting.replace({"_id": id}, {"letters": []}, upsert=True)

    async def address(self, to: AccountId) -> None:
        """Send what waited for this person to be known."""
        waiting = await self._waiting.find_one({"_id": to})
        await self._waiting.replace(
            {"_id": to}, {"letters": []}, upsert=True
        )  # so that who writes just now starts anew
        for one in waiting["letters"] if waiting else ():
            await self.write(to, one["letter"], **one["words"])
