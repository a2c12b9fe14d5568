"""What is done after the answer, so that the answer takes the same time whatever there is to do."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from uuid6 import uuid7

from contracts.time import Instant
from services.chassis.domain import Refusal
from services.chassis.mongo import DuplicateKeyError
from services.chassis.store import Store
from services.identity.domain.record import Record
from services.identity.languages import Languages, speaking, spoken
from services.identity.store.accounts import Receipt
from services.identity.store.limits import MAIL, Limits
from services.identity.store.records import Records

log = structlog.get_logger()

Does = Callable[..., Awaitable[None]]


class Errand(Record):
    kind: str
    told: dict[str, Any]
    language: str = "en"
    """Of whoever caused it."""
    at: Instant


class Errands(Records[Errand]):
    """Done in their order; what an errand does and that it is done stand or fall together."""

    def __init__(self, store: Store, languages: Languages, limits: Limits) -> None:
        super().__init__(store, "errands", Errand)
        self._languages, self._limits = languages, limits
        self.does: dict[str, Does] = {}

    async def leave(self, kind: str, *, at: datetime, **told: Any) -> None:
        errand = Errand(id=str(uuid7()), kind=kind, told=told, language=spoken().name, at=at)
        await self.add(errand)
        await self.store.audit.note(kind, f"errands/{errand.id}")

    async def mail_later(self, kind: str, email: str, *, at: datetime, **told: Any) -> Receipt:
        """Leave what mails to an address, unless that has had enough; it takes the same time for every address."""
        may_mail = not await self._limits.try_once(MAIL, email, at=at)

        async def work() -> Receipt:
            if may_mail:
                await self.leave(kind, at=at, email=email, **told)
            return Receipt()

        return await self.store.transaction(work)

    async def work(self) -> bool:
        """Do the oldest; says whether there was one."""
        waiting = await self.documents.find({}, limit=1)
        for document in waiting:
            await self._do(self.read(document))
        return bool(waiting)

    async def _do(self, errand: Errand) -> None:
        async def work() -> None:
            await self.documents.delete({"_id": errand.id})
            await self.does[errand.kind](**errand.told, at=errand.at)

        try:
            with speaking(self._languages.named(errand.language)):
                await self.store.transaction(work)
        except (Refusal, DuplicateKeyError) as no:
            log.info("errand dropped", kind=errand.kind, reason=type(no).__name__)
            await self.documents.delete({"_id": errand.id})
