"""Things that people are reminded of: found by the instant of the next reminder."""

from datetime import datetime
from typing import TypeVar

from services.applications.domain.evaluation import Evaluation
from services.applications.domain.task import Task
from services.chassis.mongo import Document, IndexModel
from services.chassis.store import Repository

D = TypeVar("D", bound=Task | Evaluation)


class Reminding(Repository[D]):
    def write(self, state: D) -> Document:
        return super().write(state) | ({"reminds_at": state.reminds_at} if state.reminds_at else {})

    async def prepare(self, *indexes: IndexModel) -> None:
        await super().prepare(*indexes, IndexModel([("reminds_at", 1)], sparse=True))

    async def next_to_remind(self, at: datetime) -> D | None:
        """Give the one whose reminder is due for longest."""
        return next(iter(await self.find({"reminds_at": {"$lte": at}}, sort="reminds_at", limit=1)), None)
