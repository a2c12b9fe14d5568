"""Devices that ask for tokens, and the answers people gave them."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.store import Store
from services.identity.domain import device as devices
from services.identity.domain.device import INTERVAL, Device, DeviceCodeNotGood, DeviceState, normalized
from services.identity.domain.record import digest
from services.identity.store.records import Records

NOT_GOOD = "This code is wrong, too old, or was answered before. Look at your device again."


class Devices(Records[Device]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "devices", Device)

    async def prepare(self) -> None:
        await self.documents.ensure(
            IndexModel([("forget_at", 1)], expireAfterSeconds=0), IndexModel([("user_code", 1)], unique=True)
        )

    async def begin(self, device_code: str, *, client_id: str, scope: str, resource: str, at: datetime) -> str:
        """Keep what a device asks for, and give the code for its person; none that another device shows."""
        about = {"client_id": client_id, "scope": scope, "resource": resource}
        while True:
            user_code = devices.new_user_code()
            try:
                await self.add(devices.begin(device_code, user_code, **about, at=at))
            except DuplicateKeyError:
                continue
            return user_code

    async def asking(self, user_code: str, *, at: datetime) -> Device:
        """Give the device that shows this code and waits for an answer. Raises `DeviceCodeNotGood`."""
        found = await self.find_one({"user_code": digest(normalized(user_code))})
        if found is None or not found.is_open(at):
            raise DeviceCodeNotGood(NOT_GOOD)
        return found

    async def may_poll(self, device: Device, *, at: datetime) -> bool:
        """Count a poll; False where it came too soon, and from then on they must come slower."""
        pause = timedelta(seconds=device.interval)
        in_time = {"_id": device.id, "poll_after": {"$lte": at}}
        if await self.documents.update(in_time, {"$set": {"poll_after": at + pause}}):
            return True
        slower = {"$inc": {"interval": INTERVAL.total_seconds()}, "$max": {"poll_after": at + pause + INTERVAL}}
        await self.documents.update({"_id": device.id}, slower)
        return False

    async def approve(
        self, device: Device, grant_id: str, begin: Callable[[], Awaitable[None]], *, at: datetime
    ) -> None:
        """Begin the grant and say so, once. Raises `DeviceCodeNotGood` where somebody answered before."""

        async def work() -> None:
            await self._answer(device, DeviceState.APPROVED, at, grant_id=grant_id)
            await begin()

        await self.store.transaction(work)

    async def deny(self, device: Device, *, at: datetime) -> None:
        """Raises `DeviceCodeNotGood` where somebody answered before."""

        async def work() -> None:
            await self._answer(device, DeviceState.DENIED, at)
            await self.store.audit.note("deny", f"clients/{device.client_id}")

        await self.store.transaction(work)

    async def _answer(self, device: Device, state: DeviceState, at: datetime, **more: str) -> None:
        waiting = {"_id": device.id, "state": DeviceState.PENDING.value, "expires_at": {"$gt": at}}
        if not await self.documents.update(waiting, {"$set": {"state": state.value, **more}}):
            raise DeviceCodeNotGood(NOT_GOOD)
