"""Accounts whose older tokens are good no more: followed on, whatever the store says for a while."""

import asyncio
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs
from uuid6 import uuid7

from contracts.identity import SessionsEnded
from contracts.ids import AccountId, ActorId
from services.chassis.domain import system
from services.chassis.store import Store
from tests.support.waiting import eventually


async def test_who_follows_goes_on_when_the_store_could_not_answer(store: Store):
    account, now = AccountId(ActorId(str(uuid7()))), datetime.now(UTC)
    database = store.database._database
    await database["numbers"].insert_one({})
    await database.drop_collection("ended_sessions")
    impossible = [{"$set": {"before": {"$divide": [1, 0]}}}]
    await database.create_collection("ended_sessions", viewOn="numbers", pipeline=impossible)
    endings, stopping = store.endings, asyncio.Event()

    with capture_logs() as logged:

        async def failed() -> bool:
            return any(line["event"] == "endings not read" for line in logged)

        following = asyncio.create_task(endings.follow(stopping))
        await eventually(failed, what="a look that the store could not answer")

    await database["ended_sessions"].drop()
    await endings.prepare()
    await endings.remember(SessionsEnded(id=account, before=now, by=system("identity").id, at=now, sequence=1))

    async def known() -> bool:
        return endings.is_over(account, (now - timedelta(seconds=1)).timestamp())

    await eventually(known, what="the ending")
    stopping.set()
    await following
